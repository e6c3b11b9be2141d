"""Online payments: the queue of those that wait to be processed, all of them by period and clinic with a file, and one with what can be done about it."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from core.auth.entering import need_proof
from core.files.disposition import content_disposition
from core.plugins import OfficeItem
from core.web.exports import csv_line
from core.web.forms import Form, begun_form, page_number, read_form, read_query
from plugins.account.amounts import AmountRefused, parse_amount
from plugins.account.gateway.asking import CardServiceAway
from plugins.account.office.place import CHANGE, ONLINE, SEE, may_change, parts, refused
from plugins.account.pages import id_in_address, keep_as, note_refusal, services_at
from plugins.account.services import asking, online, posting, refunds, returns
from plugins.account.services.online import SOURCES, STATES, Wanted, Whole
from plugins.account.services.payments import new_nonce
from tenants.console.patients import clinic_names, own_clinics

LAST_PAGE, DAYS = 200, 30
FILE, ONE, PROCESS, REFUND, CLOSE, SEEN = (f"{ONLINE}.{word}" for word in ("file", "one", "process", "refund", "close", "seen"))
ABOUT = "account/office/online_payment.jinja2"
WAITING = [
    OfficeItem("account.online", "Pending online payments", "Made in the portal, and nobody has processed them yet.", "credit-card", ONLINE, SEE, online.HOW_MANY, 31),
    OfficeItem("account.disputes", "Disputes to answer", "A payer’s bank takes a payment back unless you answer.", "exclamation-triangle-fill", ONLINE, SEE, online.HOW_MANY_DISPUTES, 20),
    OfficeItem("account.returns", "Payments that a bank has taken back", "What they had paid is owed again.", "exclamation-triangle-fill", ONLINE, SEE, returns.HOW_MANY, 21),
]  # fmt: skip
COLUMNS = ("Date", "Receipt", "Patient", "Clinic", "Amount", "Given back", "Taken back by a bank", "State", "Way", "Paid with", "Reference")


class QueueForm(BaseModel):
    """Which payments are shown. At first those that wait, whenever they were made."""

    state: Literal["", "waiting", "pending", "processed", "processing", "open", "failed", "disputed", "returned"] = Field("", title="state")
    source: Literal["", "portal", "guest", "verified", "link", "plan", "office"] = Field("", title="way")
    clinic: UUID | None = Field(None, title="clinic")
    since: date | None = Field(None, title="First day", ge=date(2000, 1, 1), le=date(2199, 12, 31))
    until: date | None = Field(None, title="Last day", ge=date(2000, 1, 1), le=date(2199, 12, 31))


class ProcessForm(BaseModel):
    """The payments that are chosen."""

    chosen: list[UUID] = Field([], title="payment", max_length=online.PAGE)


class RefundForm(BaseModel):
    """How much goes back, and why."""

    amount: Annotated[str, Field(max_length=40, title="amount")] = ""
    reason: Annotated[str, AfterValidator(lambda text: text.replace("\0", "")), Field(max_length=200, title="reason")]
    form_nonce: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")]


@view_config(route_name=ONLINE, permission=SEE, request_method="GET", renderer="account/office/online.jinja2")
def queue_page(request):
    """Those that wait, or what is asked for."""
    form = read_query(request, QueueForm)
    form.values.setdefault("state", "" if request.GET else "waiting")
    values = {"form": form, "clinics": own_clinics(request), "parts": parts(request), "states": STATES, "sources": SOURCES, "may_change": may_change(request)}
    wanted = _wanted(request, form)
    if wanted is None:
        return refused(request, values | {"found": None})
    page = page_number(request, LAST_PAGE)
    found, more = online.lines(request.db, request.practice_id, wanted, page)
    request.audit("account.online.view")
    query = {name: value for name, value in request.GET.items() if name != "page"}
    return values | {
        "found": found, "more": more, "page": page, "at": clinic_names(request), "sums": online.sums(request.db, request.practice_id, wanted),
        "newer": request.route_path(ONLINE, _query=query | {"page": page - 1}), "older": request.route_path(ONLINE, _query=query | {"page": page + 1}),
        "file": request.route_path(FILE, _query=query),
    }  # fmt: skip


@view_config(route_name=FILE, permission=SEE, request_method="GET")
def file(request):
    """The same as CSV, in dollars."""
    wanted = _wanted(request, read_query(request, QueueForm))
    if wanted is None:
        return HTTPSeeOther(request.route_path(ONLINE, _query=request.GET))
    request.audit("account.online.export")
    response = Response(b"".join([csv_line(COLUMNS), *_rows(request, wanted)]), content_type="text/csv", charset="utf-8")
    response.headers["Content-Disposition"] = content_disposition("online-payments.csv", "text/csv", inline=False)
    return response


@view_config(route_name=PROCESS, permission=CHANGE, request_method="POST")
def process(request):
    """Those that are chosen are processed, and posted where the portal keeps the books."""
    need_proof(request, request.route_path(ONLINE))
    form = read_form(request, ProcessForm)
    done = 0
    for payment_id in form.data.chosen if form.data else ():
        found = _one(request, payment_id)
        rules = posting.rules_of(request.registry.tenants.tenant(request.practice_id, found.payment.clinic_id, request.visitor.version))
        if posting.process(request.db, request.practice_id, payment_id, rules, request.now, request.identity.account_id):
            request.audit("account.online.process", found.payment.patient_id, payment_id)
            done += 1
    words = "1 payment is processed." if done == 1 else f"{done} payments are processed."
    request.session.flash(words if done else "Choose the payments that you have processed.")
    return HTTPSeeOther(request.route_path(ONLINE))


@view_config(route_name=ONE, permission=SEE, request_method="GET", renderer=ABOUT)
def payment_page(request):
    """One of them."""
    found = _one(request, id_in_address(request, "id"))
    request.audit("account.online.view", found.payment.patient_id, found.payment.id)
    return _values(request, found, begun_form(request))


@view_config(route_name=REFUND, permission=CHANGE, request_method="POST", renderer=ABOUT)
def refund(request):
    """Give money back, all of it or a part."""
    found = _one(request, id_in_address(request, "id"))
    need_proof(request, request.route_path(ONE, id=found.payment.id), keep=RefundForm)
    form = read_form(request, RefundForm)
    made = _refund(request, found, form)
    if made is None:
        note_refusal(request, form, found.payment.patient_id, found.payment.id)
        return refused(request, _values(request, _one(request, found.payment.id), form))
    words = {"failed": "The card service did not give the money back. Nothing has changed.", "succeeded": "The money is on its way back to the payer."}
    request.session.flash(words.get(made, "The card service has not answered yet. This page will say what came of it."))
    return HTTPSeeOther(request.route_path(ONE, id=found.payment.id))


@view_config(route_name=CLOSE, permission=CHANGE, request_method="POST")
def close(request):
    """End a payment that is not finished: nobody can go on with it."""
    found = _one(request, id_in_address(request, "id"))
    need_proof(request, request.route_path(ONE, id=found.payment.id))
    words = "This payment does not wait for its payer any more."
    if found.payment.state == "payer":
        words = "The payment is voided. No money was taken."
        try:
            state = asking.close(request.db, services_at(request.registry, request.practice_id), found.payment, request.now, "office", request.identity.account_id)
            request.audit("account.online.close", found.payment.patient_id, found.payment.id)
            words = words if state == "canceled" else "The payer has just paid."
        except CardServiceAway:
            words = "The card service does not answer right now. Please try again in a few minutes."
    request.session.flash(words)
    return HTTPSeeOther(request.route_path(ONE, id=found.payment.id))


@view_config(route_name=SEEN, permission=CHANGE, request_method="POST")
def see_to(request):
    """The office has seen to a payment that a bank has taken back."""
    found = _one(request, id_in_address(request, "id"))
    if returns.see_to(request.db, request.practice_id, found.payment.id, request.identity.account_id, request.now):
        request.audit("account.online.see_to", found.payment.patient_id, found.payment.id)
    request.session.flash("This waits no more.")
    return HTTPSeeOther(request.route_path(ONE, id=found.payment.id))


def _wanted(request, form: Form[QueueForm]) -> Wanted | None:
    data = form.data
    if data and data.clinic and data.clinic not in own_clinics(request):
        form.refuse("Choose the clinic from the list.", "clinic")
    if data and data.since and data.until and data.until < data.since:
        form.refuse("The last day lies before the first one. Turn them around.", "until")
    if form.data is None or data is None:
        return None
    state, zone = (data.state if request.GET else "waiting"), request.whole_tenant.time_zone
    today = request.now.astimezone(zone).date()
    first = data.since or (date(2000, 1, 1) if state in ("waiting", "pending") else min(data.until or today, today) - timedelta(days=DAYS))
    since, until = (datetime.combine(day, time(), zone) for day in (first, (data.until or today) + timedelta(days=1)))
    reach = [data.clinic] if data.clinic else list(request.identity.clinic_ids)
    return Wanted(since, until, reach, state, data.source)


def _rows(request, wanted: Wanted) -> Iterator[bytes]:
    names, zone = clinic_names(request), request.whole_tenant.time_zone
    for line in online.all_lines(request.db, request.practice_id, wanted):
        payment, patient = line.payment, line.patient
        who = f"{patient.last_name}, {patient.first_name}" if patient else ""
        at = payment.created_at.astimezone(zone)
        cents = (payment.amount_cents, payment.refunded_cents, payment.disputed_cents)
        about = ("returned" if payment.is_returned else payment.state, SOURCES[payment.source], payment.card, payment.gateway_reference or "")
        clinic = names.get(payment.clinic_id, "") if payment.clinic_id else ""
        yield csv_line((f"{at:%Y-%m-%d %H:%M}", payment.receipt_number, who, clinic, *(amount / 100 for amount in cents), *about))


def _one(request, payment_id: UUID) -> Whole:
    try:
        return online.one(request.db, request.practice_id, payment_id, request.identity.clinic_ids)
    except online.NotThere:
        raise HTTPNotFound() from None


def _refund(request, found: Whole, form: Form[RefundForm]) -> str | None:
    """Its state; None when it was refused, which the form says."""
    cents = None
    try:
        cents = parse_amount(form.values.get("amount", "")) if form.data else None
    except AmountRefused as refusal:
        form.refuse(str(refusal), "amount")
    data = form.data
    if data is None or cents is None:
        return None
    order = refunds.Order(found.payment.id, cents, data.reason, data.form_nonce, request.identity.account_id)
    keep = keep_as(request, "account.online.refund", found.payment.patient_id)
    try:
        return refunds.refund(request.db, request.practice_id, services_at(request.registry, request.practice_id), order, request.now, keep).state
    except refunds.RefundRefused as refusal:
        form.refuse(str(refusal), "amount")
        return None


def _values(request, found: Whole, form: Form) -> dict:
    form.values["form_nonce"] = new_nonce()
    left = refunds.left_cents(request.db, found.payment)
    place = request.registry.tenants.tenant(request.practice_id, found.payment.clinic_id, request.visitor.version)
    form.values.setdefault("amount", f"{left / 100:.2f}")
    return {
        "one": found, "form": form, "left": left, "at": clinic_names(request), "parts": parts(request), "sources": SOURCES, "may_change": may_change(request), "reason_text": returns.reason_text,
        "keeps_books": posting.rules_of(place).keeps_books,
    }  # fmt: skip


def add_routes(config) -> None:
    """Add the pages."""
    config.add_route(ONLINE, "/online")
    config.add_route(FILE, "/online/file")
    config.add_route(PROCESS, "/online/process")
    config.add_route(ONE, "/online/{id}")
    config.add_route(REFUND, "/online/{id}/refund")
    config.add_route(CLOSE, "/online/{id}/close")
    config.add_route(SEEN, "/online/{id}/seen")
