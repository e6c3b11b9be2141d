"""Keys of the API: made for one purpose, shown once, kept as a hash, made anew with an overlap, and revoked."""

import hmac
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core.db import uuid7
from core.records import changes
from core.records.api.models import ApiKey

OVERLAP = timedelta(days=7)
"""So long the former key is right after a new one was made in its place, so that nothing stops meanwhile."""
MOST = 20
"""So many keys of a practice may be right at a time."""
_NOTED_EVERY = timedelta(minutes=1)
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_KEY = re.compile(r"cuspid_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")


class TooManyKeys(Exception):
    """The practice has as many keys as it may have."""


def make(session: Session, practice_id: UUID, name: str, now: datetime, by: UUID | None, kinds: Iterable[str] | None, reads: bool, ends_at: datetime | None = None, is_second: bool = False) -> tuple[ApiKey, str]:
    """A new key, and its words, which nobody can read again. `kinds` it may send: all when empty, none when None. `is_second`: of another system than the practice's own. Raises TooManyKeys."""
    if len([one for one in of_practice(session, practice_id) if is_right(one, now)]) >= MOST:
        raise TooManyKeys(f"There are {MOST} keys already. Revoke one that is not used any more.")
    lookup, words, secret_hash = _new()
    key = ApiKey(
        id=uuid7(), name=name, lookup=lookup, secret_hash=secret_hash, sends=kinds is not None, kinds=sorted(set(kinds or ())), reads=reads, made_at=now, made_by_id=by, ends_at=ends_at,
        is_second=is_second,
    )
    session.add(key)
    session.flush()
    if reads:
        changes.begin(session, practice_id, key.reader, now)
    return key, words


def make_anew(session: Session, key: ApiKey, now: datetime) -> str:
    """Other words for the same key; the former ones are right for seven more days, those before them not any more."""
    key.former_lookup, key.former_hash, key.former_until = key.lookup, key.secret_hash, now + OVERLAP
    key.lookup, words, key.secret_hash = _new()
    session.flush()
    return words


def revoke(session: Session, key: ApiKey, now: datetime, by: UUID | None) -> None:
    """From now on it opens nothing. A second time changes nothing."""
    if key.revoked_at is None:
        key.revoked_at, key.revoked_by_id = now, by
        changes.forget(session, key.practice_id, key.reader)
    session.flush()


def find(session: Session, practice_id: UUID, words: str, now: datetime) -> ApiKey | None:
    """The key that these words are, if it is right now. Whatever is wrong with it, there is one answer."""
    match = _KEY.fullmatch(words)
    if match is None:
        return None
    lookup, secret = match.groups()
    named = or_(ApiKey.lookup == lookup, ApiKey.former_lookup == lookup)
    key = session.scalars(select(ApiKey).where(ApiKey.practice_id == practice_id, named)).one_or_none()
    if key is None or not is_right(key, now):
        return None
    is_former = key.lookup != lookup
    if is_former and (key.former_until is None or key.former_until <= now):
        return None
    return key if hmac.compare_digest(key.former_hash if is_former else key.secret_hash, _hash(secret)) else None


def note_use(session: Session, key: ApiKey, now: datetime) -> None:
    """Keep when it was last used, to the minute. Who else is at it notes it, too, so nobody waits."""
    if key.used_at is None or now - key.used_at >= _NOTED_EVERY:
        mine = select(ApiKey.id).where(ApiKey.practice_id == key.practice_id, ApiKey.id == key.id).with_for_update(skip_locked=True).scalar_subquery()
        session.execute(update(ApiKey).where(ApiKey.practice_id == key.practice_id, ApiKey.id == mine).values(used_at=now).execution_options(synchronize_session=False))


def of_practice(session: Session, practice_id: UUID) -> list[ApiKey]:
    """All keys of a practice, the newest first."""
    return list(session.scalars(select(ApiKey).where(ApiKey.practice_id == practice_id).order_by(ApiKey.made_at.desc(), ApiKey.id.desc())))


def one(session: Session, practice_id: UUID, key_id: UUID) -> ApiKey | None:
    """One key of the practice."""
    return session.scalars(select(ApiKey).where(ApiKey.practice_id == practice_id, ApiKey.id == key_id).with_for_update()).one_or_none()


def is_right(key: ApiKey, now: datetime) -> bool:
    """Whether it opens anything now."""
    return key.revoked_at is None and (key.ends_at is None or key.ends_at > now)


def _new() -> tuple[str, str, str]:
    lookup, secret = "".join(secrets.choice(_LETTERS) for _ in range(12)), secrets.token_urlsafe(32)
    return lookup, f"cuspid_{lookup}_{secret}", _hash(secret)


def _hash(secret: str) -> str:
    # A secret of 256 bits cannot be guessed, so a slow hash would protect nothing more.
    return sha256(secret.encode()).hexdigest()
