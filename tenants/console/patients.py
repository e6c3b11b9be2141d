"""Finding a patient, and the page of one: access, and who may see the record."""

from datetime import timedelta
from uuid import UUID

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth import standing
from core.people import sharing
from core.people.finding import find, patient_at
from core.people.languages import english_name
from core.people.models import Patient
from core.people.wanted import LONGEST, read_wanted
from core.web.asked import read_asked, write_asked
from core.web.forms import Form, empty_form, read_form
from tenants.console.asked import audit_path

ABOUT, AUDIT = "patients", "office.audit.see"


class FindForm(BaseModel):
    """What somebody says at the desk."""

    find: str = Field(title="Find a patient", max_length=LONGEST, json_schema_extra={"missing": "Type what you know: a name, a birthdate, a number."})


@view_config(route_name="office.patients", permission="office.patients.see", request_method="GET", renderer="console/patients.jinja2")
def patients_page(request):
    """The search, and whom it found."""
    typed = read_asked(request, ABOUT).get("find", "")
    return _found(request, empty_form(find=typed), typed)


@view_config(route_name="office.patients", permission="office.patients.see", request_method="POST", renderer="console/patients.jinja2")
def ask(request):
    """Search; the answer is a page of its own, so that one can come back to it."""
    form = read_form(request, FindForm)
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return _found(request, form, "")
    asked = write_asked(request, ABOUT, {"find": form.data.find})
    return HTTPSeeOther(request.route_path("office.patients", _query={"asked": asked}))


def _found(request, form: Form, typed: str) -> dict:
    wanted = read_wanted(typed, request.now.astimezone(request.tenant.time_zone).date())
    found = find(request.db, request.practice_id, wanted, request.identity.clinic_ids)
    states = standing.states(request.db, request.practice_id, [patient.id for patient in found.patients], request.now) if found.patients else {}
    if wanted:
        request.audit("office.patients.find")
    asked = request.GET.get("asked") if typed else None
    return {"form": form, "typed": typed, "found": found, "states": states, "clinics": clinic_names(request), "asked": asked}


@view_config(route_name="office.patients.one", permission="office.patients.see", request_method="GET", renderer="console/patient.jinja2")
def patient_page(request):
    """Everything about the access to one record."""
    return patient_values(request)


def patient_values(request, error: str = "") -> dict:
    """What the page of a patient shows. Raises HTTPNotFound for a patient of another clinic."""
    idle, identity = timedelta(minutes=request.tenant.settings["portal.idle_minutes"]), request.identity
    patient_id = id_in_path(request)
    row = standing.patient_and_standing(request.db, request.practice_id, patient_id, identity.clinic_ids, request.now, idle)
    if row is None:
        raise HTTPNotFound()
    patient, access, merged = row
    holders, held = standing.both_ways(request.db, request.practice_id, patient.id, request.now)
    seen_from = request.registry.tenants.tenant(request.practice_id, patient.clinic_id, request.tenant.version)
    titles = {name: title for name, title in tab_titles(request).items() if name in seen_from.plugins and name in request.registry.plugins.tabs}
    request.audit("office.patient.view", patient.id)
    asked = request.GET.get("asked") if read_asked(request, ABOUT) else None
    return {
        "patient": patient,
        "access": access,
        "merged": merged,
        "language": english_name(access.language or patient.language),
        "holders": sharing.current(holders, request.now, titles, request.tenant.time_zone),
        "former": sharing.former(holders, request.now, titles),
        "sees": sharing.current(held, request.now, titles, request.tenant.time_zone),
        "clinics": clinic_names(request),
        "asked": asked,
        "log": audit_path(request, **_in_the_log(patient)) if AUDIT in identity.permissions else None,
        "error": error,
    }


def _in_the_log(patient: Patient) -> dict[str, str]:
    """How the audit log is searched for a patient: who was added by hand has no number."""
    return {"chart": patient.external_id} if patient.external_id else {"patient": str(patient.id)}


def patient_of(request) -> Patient:
    """The patient of the address. Raises HTTPNotFound for one of another clinic."""
    patient = patient_at(request.db, request.practice_id, id_in_path(request), request.identity.clinic_ids)
    if patient is None:
        raise HTTPNotFound()
    return patient


def id_in_path(request) -> UUID:
    """The id in the address. Raises HTTPNotFound for what is none."""
    return id_in(request.matchdict["id"])


def id_in(words: str) -> UUID:
    """An id as an address or a form has it. Raises HTTPNotFound for what is none."""
    try:
        return UUID(words)
    except ValueError:
        raise HTTPNotFound() from None


def clinic_names(request) -> dict[UUID, str]:
    """The clinics' names, by id."""
    return {clinic.id: clinic.name for clinic in request.tenant.clinics}


def own_clinics(request) -> dict[UUID, str]:
    """Those of them at which the person works: all, unless the role is limited to some."""
    reach = request.identity.clinic_ids
    return {id_: name for id_, name in clinic_names(request).items() if not reach or id_ in reach}


def tab_titles(request) -> dict[str, str]:
    """The titles of all tabs, by name, on or off."""
    return {name: plugin.title for name, plugin in request.registry.plugins.plugins.items()}


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.patients", "/office/patients")
    config.add_route("office.patients.one", "/office/patients/{id}")
    config.scan("tenants.console.patients")
