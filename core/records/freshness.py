"""How old the records from a practice's system are, and from when on that is too old: the office sets after how many hours.

A kind is as fresh as the last time that any source brought it, or said that nothing of it had changed.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Integer, func, select, text
from sqlalchemy.orm import Session

from core.db import uuid7
from core.records.models import RecordsArrival, RecordsState

HOURS = "portal.records_stale_hours"
DAY = timedelta(days=1)


class Arrival(NamedTuple):
    """When a source last brought a kind of record."""

    source: str
    kind: str
    came_at: datetime
    ages: bool = False


# The newest of what ages counts by itself, kind for kind; where nothing of it ever came, whatever came last.
_STALE_AT = """coalesce(min(newest) filter (where ages), max(newest)) + make_interval(hours => (select nullif((value ->> 'value')::int, 0)
    from office_setting where practice_id = :practice_id and clinic_id is null and name = 'portal.records_stale_hours'))"""
_KINDS = "(select bool_or(ages) as ages, max(came_at) as newest from records_arrival where practice_id = :practice_id group by kind) kinds"
STALE = text(f"""select count(*) from (select {_STALE_AT} as stale_at from {_KINDS}) whole
    where stale_at > :since and stale_at <= :now""").columns(number=Integer)  # noqa: S608
"""1 when the records became too old after `since`, for `core.plugins.OfficeItem`; else 0."""
REFUSED = text("""select count(*) from records_refusal
    where practice_id = :practice_id and last_at > :since and last_at <= :now""").columns(number=Integer)
"""How many records were refused, and have not been taken in since."""
_REFRESH = text(f"""insert into records_state (id, practice_id, came_at, stale_at, refused)
    select :id, :practice_id, max(newest), {_STALE_AT},
        (select count(*) from records_refusal where practice_id = :practice_id and last_at > :yesterday) from {_KINDS}
    on conflict (practice_id) do update set came_at = excluded.came_at, stale_at = excluded.stale_at, refused = excluded.refused
""")  # noqa: S608


def arrivals(session: Session, practice_id: UUID) -> list[Arrival]:
    """When each source last brought what, the newest first."""
    columns = (RecordsArrival.source, RecordsArrival.kind, RecordsArrival.came_at, RecordsArrival.ages)
    rows = session.execute(select(*columns).where(RecordsArrival.practice_id == practice_id))
    return sorted((Arrival(*row) for row in rows), key=lambda one: (-one.came_at.timestamp(), one.source, one.kind))


def stale_at(found: Iterable[Arrival], hours: int) -> datetime | None:
    """From when on they are too old; None where nobody watches, or nothing ever came in. The same as the statements above."""
    newest: dict[str, Arrival] = {}
    for one in found:
        newest[one.kind] = max(newest.get(one.kind, one), one, key=lambda arrival: arrival.came_at)
    aging = [one.came_at for one in newest.values() if one.ages]
    counts = min(aging) if aging else max((one.came_at for one in newest.values()), default=None)
    return counts + timedelta(hours=hours) if counts and hours else None


def is_stale(came_at: datetime | None, hours: int, now: datetime) -> bool:
    """Whether records of a kind that came in then are too old now."""
    return bool(hours) and came_at is not None and came_at + timedelta(hours=hours) <= now


def came_at(session: Session, practice_id: UUID, kind: str) -> datetime | None:
    """When a kind last came in; None when no system ever brought it."""
    newest = select(func.max(RecordsArrival.came_at)).where(RecordsArrival.practice_id == practice_id, RecordsArrival.kind == kind)
    return session.scalar(newest)


def in_statement(kind: str) -> str:
    """The same as a part of a statement that has `:practice_id`: a page asks along with what it shows. `kind` is a word of the code."""
    return f"(select max(came_at) from records_arrival where practice_id = :practice_id and kind = '{kind}')"  # noqa: S608


def refresh_state(session: Session, practice_id: UUID, now: datetime) -> None:
    """Keep for the operator how fresh the records are (`core.records.models.RecordsState`)."""
    session.execute(_REFRESH, {"id": uuid7(), "practice_id": practice_id, "yesterday": now - DAY})


def has_state(session: Session, practice_id: UUID) -> bool:
    """Whether a system ever sent records here."""
    return session.scalar(select(RecordsState.id).where(RecordsState.practice_id == practice_id)) is not None
