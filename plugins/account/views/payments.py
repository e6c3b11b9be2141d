"""Paying by card, and receipts."""

from datetime import timedelta
from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth.notices import address_for
from core.web.forms import Form, read_form
from plugins.account.amounts import AmountRefused
from plugins.account.forms import LONGEST_NOTE, PayForm, chosen_amount
from plugins.account.gateway import PaymentGateway
from plugins.account.gateway.refusals import refusal_text
from plugins.account.gateway.stand_in_cards import TEST_CARDS
from plugins.account.models import Payment
from plugins.account.pages import INCOMPLETE, card_method, id_in_address, open_gateway, with_refusal
from plugins.account.services import ledger, payments
from plugins.account.services.receipts import RECEIPT

PAY_PAGE = "account/pay.jinja2"
OTHER_PERSON = "You have switched to another person’s account since this page was opened. Please check the amount, then pay."

MAILED_WITHIN = timedelta(days=1)
"""So long a mail server may be away; a receipt that has not gone by then was not wanted."""

HIDDEN = {"patient", "balance_seen", "statement_seen", "form_nonce", "choice", "more_than_owed"}


@view_config(route_name="account.pay", permission="account.pay", request_method="GET", renderer=PAY_PAGE)
def pay_page(request):
    """The form, with the whole balance chosen."""
    gateway = open_gateway(request, request.person)
    if gateway is None:
        raise HTTPNotFound()
    return _page(request, Form())


@view_config(route_name="account.pay", permission="account.pay", request_method="POST", renderer=PAY_PAGE)
def pay(request):
    """Pay, and lead to the receipt; what is wrong is said above the form, with everything but the card still in it."""
    gateway = open_gateway(request, request.person)
    if gateway is None:
        raise HTTPNotFound()
    form = read_form(request, PayForm)
    order = _order(request, form)
    payment = _make(request, form, gateway, order) if order else None
    if payment is None or payment.state == "failed":
        request.response.status_int = 422
        return _page(request, form)
    return HTTPSeeOther(request.route_path("account.receipt", payment_id=payment.id))


@view_config(route_name="account.receipt", permission="account.see", request_method="GET", renderer="account/receipt.jinja2")
def receipt(request):
    """A receipt to print, or how far the payment is."""
    payment = _payment(request, id_in_address(request, "payment_id"))
    request.audit("account.payment.view", request.person.id, payment.id)
    return {
        "payment": payment,
        "refusal": refusal_text(payment.refusal),
        "mailed_to": _mailed_to(request, payment),
        "may_pay": open_gateway(request, request.person) is not None,
    }


def _mailed_to(request, payment: Payment) -> str:
    """Where the receipt went or is about to go; nothing for somebody else's payment, and where none was wanted then or is now."""
    never_sent = payment.settled_at and not payment.receipt_sent_at and request.now - payment.settled_at > MAILED_WITHIN
    if never_sent or payment.account_id != request.identity.account_id:
        return ""
    return address_for(request.db, request.practice_id, payment.account_id, RECEIPT)


def _order(request, form: Form[PayForm]) -> payments.Order | None:
    """What the payer asks for; None when something in the form is wrong."""
    _explain_hidden(form)
    cents = chosen_amount(form)
    method = card_method(request, form, request.tenant)
    data = form.data
    if data is None or cents is None or method is None:
        return None
    if data.patient != request.person.id:
        form.refuse(OTHER_PERSON)
        return None
    return payments.Order(
        patient_id=request.person.id,
        account_id=request.identity.account_id,
        clinic_id=request.tenant.clinic_id,
        choice=data.choice,
        amount_cents=cents,
        method=method,
        form_nonce=data.form_nonce,
        note=data.note,
        prepayment_confirmed_cents=data.more_than_owed,
        minimum_cents=request.tenant.settings["account.minimum_payment_cents"],
        zone=request.tenant.time_zone,
    )


def _explain_hidden(form: Form) -> None:
    # Nobody typed these: a broken page or a changed request; the payer can only try again.
    hidden = HIDDEN & form.errors.keys()
    for name in hidden:
        del form.errors[name]
    if hidden:
        form.refuse(INCOMPLETE)


def _make(request, form: Form[PayForm], gateway: PaymentGateway, order: payments.Order) -> Payment | None:
    """Pay, and look at what became of it; None when the amount was refused before anything was asked for."""

    def keep(payment_id: UUID) -> None:
        request.audit("account.payment.make", request.person.id, payment_id)
        request.tm.commit()
        request.tm.begin()

    try:
        payment_id = payments.make_payment(request.db, gateway, order, request.now, keep)
    except AmountRefused as refusal:
        form.refuse(str(refusal), "amount")
    except payments.BalanceChanged as refusal:
        form.refuse(str(refusal))
    except payments.PrepaymentNotConfirmed as refusal:
        form.refuse(payments.excess_text(refusal), "more_than_owed")
        form.values["more_than_owed"] = str(refusal.amount_cents)
    else:
        return with_refusal(form, _payment(request, payment_id))
    return None


def _payment(request, payment_id: UUID) -> Payment:
    try:
        return payments.payment(request.db, request.practice_id, request.person.id, payment_id)
    except payments.PaymentNotFound:
        raise HTTPNotFound() from None


def _page(request, form: Form) -> dict:
    overview = ledger.overview(request.db, request.practice_id, request.person.id, request.tenant.time_zone)
    payable, statement = overview.balance.payable_cents, overview.statement_due_cents
    offers = [("statement", statement)] if 0 < statement < payable else []
    offers += [("balance", payable)] if payable else []
    if form.values.get("choice") not in {"other", *(name for name, _ in offers)}:
        form.values["choice"] = offers[0][0] if offers else "other"
    # A page is made for one payment: what was refused before is sent again as a new one.
    form.values |= {"form_nonce": payments.new_nonce(), "patient": str(request.person.id)}
    form.values |= {"balance_seen": str(payable), "statement_seen": str(statement)}
    return {
        "form": form,
        "balance": overview.balance,
        "offers": offers,
        "last_statement": overview.last_statement,
        "asked_cents": _asked_cents(form),
        "longest_note": LONGEST_NOTE,
        "test_cards": TEST_CARDS,
    }


def _asked_cents(form: Form) -> int:
    """The amount of which the page asks whether it is meant; 0 when there is nothing to ask."""
    typed = form.values.get("more_than_owed", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 9 else 0
