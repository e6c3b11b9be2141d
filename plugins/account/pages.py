"""What the Account pages have in common."""

from datetime import date
from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound

from core.tenant import Tenant
from core.web.forms import Form
from plugins.account.gateway import PaymentGateway, gateway_for
from plugins.account.gateway.refusals import refusal_text
from plugins.account.gateway.stand_in_cards import CardRefused, read_card
from plugins.account.models import Payment

SEE, PAY = "account.see", "account.pay"
PARTS = (
    ("Overview", "account.home"),
    ("Visits and payments", "account.ledger"),
    ("Statements", "account.statements"),
    ("Payment plans", "account.plans"),
    ("Insurance", "account.insurance"),
    ("For tax or insurance", "account.yearly"),
)
"""The parts of the tab, each with its address."""
INCOMPLETE = "This page did not arrive as a whole. Please check everything and send it again; nothing was paid."


def parts(request) -> list[tuple[str, str, bool, int]]:
    """The parts of the tab as links (components/sub_tabs.jinja2), with the one in view."""
    return [(title, request.route_path(route), request.matched_route.name == route, 0) for title, route in PARTS]


def seen_people(request) -> list:
    """The people whose account the viewer may see, the one in view first."""
    others = (person for person in request.identity.people if person.id != request.person.id)
    return [request.person, *(person for person in others if request.may(person, SEE))]


def seen_ids(request) -> list[UUID]:
    """The patients whose account the viewer may see."""
    return [person.id for person in seen_people(request)]


def today_of(request) -> date:
    """What day it is at the clinic of the person in view."""
    return request.now.astimezone(request.tenant.time_zone).date()


def open_gateway(request, person) -> PaymentGateway | None:
    """The gateway that the Pay page can use for this person; None when the office takes no payments in the portal."""
    return gateway_at(request.registry, request.tenant_of(person))


def gateway_at(registry, tenant: Tenant) -> PaymentGateway | None:
    """The gateway of a place that takes payments in the portal, None of one that does not: here it is decided what that means."""
    on = PAY.partition(".")[0] in tenant.plugins and PAY not in tenant.acts_off
    gateway = gateway_for(registry, tenant) if on else None
    return gateway if gateway and gateway.card_form else None


def guest_places(request) -> list[Tenant]:
    """The practice as seen from each clinic (as a whole, if it has none) where anyone may pay without signing in."""
    tenants, clinics = request.registry.tenants, request.whole_tenant.clinics
    places = [tenants.tenant(request.practice_id, clinic.id, request.visitor.version) for clinic in clinics] or [request.whole_tenant]
    return [place for place in places if place.settings["account.guest_payments"] and gateway_at(request.registry, place)]


def may_pay(request, person) -> bool:
    """Whether the office takes payments here, and this account may make one for this person."""
    return request.may(person, PAY) and open_gateway(request, person) is not None


def card_method(request, form: Form, place: Tenant) -> str | None:
    """What stands for the card that was typed; None when something is wrong with it, which the form then says."""
    number, code = (request.POST.get(name, "") for name in ("card_number", "card_code"))
    today = request.now.astimezone(place.time_zone).date()
    try:
        return read_card(str(number), form.values.get("card_expiry", ""), str(code), today)
    except CardRefused as refusal:
        form.refuse(str(refusal), refusal.field)
        return None


def with_refusal(form: Form, payment: Payment) -> Payment:
    """The payment, with the form saying why when it was declined."""
    if payment.state == "failed":
        form.refuse(refusal_text(payment.refusal))
    return payment


def id_in_address(request, name: str) -> UUID:
    """An id of the address; what is none is not found."""
    try:
        return UUID(request.matchdict[name])
    except ValueError:
        raise HTTPNotFound() from None


def page_number(request) -> int:
    """The page of a list, from 1; what is none is not found."""
    text = request.GET.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) >= 1):
        raise HTTPNotFound()
    return int(text)


def pages_of(request, page: int, shown: int, size: int, many: int, **kept: str) -> dict[str, str | None]:
    """What leads from one page of a list to the next (components/pagination.jinja2); `kept` stays in the address."""
    first, last = (page - 1) * size + 1, (page - 1) * size + shown

    def path(number: int) -> str:
        return request.route_path(request.matched_route.name, _query={**kept, "page": str(number)})

    return {
        "newer": path(page - 1) if page > 1 else None,
        "older": path(page + 1) if last < many else None,
        "where": f"{first:,} to {last:,} of {many:,}",
    }
