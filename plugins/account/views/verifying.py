"""Verify and pay: who it is, the code, and then what is owed and the cards that are kept. No page before the code says whether somebody is a patient here."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth.limits import TooManyAttempts
from core.auth.tickets import BadTicket
from core.tenant import Tenant
from core.web.errors import how_long
from core.web.forms import Form, read_form
from plugins.account.amounts import LARGEST_GUEST_PAYMENT_CENTS
from plugins.account.forms import LONGEST_NAME, LONGEST_NOTE, PayForm, Who, chosen_amount
from plugins.account.gateway.asking import CardService, Kind
from plugins.account.models import Method
from plugins.account.pages import id_or_none, keep_as, kinds_at, lead_to_hosted_pages, note_refusal, service_of, services_at
from plugins.account.services import guests, methods, payments, verifying
from plugins.account.services.asking import How, JustPaid, Made
from plugins.account.services.offers import About, offers_of
from plugins.account.services.verifying import Proven
from plugins.account.views.guests import keep_for_browser, place_of, word_of
from plugins.account.views.payments import JUST_PAID, NOT_YOURS, REFUSED, asked_cents, explain_hidden, say_refusal

OPEN = {"permission": NO_PERMISSION_REQUIRED}
FORM, CODE, PAY = "account/verify.jinja2", "account/verify_code.jinja2", "account/verified.jinja2"
WRONG_CODE = "This code is not right, or too old. Check it, or ask for a new one. After five tries it is of no use any more."
TOO_MANY = "Too many codes were asked for. Please wait {}, or call the office."


class VerifyForm(Who):
    """Who wants to see what is owed, and how the code should come."""

    channel: Literal["mail", "text"] = "mail"


class CodeForm(BaseModel):
    """The code that was sent."""

    code: str = Field("", title="code", max_length=100)


@view_config(route_name="account.verify", request_method="GET", renderer=FORM, **OPEN)
def verify_page(request):
    """Ask who it is."""
    return _asked(request, place_of(request), Form(values={"channel": "mail"}))


@view_config(route_name="account.verify", request_method="POST", renderer=FORM, **OPEN)
def ask(request):
    """Have it looked up, and go on to the page that takes a code, in any case."""
    place, form = place_of(request), read_form(request, VerifyForm)
    data = form.data
    if data is None:
        request.response.status_int = 422
        return _asked(request, place, form)
    asker = verifying.Asker(data.first_name, data.last_name, data.birthdate, data.account_number, data.channel, request.remote_addr or "")
    registry = request.registry
    try:
        ticket_id = verifying.ask(request.db, request.practice_id, registry.limiter, registry.portal.secret_key, asker, request.now)
    except TooManyAttempts as refusal:
        form.refuse(TOO_MANY.format(how_long(refusal.seconds)))
        request.response.status_int = 422
        return _asked(request, place, form)
    request.audit("account.verification.ask", target_id=ticket_id)
    request.override_renderer = CODE
    return {"place": place, "form": Form(), "ticket": ticket_id}


@view_config(route_name="account.verify_code", request_method="POST", renderer=CODE, **OPEN)
def prove(request):
    """A right code opens the page on which this patient's bill is paid; whatever is wrong with it has one answer."""
    place, form = place_of(request), read_form(request, CodeForm)
    ticket_id = id_or_none(str(request.POST.get("ticket", ""))) or UUID(int=0)
    whose = (request.db, request.practice_id, request.registry.limiter, ticket_id)
    try:
        token = verifying.prove(*whose, form.data.code if form.data else "", request.remote_addr or "", request.now)
    except BadTicket:
        request.audit("account.verification.fail", target_id=ticket_id)
        form.refuse(WRONG_CODE, "code")
        request.response.status_int = 422
        return {"place": place, "form": form, "ticket": ticket_id}
    return HTTPSeeOther(request.route_path("account.verified", place=word_of(place), token=token))


@view_config(route_name="account.verified", request_method="GET", renderer=PAY, **OPEN)
def pay_page(request):
    """What the patient owes. Whoever came to another clinic's page is taken to their own."""
    proven = _proven(request)
    place, service = own_place(request, proven)
    if request.matchdict["place"] != word_of(place):
        return HTTPSeeOther(request.route_path("account.verified", place=word_of(place), token=request.matchdict["token"]))
    request.audit("account.verification.view", proven.patient.id)
    return page_of(request, proven, place, service, Form())


@view_config(route_name="account.verified", request_method="POST", renderer=PAY, **OPEN)
def pay(request):
    """Pay, and lead to the card service or to the receipt."""
    proven = _proven(request)
    place, service = own_place(request, proven)
    return pay_as(request, proven, place, service)


def pay_as(request, proven: Proven, place: Tenant, service: CardService):
    """Pay by the form of the page; what is wrong is said above it."""
    form = read_form(request, PayForm)
    made = _make(request, proven, place, service, form)
    if made is None:
        note_refusal(request, form, proven.patient.id)
        request.response.status_int = 422
        return page_of(request, proven, place, service, form)
    keep_for_browser(request, str(made.payment_id))
    return HTTPSeeOther(made.go_to or request.route_path("account.guest_receipt", payment_id=made.payment_id))


def _asked(request, place: Tenant, form: Form) -> dict:
    return {"form": form, "place": place, "longest_name": LONGEST_NAME}


def _proven(request) -> Proven:
    """The patient of the link. A link that is over leads back to the form that asks who it is."""
    try:
        return verifying.patient_of(request.db, request.practice_id, request.matchdict["token"], request.now)
    except BadTicket:
        raise HTTPSeeOther(request.route_path("account.verify", place=word_of(place_of(request)))) from None


def own_place(request, proven: Proven) -> tuple[Tenant, CardService]:
    """The patient's clinic, and its card service; where that takes no payments here, there is nothing to see."""
    place = request.registry.tenants.tenant(request.practice_id, proven.patient.clinic_id, request.visitor.version)
    service = service_of(request.registry, place) if place.settings["account.guest_payments"] else None
    if service is None:
        raise HTTPNotFound()
    return place, service


def _make(request, proven: Proven, place: Tenant, service: CardService, form: Form[PayForm]) -> Made | None:
    explain_hidden(form)
    cents, data = chosen_amount(form), form.data
    if data is None or cents is None:
        return None
    limiter, keep = request.registry.limiter, keep_as(request, "account.guest_payment.make", proven.patient.id)
    try:
        method = _method(request, proven, service, data)
        order = _order(proven, place, data, cents, method, request.remote_addr or "")
        if payments.sent_before(request.db, request.practice_id, order) is None:
            guests.take_try(limiter, request.practice_id, request.remote_addr or "", request.now)
        how = _how(request, proven, service, data, method)
        return payments.make_payment(request.db, service, services_at(request.registry, request.practice_id), order, how, request.now, keep)
    except JustPaid as paid:
        request.session.flash(JUST_PAID)
        return Made(paid.payment_id)
    except TooManyAttempts as refusal:
        form.refuse(f"Too many payments were tried here. Nothing was paid. Please wait {how_long(refusal.seconds)}, or call the office.")
    except methods.MethodNotFound:
        request.audit("account.payment.refuse", proven.patient.id)
        form.values["pay_with"] = ""
        form.refuse(NOT_YOURS)
    except REFUSED as refusal:
        say_refusal(form, refusal)
    return None


def about_of(proven: Proven, place: Tenant) -> About:
    """What somebody pays for who has come by a code or by a link."""
    return About(proven.patient.id, place.time_zone, family=proven.family, statement_id=proven.statement_id)


def _order(proven: Proven, place: Tenant, data: PayForm, cents: int, method: Method | None, address: str) -> payments.Order:
    patient = proven.patient
    names = {"first_name": patient.first_name, "last_name": patient.last_name, "birthdate": patient.birthdate, "email": proven.email, "address": address}
    return payments.Order(
        about=about_of(proven, place),
        account_id=None,
        clinic_id=place.clinic_id,
        choice=data.choice,
        amount_cents=cents,
        form_nonce=data.form_nonce,
        source="link" if proven.asked else "verified",
        pay_request_id=proven.asked.id if proven.asked else None,
        method_id=method.id if method else None,
        note=data.note,
        prepayment_confirmed_cents=data.more_than_owed,
        minimum_cents=place.settings["account.minimum_payment_cents"],
        largest_cents=LARGEST_GUEST_PAYMENT_CENTS,
        typed=names,
    )


def _method(request, proven: Proven, service: CardService, data: PayForm) -> Method | None:
    if not isinstance(data.pay_with, UUID):
        return None
    if proven.asked:
        raise methods.MethodNotFound
    return methods.method_of(request.db, request.practice_id, data.pay_with, service.card_account, patient_id=proven.patient.id)


def _how(request, proven: Proven, service: CardService, data: PayForm, method: Method | None):
    customer, keeps = None, bool(data.keep) and method is None and proven.asked is None
    if keeps or method:
        payer = methods.payer_of(request.db, service.card_account, request.now, patient_id=proven.patient.id)
        customer = methods.customer_of(request.db, service, payer)
    kinds: list[Kind] = ["bank"] if data.pay_with == "bank" else ["card"]
    reference = method.reference if method else None

    def how(payment_id: UUID) -> How:
        return How(request.route_url("account.guest_receipt", payment_id=payment_id), reference, customer, kinds, keeps)

    return how


def page_of(request, proven: Proven, place: Tenant, service: CardService, form: Form) -> dict:
    """What the page of paying shows."""
    lead_to_hosted_pages(request)
    offers = offers_of(request.db, request.practice_id, about_of(proven, place))
    # A birthdate is less than a code: by a link nobody sees what is kept.
    whose = {"patient_id": proven.patient.id}
    kept = [] if proven.asked else methods.methods_of(request.db, request.practice_id, service.card_account, **whose)
    today = request.now.astimezone(place.time_zone).date()
    usable = [method for method in kept if not methods.has_ended(method, today)]
    if form.values.get("choice") not in {"other", *offers.amounts}:
        form.values["choice"] = next(iter(offers.amounts), "other")
    if form.values.get("pay_with") not in {"card", "bank", *(str(method.id) for method in usable)}:
        form.values["pay_with"] = str(usable[0].id) if usable else "card"
    form.values |= {"form_nonce": payments.new_nonce(), "patient": str(proven.patient.id)}
    return {
        "form": form,
        "patient": proven.patient,
        "place": place,
        "tenant": place,
        "offers": offers,
        "balance": offers.balance,
        "methods": usable,
        "kinds": kinds_at(place),
        "asked_cents": asked_cents(form),
        "longest_note": LONGEST_NOTE,
        "by_link": proven.asked is not None,
        "is_stand_in": service.name == "local",
    }
