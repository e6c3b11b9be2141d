"""What the card service reports: one address for the whole installation, at its base domain."""

import structlog
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.db import SessionFactory, session_at
from plugins.account.gateway import events, practice_of_account
from plugins.account.gateway.asking import Event
from plugins.account.services import card_accounts, reports
from tenants.resolver import UnknownPractice

log = structlog.get_logger("account")

STRIPE = "account.hooks.stripe"
LARGEST_BODY = 512 * 1024


@view_config(route_name=STRIPE, permission=NO_PERMISSION_REQUIRED, request_method="POST", require_csrf=False)
def event_came(request):
    """Take in a signed event of an account of one of the practices; what it is about is looked up afterwards, by a worker."""
    secret = request.registry.portal.stripe_webhook_secret
    if not secret:
        raise HTTPNotFound()
    body = request.environ["wsgi.input"].read(LARGEST_BODY + 1) if request.content_length is None else _body(request)
    if len(body) > LARGEST_BODY:
        return _refused(413, "The event is too large.")
    try:
        event = events.verified(body, request.headers.get("Stripe-Signature", ""), secret)
    except events.NotTheirs:
        return _refused(400, "The signature is not right.")
    except events.Garbled:
        return _refused(400, "This is no event.")
    return _take_in(request, event)


def _body(request) -> bytes:
    return b" " * (LARGEST_BODY + 1) if request.content_length > LARGEST_BODY else request.body


def _take_in(request, event: Event) -> Response:
    portal = request.registry.portal
    if event.is_live is not _is_live(portal):
        # Events of tests come to the address of live ones, too; nobody could do anything about that.
        log.warning("event_of_other_mode", event_type=event.type)
        return Response(status=200)
    if event.type not in events.WANTED:
        return Response(status=200)
    with SessionFactory(bind=request.registry.engine) as session:
        practice_id = practice_of_account(portal, session, event.card_account) if event.card_account else None
    if practice_id is None or not _is_on(request.registry, practice_id):
        return _not_served(event)
    db = session_at(request, practice_id)
    if card_accounts.is_closed(db, practice_id, event.card_account):
        return _not_served(event)
    reports.keep(db, practice_id, event, request.now)
    return Response(status=200)


def _not_served(event: Event) -> Response:
    log.warning("event_refused", event_type=event.type)
    return _refused(404, "This account is not served here.")


def _is_live(portal) -> bool:
    return "_live_" in (portal.stripe_key or "")


def _is_on(registry, practice_id) -> bool:
    try:
        return registry.tenants.on_somewhere(practice_id, "account")
    except UnknownPractice:
        return False


def _refused(status: int, text: str) -> Response:
    return Response(f"{text}\n", status=status, content_type="text/plain", charset="utf-8")


def include(config) -> None:
    """Add the address, below `/hooks/account`."""
    config.add_hook_at_base_domain(STRIPE, "/stripe")
    config.scan("plugins.account.hooks")
