"""Going from one office to another by a single-use link. Whatever is wrong with one (used, expired, for another office or another
account, made up, unlinked meanwhile) has the same answer.
"""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.orm import Session, aliased

from core.auth.identity import token_hash
from core.auth.offices import HandOver, Holder, LinkedAccount
from core.auth.tickets import LINK_BYTES, BadTicket

LINK, ANSWER, ENTER = "link", "answer", "enter"
LIVES = {LINK: timedelta(minutes=15), ANSWER: timedelta(minutes=15), ENTER: timedelta(minutes=2)}
_TOLD = (HandOver.kind, HandOver.from_practice_id, HandOver.from_account_id, HandOver.to_account_id, HandOver.signed_in_at)


class Arrival(NamedTuple):
    """Who comes from where, for which account here (None: whoever answers). `signed_in_at` is when the session there began."""

    kind: str
    sender: Holder
    account_id: UUID | None
    signed_in_at: datetime


def give(
    session: Session, kind: str, sender: Holder, to_practice: UUID, to_account: UUID | None, signed_in_at: datetime, now: datetime
) -> str:
    """The secret of a new link; an earlier one of its kind from this account is void. What has expired is cleared away on the way."""
    earlier = (HandOver.kind == kind) & (HandOver.from_practice_id == sender.practice_id) & (HandOver.from_account_id == sender.account_id)
    session.execute(delete(HandOver).where(earlier | (HandOver.expires_at <= now)))
    token = secrets.token_urlsafe(LINK_BYTES)
    ids = {
        "from_practice_id": sender.practice_id,
        "from_account_id": sender.account_id,
        "to_practice_id": to_practice,
        "to_account_id": to_account,
    }
    session.add(HandOver(kind=kind, secret_hash=token_hash(token), signed_in_at=signed_in_at, expires_at=now + LIVES[kind], **ids))
    return token


def look_at_link(session: Session, mine: Holder, token: str, now: datetime) -> Arrival:
    """What a link that ties accounts asks of this account; looking uses nothing up. Raises BadTicket."""
    return _arrival(session.execute(select(*_TOLD).where(*_linking(mine, token, now))).one_or_none())


def use_link(session: Session, mine: Holder, token: str, now: datetime) -> Arrival:
    """Use it up. Raises BadTicket."""
    return _arrival(session.execute(delete(HandOver).where(*_linking(mine, token, now)).returning(*_TOLD)).one_or_none())


def look_at_entry(session: Session, practice_id: UUID, token: str, now: datetime) -> Arrival:
    """Who would enter by a link; looking uses nothing up. Raises BadTicket."""
    return _arrival(session.execute(select(*_TOLD).where(*_entering(practice_id, token, now))).one_or_none())


def use_entry(session: Session, practice_id: UUID, token: str, now: datetime) -> Arrival:
    """Use it up: of two who come at the same moment one gets in. Raises BadTicket."""
    return _arrival(session.execute(delete(HandOver).where(*_entering(practice_id, token, now)).returning(*_TOLD)).one_or_none())


def _linking(mine: Holder, token: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    asked = (HandOver.kind == LINK) & (HandOver.from_practice_id != mine.practice_id)
    answered = (HandOver.kind == ANSWER) & (HandOver.to_account_id == mine.account_id)
    return *_open(mine.practice_id, token, now), or_(asked, answered)


def _entering(practice_id: UUID, token: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    there, here = aliased(LinkedAccount), aliased(LinkedAccount)
    still_linked = exists().where(
        there.circle == here.circle,
        there.practice_id == HandOver.from_practice_id, there.account_id == HandOver.from_account_id,
        here.practice_id == HandOver.to_practice_id, here.account_id == HandOver.to_account_id,
    )  # fmt: skip
    return *_open(practice_id, token, now), HandOver.kind == ENTER, still_linked


def _open(practice_id: UUID, token: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return HandOver.to_practice_id == practice_id, HandOver.secret_hash == token_hash(token), HandOver.expires_at > now


def _arrival(row) -> Arrival:
    if row is None:
        raise BadTicket
    return Arrival(row.kind, Holder(row.from_practice_id, row.from_account_id), row.to_account_id, row.signed_in_at)
