"""The clinics: contact details, address, opening hours, closed days, time zone; and the providers as patients know them."""

from datetime import date, time
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import BaseModel, Field, create_model, field_validator
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import exception_view_config, view_config

from core.auth.email_change import check_email
from core.safety.emblems import prove_portrait
from core.web.errors import not_found
from core.web.forms import Form, Line, empty_form, read_form
from tenants import clinics, looks
from tenants.console.patients import id_in_path, own_clinics
from tenants.console.pictures import sent_mark
from tenants.models import Clinic

SEE, CHANGE = "office.clinics.see", "office.clinics.change"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FURTHEST_YEARS = 3


class ClinicForm(BaseModel):
    """What patients read of a clinic."""

    name: Line = Field(title="Name", max_length=100)
    phone: Line = Field("", title="Phone", max_length=40, pattern=r"^[0-9+()./ extEXT-]*$")
    email: Line = Field("", title="E-mail address", max_length=254)
    address_1: Line = Field("", title="Street and number", max_length=100)
    address_2: Line = Field("", title="Suite, floor or building", max_length=100)
    city: Line = Field("", title="City", max_length=100)
    state: Line = Field("", title="State", max_length=40)
    postal_code: Line = Field("", title="ZIP code", max_length=20)
    time_zone: Line = Field(title="Time zone", max_length=60)

    @field_validator("email")
    @classmethod
    def _can_be_written_to(cls, email: str) -> str:
        return check_email(email) if email else ""

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("Choose the time zone from the list.")
        return name


_SIDES = {"opens": "opening", "closes": "closing"}
_HOURS: dict[str, Any] = {f"{side}_{day}": (time | None, Field(None, title=f"{DAYS[day]}, {words}")) for day in range(7) for side, words in _SIDES.items()}
HoursForm = create_model("HoursForm", __doc__="When the clinic is open, weekday by weekday.", **_HOURS)


class ClosedForm(BaseModel):
    """Days on which nobody is there."""

    clinic: UUID | None = Field(None, title="Clinic")
    first_on: date = Field(title="First day", json_schema_extra={"missing": "Fill in the first day."})
    last_on: date | None = Field(None, title="Last day")
    words: Line = Field("", title="Why", max_length=60)


class ProviderForm(BaseModel):
    """A provider as patients know them."""

    preferred_name: Line = Field("", title="Name for patients", max_length=100)
    specialty: Line = Field("", title="What this provider does", max_length=60)
    is_shown: bool = Field(False, title="Show on the contact page")


class NewProviderForm(BaseModel):
    """Somebody who treats patients here."""

    title: Line = Field("", title="Title", max_length=20)
    first_name: Line = Field(title="First name", max_length=60)
    last_name: Line = Field(title="Last name", max_length=60)
    suffix: Line = Field("", title="Letters behind the name", max_length=30)
    specialty: Line = Field("", title="What this provider does", max_length=60)


@exception_view_config(clinics.NoSuchPlace)
def no_such_place(request):
    """What is not there, or not within reach, is not found."""
    return not_found(request)


@view_config(route_name="office.clinics", permission=SEE, request_method="GET", renderer="console/clinics.jinja2")
def clinics_page(request):
    """All clinics, the closed days, and the providers."""
    return _overview(request, empty_form())


@view_config(route_name="office.clinics.add", permission=CHANGE, request_method="GET", renderer="console/clinic.jinja2")
@view_config(route_name="office.clinics.one", permission=CHANGE, request_method="GET", renderer="console/clinic.jinja2")
def clinic_page(request):
    """One clinic's details."""
    row = _clinic(request)
    values = {name: getattr(row, name) for name in ClinicForm.model_fields} if row else {"time_zone": request.whole_tenant.time_zone.key}
    return _details(request, row, empty_form(**values, **_typed_hours(row)))


@view_config(route_name="office.clinics.add", permission=CHANGE, request_method="POST", renderer="console/clinic.jinja2")
@view_config(route_name="office.clinics.one", permission=CHANGE, request_method="POST", renderer="console/clinic.jinja2")
def change_clinic(request):
    """Save them."""
    row = _clinic(request)
    form, hours = read_form(request, ClinicForm), read_form(request, HoursForm)
    spans = _spans(hours)
    if form.data is None or hours.data is None:
        return _refused(request, _details(request, row, Form(values={**form.values, **hours.values}, errors={**form.errors, **hours.errors})))
    values = {**form.data.model_dump(), "hours": spans}
    try:
        changed = clinics.change_clinic(request.db, row, values) if row else clinics.add_clinic(request.db, request.practice_id, values)
    except clinics.TooMany as refusal:
        form.refuse(str(refusal))
        return _refused(request, _details(request, row, form))
    if changed:
        request.audit("office.clinic.change" if row else "office.clinic.add")
    request.session.flash("The clinic’s details are saved. Patients see them from their next page on.")
    return HTTPSeeOther(request.route_path("office.clinics"))


@view_config(route_name="office.clinics.follow", permission=CHANGE, request_method="POST")
def follow(request):
    """Let the practice system fill a clinic's details again."""
    clinics.follow_records(request.db, clinics.clinic(request.db, request.practice_id, id_in_path(request), request.identity.clinic_ids))
    request.audit("office.clinic.change")
    request.session.flash("The practice system fills these details again, from its next record on.")
    return HTTPSeeOther(request.route_path("office.clinics"))


@view_config(route_name="office.clinics.close_days", permission=CHANGE, request_method="POST", renderer="console/clinics.jinja2")
def add_closed(request):
    """Close on some days."""
    form = read_form(request, ClosedForm)
    if form.data:
        _check_closed(request, form, form.data)
    if form.data:
        typed = form.data
        try:
            clinics.add_closed(request.db, request.practice_id, typed.clinic, typed.first_on, typed.last_on or typed.first_on, typed.words, _today(request))
        except clinics.TooMany as refusal:
            form.refuse(str(refusal))
    if form.data is None:
        return _refused(request, _overview(request, form))
    request.audit("office.closed_days.add")
    request.session.flash("The closed days are saved.")
    return HTTPSeeOther(request.route_path("office.clinics") + "#closed")


@view_config(route_name="office.clinics.open_days", permission=CHANGE, request_method="POST")
def remove_closed(request):
    """Open after all."""
    clinics.remove_closed(request.db, request.practice_id, id_in_path(request), request.identity.clinic_ids)
    request.audit("office.closed_days.remove")
    request.session.flash("These days are no longer marked as closed.")
    return HTTPSeeOther(request.route_path("office.clinics") + "#closed")


@view_config(route_name="office.clinics.provider", permission=CHANGE, request_method="GET", renderer="console/provider.jinja2")
def provider_page(request):
    """One provider as patients know them."""
    row = clinics.provider(request.db, request.practice_id, id_in_path(request))
    form = empty_form(preferred_name=row.preferred_name, specialty=row.specialty, is_shown="yes" if row.is_shown else "", photo=row.photo)
    return {"provider": row, "form": form}


@view_config(route_name="office.clinics.provider", permission=CHANGE, request_method="POST", renderer="console/provider.jinja2")
def change_provider(request):
    """Save it."""
    row = clinics.provider(request.db, request.practice_id, id_in_path(request))
    form = read_form(request, ProviderForm)
    photo = sent_mark(request, form, "photo", "Photo", prove_portrait)
    if form.data is None:
        return _refused(request, {"provider": row, "form": form})
    if clinics.change_provider(request.db, row, form.data.model_dump() | {"photo": photo}):
        request.audit("office.provider.change")
        request.db.flush()
        looks.forget_unused(request.db, request.practice_id, request.now)
    request.session.flash("Saved. Patients see it from their next page on.")
    return HTTPSeeOther(request.route_path("office.clinics") + "#providers")


@view_config(route_name="office.clinics.add_provider", permission=CHANGE, request_method="GET", renderer="console/provider_add.jinja2")
def new_provider_page(request):
    """The form to add a provider by hand."""
    return {"form": empty_form(), "is_fed": clinics.sends_providers(request.db, request.practice_id)}


@view_config(route_name="office.clinics.add_provider", permission=CHANGE, request_method="POST", renderer="console/provider_add.jinja2")
def add_provider(request):
    """Add one, where no practice system sends them."""
    form = read_form(request, NewProviderForm)
    is_fed = clinics.sends_providers(request.db, request.practice_id)
    if form.data and (is_fed or request.identity.clinic_ids):
        form.refuse("Providers come from your practice system: add them there." if is_fed else "Whoever works at some clinics only adds no providers.")
    try:
        made = clinics.add_provider(request.db, request.practice_id, form.data.model_dump()) if form.data else None
    except clinics.TooMany as refusal:
        form.refuse(str(refusal))
        made = None
    if made is None:
        return _refused(request, {"form": form, "is_fed": is_fed})
    request.audit("office.provider.add")
    request.session.flash(f"{made.name} is added.")
    return HTTPSeeOther(request.route_path("office.clinics") + "#providers")


def _clinic(request) -> Clinic | None:
    """Whose page it is; None where one is added. Raises NoSuchPlace."""
    if "id" in request.matchdict:
        return clinics.clinic(request.db, request.practice_id, id_in_path(request), request.identity.clinic_ids)
    if request.identity.clinic_ids:
        raise HTTPNotFound()  # who works at some clinics only opens no others
    return None


def _typed_hours(row: Clinic | None) -> dict[str, str]:
    hours = row.hours if row else {str(day): ["08:00", "17:00"] for day in range(5)}
    return {f"{side}_{day}": text for day, span in hours.items() for side, text in zip(_SIDES, span, strict=True)}


def _spans(form: Form) -> dict[str, list[str]]:
    """The hours by weekday, as they are kept; what cannot be is refused at its field."""
    spans: dict[str, list[str]] = {}
    typed: dict[str, Any] = form.data.model_dump() if form.data else {}
    for day, name in enumerate(DAYS):
        opens, closes = typed.get(f"opens_{day}"), typed.get(f"closes_{day}")
        if (opens is None) != (closes is None):
            missing = "opens" if opens is None else "closes"
            form.refuse(f"Fill in when the clinic {missing} on {name}, or leave both times empty where it is closed.", f"{missing}_{day}")
        elif opens and closes and opens >= closes:
            form.refuse(f"On {name} the clinic must close after it opens.", f"closes_{day}")
        elif opens and closes:
            spans[str(day)] = [opens.strftime("%H:%M"), closes.strftime("%H:%M")]
    return spans


def _check_closed(request, form: Form, typed: ClosedForm) -> None:
    reach, today = request.identity.clinic_ids, _today(request)
    last = typed.last_on or typed.first_on
    if (typed.clinic is None and reach) or (typed.clinic and typed.clinic not in own_clinics(request)):
        form.refuse("Choose the clinic from the list.", "clinic")
    elif last < typed.first_on:
        form.refuse("The last day cannot be before the first day.", "last_on")
    elif last < today:
        form.refuse("These days have passed. Type days that are still to come.", "first_on")
    elif last.year > today.year + FURTHEST_YEARS:
        form.refuse(f"Type days within the next {FURTHEST_YEARS} years.", "last_on" if typed.last_on else "first_on")


def _today(request) -> date:
    return request.now.astimezone(request.whole_tenant.time_zone).date()


def _overview(request, form: Form) -> dict:
    reach = request.identity.clinic_ids
    names = own_clinics(request)
    return {
        "form": form,
        "clinics": [one for one in request.whole_tenant.clinics if one.id in names],
        "names": names,
        "reach": reach,
        "closed": clinics.closed_days(request.db, request.practice_id, _today(request), reach),
        "providers": (found := clinics.providers(request.db, request.practice_id)),
        "may_add": CHANGE in request.identity.permissions and not reach and not any(one.external_id for one in found),
        "may_change": CHANGE in request.identity.permissions,
    }


def _details(request, row: Clinic | None, form: Form) -> dict:
    return {"clinic": row, "form": form, "days": DAYS, "zones": clinics.zone_choices(row.time_zone if row else "America/New_York")}


def _refused(request, values: dict) -> dict:
    request.response.status = "422 Unprocessable Content"
    return values


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.clinics", "/office/clinics")
    config.add_route("office.clinics.add", "/office/clinics/new")
    config.add_route("office.clinics.one", "/office/clinics/{id}")
    config.add_route("office.clinics.follow", "/office/clinics/{id}/follow")
    config.add_route("office.clinics.close_days", "/office/closed-days")
    config.add_route("office.clinics.open_days", "/office/closed-days/{id}/remove")
    config.add_route("office.clinics.add_provider", "/office/providers/new")
    config.add_route("office.clinics.provider", "/office/providers/{id}")
    config.take_files("office.clinics.provider", "photo")
    config.scan("tenants.console.clinics")
