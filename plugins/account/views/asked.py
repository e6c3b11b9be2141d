"""Behind the link of a request to pay: after the birthdate it shows what is owed now, and leads to paying. Whatever is wrong has one answer."""

from datetime import date, timedelta
from typing import Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth import lockout
from core.auth.limits import Count, TooManyAttempts, windows
from core.people.models import Patient
from core.tasks import enqueue
from core.tenant import Tenant
from core.web.errors import how_long
from core.web.forms import Form, empty_form, read_form
from plugins.account.models import PayRequest
from plugins.account.pages import guest_places
from plugins.account.services import pay_requests
from plugins.account.services.verifying import Proven
from plugins.account.views import verifying

PAGE, ROUTE = "account/asked.jinja2", "account.asked"
PAY_PAGE, PAY = "account/verified.jinja2", "account.asked_pay"
TRIES = (windows("10 per 15 minutes; 30 per 1 day"), windows("40 per 15 minutes; 200 per 1 day"))
TRIES_AT_LINK = windows("5 per 1 hour; 10 per 1 day")
AGAIN = (windows("5 per 1 hour; 10 per 1 day"), windows("30 per 1 hour; 100 per 1 day"))
OPENED, OPEN_FOR = "account.asked", timedelta(minutes=30)
"""Where the form cookie keeps which link this browser has opened, and for how long it stays open."""
WRONG = "This did not open anything. Check the birthdate; if it is right, the link is too old or was used up: have a new one sent."


class AskedForm(BaseModel):
    """What is typed behind the link, or that a new one is wanted."""

    act: Literal["open", "again"] = "open"
    birthdate: date | None = Field(None, title="birthdate")


@view_config(route_name=ROUTE, permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer=PAGE)
def asked_page(request):
    """The question for the birthdate, the same behind every link; for the browser that has answered it what is owed now."""
    asked = _opened(request)
    if asked is None:
        return _ask(request, empty_form())
    tenant = request.registry.tenants.tenant(request.practice_id, asked.clinic_id, request.visitor.version)
    request.audit("account.pay_request.view", asked.patient_id, asked.id)
    takes_payments = any(place.clinic_id == tenant.clinic_id for place in guest_places(request))
    pay_path = request.route_path(PAY, token=request.matchdict["token"]) if takes_payments else ""
    return {"state": "open", "due": pay_requests.due_now(request.db, tenant, asked, request.now), "place": tenant, "pay_path": pay_path, "scope": asked.scope}


@view_config(route_name=ROUTE, permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer=PAGE)
def answer(request):
    """Open the link by the birthdate, or have a new one sent to the address on file."""
    form = read_form(request, AskedForm)
    if form.data and form.data.act == "again":
        return _send_again(request, form)
    if form.data and form.data.birthdate is None:
        form.refuse("Fill in the birthdate.", "birthdate")
    asked = _proven(request, form) if form.data else None
    if asked is None:
        request.response.status_int = 422
        return _ask(request, form)
    pay_requests.opened(request.db, asked, request.now)
    request.audit("account.pay_request.open", asked.patient_id, asked.id)
    request.session[OPENED] = [str(asked.id), int((request.now + OPEN_FOR).timestamp())]
    return HTTPSeeOther(request.path)


@view_config(route_name=PAY, permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer=PAY_PAGE)
def pay_page(request):
    """The form of paying, for the browser that has opened the link."""
    proven = _payer(request)
    return verifying.page_of(request, proven, *verifying.own_place(request, proven), empty_form())


@view_config(route_name=PAY, permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer=PAY_PAGE)
def pay(request):
    """Pay, and lead to the card service or to the receipt."""
    proven = _payer(request)
    return verifying.pay_as(request, proven, *verifying.own_place(request, proven))


def _payer(request) -> Proven:
    """Who pays by the link; a browser that has not opened it (or too long ago) is asked for the birthdate first."""
    asked = _opened(request)
    if asked is None:
        raise HTTPSeeOther(request.route_path(ROUTE, token=request.matchdict["token"]))
    return pay_requests.who_pays(request.db, asked, request.now.date())


def _proven(request, form: Form[AskedForm]) -> PayRequest | None:
    """The request that the link and the birthdate open together; None, with the one answer in the form. Every try is counted before it is looked at."""
    places = lockout.of_places(request.practice_id, "asked", request.remote_addr or "", *TRIES)
    at_link = Count(TRIES_AT_LINK, request.practice_id, "asked.link", str(_id(request) or ""))
    if not _count(request, form, *places, *([at_link] if at_link.whose else [])):
        return None
    # A token that is none takes the same statements.
    asked = pay_requests.open_request(request.db, request.practice_id, _id(request) or uuid4(), request.now)
    patient = request.db.get(Patient, (request.practice_id, asked.patient_id if asked else uuid4()))
    if asked is None or patient is None or form.data is None or patient.birthdate != form.data.birthdate or not _is_on(request, asked):
        form.refuse(WRONG)
        request.audit("account.pay_request.failed", *((asked.patient_id, asked.id) if asked else ()))
        return None
    return asked


def _is_on(request, asked: PayRequest) -> bool:
    tenant: Tenant = request.registry.tenants.tenant(request.practice_id, asked.clinic_id, request.visitor.version)
    return "account" in tenant.plugins


def _send_again(request, form: Form) -> dict:
    """The same answer whether there is such a link: the worker looks."""
    if not _count(request, form, *lockout.of_places(request.practice_id, "asked.again", request.remote_addr or "", *AGAIN)):
        request.response.status_int = 422
        return _ask(request, form)
    if request_id := _id(request):
        enqueue(request.db, "account.ask_again", request_id=str(request_id))
    return _ask(request, empty_form()) | {"state": "again"}


def _count(request, form: Form, *counts: Count) -> bool:
    try:
        request.registry.limiter.take(request.now, *counts)
    except TooManyAttempts as refusal:
        form.refuse(f"Too many tries. Please wait {how_long(refusal.seconds)}, or call the office.")
        return False
    return True


def _opened(request) -> PayRequest | None:
    """The request of the address, if this browser has opened it and it still opens."""
    opened, until = request.session.get(OPENED, ("", 0))
    request_id = _id(request)
    if request_id is None or opened != str(request_id) or request.now.timestamp() > until:
        return None
    asked = pay_requests.open_request(request.db, request.practice_id, request_id, request.now)
    return asked if asked and _is_on(request, asked) else None


def _id(request) -> UUID | None:
    return pay_requests.id_in(request.registry.portal.secret_key, request.practice_id, request.matchdict["token"])


def _ask(request, form: Form) -> dict:
    return {"state": "ask", "form": form}


def add_routes(config) -> None:
    """Add the page."""
    config.add_route(ROUTE, "/asked/{token}")
    config.add_route(PAY, "/asked/{token}/pay")
