"""The page on which patients ask the office for their record, whatever tabs are on, and see what has become of it."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth.realms import OWN
from core.people import records_requests
from core.people.records_requests import FORMATS, OPEN, STATES, WANTED, Asker, CannotChange, Format, Want, Wish, days_left
from core.web.forms import Form, Line, empty_form, read_form

Words = Annotated[str, AfterValidator(lambda text: text.replace("\0", ""))]


class AskForm(BaseModel):
    """What is asked for, and in which form."""

    wanted: list[Want] = Field(max_length=len(WANTED), json_schema_extra={"missing": "Choose what you would like to have."})
    format: Format = Field(json_schema_extra={"missing": "Choose how you would like to have it."})
    recipient: Line = Field("", title="name", max_length=200)
    recipient_address: Words = Field("", title="address", max_length=500)
    first_on: date | None = Field(None, title="first day")
    last_on: date | None = Field(None, title="last day")
    words: Words = Field("", title="message", max_length=2000)

    def wrong(self) -> dict[str, str]:
        """What does not fit together, by field."""
        found: dict[str, str] = {}
        if self.format == "send":
            found |= {} if self.recipient else {"recipient": "Say to whom it is to be sent."}
            found |= {} if self.recipient_address else {"recipient_address": "Fill in the address that it is to be sent to."}
        if self.first_on and self.last_on and self.first_on > self.last_on:
            found["last_on"] = "The last day must not be before the first."
        return found


@view_config(route_name="portal.records_request", permission=OWN, request_method="GET", renderer="records_request.jinja2")
def page(request):
    """The form, and what was asked for so far."""
    request.audit("records_request.view", request.person.id)
    return _values(request, empty_form(), [])


@view_config(route_name="portal.records_request", permission=OWN, request_method="POST", renderer="records_request.jinja2")
def ask(request):
    """Send a request to the office."""
    asker = _asker(request)
    form = read_form(request, AskForm)
    for name, message in form.data.wrong().items() if form.data else ():
        form.refuse(message, name)
    if form.data is None or not _ask(request, asker, form, form.data):
        request.response.status = "422 Unprocessable Content"
        return _values(request, form, request.POST.getall("wanted"))
    request.session.flash("Your request is with the office. Below you see by when they must answer.")
    return HTTPSeeOther(request.route_path("portal.records_request"))


def _ask(request, asker: Asker, form: Form, typed: AskForm) -> bool:
    sent = typed.format == "send"
    wish = Wish(
        tuple(typed.wanted), typed.format, typed.recipient if sent else "", typed.recipient_address if sent else "", typed.first_on, typed.last_on, typed.words
    )
    try:
        records_requests.ask(request.db, request.practice_id, asker, wish, request.now)
    except CannotChange as refusal:
        form.refuse(str(refusal))
    return form.data is not None


@view_config(route_name="portal.records_request_withdraw", permission=OWN, request_method="POST")
def withdraw(request):
    """Take a request back."""
    try:
        wanted = UUID(request.matchdict["request_id"])
    except ValueError:
        raise HTTPNotFound() from None
    if records_requests.withdraw(request.db, request.practice_id, _asker(request), wanted, request.now) is None:
        raise HTTPNotFound()
    request.session.flash("Your request is withdrawn.")
    return HTTPSeeOther(request.route_path("portal.records_request"))


def _values(request, form: Form, chosen: list) -> dict:
    asker = _asker(request)
    found = records_requests.own(request.db, request.practice_id, asker, request.person.is_self)
    told = records_requests.steps(request.db, request.practice_id, [one.id for one in found]) if found else []
    answers = {one.id: [step for step in told if step.request_id == one.id and step.words] for one in found}
    rows = [(one, answers[one.id], days_left(one, request.now), one.state in OPEN and one.account_id == asker.account_id) for one in found]
    return {"form": form, "chosen": chosen, "rows": rows, "wanted": WANTED, "formats": FORMATS, "states": STATES}


def may_ask(person) -> bool:
    """Whether who has these rights on a record may ask for it: only who may see and do everything there. A copy holds all tabs, also those
    that somebody with a part of the access does not see."""
    return person is not None and "*.act" in person.rights


def _asker(request) -> Asker:
    """Who asks for the record in view. Raises HTTPNotFound when that is not theirs to ask for."""
    if not may_ask(request.person):
        raise HTTPNotFound()
    return Asker(request.identity.account_id, request.person.id, request.tenant.time_zone)


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("portal.records_request", "/records-request")
    config.add_route("portal.records_request_withdraw", "/records-request/{request_id}/withdraw")
    config.scan("core.people.records_request_views")
