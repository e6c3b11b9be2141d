"""Paying without signing in: the clinic, the form, the receipt. No page says whether somebody is a patient here, or what is owed."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth.limits import TooManyAttempts
from core.tenant import Tenant
from core.web.errors import how_long
from core.web.forms import Form, read_form
from plugins.account.amounts import AmountRefused
from plugins.account.forms import LONGEST_NAME, LONGEST_NOTE, GuestForm, typed_amount
from plugins.account.gateway.asking import Kind
from plugins.account.gateway.refusals import refusal_text
from plugins.account.models import Payment
from plugins.account.pages import INCOMPLETE, guest_places, id_in_address, keep_as, kinds_at, lead_to_hosted_pages, note_refusal, service_of
from plugins.account.services import guests
from plugins.account.services.asking import How, Made
from plugins.account.services.payments import PaymentNotFound, new_nonce
from plugins.account.views.receipts import as_file, look

PAGE = "account/guest.jinja2"
WHOLE = "practice"
"""Stands in the address for a practice that has no clinics."""
MADE, MOST_MADE = "account.guest", 5
"""Where the form cookie keeps which payments this browser made: their receipts are shown to it alone."""


@view_config(route_name="account.guest", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="account/guest_clinics.jinja2")
def clinics_page(request):
    """Which clinic is to be paid, if there is more than one."""
    places = guest_places(request)
    if not places:
        raise HTTPNotFound()
    if len(places) == 1:
        return HTTPSeeOther(path_of(request, places[0]))
    return {"places": [(place, path_of(request, place)) for place in places]}


@view_config(route_name="account.guest_pay", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer=PAGE)
def pay_page(request):
    """The form."""
    return _page(request, place_of(request), Form())


@view_config(route_name="account.guest_pay", permission=NO_PERMISSION_REQUIRED, request_method="POST", renderer=PAGE)
def pay(request):
    """Lead to the page of the card service, whoever was typed; what is wrong is said above the form, with everything still in it."""
    place = place_of(request)
    form = read_form(request, GuestForm)
    order = _order(request, place, form)
    made = _make(request, place, form, order) if order else None
    if made is None:
        note_refusal(request, form)
        request.response.status_int = 422
        return _page(request, place, form)
    keep_for_browser(request, str(made.payment_id))
    return HTTPSeeOther(made.go_to or request.route_path("account.guest_receipt", payment_id=made.payment_id))


@view_config(
    route_name="account.guest_receipt", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="account/guest_receipt.jinja2"
)
def receipt(request):
    """The receipt, or how far the payment is, for the browser that made it: the page looks it up itself."""
    payment = _own_payment(request)
    payment, go_to = look(request, payment)
    place = request.registry.tenants.tenant(request.practice_id, payment.clinic_id, request.visitor.version)
    is_open = any(one.clinic_id == place.clinic_id for one in guest_places(request))
    lead_to_hosted_pages(request)
    return {
        "payment": payment,
        "go_to": go_to,
        "guest": guests.typed_by(request.db, payment),
        "place": place,
        "refusal": refusal_text(payment.refusal),
        "pay_path": path_of(request, place) if is_open else "",
    }


@view_config(route_name="account.guest_receipt_file", permission=NO_PERMISSION_REQUIRED, request_method="GET")
def receipt_file(request):
    """The receipt, to keep: for the browser that made the payment, and no other."""
    payment = _own_payment(request)
    if payment.state != "succeeded" or payment.is_returned:
        raise HTTPNotFound()
    request.audit("account.guest_payment.download", target_id=payment.id)
    guest = guests.typed_by(request.db, payment)
    return as_file(request, payment, f"{guest.first_name} {guest.last_name}")


def keep_for_browser(request, payment_id: str) -> None:
    """Let this browser open the receipt."""
    made = [one for one in request.session.get(MADE, []) if one != payment_id]
    request.session[MADE] = [*made, payment_id][-MOST_MADE:]


def _own_payment(request) -> Payment:
    payment_id = id_in_address(request, "payment_id")
    if str(payment_id) not in request.session.get(MADE, []):
        raise HTTPNotFound()
    try:
        return guests.payment_of(request.db, request.practice_id, payment_id)
    except PaymentNotFound:
        raise HTTPNotFound() from None


def place_of(request) -> Tenant:
    """The place of the address, where payments are on."""
    for place in guest_places(request):
        if request.matchdict["place"] == word_of(place):
            return place
    raise HTTPNotFound()


def word_of(place: Tenant) -> str:
    """How an address names a clinic."""
    return str(place.clinic_id) if place.clinic_id else WHOLE


def path_of(request, place: Tenant) -> str:
    """The page on which anyone pays at this clinic."""
    return request.route_path("account.guest_pay", place=word_of(place))


def _order(request, place: Tenant, form: Form[GuestForm]) -> guests.GuestOrder | None:
    """What is asked for; None when something in the form is wrong."""
    if form.errors.pop("form_nonce", ""):
        form.refuse(INCOMPLETE)
    cents, data = typed_amount(form), form.data
    if data is None or cents is None:
        return None
    return guests.GuestOrder(
        who=guests.For(data.first_name, data.last_name, data.birthdate, data.account_number, data.email),
        clinic_id=place.clinic_id,
        amount_cents=cents,
        form_nonce=data.form_nonce,
        address=request.remote_addr or "",
        note=data.note,
        minimum_cents=place.settings["account.minimum_payment_cents"],
    )


def _make(request, place: Tenant, form: Form[GuestForm], order: guests.GuestOrder) -> Made | None:
    """Pay; None when it was refused before anything was asked for."""
    service = service_of(request.registry, place)
    if service is None:
        raise HTTPNotFound()
    keep = keep_as(request, "account.guest_payment.make")
    kinds: list[Kind] = ["bank"] if form.data and form.data.kind == "bank" else ["card"]

    def how(payment_id: UUID) -> How:
        return How(request.route_url("account.guest_receipt", payment_id=payment_id), kinds=kinds)

    try:
        return guests.pay(request.db, service, request.registry.limiter, order, how, request.now, keep)
    except AmountRefused as refusal:
        form.refuse(str(refusal), "amount")
    except TooManyAttempts as refusal:
        form.refuse(
            f"Too many payments were tried here. Nothing was paid. Please wait {how_long(refusal.seconds)}, sign in to pay, or call the office."
        )
    return None


def _page(request, place: Tenant, form: Form) -> dict:
    # A page is made for one payment: what was refused before is sent again as a new one.
    form.values["form_nonce"] = new_nonce()
    form.values.setdefault("kind", "card")
    lead_to_hosted_pages(request)
    return {
        "form": form,
        "place": place,
        "path": path_of(request, place),
        "is_one_of_several": len(guest_places(request)) > 1,
        "longest_name": LONGEST_NAME,
        "longest_note": LONGEST_NOTE,
        "kinds": kinds_at(place),
        "is_stand_in": request.registry.portal.payments == "local",
    }
