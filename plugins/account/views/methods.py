"""The cards and bank accounts that an account keeps at the card service: adding, naming, choosing the first, removing."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.web.forms import Form, Line, read_form
from plugins.account.gateway.asking import CardService, CardServiceAway, CardServiceRefused, Kind
from plugins.account.models import Method, Payer
from plugins.account.pages import id_in_address, id_or_none, keep_as, kinds_at, lead_to_hosted_pages, open_service
from plugins.account.services import consents, methods
from plugins.account.services.payments import new_nonce

PAGE = "account/methods.jinja2"
AWAY = "The card service does not answer right now. Nothing was changed. Please try again in a few minutes."
IN_USE = "A payment plan is paid with this. If you remove it, automatic payments stop: choose Remove again to say that you mean it."
CONSENT = "Say that it may be kept: tick the box."


class AddForm(BaseModel):
    """Something new to keep; it is typed at the card service."""

    kind: Literal["card", "bank"] = "card"
    agrees: Literal["", "yes"] = ""
    plan: UUID | None = None
    form_nonce: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")]


class NameForm(BaseModel):
    """The payer's own name for something that is kept."""

    name: Annotated[Line, Field(max_length=methods.LONGEST_NAME, title="name")] = ""


class RemoveForm(BaseModel):
    """That something is removed; where a plan is paid with it, whether the payer was told so."""

    stops: Literal["", "yes"] = ""


@view_config(route_name="account.methods", permission="account.pay", request_method="GET", renderer=PAGE)
def methods_page(request):
    """What is kept."""
    request.audit("account.method.view", request.person.id)
    return _page(request, _service(request), Form(values={"plan": str(id_or_none(request.GET.get("plan", "")) or "")}))


@view_config(route_name="account.methods", permission="account.pay", request_method="POST", renderer=PAGE)
def add(request):
    """Lead to the card service, where a new one is typed."""
    service, form = _service(request), read_form(request, AddForm)
    if form.data and not form.data.agrees:
        form.refuse(CONSENT, "agrees")
    go_to = _keeping_page(request, service, form, form.data) if form.data else ""
    if not go_to:
        request.response.status_int = 422
        return _page(request, service, form)
    return HTTPSeeOther(go_to)


@view_config(route_name="account.methods_back", permission="account.pay", request_method="GET")
def back(request):
    """Back from the card service: whatever the payer keeps there stands here from now on."""
    service, payer = _service(request), _payer(request, _service(request))
    before = {method.reference for method in _kept(request, service)}
    try:
        found = service.methods(payer.customer) if payer.customer else []
    except (CardServiceAway, CardServiceRefused):
        request.session.flash(AWAY)
        found = []
    for kept in found:
        method = methods.keep(request.db, payer, kept, request.now)
        if kept.reference not in before:
            request.audit("account.method.add", request.person.id, method.id)
            request.session.flash(f"{method.brand} ending in {method.last_four} is kept.")
    plan_id = id_or_none(request.GET.get("plan", ""))
    return HTTPSeeOther(request.route_path("account.plan", plan_id=plan_id, _anchor="automatic") if plan_id else request.route_path("account.methods"))


@view_config(route_name="account.method_name", permission="account.pay", request_method="POST", renderer=PAGE)
def rename(request):
    """Name it."""
    service, method, form = _service(request), _method(request), read_form(request, NameForm)
    if form.data is None:
        request.response.status_int = 422
        return _page(request, service, form)
    methods.rename(request.db, method, form.data.name)
    return _done(request, "rename", method, "The name is kept.")


@view_config(route_name="account.method_default", permission="account.pay", request_method="POST")
def make_default(request):
    """Choose it first from now on."""
    method = _method(request)
    methods.make_default(request.db, method)
    return _done(request, "default", method, f"{method.brand} ending in {method.last_four} is chosen first from now on.")


@view_config(route_name="account.method_remove", permission="account.pay", request_method="POST")
def remove(request):
    """Forget it, here and at the card service; automatic payments with it stop, which is asked first."""
    method, form = _method(request), read_form(request, RemoveForm)
    if methods.pays_a_plan(request.db, method) and not (form.data and form.data.stops):
        return _done(request, "keep", method, IN_USE)
    try:
        methods.remove(request.db, _service(request), method, request.now)
    except (CardServiceAway, CardServiceRefused):
        return _done(request, "keep", method, AWAY)
    stopped = consents.end_with_method(request.db, method, request.identity.account_id, request.now)
    words = f"{method.brand} ending in {method.last_four} is removed." + (" Automatic payments with it are off." if stopped else "")
    return _done(request, "remove", method, words)


def _service(request) -> CardService:
    service = open_service(request, request.person)
    if service is None:
        raise HTTPNotFound()
    return service


def _payer(request, service: CardService) -> Payer:
    return methods.payer_of(request.db, service.card_account, request.now, account_id=request.identity.account_id)


def _kept(request, service: CardService) -> list[Method]:
    return methods.methods_of(request.db, request.practice_id, service.card_account, account_id=request.identity.account_id)


def _method(request) -> Method:
    account_id, service = request.identity.account_id, _service(request)
    try:
        return methods.method_of(request.db, request.practice_id, id_in_address(request, "method_id"), service.card_account, account_id=account_id)
    except methods.MethodNotFound:
        raise HTTPNotFound() from None


def _keeping_page(request, service: CardService, form: Form, data: AddForm) -> str:
    """Where the payer types it; nothing when the card service does not answer, which the form says."""
    payer = _payer(request, service)
    keep_as(request, "")(None)
    kinds: list[Kind] = [data.kind]
    try:
        customer = methods.customer_of(request.db, service, payer)
        back_to = request.route_url("account.methods_back", _query={"plan": str(data.plan)} if data.plan else None)
        return service.open_keeping_page(str(payer.id), f"keep:{payer.id}:{data.form_nonce}", back_to, customer, kinds).go_to
    except (CardServiceAway, CardServiceRefused):
        form.refuse(AWAY)
        return ""


def _done(request, act: str, method: Method, words: str) -> HTTPSeeOther:
    request.audit(f"account.method.{act}", request.person.id, method.id)
    request.session.flash(words)
    return HTTPSeeOther(request.route_path("account.methods"))


def _page(request, service: CardService, form: Form) -> dict:
    lead_to_hosted_pages(request)
    today = request.now.astimezone(request.tenant.time_zone).date()
    kept = _kept(request, service)
    form.values = {"kind": "card"} | form.values | {"form_nonce": new_nonce()}
    return {
        "form": form,
        "methods": [(method, methods.has_ended(method, today), methods.ends_soon(method, today)) for method in kept],
        "pays_plans": methods.that_pay_plans(request.db, request.practice_id, [method.id for method in kept]),
        "kinds": kinds_at(request.tenant),
        "longest_name": methods.LONGEST_NAME,
        "is_stand_in": service.name == "local",
    }
