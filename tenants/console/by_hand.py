"""Adding a patient by hand, and changing what was written by hand."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field, field_validator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth import access, standing
from core.auth.access import CannotGiveAccess
from core.auth.email_change import check_email
from core.auth.entering import need_proof
from core.people import by_hand
from core.people.alike import digits
from core.people.by_hand import LooksAlike, Relative, Writer, Written
from core.people.finding import find
from core.people.models import Patient
from core.people.names import LONGEST, check_name
from core.people.wanted import read_wanted
from core.web.forms import Form, Line, begun_form, read_form
from tenants.console.patients import own_clinics, patient_of

ADD, GIVE = "office.patients.add", "office.access.change"
FIRST_BIRTHDATE = date(1850, 1, 1)


class ChartForm(BaseModel):
    """What is written of a patient."""

    first_name: Line = Field(title="First name", max_length=LONGEST)
    last_name: Line = Field(title="Last name", max_length=LONGEST)
    preferred_name: Line = Field("", title="Preferred name", max_length=LONGEST)
    birthdate: date = Field(title="Birthdate", ge=FIRST_BIRTHDATE, json_schema_extra={"missing": "Fill in the birthdate: nobody gets access without it."})
    phone: Line = Field("", title="Phone", max_length=40)
    email: Line = Field("", title="E-mail address", max_length=254)
    clinic: UUID | None = Field(None, title="Clinic")

    @field_validator("first_name", "last_name", "preferred_name")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        return check_name(name) if name else name

    @field_validator("phone")
    @classmethod
    def _is_a_number(cls, phone: str) -> str:
        if phone and (not digits(phone) or not all(sign.isdigit() or sign in "+()./- ext" for sign in phone.lower())):
            raise ValueError("Type the phone number with its area code, such as 303-555-0142.")
        return phone

    @field_validator("email")
    @classmethod
    def _can_be_written_to(cls, email: str) -> str:
        return check_email(email) if email else ""


class NewForm(ChartForm):
    """The same, with somebody of the family, what comes next, and who was looked at already."""

    relative: Line = Field("", title="Somebody of the family", max_length=LONGEST)
    relative_id: UUID | None = Field(None, title="Which one")
    is_guarantor: bool = Field(False, title="Pays the bills")
    relation: Literal["", "parent", "guardian"] = Field("", title="Looks after the patient")
    then: Literal["", "invite", "paper"] = Field("", title="next step")
    known: list[UUID] = Field([], title="charts", max_length=100)


@view_config(route_name="office.add_patient", permission=ADD, request_method="GET", renderer="console/by_hand.jinja2")
def new_page(request):
    """Ask who it is."""
    need_proof(request)
    return _values(request, begun_form(request))


@view_config(route_name="office.add_patient", permission=ADD, request_method="POST", renderer="console/by_hand.jinja2")
def add(request):
    """Write it down, unless somebody here looks alike who has not been looked at; then lead on to giving access."""
    need_proof(request, keep=NewForm)
    form = read_form(request, NewForm)
    found = _relatives(request, form.data) if form.data else []
    who = _written(request, form, form.data) if form.data else None
    relative = _relative(form, form.data, found) if form.data else None
    if form.data and form.data.then == "invite" and not form.data.email:
        form.refuse("An invitation needs an e-mail address. Without one, give access on paper.", "email")
    if form.data and who:
        try:
            patient = by_hand.add(request.db, request.practice_id, who, _writer(request), relative, form.data.known)
            return _lead_on(request, patient, form.data.then)
        except LooksAlike as others:
            states = standing.states(request.db, request.practice_id, [one.patient.id for one in others.found], request.now)
            request.response.status = "422 Unprocessable Content"
            return {**_values(request, form, found), "alike": others.found, "states": states}
    request.response.status = "422 Unprocessable Content"
    return _values(request, form, found)


@view_config(route_name="office.patients.contact", permission=ADD, request_method="GET", renderer="console/by_hand.jinja2")
def change_page(request):
    """What was written, to be changed."""
    patient = _own(request)
    need_proof(request)
    values = {name: getattr(patient, name) for name in ChartForm.model_fields if name != "clinic"}
    return _values(request, begun_form(request, clinic=patient.clinic_id, **values), patient=patient)


@view_config(route_name="office.patients.contact", permission=ADD, request_method="POST", renderer="console/by_hand.jinja2")
def change(request):
    """Write it anew."""
    patient = _own(request)
    need_proof(request, keep=ChartForm)
    form = read_form(request, ChartForm)
    who = _written(request, form, form.data) if form.data else None
    if who is None:
        request.response.status = "422 Unprocessable Content"
        return _values(request, form, patient=patient)
    by_hand.change(request.db, request.practice_id, patient.id, who, _writer(request))
    request.session.flash("Saved.")
    return HTTPSeeOther(request.route_path("office.patients.one", id=patient.id))


def _own(request) -> Patient:
    """The patient of the address. Raises HTTPNotFound for one of another clinic, and one whose chart a practice system sends."""
    patient = patient_of(request)
    if patient.source not in by_hand.HERE:
        raise HTTPNotFound()
    return patient


def _writer(request) -> Writer:
    return Writer(request.identity.account_id, tuple(request.identity.clinic_ids), request.now)


def _written(request, form: Form, typed: ChartForm) -> Written | None:
    """What was typed; None, with what is wrong said in the form."""
    clinics = own_clinics(request)
    clinic_id = typed.clinic or (next(iter(clinics)) if len(clinics) == 1 else None)
    if clinic_id not in clinics:
        form.refuse("Choose the clinic from the list.", "clinic")
    if typed.birthdate > request.now.astimezone(request.whole_tenant.time_zone).date():
        form.refuse("The birthdate is still to come. Please check it.", "birthdate")
    about = (typed.first_name, typed.last_name, typed.preferred_name, typed.birthdate, typed.phone, typed.email)
    return None if form.errors else Written(*about, clinic_id)


def _relatives(request, typed: NewForm) -> list[Patient]:
    """Whom the words about the family fit."""
    wanted = read_wanted(typed.relative, request.now.astimezone(request.tenant.time_zone).date())
    return list(find(request.db, request.practice_id, wanted, request.identity.clinic_ids).exact)


def _relative(form: Form, typed: NewForm, found: list[Patient]) -> Relative | None:
    """Who of the family is meant; None, with what is wrong said in the form, when that is not clear."""
    if not typed.relative:
        return None
    meant = found if len(found) == 1 else [one for one in found if one.id == typed.relative_id]
    if not meant:
        several = "Several patients fit. Choose the one whom you mean."
        form.refuse(several if found else "No patient fits. Type a chart number, or the name with the birthdate.", "relative_id" if found else "relative")
        return None
    if not (typed.is_guarantor or typed.relation):
        form.refuse("Say what this person is: pays the bills, looks after the patient, or both.", "relation")
        return None
    return Relative(meant[0].id, typed.is_guarantor, typed.relation)


def _lead_on(request, patient: Patient, then: str) -> HTTPSeeOther:
    may_give = GIVE in request.identity.permissions
    if then == "paper" and may_give:
        return HTTPSeeOther(request.route_path("office.patients.give", id=patient.id))
    if then == "invite" and may_give:
        try:
            access.invite(request.db, request.practice_id, patient.id, request.now, request.identity.account_id)
            request.session.flash(f"{patient.name} is added, and the invitation is on its way.")
        except CannotGiveAccess as refusal:
            request.session.flash(f"{patient.name} is added, and not invited. {refusal}")
    else:
        request.session.flash(f"{patient.name} is added.")
    return HTTPSeeOther(request.route_path("office.patients.one", id=patient.id))


def _values(request, form: Form, relatives: list[Patient] | None = None, patient: Patient | None = None) -> dict:
    return {"form": form, "patient": patient, "clinics": own_clinics(request), "relatives": relatives or [], "alike": [], "may_give": GIVE in request.identity.permissions}


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.add_patient", "/office/patients/new")
    config.add_route("office.patients.contact", "/office/patients/{id}/contact")
    config.scan("tenants.console.by_hand")
