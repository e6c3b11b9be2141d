"""The practice's own account for card payments: connecting it, how it stands, payouts, and what does not agree with the portal."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config

from core.auth.entering import need_proof
from core.plugins import OfficeItem
from core.web.forms import read_form
from core.web.headers import let_forms_lead_to
from core.web.office import OfficePage
from plugins.account.gateway import card_service_at, hosted_pages
from plugins.account.gateway.asking import CardServiceAway, CardServiceRefused, Payout
from plugins.account.models import CardAccount
from plugins.account.pages import id_in_address
from plugins.account.services import card_accounts, comparing, connecting
from tenants.console.patients import own_clinics
from tenants.settings import Author

SEE, CHANGE = "office.card_service.see", "office.card_service.change"
HERE = "account.office.card_service"
CONNECT, GO_ON, DISCONNECT, DIFFERENCE = (f"{HERE}.{name}" for name in ("connect", "go_on", "disconnect", "difference"))
PAGE = OfficePage("Card payments", HERE, "credit-card", SEE, 45, "The practice’s own account, payouts", "practice")
WAITING = OfficeItem(
    "account.card_service", "Account for card payments", "The card service needs to be told something.", "credit-card", HERE, SEE, connecting.HOW_MANY, 15
)
DIFFERENCES = OfficeItem(
    "account.differences", "Payments that do not agree", "The portal and the card service say different things.", "exclamation-circle", HERE, SEE, comparing.HOW_MANY, 20
)
AWAY = "The card service does not answer right now. Please try again in a few minutes."
REFUSED = "The card service could not do this. Please try again; if it stays so, tell whoever runs this portal."
WORDS = {
    "unknown_here": "The card service has a payment that the portal does not know",
    "unknown_there": "The portal has a payment that the card service does not know",
    "amount": "The amounts differ",
    "state": "It was taken after the portal had given it up",
    "refund": "A refund does not agree",
    "dispute": "A dispute of a payment that the portal does not know",
    "ledger": "What was taken and given back does not add up",
}


class PlaceForm(BaseModel):
    """For the whole practice, or one clinic."""

    clinic: UUID | None = Field(None, title="clinic")


@view_config(route_name=HERE, permission=SEE, request_method="GET", renderer="account/office/card_service.jinja2")
def card_service_page(request):
    """How the practice's accounts stand now, and what came of payments lately."""
    accounts = _accounts(request)
    asked = [_ask(request, account) for account in accounts]
    let_forms_lead_to(request, hosted_pages(request.registry.portal))
    clinics = own_clinics(request)
    taken = {account.clinic_id for account in accounts}
    free = {clinic_id: name for clinic_id, name in clinics.items() if clinic_id not in taken}
    return {
        "accounts": [_shown(account, payouts) for account, payouts in zip(accounts, asked, strict=True)],
        "is_away": None in asked, "clinics": clinics, "free": free, "whole_is_free": None not in taken and not request.identity.clinic_ids,
        "is_test": request.registry.portal.payments == "local", "may_change": CHANGE in request.identity.permissions,
        "differences": [] if request.identity.clinic_ids else comparing.open_ones(request.db, request.practice_id), "words": WORDS,
        "again": "again" in request.GET,
    }  # fmt: skip


@view_config(route_name=CONNECT, permission=CHANGE, request_method="POST")
def connect(request):
    """Open an account, and lead to the card service's page that asks who the practice is."""
    form = read_form(request, PlaceForm)
    here = request.route_path(HERE)
    need_proof(request, here)
    clinic_id = form.data.clinic if form.data else None
    if form.data is None or (clinic_id not in own_clinics(request) if clinic_id else bool(request.identity.clinic_ids)):
        raise HTTPNotFound()
    try:
        account = connecting.connect(request.db, request.registry, request.whole_tenant, clinic_id, request.identity.account_id, request.now)
    except connecting.AlreadyConnected:
        return _back(request, "There is an account already.")
    except (CardServiceAway, CardServiceRefused) as error:
        return _back(request, AWAY if isinstance(error, CardServiceAway) else REFUSED)
    request.audit("account.card_service.connect", target_id=account.id)
    return _hosted(request, account)


@view_config(route_name=GO_ON, permission=CHANGE, request_method="POST")
def go_on(request):
    """Lead to the card service's page again, which works once."""
    return _hosted(request, _account(request))


@view_config(route_name=DISCONNECT, permission=CHANGE, request_method="POST")
def disconnect(request):
    """Payments go to this account no more."""
    account = _account(request)
    need_proof(request, request.route_path(HERE))
    by = Author(request.identity.name, request.identity.account_id)
    connecting.disconnect(request.db, request.registry.plugins, account, by, request.now)
    request.audit("account.card_service.disconnect", target_id=account.id)
    return _back(request, "The account is disconnected. Patients cannot pay by card to it any more; what was paid stays as it is.")


@view_config(route_name=DIFFERENCE, permission=CHANGE, request_method="POST")
def settle_difference(request):
    """Somebody has seen to a difference."""
    id_ = id_in_address(request, "id")
    if request.identity.clinic_ids or not comparing.close(request.db, request.practice_id, id_, request.identity.account_id, request.now):
        raise HTTPNotFound()
    request.audit("account.difference.settle", target_id=id_)
    return _back(request, "It is off the list.")


def _accounts(request) -> list[CardAccount]:
    return connecting.of_reach(card_accounts.opened(request.db, request.practice_id), request.identity.clinic_ids)


def _account(request) -> CardAccount:
    wanted = id_in_address(request, "id")
    found = next((account for account in _accounts(request) if account.id == wanted), None)
    if found is None:
        raise HTTPNotFound()
    return found


def _ask(request, account: CardAccount) -> list[Payout] | None:
    """Take in how an account stands, and give its payouts; None when the card service does not say."""
    service = card_service_at(request.registry, request.whole_tenant, account.reference)
    try:
        if service is None:
            return None
        card_accounts.take_in(request.db, request.practice_id, service.account(), request.now)
        tenant = request.registry.tenants.tenant(request.practice_id, account.clinic_id, request.visitor.version)
        connecting.put_to_use(request.db, request.registry.plugins, account, tenant.settings.get(connecting.SETTING, ""), request.now)
        return service.payouts()
    except (CardServiceAway, CardServiceRefused):
        return None


def _shown(account: CardAccount, payouts: list[Payout] | None) -> dict[str, Any]:
    return {"row": account, "abilities": connecting.abilities(account), "due": connecting.due_words(account), "payouts": payouts or []}


def _hosted(request, account: CardAccount):
    service = card_service_at(request.registry, request.whole_tenant, account.reference)
    here = request.route_url(HERE)
    try:
        address = service.onboarding_page(here, f"{here}?again") if service else ""
    except (CardServiceAway, CardServiceRefused) as error:
        return _back(request, AWAY if isinstance(error, CardServiceAway) else REFUSED)
    return HTTPSeeOther(address) if address else _back(request, REFUSED)


def _back(request, text: str) -> HTTPSeeOther:
    request.session.flash(text)
    return HTTPSeeOther(request.route_path(HERE))


def add_routes(config) -> None:
    """Add the page and its acts."""
    config.add_route(HERE, "/card-service")
    config.add_route(CONNECT, "/card-service/connect")
    config.add_route(GO_ON, "/card-service/{id}/go-on")
    config.add_route(DISCONNECT, "/card-service/{id}/disconnect")
    config.add_route(DIFFERENCE, "/card-service/differences/{id}/settle")
