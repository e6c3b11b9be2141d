"""Payment plans at the office: offering one with its schedule, what became of it, pauses, and counting what was paid of it."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config
from sqlalchemy import and_, bindparam, func, select

from core.auth.models import Account
from core.db import uuid7
from core.files.disposition import content_disposition
from core.people.finding import patient_at, seen_at
from core.people.models import Patient
from core.plugins import OfficeItem
from core.plugins.waiting import at_clinics
from core.web.formats import money
from core.web.forms import Form, Line, empty_form, page_number, read_form
from plugins.account import agreement_pdf
from plugins.account.amounts import AmountRefused, parse_amount
from plugins.account.gateway.refusals import refusal_text
from plugins.account.models import PaymentPlan
from plugins.account.office.place import CHANGE, PLANS, SEE, may_change, parts, refused, tenant_at
from plugins.account.pages import id_in_address
from plugins.account.services import charging, consents, counting, plans, statements, tries
from plugins.account.services.amortizing import FREQUENCIES, MOST_PAYMENTS, Deal, NoSchedule, Part, schedule
from plugins.account.services.planned import Coming, coming
from plugins.account.services.plans import NotOpen, Shown
from tenants.console.patients import patient_of

OFFER, ONE, FILE = f"{PLANS}.offer", f"{PLANS}.one", f"{PLANS}.file"
SHOWN, LAST_PAGE = 50, 200
_ASKED_AT = PaymentPlan.pause_asked_at
_asked_pauses = (
    select(func.count())
    .select_from(PaymentPlan)
    .join(Patient, and_(Patient.practice_id == PaymentPlan.practice_id, Patient.id == PaymentPlan.patient_id))
    .where(PaymentPlan.practice_id == bindparam("practice_id"), PaymentPlan.state == "active", at_clinics(Patient.clinic_id))
    .where(bindparam("since") < _ASKED_AT, bindparam("now") >= _ASKED_AT)
)
_troubled = (
    select(func.count())
    .select_from(PaymentPlan)
    .join(Patient, and_(Patient.practice_id == PaymentPlan.practice_id, Patient.id == PaymentPlan.patient_id))
    .where(PaymentPlan.practice_id == bindparam("practice_id"), at_clinics(Patient.clinic_id))
    .where(bindparam("since") < PaymentPlan.trouble_at, bindparam("now") >= PaymentPlan.trouble_at)
)
TROUBLED = OfficeItem("account.plan_trouble", "Automatic payments that stopped", "A payment of a plan was declined for good, or automatic payments ended by themselves.", "arrow-repeat", PLANS, SEE, _troubled, 33)
WAITING = OfficeItem("account.plan_pauses", "Pauses of payment plans", "A patient asks to pause a payment plan.", "hourglass-split", PLANS, SEE, _asked_pauses, 40)
Amount = Annotated[str, Field(max_length=40)]


class OfferForm(BaseModel):
    """A plan that is offered. `id` is the page's own: the same page sent twice offers one plan."""

    id: UUID
    title: Line = Field("Payment plan", title="name", max_length=100)
    total: Amount = ""
    down: Amount = ""
    kind: Literal["count", "amount"] = Field("count", title="what is given")
    payments: int = Field(6, title="number of payments", ge=1, le=MOST_PAYMENTS)
    amount: Amount = ""
    frequency: Literal["weekly", "every_two_weeks", "monthly", "quarterly"] = Field("monthly", title="how often")
    first_due_on: date = Field(title="first due date")
    interest: Annotated[str, Field(max_length=10, pattern=r"^([0-9]{1,2}(\.[0-9]{0,2})?)?$", title="yearly interest")] = ""
    answer_by: date | None = Field(None, title="answer by")
    more: Line = Field("", title="further terms", max_length=500)
    act: Literal["preview", "offer"] = "preview"


class ActForm(BaseModel):
    """What is done with a plan."""

    act: Literal["grant", "refuse", "go_on", "cancel", "received", "automatic_off", "noted"] = Field(title="what to do")
    amount: Amount = ""


@view_config(route_name=PLANS, permission=SEE, request_method="GET", renderer="account/office/plans.jinja2")
def plans_page(request):
    """Every plan: those with a question first, then the newest."""
    page = page_number(request, LAST_PAGE)
    join = and_(Patient.practice_id == PaymentPlan.practice_id, Patient.id == PaymentPlan.patient_id)
    query = select(PaymentPlan, Patient).join(Patient, join).where(*seen_at(request.practice_id, request.identity.clinic_ids))
    order = (and_(PaymentPlan.pause_asked_at.is_(None), PaymentPlan.trouble_at.is_(None)), PaymentPlan.offered_at.desc(), PaymentPlan.id)
    rows = request.db.execute(query.order_by(*order).limit(SHOWN + 1).offset((page - 1) * SHOWN)).all()
    request.audit("account.payment_plan.list.view")
    return {"found": rows[:SHOWN], "more": len(rows) > SHOWN, "page": page, "states": plans.STATES, "frequencies": FREQUENCIES, "parts": parts(request), "coming": _coming(request)}


@view_config(route_name=OFFER, permission=CHANGE, request_method="GET", renderer="account/office/plan_offer.jinja2")
def offer_page(request):
    """The terms; at first what is due now in six months."""
    patient = patient_of(request)
    tenant = tenant_at(request, patient)
    today = request.now.astimezone(tenant.time_zone).date()
    wish = statements.wish_of(tenant)
    due = statements.compose(request.db, request.practice_id, patient, wish, today, tenant.time_zone).amount_due_cents
    total = f"{due // 100}.{due % 100:02}" if due else ""
    form = empty_form(id=uuid7(), title="Payment plan", total=total, kind="count", payments=6, frequency="monthly", first_due_on=_next_month(today))
    return _offer_values(patient, form)


@view_config(route_name=OFFER, permission=CHANGE, request_method="POST", renderer="account/office/plan_offer.jinja2")
def offer(request):
    """Look at the schedule, or offer the plan."""
    patient, form = patient_of(request), read_form(request, OfferForm)
    today = request.now.astimezone(tenant_at(request, patient).time_zone).date()
    deal = _deal(form, today)
    try:
        found = schedule(deal, today) if deal else []
    except NoSchedule as problem:
        form.refuse(str(problem))
    if form.data is None or deal is None:
        return refused(request, _offer_values(patient, form))
    terms = plans.terms_of(deal, found, tenant_at(request, patient).name, form.data.more)
    if form.data.act == "preview":
        return _offer_values(patient, form, found, terms)
    made = plans.offer(
        request.db, patient, form.data.title, deal, terms, form.data.answer_by, request.identity.account_id, today, request.now, form.data.id
    )
    if made:
        request.audit("account.payment_plan.offer", patient.id, made.id)
    request.session.flash("The plan is offered. Whoever sees the account is told that there is something.")
    return HTTPSeeOther(request.route_path(PLANS))


@view_config(route_name=ONE, permission=SEE, request_method="GET", renderer="account/office/plan.jinja2")
def plan_page(request):
    """One plan and how far it is."""
    shown, patient = _shown(request)
    request.audit("account.payment_plan.view", patient.id, shown.plan.id)
    return _values(request, shown, patient, empty_form())


@view_config(route_name=ONE, permission=CHANGE, request_method="POST", renderer="account/office/plan.jinja2")
def act(request):
    """Answer a wish for a pause, go on, end it, or count what was paid."""
    (shown, patient), form = _shown(request), read_form(request, ActForm)
    cents = _cents(form, "amount", None) if form.data and form.data.act == "received" else None
    if form.data is None:
        return refused(request, _values(request, shown, patient, form))
    try:
        words = _act(request, shown.plan, patient, form.data.act, cents or 0)
    except NotOpen:
        words = "Somebody has changed this plan meanwhile. What you see here is how it is now."
    else:
        request.audit(f"account.payment_plan.{form.data.act}", patient.id, shown.plan.id)
    request.session.flash(words)
    return HTTPSeeOther(request.route_path(ONE, id=shown.plan.id))


@view_config(route_name=FILE, permission=SEE, request_method="GET")
def file(request):
    """What was agreed to, as PDF."""
    shown, patient = _shown(request)
    if shown.plan.agreed_at is None:
        raise HTTPNotFound()
    request.audit("account.payment_plan.download", patient.id, shown.plan.id)
    tenant = tenant_at(request, patient)
    pdf = agreement_pdf.pdf(shown, patient, tenant, request.registry.tenants.picture(request.practice_id, tenant.theme.logo))
    return Response(pdf, content_type="application/pdf", content_disposition=content_disposition("Payment plan.pdf", "application/pdf", inline=True))


def _act(request, plan: PaymentPlan, patient: Patient, act: str, cents: int) -> str:
    if act == "received":
        left = plans.receive(request.db, request.practice_id, plan.id, cents, request.now)
        return f"Counted. {money(left)} were more than is left of the plan." if left else "Counted."
    if act in ("grant", "refuse"):
        plans.answer_pause(request.db, plan, act == "grant", request.now)
        return "The plan is paused." if act == "grant" else "The plan goes on. The patient is told that there is an answer."
    if act == "go_on":
        plans.go_on(request.db, plan, request.now.astimezone(tenant_at(request, patient).time_zone).date(), request.now)
        return "The plan goes on. What fell due meanwhile is not charged by itself."
    if act in ("automatic_off", "noted"):
        return _automatic(request, plan, act)
    plans.cancel(request.db, plan, request.now)
    return "The plan is ended."


def _automatic(request, plan: PaymentPlan, act: str) -> str:
    plan = counting.locked_plan(request.db, request.practice_id, plan.id)
    if act == "noted":
        plan.trouble, plan.trouble_at = "", None
        return "It is off the list of what waits."
    consents.end(request.db, plan, "office", request.now, request.identity.account_id)
    return "Automatic payments are off. The patient is told."


def _deal(form: Form[OfferForm], today: date) -> Deal | None:
    """What is offered; None, with what is wrong said in the form."""
    if form.errors.pop("id", ""):
        form.refuse("This page did not arrive as a whole. Please open it again; nothing was offered.")
    by_amount = form.values.get("kind") == "amount"
    total, down, amount = _cents(form, "total", None), _cents(form, "down", 0), _cents(form, "amount", None) if by_amount else None
    if form.data and form.data.first_due_on < today:
        form.refuse("The first due date must not lie in the past.", "first_due_on")
    if form.data and form.data.answer_by and form.data.answer_by < today:
        form.refuse("The day to answer by must not lie in the past.", "answer_by")
    data = form.data
    if data is None or total is None or down is None:
        return None
    whole, _, part = data.interest.partition(".")
    points = int(whole or 0) * 100 + int(part.ljust(2, "0") or 0)
    return Deal(total, down, points, data.frequency, data.first_due_on, None if by_amount else data.payments, amount)


def _cents(form: Form, name: str, missing: int | None) -> int | None:
    if missing is not None and not form.values.get(name, "").strip():
        return missing
    try:
        cents = parse_amount(form.values.get(name, ""))
    except AmountRefused as refusal:
        form.refuse(str(refusal), name)
        return None
    if cents <= 0 and missing is None:
        form.refuse("The amount must be more than zero.", name)
    return cents


def _next_month(today: date) -> date:
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)


def _coming(request) -> Coming:
    return coming(request.db, request.practice_id, request.identity.clinic_ids, request.now.astimezone(request.whole_tenant.time_zone).date())


def _offer_values(patient: Patient, form: Form, found: list[Part] | None = None, terms: str = "") -> dict:
    return {"patient": patient, "form": form, "frequencies": FREQUENCIES, "found": found, "terms": terms}


def _values(request, shown: Shown, patient: Patient, form: Form) -> dict:
    return {
        "shown": shown, "plan": shown.plan, "patient": patient, "form": form, "states": plans.STATES, "frequencies": FREQUENCIES, "may_change": may_change(request),
        "today": request.now.astimezone(tenant_at(request, patient).time_zone).date(), **_automatic_values(request, shown),
    }  # fmt: skip


def _automatic_values(request, shown: Shown) -> dict:
    """What the office sees of automatic payments."""
    consent = consents.last(request.db, shown.plan)
    made = charging.tries_of(request.db, request.practice_id, shown.plan.id) if consent else []
    part = next((part for part in shown.parts if made and part.id == made[0].installment_id), None)
    return {
        "consent": consent, "tries": made, "again_on": tries.again_on(part, consent) if part else None, "stopped_for": consents.TROUBLE.get(shown.plan.trouble, ""),
        "stopped": consents.STOPPED, "refusal_text": refusal_text, "given_by": request.db.get(Account, (request.practice_id, consent.given_by)) if consent else None,
    }  # fmt: skip


def _shown(request) -> tuple[Shown, Patient]:
    """The plan of the address. Raises HTTPNotFound for one of another clinic."""
    try:
        shown = plans.one(request.db, request.practice_id, id_in_address(request, "id"))
    except NotOpen:
        raise HTTPNotFound() from None
    patient = patient_at(request.db, request.practice_id, shown.plan.patient_id, request.identity.clinic_ids)
    if patient is None:
        raise HTTPNotFound()
    return shown, patient


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(PLANS, "/plans")
    config.add_route(OFFER, "/accounts/{id}/plan")
    config.add_route(ONE, "/plans/{id}")
    config.add_route(FILE, "/plans/{id}/file")
