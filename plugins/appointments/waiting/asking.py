"""Asking those on the wait list about an opening, in turns. Every offer is a row first; sending it is a task that may be done twice."""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.allowance import room_left
from core.db import uuid7
from core.tasks import enqueue
from core.tenant import Tenant
from plugins.appointments.models import Offer, Opening, WaitListEntry
from plugins.appointments.notices.loading import clock_of
from plugins.appointments.notices.times import window
from plugins.appointments.waiting import fitting, loading, openings
from plugins.appointments.waiting.fitting import Pace, Waiter
from plugins.appointments.waiting.reaching import EMAIL, TEXT, Reach, reach

SEND, SEND_TEXT = "appointments.send_offer", "appointments.text_offer"
MOST_AT_ONCE = 100


@dataclass(frozen=True)
class Turn:
    """Somebody whose turn it is, and how they can be reached; the office may call who has no channel."""

    waiter: Waiter
    reach: Reach
    channels: tuple[str, ...]


def pace_of(tenant: Tenant) -> Pace:
    """What the office has set."""
    return Pace(tenant.settings["appointments.wait_at_once"], tenant.settings["appointments.wait_notice"])


def is_on(tenant: Tenant) -> bool:
    """Whether there is a wait list at this clinic."""
    return "appointments" in tenant.plugins and "appointments.wait" not in tenant.acts_off


def due(session: Session, practice_id: UUID, now: datetime) -> list[Opening]:
    """The openings of which somebody is asked now, for this worker alone."""
    waits = (Opening.practice_id == practice_id, Opening.state == "open", Opening.next_at <= now)
    return list(session.scalars(select(Opening).where(*waits).order_by(Opening.starts_at).limit(MOST_AT_ONCE).with_for_update(skip_locked=True)))


def step(session: Session, tenant: Tenant, opening: Opening, secret_key: str, texts: bool, now: datetime) -> None:
    """One turn of an opening: ask whoever is next, or end it. `texts`: whether text messages are sent here at all."""
    to_go = opening.starts_at - now
    if not is_on(tenant):
        openings.close(session, opening, "stopped", now)
    elif to_go < fitting.ahead(0, pace_of(tenant)):
        openings.close(session, opening, "expired", now)
    elif not openings.is_kept(session, opening):
        openings.close(session, opening, "stopped", now)
    elif not openings.is_free(session, opening, now):
        openings.close(session, opening, "taken", now)
    elif opening.cause != "office" and not tenant.settings["appointments.wait_automatic"]:
        opening.next_at = None
    else:
        _ask(session, tenant, opening, secret_key, texts, now)
        opening.next_at = now + fitting.step(to_go)


def turns(session: Session, tenant: Tenant, opening: Opening, texts: bool, now: datetime) -> list[Turn]:
    """Who is still to be asked of an opening, in order."""
    rows = loading.listed(session, opening.practice_id, now)
    free, from_due = loading.free_of(session, tenant, opening), tenant.settings["appointments.recall_from_due"]
    told = (Offer.practice_id == opening.practice_id, Offer.opening_id == opening.id)
    asked = set(session.scalars(select(Offer.patient_id).where(*told))) if opening.id else set()
    waiters = loading.waiters(session, opening.practice_id, [row for row in rows if row.patient.id not in asked], now, from_due)
    found = fitting.turns(free, waiters, now, pace_of(tenant))
    ways = reach(session, opening.practice_id, [waiter.patient_id for waiter in found], now, free.zone, tenant.settings["appointments.texts_unasked"])
    may_text = texts and texts_go_out(tenant, now)
    most = tenant.settings["appointments.wait_messages"]
    return [Turn(waiter, ways[waiter.patient_id], ways[waiter.patient_id].now(may_text, most)) for waiter in found]


def texts_go_out(tenant: Tenant, now: datetime) -> bool:
    """Whether text messages go out now, in the hours that the office has set for notices."""
    clock = clock_of(tenant)
    opens, closes = window(now, clock)
    return clock.is_all_day or opens <= now < closes


def _ask(session: Session, tenant: Tenant, opening: Opening, secret_key: str, texts: bool, now: datetime) -> None:
    room = room_left(session, opening.practice_id, "texts") if texts else 0
    waiting = turns(session, tenant, opening, room is None or room >= pace_of(tenant).at_once, now)
    chosen = [turn for turn in waiting if turn.channels][: pace_of(tenant).at_once]
    for turn in chosen:
        _offer(session, opening, turn, secret_key, now)
    # Who can be reached later, such as by text message in the morning, is still to be asked.
    later = any(turn.reach.channels() for turn in waiting)
    opening.asked_all_at = None if later else opening.asked_all_at or now


def _offer(session: Session, opening: Opening, turn: Turn, secret_key: str, now: datetime) -> None:
    practice_id, waiter = opening.practice_id, turn.waiter
    offer = Offer(
        practice_id=practice_id, id=uuid7(), opening_id=opening.id, entry_id=waiter.entry_id, patient_id=waiter.patient_id,
        channels=list(turn.channels), asked_at=now,
    )  # fmt: skip
    offer.token_hash = hashed(token_of(secret_key, practice_id, offer.id))
    session.add(offer)
    mine = (WaitListEntry.practice_id == practice_id, WaitListEntry.id == waiter.entry_id)
    session.execute(update(WaitListEntry).where(*mine).values(asked_at=now))
    if TEXT in turn.channels:
        enqueue(session, SEND_TEXT, offer_id=str(offer.id))
    for account_id in turn.reach.accounts if EMAIL in turn.channels else ():
        enqueue(session, SEND, offer_id=str(offer.id), account_id=str(account_id))
    if EMAIL in turn.channels and not turn.reach.accounts:
        enqueue(session, SEND, offer_id=str(offer.id))


def token_of(secret_key: str, practice_id: UUID, offer_id: UUID) -> str:
    """The secret of an offer's link. It is worked out anew whenever a mail is, so that one which is sent twice holds the same link."""
    return urlsafe_b64encode(hmac.digest(secret_key.encode(), b"appointments.offer:" + practice_id.bytes + offer_id.bytes, "sha256")).decode().rstrip("=")


def hashed(token: str) -> str:
    """As it is kept."""
    return sha256(token.encode()).hexdigest()
