"""Paying: what, with what, and on to the card service."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.web.forms import Form, read_form
from plugins.account.amounts import AmountRefused
from plugins.account.forms import LONGEST_NOTE, PayForm, chosen_amount
from plugins.account.gateway.asking import CardService, CardServiceAway, CardServiceRefused, Kind
from plugins.account.models import Method
from plugins.account.pages import (
    INCOMPLETE,
    id_or_none,
    keep_as,
    kinds_at,
    lead_to_hosted_pages,
    note_refusal,
    open_service,
    refuse_for_good,
    services_at,
    with_refusal,
)
from plugins.account.services import methods, payments
from plugins.account.services.asking import How, JustPaid, Made
from plugins.account.services.ledger import StatementNotFound
from plugins.account.services.offers import About, Offers, VisitNotFound, offers_of
from plugins.account.services.open_charges import family_of

PAY_PAGE = "account/pay.jinja2"
OTHER_PERSON = "You have switched to another person’s account since this page was opened. Please check the amount, then pay."
NOT_YOURS = "This is not on your account any more. Please choose again."
JUST_PAID = "You had begun this payment before, and it has just been made. Nothing was paid a second time."
AWAY = "The card service does not answer right now. Nothing was paid. Please try again in a few minutes."

HIDDEN = {"patient", "balance_seen", "family_seen", "statement_seen", "visit_seen", "plan_seen", "statement", "visit", "plan", "form_nonce", "choice", "more_than_owed"}


@view_config(route_name="account.pay", permission="account.pay", request_method="GET", renderer=PAY_PAGE)
def pay_page(request):
    """The form, with what a link led to chosen, else what is owed."""
    service = _service(request)
    form: Form[PayForm] = Form(values={"statement": request.GET.get("statement", ""), "plan": request.GET.get("plan", "")[:40], "visit": request.GET.get("visit", "")})
    return _page(request, service, form)


@view_config(route_name="account.pay", permission="account.pay", request_method="POST", renderer=PAY_PAGE)
def pay(request):
    """Pay, and lead to the card service or to the receipt; what is wrong is said above the form, with everything still in it."""
    service = _service(request)
    form = read_form(request, PayForm)
    made = _make(request, service, form)
    if made is None:
        note_refusal(request, form, request.person.id)
        request.response.status_int = 422
        return _page(request, service, form)
    if made.go_to:
        return HTTPSeeOther(made.go_to)
    payment = payments.payment(request.db, request.practice_id, request.person.id, made.payment_id)
    if payment.state == "failed":
        with_refusal(form, payment)
        request.response.status_int = 422
        return _page(request, service, form)
    return HTTPSeeOther(request.route_path("account.receipt", payment_id=payment.id))


def _service(request) -> CardService:
    service = open_service(request, request.person)
    if service is None:
        raise HTTPNotFound()
    return service


def about_of(request, statement_id: UUID | None = None, visit: str | None = None, plan_id: UUID | None = None) -> About:
    """What the payer looks at. The family is whom this account may pay for, where the person in view is its guarantor."""
    mine = request.person.id
    family: tuple[UUID, ...] = ()
    others = {person.id for person in request.identity.people if person.id != mine and request.may(person, "account.pay")}
    if others:
        found = [patient_id for patient_id in family_of(request.db, request.practice_id, mine) if patient_id in others]
        family = (mine, *found) if found else ()
    return About(mine, request.tenant.time_zone, family, statement_id, visit or None, plan_id)


def _make(request, service: CardService, form: Form[PayForm]) -> Made | None:
    """Pay; None when it was refused before anything was asked for, which the form then says."""
    explain_hidden(form)
    cents, data = chosen_amount(form), form.data
    if data is None or cents is None:
        return None
    if data.patient != request.person.id:
        request.audit("account.payment.refuse", request.person.id)
        form.refuse(OTHER_PERSON)
        return None
    try:
        method = _method(request, service, data)
        order = _order(request, data, cents, method)
        how, keep = _how(request, service, data, method), keep_as(request, "account.payment.make", request.person.id)
        return payments.make_payment(request.db, service, services_at(request.registry, request.practice_id), order, how, request.now, keep)
    except JustPaid as paid:
        request.session.flash(JUST_PAID)
        return Made(paid.payment_id)
    except (StatementNotFound, VisitNotFound, methods.MethodNotFound):
        request.audit("account.payment.refuse", request.person.id)
        form.values |= {"statement": "", "visit": "", "pay_with": ""}
        form.refuse(NOT_YOURS)
    except REFUSED as refusal:
        say_refusal(form, refusal)
    return None


REFUSED = (AmountRefused, payments.BalanceChanged, payments.PrepaymentNotConfirmed, CardServiceRefused, CardServiceAway)


def say_refusal(form: Form, refusal: Exception) -> None:
    """Why a payment was refused before anyone was asked for money."""
    if isinstance(refusal, AmountRefused):
        form.refuse(str(refusal), "amount")
    elif isinstance(refusal, payments.PrepaymentNotConfirmed):
        form.refuse(payments.excess_text(refusal), "more_than_owed")
        form.values["more_than_owed"] = str(refusal.amount_cents)
    elif isinstance(refusal, payments.BalanceChanged):
        form.refuse(str(refusal))
    else:
        form.refuse(AWAY)


def _method(request, service: CardService, data: PayForm) -> Method | None:
    if not isinstance(data.pay_with, UUID):
        return None
    whose = {"account_id": request.identity.account_id}
    return methods.method_of(request.db, request.practice_id, data.pay_with, service.card_account, **whose)


def _order(request, data: PayForm, cents: int, method: Method | None) -> payments.Order:
    return payments.Order(
        about=about_of(request, data.statement, data.visit, data.plan),
        account_id=request.identity.account_id,
        clinic_id=request.tenant.clinic_id,
        choice=data.choice,
        amount_cents=cents,
        form_nonce=data.form_nonce,
        method_id=method.id if method else None,
        note=data.note,
        prepayment_confirmed_cents=data.more_than_owed,
        minimum_cents=request.tenant.settings["account.minimum_payment_cents"],
    )


def _how(request, service: CardService, data: PayForm, method: Method | None):
    """With what a payment is paid, by its id. Who keeps something is a customer there, known by our id alone."""
    customer, keeps = None, bool(data.keep) and method is None
    if keeps or method:
        payer = methods.payer_of(request.db, service.card_account, request.now, account_id=request.identity.account_id)
        customer = methods.customer_of(request.db, service, payer)
    kinds: list[Kind] = ["bank"] if data.pay_with == "bank" else ["card"]
    reference = method.reference if method else None

    def how(payment_id: UUID) -> How:
        back_to = request.route_url("account.receipt", payment_id=payment_id)
        return How(back_to, reference, customer, kinds, keeps)

    return how


def explain_hidden(form: Form[PayForm]) -> None:
    """Say of what nobody typed that the page did not arrive as a whole."""
    # Nobody typed these: a broken page or a changed request; the payer can only try again.
    hidden = HIDDEN & form.errors.keys()
    for name in hidden:
        del form.errors[name]
        form.values.pop(name, None)
    if hidden:
        form.refuse(INCOMPLETE)


def _offers(request, form: Form) -> Offers:
    """What can be paid. A statement of a link that is not this patient's is not found."""
    about = about_of(request, id_or_none(form.values.get("statement", "")), form.values.get("visit", "").replace("\0", "")[:200], id_or_none(form.values.get("plan", "")))
    try:
        return offers_of(request.db, request.practice_id, about)
    except (StatementNotFound, VisitNotFound):
        raise refuse_for_good(request, request.person.id) from None


def _page(request, service: CardService, form: Form) -> dict:
    lead_to_hosted_pages(request)
    offers = _offers(request, form)
    kept = methods.methods_of(request.db, request.practice_id, service.card_account, account_id=request.identity.account_id)
    if form.values.get("choice") not in {"other", *offers.amounts}:
        form.values["choice"] = next(iter(offers.amounts), "other")
    # A page is made for one payment: what was refused before is sent again as a new one.
    form.values |= {"form_nonce": payments.new_nonce(), "patient": str(request.person.id)}
    today = request.now.astimezone(request.tenant.time_zone).date()
    usable = [method for method in kept if not methods.has_ended(method, today)]
    if form.values.get("pay_with") not in {"card", "bank", *(str(method.id) for method in usable)}:
        form.values["pay_with"] = str(usable[0].id) if usable else "card"
    return {
        "form": form,
        "offers": offers,
        "balance": offers.balance,
        "methods": usable,
        "kinds": kinds_at(request.tenant),
        "asked_cents": asked_cents(form),
        "longest_note": LONGEST_NOTE,
        "is_stand_in": service.name == "local",
    }


def asked_cents(form: Form) -> int:
    """The amount of which the page asks whether it is meant; 0 when there is nothing to ask."""
    typed = form.values.get("more_than_owed", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 9 else 0
