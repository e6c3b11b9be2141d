"""The draft of the tabs as a patient would see it: the real portal in a frame, for this browser alone, read only, and nothing is saved."""

from uuid import UUID

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound
from pyramid.view import view_config

from core.auth import looking
from core.auth.entering import send_token
from core.auth.models import Account
from core.auth.realms import PORTAL
from core.auth.roles import VIEW_AS
from core.auth.services import Place
from core.people.finding import Found, find, patient_at
from core.people.models import Patient
from core.people.wanted import LONGEST, read_wanted
from core.web import cookies
from core.web.forms import Form, empty_form, read_form
from tenants.console.patients import clinic_names
from tenants.console.tabs import views
from tenants.console.tabs.views import CHANGE, Step

AS_SEEN = "console/tabs_as_seen.jinja2"


class FindForm(BaseModel):
    """Whose portal one would like to see."""

    find: str = Field(title="Patient", max_length=LONGEST, json_schema_extra={"missing": "Type what you know: a name, a birthdate, a number."})


@view_config(route_name="office.tabs.as_seen", permission=CHANGE, request_method="POST", renderer=AS_SEEN)
def as_seen(request):
    """Search for a patient, or open the portal with the draft as one sees it."""
    step = views.sent(request)
    if step.errors or not step.changes:
        return views.refused(request, step)
    if request.identity.support:
        raise HTTPForbidden()  # an operator opens no portal: it would go on after the visit
    if "patient" not in request.POST and "clinic" not in request.POST:
        return _page(request, step, *_search(request, step))
    patient = _patient(request, step) if "patient" in request.POST else None
    return _open(request, step, patient, patient.clinic_id if patient else _clinic(request, step))


def _search(request, step: Step) -> tuple[Form, Found]:
    """Who was found; the words that were typed stand in no address."""
    _check_may_choose(request)
    form = read_form(request, FindForm)
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return form, Found()
    request.audit("office.patients.find")
    wanted = read_wanted(form.data.find, request.now.astimezone(request.tenant.time_zone).date())
    return form, find(request.db, request.practice_id, wanted, _clinic_ids(request, step))


def _check_may_choose(request) -> None:
    if VIEW_AS not in request.identity.permissions:
        raise HTTPForbidden()


def _patient(request, step: Step) -> Patient:
    """The patient who was chosen. Raises HTTPNotFound, HTTPForbidden."""
    _check_may_choose(request)
    try:
        patient = patient_at(request.db, request.practice_id, UUID(request.POST["patient"]), _clinic_ids(request, step))
    except (ValueError, AttributeError):
        patient = None
    if patient is None:
        raise HTTPNotFound()
    return patient


def _clinic(request, step: Step) -> UUID | None:
    """The clinic that was chosen; none for a practice that has none. Raises HTTPNotFound."""
    places = {str(id_ or ""): id_ for id_ in views.places_of(request, step)}
    if request.POST["clinic"] not in places:
        raise HTTPNotFound()
    return places[request.POST["clinic"]]


def _clinic_ids(request, step: Step) -> frozenset[UUID]:
    return frozenset([step.draft.place]) if step.draft.place else request.identity.clinic_ids


def _open(request, step: Step, patient: Patient | None, clinic_id: UUID | None) -> dict:
    """Give this browser the portal with the draft; what it had open there before is closed."""
    if before := cookies.get(request, PORTAL.cookie):
        looking.leave_portal(request.db, request.practice_id, before)
    account = request.db.get_one(Account, (request.practice_id, request.identity.account_id))
    draft = looking.Draft(clinic_id, [(one.clinic_id, one.name, one.value) for one in step.changes])
    place = Place(request.remote_addr or "", request.user_agent or "")
    token = looking.try_out(request.db, account, patient, draft, request.now, place)
    send_token(request, request.response, token, PORTAL)
    clinic = clinic_names(request).get(clinic_id, request.tenant.practice_name) if clinic_id else request.tenant.practice_name
    return _page(request, step, empty_form(), Found()) | {"patient": patient, "clinic": clinic, "until": request.now + looking.LASTS}


def _page(request, step: Step, form: Form, found: Found) -> dict:
    searched = form.data is not None
    return views.draft_values(request, step) | {"form": form, "found": found, "searched": searched, "until": None, "names": clinic_names(request)}
