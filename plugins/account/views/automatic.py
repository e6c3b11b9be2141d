"""Automatic payments of a plan: switching them on with consent, charging something else, switching them off."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.web.forms import Form, read_form
from plugins.account import automatic
from plugins.account.models import Method
from plugins.account.pages import open_service, today_of
from plugins.account.services import consents, counting, methods
from plugins.account.services.consents import NotPossible
from plugins.account.services.plans import Shown
from plugins.account.views.plans import ONE, page_values, shown_of

SWITCH = "account.plan_automatic"
CHANGED = "The plan has changed since this page was opened. Please read what you agree to once more."


class SwitchForm(BaseModel):
    """On, with what is charged and that one agrees to the words as they were shown; or off."""

    act: Literal["on", "off"] = Field("on", title="what to do")
    method: UUID | None = Field(None, title="card or bank account")
    consents: bool = Field(False, title="consent")
    words: str = Field("", max_length=64)


@view_config(route_name=SWITCH, permission="account.pay", request_method="POST", renderer="account/plan.jinja2")
def switch(request):
    """Switch automatic payments on or off."""
    shown, form = shown_of(request), read_form(request, SwitchForm)
    if form.data and form.data.act == "off":
        return _off(request, shown)
    method = _chosen(request, form)
    if form.data and method and _on(request, shown, form, method):
        return HTTPSeeOther(request.route_path(ONE, plan_id=shown.plan.id))
    request.response.status_int = 422
    return page_values(request, shown, form)


def _off(request, shown: Shown) -> HTTPSeeOther:
    plan = counting.locked_plan(request.db, request.practice_id, shown.plan.id)
    if consents.end(request.db, plan, "payer", request.now, request.identity.account_id):
        request.audit("account.payment_plan.automatic_off", request.person.id, plan.id)
    request.session.flash("Automatic payments are off. From now on you pay by hand.")
    return HTTPSeeOther(request.route_path(ONE, plan_id=plan.id))


def _chosen(request, form: Form[SwitchForm]) -> Method | None:
    """What is to be charged; None when the form is wrong, which it then says."""
    if form.data is None:
        return None
    service = open_service(request, request.person)
    if service is None:
        raise HTTPNotFound()
    kept = methods.methods_of(request.db, request.practice_id, service.card_account, account_id=request.identity.account_id)
    method = next((one for one in kept if one.id == form.data.method and not methods.has_ended(one, today_of(request))), None)
    if method is None:
        form.refuse("Choose the card or bank account that is charged.", "method")
    if form.data and not form.data.consents:
        form.refuse("Say that you agree: tick the box.", "consents")
    return method if form.data else None


def _on(request, shown: Shown, form: Form[SwitchForm], method: Method) -> bool:
    """Whether automatic payments are on now, as they were agreed to."""
    plan, today = counting.locked_plan(request.db, request.practice_id, shown.plan.id), today_of(request)
    parts = counting.parts_of_plan(request.db, request.practice_id, plan.id)
    words = consents.words_of(plan, parts, automatic.terms_at(request.tenant), today)
    try:
        if form.data is None or consents.hash_of(words) != form.data.words:
            raise NotPossible
        consents.give(request.db, plan, parts, method, words, request.identity.account_id, request.remote_addr or "", today, request.now)
    except NotPossible:
        form.values["consents"] = ""
        form.refuse(CHANGED)
        return False
    request.audit("account.payment_plan.automatic_on", request.person.id, plan.id)
    request.session.flash(f"Automatic payments are on, from {consents.shown(method)}.")
    return True


def add_routes(config) -> None:
    """Add the address."""
    config.add_route(SWITCH, "/plans/{plan_id}/automatic")
