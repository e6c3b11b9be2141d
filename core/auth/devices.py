"""The browsers that an account is signed in with, in plain words."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, delete, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.auth.identity import LONGEST
from core.auth.models import Account, SignInSession

UNKNOWN = "Unknown device"
# In this order: most browsers claim to be others as well.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"), ("Chromium/", "Chromium"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows NT", "Windows"), ("CrOS", "Chromebook"),
    ("Macintosh", "Mac"), ("Linux", "Linux"),
)  # fmt: skip
_PHONE = re.compile(r"iPhone|Android.*Mobile")


@dataclass(frozen=True)
class Device:
    """One signed-in browser. `is_this` is the one that asks; `is_whole` when its sign-in is complete."""

    id: UUID
    name: str
    is_phone: bool
    is_this: bool
    is_whole: bool
    signed_in_at: datetime
    seen_at: datetime


def describe(user_agent: str) -> str:
    """What a browser says of itself, as "Firefox on Windows"; "Unknown device" when it cannot be told."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or UNKNOWN


def devices(session: Session, practice_id: UUID, account_id: UUID, this: UUID, now: datetime, idle: timedelta) -> list[Device]:
    """The account's sessions that are alive, this one first, then by when they were last seen."""
    rows = session.scalars(select(SignInSession).where(*_alive(practice_id, account_id, now, idle)).order_by(SignInSession.id != this, SignInSession.seen_at.desc()))
    return [_device(row, this) for row in rows]


def kept_devices(practice_id: UUID, now: datetime, idle: timedelta) -> ScalarSelect:
    """The same of the account that a statement is about, for one that asks for more; `from_kept` makes devices of it."""
    parts = (SignInSession.id, SignInSession.user_agent, SignInSession.stage, SignInSession.created_at, SignInSession.seen_at)
    one = func.jsonb_build_array(*parts)
    return select(func.jsonb_agg(aggregate_order_by(one, SignInSession.seen_at.desc()))).where(*_alive(practice_id, Account.id, now, idle)).scalar_subquery()


def from_kept(kept: list[list[str]] | None) -> list[Device]:
    """Devices of what `kept_devices` found: those of somebody else than who asks."""
    return [
        Device(UUID(id_), describe(agent), bool(_PHONE.search(agent)), False, not stage, datetime.fromisoformat(began), datetime.fromisoformat(seen))
        for id_, agent, stage, began, seen in kept or ()
    ]


def _alive(practice_id: UUID, account_id: UUID | InstrumentedAttribute[UUID], now: datetime, idle: timedelta) -> tuple[ColumnElement[bool], ...]:
    # Not those with which somebody of the office looks at the portal as a patient: they end with the office's own.
    where = (SignInSession.practice_id == practice_id, SignInSession.account_id == account_id, SignInSession.support_id.is_(None))
    return (*where, SignInSession.seen_at > now - idle, SignInSession.created_at > now - LONGEST)


def _device(row: SignInSession, this: UUID) -> Device:
    is_phone = bool(_PHONE.search(row.user_agent))
    return Device(row.id, describe(row.user_agent), is_phone, row.id == this, not row.stage, row.created_at, row.seen_at)


def sign_out_device(session: Session, practice_id: UUID, account_id: UUID, session_id: UUID) -> bool:
    """Close one session of this account; False when the account has no such session."""
    where = (SignInSession.practice_id == practice_id, SignInSession.account_id == account_id, SignInSession.id == session_id)
    return session.execute(delete(SignInSession).where(*where).returning(SignInSession.id)).first() is not None
