"""What the Account pages have in common."""

from datetime import date
from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound

from core.tenant import Tenant
from core.web.forms import WHOLE, Form
from core.web.headers import let_forms_lead_to
from plugins.account.gateway import card_service_at, card_service_for, hosted_pages
from plugins.account.gateway.asking import CardService, Kind
from plugins.account.gateway.refusals import refusal_text
from plugins.account.models import Payment
from plugins.account.services.asking import Keep
from plugins.account.services.looking_up import ServiceAt
from plugins.account.services.payments import CHANGED

SEE, PAY = "account.see", "account.pay"
PARTS = (
    ("Overview", "account.home"),
    ("Visits and payments", "account.ledger"),
    ("Statements", "account.statements"),
    ("Payment plans", "account.plans"),
    ("Estimates", "account.estimates"),
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


def open_service(request, person) -> CardService | None:
    """The card service that the Pay page can use for this person; None when the office takes no payments in the portal."""
    return service_of(request.registry, request.tenant_of(person))


def service_of(registry, tenant: Tenant) -> CardService | None:
    """The card service of a place that takes payments in the portal, None of one that does not: here it is decided what that means."""
    on = PAY.partition(".")[0] in tenant.plugins and PAY not in tenant.acts_off
    return card_service_for(registry, tenant) if on else None


def services_at(registry, practice_id: UUID) -> ServiceAt:
    """A function that gives the card service at which a payment was asked for, also where no new ones are taken any more."""

    def at(payment: Payment) -> CardService | None:
        tenant = registry.tenants.current(practice_id, payment.clinic_id)
        return card_service_at(registry, tenant, payment.card_account) if payment.card_account else None

    return at


def kinds_at(place: Tenant) -> list[Kind]:
    """With what one can pay at a place: a card, and a bank account where the office takes those."""
    return ["card", "bank"] if place.settings["account.bank_payments"] else ["card"]


def lead_to_hosted_pages(request) -> None:
    """The form of this page may lead on to the card service."""
    let_forms_lead_to(request, hosted_pages(request.registry.portal))


def keep_as(request, action: str, patient_id: UUID | None = None) -> Keep:
    """What makes a step last while a payment is made: the request's transaction is committed, and begins anew; a new payment is put on record."""

    def keep(payment_id: UUID | None) -> None:
        if payment_id:
            request.audit(action, patient_id, payment_id)
        request.tm.commit()
        request.tm.begin()

    return keep


def note_refusal(request, form: Form, patient_id: UUID | None = None, target_id: UUID | None = None) -> None:
    """Put on record that an amount was refused, or a form whose hidden amounts are not those that the page showed; the row holds ids only."""
    if "amount" in form.errors or form.errors.get(WHOLE) in (CHANGED, INCOMPLETE):
        request.audit("account.amount.refuse", patient_id, target_id)


def refuse_for_good(request, patient_id: UUID | None) -> HTTPNotFound:
    """The answer to whoever asks to pay for what is not theirs, which stays on record though nothing else of the request does."""
    request.audit("account.payment.refuse", patient_id)
    request.tm.commit()
    request.tm.begin()
    return HTTPNotFound()


def guest_places(request) -> list[Tenant]:
    """The practice as seen from each clinic (as a whole, if it has none) where anyone may pay without signing in."""
    tenants, clinics = request.registry.tenants, request.whole_tenant.clinics
    places = [tenants.tenant(request.practice_id, clinic.id, request.visitor.version) for clinic in clinics] or [request.whole_tenant]
    return [place for place in places if takes_payments(request.registry, place)]


def takes_payments(registry, place: Tenant) -> bool:
    """Whether anyone may pay at a place without signing in."""
    return bool(place.settings["account.guest_payments"]) and service_of(registry, place) is not None


def may_pay(request, person) -> bool:
    """Whether the office takes payments here, and this account may make one for this person."""
    return request.may(person, PAY) and open_service(request, person) is not None


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


def id_or_none(text: str) -> UUID | None:
    """An id that a form or an address may hold."""
    try:
        return UUID(text)
    except ValueError:
        return None


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
