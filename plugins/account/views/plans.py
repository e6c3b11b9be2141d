"""Payment plans as patients see them: the schedule and how far it is, agreeing with a signature, declining, asking for a pause."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from core.files.disposition import content_disposition
from core.people.models import Patient
from core.web.forms import Form, Line, empty_form, read_form
from plugins.account import agreement_pdf, automatic
from plugins.account.pages import id_in_address, lead_to_hosted_pages, parts, today_of
from plugins.account.services import plans
from plugins.account.services.plans import NotOpen, Shown, Signature

LIST, ONE, ANSWER, FILE = "account.plans", "account.plan", "account.plan_answer", "account.plan_file"
MOST_STROKES = 20_000
TOO_LATE = "This plan has been answered, changed or ended meanwhile. What you see here is how it is now."


def _strokes(text: str) -> str:
    """Strokes as digits: anything else was not drawn on our page."""
    if text and not (text.isascii() and all(character.isdigit() or character in ",; " for character in text)):
        raise ValueError("Draw your signature again, or leave it empty: the typed name is enough.")
    return text


class AnswerForm(BaseModel):
    """The answer to an offer, or a wish about a plan."""

    act: Literal["agree", "decline", "pause"] = Field("agree", title="answer")
    name: Line = Field("", title="name", max_length=120)
    drawn: Annotated[str, AfterValidator(_strokes), Field(max_length=MOST_STROKES, title="drawn signature")] = ""
    agrees: bool = Field(False, title="agreement")
    terms: str = Field("", max_length=64)
    why: Annotated[str, AfterValidator(lambda text: text.replace("\0", "")), Field(max_length=500, title="reason")] = ""


@view_config(route_name=LIST, permission="account.see", request_method="GET", renderer="account/plans.jinja2")
def plans_page(request):
    """The plans of the person in view."""
    request.audit("account.payment_plan.list.view", request.person.id)
    return {"found": plans.of_patient(request.db, request.practice_id, request.person.id), "states": plans.STATES, "parts": parts(request)}


@view_config(route_name=ONE, permission="account.see", request_method="GET", renderer="account/plan.jinja2")
def plan_page(request):
    """One plan."""
    shown = shown_of(request)
    request.audit("account.payment_plan.view", request.person.id, shown.plan.id)
    return page_values(request, shown, empty_form())


@view_config(route_name=ANSWER, permission="account.pay", request_method="POST", renderer="account/plan.jinja2")
def answer(request):
    """Agree, decline, or ask for a pause."""
    shown, form = shown_of(request), read_form(request, AnswerForm)
    _check(form)
    if form.data is None:
        request.response.status_int = 422
        return page_values(request, shown, form)
    try:
        words = _act(request, shown, form.data)
    except NotOpen:
        words = TOO_LATE
    request.session.flash(words)
    return HTTPSeeOther(request.route_path(ONE, plan_id=shown.plan.id))


@view_config(route_name=FILE, permission="account.see", request_method="GET")
def file(request):
    """What was agreed to, as PDF."""
    shown = shown_of(request)
    if shown.plan.agreed_at is None:
        raise HTTPNotFound()
    request.audit("account.payment_plan.download", request.person.id, shown.plan.id)
    patient = request.db.get_one(Patient, (request.practice_id, request.person.id))
    logo = request.registry.tenants.picture(request.practice_id, request.tenant.theme.logo)
    pdf = agreement_pdf.pdf(shown, patient, request.tenant, logo)
    return Response(pdf, content_type="application/pdf", content_disposition=content_disposition("Payment plan.pdf", "application/pdf", inline=True))


def _act(request, shown: Shown, data: AnswerForm) -> str:
    """Do it; in words. Raises NotOpen."""
    plan, today = shown.plan, today_of(request)
    if data.act == "pause":
        plans.ask_pause(request.db, plan, data.why, request.now)
        request.audit("account.payment_plan.pause.request", request.person.id, plan.id)
        return "The office knows that you would like a pause, and answers you. Until then the plan goes on."
    if data.act == "decline":
        plans.decline(request.db, plan, today, request.now)
        request.audit("account.payment_plan.decline", request.person.id, plan.id)
        return "You have declined the plan. Please call the office if you want another one."
    signature = Signature(data.name, data.drawn, data.terms, request.remote_addr or "")
    plans.agree(request.db, plan, signature, request.identity.account_id, today, request.now)
    request.audit("account.payment_plan.sign", request.person.id, plan.id)
    return "Thank you. The plan is agreed; you can keep a copy of what you signed."


def _check(form: Form[AnswerForm]) -> None:
    data = form.data
    if data is None or data.act != "agree":
        return
    if not data.name:
        form.refuse("Type your full name: it is your signature.", "name")
    if not data.agrees:
        form.refuse("Say that you agree, or decline the plan.", "agrees")


def shown_of(request) -> Shown:
    """The plan of the address, if it is of the person in view. Raises HTTPNotFound."""
    try:
        shown = plans.one(request.db, request.practice_id, id_in_address(request, "plan_id"))
    except NotOpen:
        raise HTTPNotFound() from None
    if shown.plan.patient_id != request.person.id:
        raise HTTPNotFound()
    return shown


def page_values(request, shown: Shown, form: Form | None = None) -> dict:
    """What the page of a plan shows."""
    lead_to_hosted_pages(request)
    plan, today = shown.plan, today_of(request)
    is_open = plan.state == "offered" and not (plan.answer_by and plan.answer_by < today)
    return {
        "shown": shown, "plan": plan, "form": form or empty_form(), "states": plans.STATES, "is_open": is_open, "terms_hash": plans.hash_of(plan.terms), "today": today,
        "may_answer": request.may(request.person, "account.pay"), "parts": parts(request), "panel": automatic.panel(request, shown),
    }  # fmt: skip


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(LIST, "/plans")
    config.add_route(ONE, "/plans/{plan_id}")
    config.add_route(ANSWER, "/plans/{plan_id}/answer")
    config.add_route(FILE, "/plans/{plan_id}/download")
