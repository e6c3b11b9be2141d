"""Looking at the portal as a patient sees it, to help: the question why, and the way in."""

from pydantic import BaseModel, Field, field_validator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config

from core.auth import looking
from core.auth.entering import send_token
from core.auth.models import Account
from core.auth.realms import PORTAL
from core.auth.roles import VIEW_AS
from core.auth.services import Place
from core.people.models import Patient
from core.web import cookies
from core.web.forms import Form, empty_form, read_form
from tenants.console.patients import patient_of


class ReasonForm(BaseModel):
    """Why somebody looks."""

    reason: str = Field(
        title="Reason",
        min_length=looking.SHORTEST_REASON,
        max_length=looking.LONGEST_REASON,
        json_schema_extra={"missing": "Say why you look: the audit log keeps it."},
    )

    @field_validator("reason")
    @classmethod
    def _can_be_kept(cls, reason: str) -> str:
        return reason.replace("\0", "")


@view_config(route_name="office.patients.view_as", permission=VIEW_AS, request_method="GET", renderer="console/view_as.jinja2")
def reason_page(request):
    """Ask why."""
    return _page(request, patient_of(request), empty_form())


@view_config(route_name="office.patients.view_as", permission=VIEW_AS, request_method="POST", renderer="console/view_as.jinja2")
def look(request):
    """Open the portal in this browser as the patient sees it."""
    patient, form = patient_of(request), read_form(request, ReasonForm)
    if form.data is None:
        request.response.status = "422 Unprocessable Content"
        return _page(request, patient, form)
    if before := cookies.get(request, PORTAL.cookie):
        looking.leave_portal(request.db, request.practice_id, before)
    account = request.db.get_one(Account, (request.practice_id, request.identity.account_id))
    place = Place(request.remote_addr or "", request.user_agent or "")
    token = looking.begin(request.db, account, patient, form.data.reason, request.now, place)
    return send_token(request, HTTPSeeOther(PORTAL.home), token, PORTAL)


def _page(request, patient: Patient, form: Form) -> dict:
    minutes = looking.LASTS.seconds // 60
    return {"patient": patient, "form": form, "minutes": minutes, "is_open": bool(cookies.get(request, PORTAL.cookie))}


def includeme(config) -> None:
    """Add the page."""
    config.add_route("office.patients.view_as", "/office/patients/{id}/view-as")
    config.scan("tenants.console.view_as")
