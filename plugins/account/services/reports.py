"""What the card service reports: kept once, and looked into behind the request. A report is a nudge; what it is about is asked for anew."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from core.tasks import Work, enqueue
from plugins.account.gateway import card_service_at
from plugins.account.gateway.asking import CardService, CardServiceRefused, Event
from plugins.account.models import GatewayEvent, Payer
from plugins.account.services import card_accounts, connecting, methods, settling, truth

log = structlog.get_logger("account")

KEPT = timedelta(days=90)
_BEFORE_ALL = datetime(2020, 1, 1, tzinfo=UTC)


def keep(session: Session, practice_id: UUID, event: Event, now: datetime) -> bool:
    """Keep an event and ask for it to be looked into; False when it was here before."""
    row = {
        "id": uuid7(),
        "practice_id": practice_id,
        "event_id": event.id,
        "event_type": event.type,
        "card_account": event.card_account,
        "object_reference": event.object_reference,
        "happened_at": event.happened_at,
        "received_at": now,
    }
    new = insert(GatewayEvent).values(**row).on_conflict_do_nothing(index_elements=["practice_id", "event_id"]).returning(GatewayEvent.id)
    kept = session.scalar(new)
    if kept:
        enqueue(session, "account.take_in_event", event_id=str(kept))
    return kept is not None


def take_in(work: Work, event_id: UUID) -> None:
    """Look up what an event is about, and take in what is true now. Another tab may have made the payment; it is asked first.

    Raises CardServiceAway: then it is tried again.
    """
    practice_id = work.tenant.practice_id
    where = (GatewayEvent.practice_id == practice_id, GatewayEvent.id == event_id)
    row = work.db.scalars(select(GatewayEvent).where(*where).with_for_update()).one_or_none()
    if row is None or row.handled_at:
        return
    row.outcome = "another tab" if _is_others(work, row) else _look_up(work, row)
    row.handled_at = work.now


def _is_others(work: Work, row: GatewayEvent) -> bool:
    event = Event(row.event_id, row.event_type, row.card_account, row.object_reference, row.happened_at, is_live=False)
    hooks = work.registry.plugins.enabled(work.tenant.plugins)
    return hooks.portal_payment_event(db=work.db, practice_id=row.practice_id, event=event) is True


def _look_up(work: Work, row: GatewayEvent) -> str:
    service = card_service_at(work.registry, work.tenant, row.card_account)
    if service is None:
        return "no card service"
    if row.event_type == "account.application.deauthorized":
        card_accounts.lost(work.db, row.practice_id, row.card_account, work.now)
        return "the account is no longer connected"
    try:
        return "taken in" if _seen(work, service, row) else "none of ours"
    except CardServiceRefused:
        return "not there"


def _seen(work: Work, service: CardService, row: GatewayEvent) -> Any:
    """Take in the thing that an event is about, as it is now; by its reference one knows what it is."""
    reference, about = row.object_reference, (work.db, row.practice_id)
    kind = reference.partition("_")[0]
    if kind in ("pi", "cs"):
        return _payment(work, service, row, reference)
    if kind in ("re", "pyr"):
        refund = service.seen_refund(reference)
        _payment(work, service, row, refund.payment_reference)
        return settling.take_in_refund(*about, refund, "event", work.now)
    if kind in ("du", "dp"):
        dispute = service.seen_dispute(reference)
        _payment(work, service, row, dispute.payment_reference)
        return settling.take_in_dispute(*about, dispute, "event", work.now)
    if kind == "acct" and reference == row.card_account:
        return _account(work, service)
    return None


def _account(work: Work, service: CardService) -> Any:
    """Take in how an account stands, and let payments go to it from the day on which it may take some."""
    account = card_accounts.take_in(work.db, work.tenant.practice_id, service.account(), work.now)
    if account:
        tenant = work.registry.tenants.current(work.tenant.practice_id, account.clinic_id)
        connecting.put_to_use(work.db, work.registry.plugins, account, tenant.settings.get(connecting.SETTING, ""), work.now)
    return account


def _payment(work: Work, service: CardService, row: GatewayEvent, reference: str) -> Any:
    """Take in a payment; before a refund or a dispute of it, of which may have been heard first."""
    is_page = reference.startswith("cs_")
    seen = service.look_up(None if is_page else reference, reference if is_page else None, "", _BEFORE_ALL)
    if seen and is_page and not (seen.payment or seen.reference):
        return _left(work, service, reference)
    return truth.take_in(work.db, row.practice_id, service, seen, "event", work.now, row.event_id) if seen else None


def _left(work: Work, service: CardService, page: str) -> Any:
    """Keep what a payer has left on a page without paying, also where they never came back from it."""
    left = service.kept_on(page)
    payer_id = settling.as_id(left.payer) if left else None
    payer = work.db.get(Payer, (work.tenant.practice_id, payer_id)) if payer_id else None
    return methods.keep_new(work.db, payer, left.method, work.now) if left and payer and payer.card_account == service.card_account else None


def clear_away(session: Session, practice_id: UUID, now: datetime) -> None:
    """Forget events that were dealt with long ago: the card service sends none again after so long."""
    old = (GatewayEvent.practice_id == practice_id, GatewayEvent.handled_at < now - KEPT)
    session.execute(delete(GatewayEvent).where(*old))
