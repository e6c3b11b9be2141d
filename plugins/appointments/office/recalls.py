"""Who is due: the list with its filter, and the recalls of a patient, which the office keeps by hand where no practice system sends them."""

from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field, field_validator, model_validator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.people.finding import find, patient_at
from core.people.models import Patient
from core.people.wanted import LONGEST, read_wanted
from core.web.forms import Form, empty_form, page_number, read_form, read_query
from plugins.appointments.models import AppointmentType, RecallType
from plugins.appointments.office.kinds import Lines
from plugins.appointments.office.place import ANSWER, CHANGE, FIRST_YEAR, LAST_YEAR, RECALLS, SEE, id_in, parts, refused
from plugins.appointments.services import chairs, due
from plugins.appointments.services.due import Listed, Wanted

FIND, PATIENT, ONE = (f"{RECALLS}.{name}" for name in ("find", "patient", "one"))
LAST_PAGE = 200


def _sensible(day: date | None) -> date | None:
    if day and not FIRST_YEAR <= day.year < LAST_YEAR:
        raise ValueError(f"Type a date between {FIRST_YEAR} and {LAST_YEAR}.")
    return day


class FilterForm(BaseModel):
    """Which recalls are listed."""

    due_from: date | None = Field(None, title="Due from")
    due_to: date | None = Field(None, title="Due until")
    type: UUID | None = Field(None, title="Type")
    clinic: UUID | None = Field(None, title="Clinic")
    scheduled: bool = Field(False, title="With a visit")
    disabled: bool = Field(False, title="Disabled")

    @model_validator(mode="after")
    def _is_a_span(self):
        if self.due_from and self.due_to and self.due_to < self.due_from:
            raise ValueError("The last day lies before the first one. Turn them around.")
        return self


class FindForm(BaseModel):
    """Whose recalls are looked for."""

    find: str = Field(title="Find a patient", max_length=LONGEST, json_schema_extra={"missing": "Type what you know: a name, a birthdate, a number."})


class RecallForm(BaseModel):
    """A recall of a patient."""

    due_on: date | None = Field(None, title="Due date")
    interval_months: int | None = Field(None, title="Months", ge=0, le=120)
    interval_days: int | None = Field(None, title="Days", ge=0, le=3650)
    priority: Literal["normal", "asap"] = Field("normal", title="Priority")
    is_disabled: bool = Field(False, title="Disabled")
    disabled_until: date | None = Field(None, title="Disabled until")
    note: Lines = Field("", title="Note", max_length=1000)
    _dates = field_validator("due_on", "disabled_until")(_sensible)


class AddForm(RecallForm):
    """What a patient is due for."""

    recall_type_id: UUID = Field(title="Type", json_schema_extra={"missing": "Choose what the patient is due for."})


@view_config(route_name=RECALLS, permission=SEE, request_method="GET", renderer="appointments/office/recalls.jinja2")
def recalls_page(request):
    """The due list; at first what is due within two months, and what is overdue."""
    form = read_query(request, FilterForm)
    today = request.now.astimezone(request.whole_tenant.time_zone).date()
    if not request.GET:
        form.values["due_to"] = str(today + timedelta(days=60))
    own = {one.id: one.name for one in request.whole_tenant.clinics if not request.identity.clinic_ids or one.id in request.identity.clinic_ids}
    if form.data and form.data.clinic and form.data.clinic not in own:
        form.refuse("Choose the clinic from the list.", "clinic")
    found: list[Listed] = []
    more = False
    page = page_number(request, LAST_PAGE)
    if form.data:
        last = form.data.due_to or (None if request.GET else today + timedelta(days=60))
        wanted = Wanted(form.data.due_from, last, form.data.type, form.data.clinic, form.data.scheduled, form.data.disabled)
        found, more = due.listed(request.db, request.practice_id, wanted, request.identity.clinic_ids, today, page)
    else:
        request.response.status = "422 Unprocessable Content"
    request.audit("appointments.recalls.view")
    return _list_values(request, form, empty_form(), own) | {"found": found, "more": more, "page": page, "today": today}


@view_config(route_name=FIND, permission=SEE, request_method="POST", renderer="appointments/office/recalls.jinja2")
def find_patient(request):
    """Whose recalls: those whom the search finds."""
    form = read_form(request, FindForm)
    today = request.now.astimezone(request.whole_tenant.time_zone).date()
    own = {one.id: one.name for one in request.whole_tenant.clinics}
    values = _list_values(request, empty_form(), form, own) | {"found": [], "more": False, "page": 1, "today": today}
    if form.data is None:
        return refused(request, values)
    request.audit("office.patients.find")
    return values | {"people": find(request.db, request.practice_id, read_wanted(form.data.find, today), request.identity.clinic_ids).patients}


@view_config(route_name=PATIENT, permission=SEE, request_method="GET", renderer="appointments/office/recalls_patient.jinja2")
def patient_page(request):
    """The recalls of one patient."""
    return _patient_values(request, _patient(request), empty_form(priority="normal"))


@view_config(route_name=PATIENT, permission=CHANGE, request_method="POST", renderer="appointments/office/recalls_patient.jinja2")
def add(request):
    """Let the patient be due for something."""
    patient, form = _patient(request), read_form(request, AddForm)
    types = {one.id for one in chairs.rows(request.db, request.practice_id, RecallType)}
    if form.data and form.data.recall_type_id not in types:
        form.refuse("Choose the type from the list.", "recall_type_id")
    if form.data:
        values = form.data.model_dump()
        try:
            made = due.add(request.db, request.practice_id, patient.id, values.pop("recall_type_id"), values)
            request.audit("appointments.recall.add", patient.id, made.id)
        except due.HasAlready:
            form.refuse("The patient has a recall of this type already: change that one.", "recall_type_id")
    if form.data is None:
        return refused(request, _patient_values(request, patient, form))
    return _back(request, patient, "Added.")


@view_config(route_name=ONE, permission=SEE, request_method="GET", renderer="appointments/office/recall.jinja2")
def recall_page(request):
    """One recall."""
    found = _one(request)
    values = {name: getattr(found.recall, name) for name in RecallForm.model_fields} | {"is_disabled": "yes" if found.recall.is_disabled else ""}
    request.audit("appointments.recall.view", found.patient.id, found.recall.id)
    return {"found": found, "form": empty_form(**values), "may_change": CHANGE in request.identity.permissions}


@view_config(route_name=ONE, permission=CHANGE, request_method="POST", renderer="appointments/office/recall.jinja2")
def change(request):
    """Change the due date and the rest by hand; what the practice's system sends is changed there."""
    found, form = _one(request), read_form(request, RecallForm)
    if form.data and found.recall.external_id is not None:
        form.refuse("Your practice system sends this recall: change it there, and it changes here.")
    if form.data is None:
        return refused(request, {"found": found, "form": form, "may_change": True})
    if due.change(found.recall, form.data.model_dump()):
        request.audit("appointments.recall.change", found.patient.id, found.recall.id)
    return _back(request, found.patient, "Saved.")


def _list_values(request, form: Form, finding: Form, own: dict[UUID, str]) -> dict:
    query = {name: value for name, value in request.GET.items() if name != "page"}
    return {
        "form": form, "finding": finding, "people": None, "clinics": own, "types": chairs.rows(request.db, request.practice_id, RecallType), "query": query,
        "parts": parts(request),
    }  # fmt: skip


def _patient_values(request, patient: Patient, form: Form) -> dict:
    found = due.of_patient(request.db, request.practice_id, patient.id)
    request.audit("appointments.recalls.view", patient.id)
    types = [one for one in chairs.rows(request.db, request.practice_id, RecallType) if not one.is_hidden and one.id not in {each.type.id for each in found}]
    reasons = [one for one in chairs.rows(request.db, request.practice_id, AppointmentType) if one.words and one.pattern and one.for_existing and not one.is_hidden]
    waits = [(f"recall-{one.recall.id}", one.type.words) for one in found if one.type.words and not one.recall.is_disabled and not one.recall.appointment_id]
    return {
        "patient": patient, "found": found, "form": form, "types": types, "may_change": CHANGE in request.identity.permissions,
        "waits": waits + [(f"type-{one.id}", one.words) for one in reasons], "may_answer": ANSWER in request.identity.permissions,
    }  # fmt: skip


def _patient(request) -> Patient:
    patient = patient_at(request.db, request.practice_id, id_in(request), request.identity.clinic_ids)
    if patient is None:
        raise HTTPNotFound()
    return patient


def _one(request) -> Listed:
    try:
        return due.one(request.db, request.practice_id, id_in(request), request.identity.clinic_ids)
    except due.NoSuchRecall:
        raise HTTPNotFound() from None


def _back(request, patient: Patient, words: str) -> HTTPSeeOther:
    request.session.flash(words)
    return HTTPSeeOther(request.route_path(PATIENT, id=patient.id))


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(RECALLS, "/recalls")
    config.add_route(FIND, "/recalls/find")
    config.add_route(PATIENT, "/recalls/patients/{id}")
    config.add_route(ONE, "/recalls/{id}")
