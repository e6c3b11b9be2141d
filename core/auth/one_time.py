"""One-time passwords: what an office's sheet carries until the patient has chosen a password, and for how long it opens anything."""

import secrets
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from core import settings
from core.auth.models import Account
from core.auth.rules import WeakPassword, check_new_password

# Without what is read wrongly from paper: 0 and O, 1 and l and I, 5 and S, 2 and Z, 8 and B, g and q and 9.
ALPHABET = "ACDEFGHJKLMNPQRTUVWXYabcdefhjkmnprtuvwxy3467"
PASSWORD_LENGTH = 12
_ZONE = text("select time_zone from practice where id = :practice")


def draw_password() -> str:
    """A one-time password by chance that can be read from paper and meets the rule."""
    while True:
        drawn = "".join(secrets.choice(ALPHABET) for _ in range(PASSWORD_LENGTH))
        try:
            check_new_password(drawn)
        except WeakPassword:
            continue
        return drawn


def end_of(session: Session, practice_id: UUID, now: datetime) -> datetime | None:
    """When a one-time password that is given now ends: with its last day on the practice's calendar; None where the office sets no end."""
    days = settings.chosen(session, practice_id).one_time_password_days
    if not days:
        return None
    zone = _zone(session, practice_id)
    # The sheet names the last day, so all of it counts.
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=days + 1), time.min, zone)


def last_day_of(session: Session, account: Account) -> date | None:
    """The last day on which the one-time password of an account can be used, if it has an end."""
    if account.password_ends_at is None:
        return None
    return account.password_ends_at.astimezone(_zone(session, account.practice_id)).date() - timedelta(days=1)


def has_ended(account: Account, now: datetime) -> bool:
    """Whether the password is a one-time password whose time is over."""
    return account.password_ends_at is not None and account.password_ends_at <= now


def _zone(session: Session, practice_id: UUID) -> ZoneInfo:
    return ZoneInfo(session.execute(_ZONE, {"practice": practice_id}).scalar_one())
