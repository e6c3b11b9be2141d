"""Handing out changes, in one order for all who read them, until they acknowledge them; and clearing away what nobody waits for."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, and_, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.auth.clearing import clear_rows
from core.db import Base, uuid7
from core.people.models import Patient
from core.records.changes.kinds import NamedFile
from core.records.changes.models import RecordsChange, RecordsChangeLine, RecordsChangeReader
from core.sql import among

MOST = 1000
KEPT, KEPT_LONGEST = timedelta(days=30), timedelta(days=180)
"""What all readers have acknowledged is kept so long, so that one can read it again; nothing is kept longer than half a year."""
_mine = RecordsChange.practice_id


LATE = text("""select count(*) from (select min(change.at) + interval '2 days' as late_at
    from records_change_reader reader join records_change change on change.practice_id = reader.practice_id
        and (change.number > reader.acknowledged or change.number is null)
    where reader.practice_id = :practice_id group by reader.id) late where late_at > :since and late_at <= :now""").columns(number=Integer)
"""How many of those who read have not dealt with a change for two days, for the office's first page."""


class NotHandedOut(ValueError):
    """Nobody can acknowledge a number that was not given yet."""


@dataclass(frozen=True)
class Change:
    """A change as it is handed out. `patient`, `target` and whatever `data` names are {"portal_id", "external_id"}; the latter is None until it is known."""

    number: int
    id: UUID
    kind: str
    at: datetime
    patient: dict[str, Any] | None
    target_kind: str
    target: dict[str, Any]
    data: dict[str, Any]

    def told(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self) | {"id": str(self.id), "at": self.at.isoformat()}


def waiting(session: Session, practice_id: UUID, reader: str, limit: int = MOST, after: int | None = None) -> list[Change]:
    """The next changes that a reader has not acknowledged, or those after a number. Commit before anything is done with them: then their numbers stay.

    Who reads for the first time gets all that is kept, unless `begin` was called before.
    """
    line_up(session, practice_id)
    after = acknowledged(session, practice_id, reader) if after is None else after
    query = select(RecordsChange).where(_mine == practice_id, RecordsChange.number > after).order_by(RecordsChange.number).limit(min(limit, MOST))
    return list(_told(session, practice_id, session.scalars(query).all()))


def acknowledged(session: Session, practice_id: UUID, reader: str) -> int:
    """Up to which number a reader has dealt with everything."""
    mine = (RecordsChangeReader.practice_id == practice_id, RecordsChangeReader.name == reader)
    return session.scalar(select(RecordsChangeReader.acknowledged).where(*mine)) or 0


def acknowledge(session: Session, practice_id: UUID, reader: str, until: int, now: datetime) -> None:
    """A reader has dealt with every change up to this number. An earlier number than before changes nothing. Raises NotHandedOut."""
    if not 0 <= until <= last_number(session, practice_id):
        raise NotHandedOut("There is no change with this number yet.")
    new = insert(RecordsChangeReader).values(practice_id=practice_id, id=uuid7(), name=reader, acknowledged=until, since=now, acknowledged_at=now)
    further = {"acknowledged": func.greatest(RecordsChangeReader.acknowledged, until), "acknowledged_at": now}
    session.execute(new.on_conflict_do_update(index_elements=["practice_id", "name"], set_=further))


def begin(session: Session, practice_id: UUID, reader: str, now: datetime) -> None:
    """From now on somebody reads the changes; what was done before is not theirs. Whoever reads already goes on as before."""
    line_up(session, practice_id)
    new = insert(RecordsChangeReader).values(practice_id=practice_id, id=uuid7(), name=reader, acknowledged=last_number(session, practice_id), since=now)
    session.execute(new.on_conflict_do_nothing(index_elements=["practice_id", "name"]))


def readers(session: Session, practice_id: UUID) -> list[tuple[RecordsChangeReader, int]]:
    """Who reads the changes, and how many wait for each."""
    waits = and_(_mine == RecordsChangeReader.practice_id, or_(RecordsChange.number > RecordsChangeReader.acknowledged, RecordsChange.number.is_(None)))
    number = select(func.count()).select_from(RecordsChange).where(waits).scalar_subquery()
    found = select(RecordsChangeReader, number).where(RecordsChangeReader.practice_id == practice_id).order_by(RecordsChangeReader.since, RecordsChangeReader.id)
    return [(row, waiting) for row, waiting in session.execute(found)]


def forget(session: Session, practice_id: UUID, reader: str) -> None:
    """Somebody reads no more: nothing is kept for them."""
    for row in session.scalars(select(RecordsChangeReader).where(RecordsChangeReader.practice_id == practice_id, RecordsChangeReader.name == reader)):
        session.delete(row)
    session.flush()


def line_up(session: Session, practice_id: UUID) -> None:
    """Give numbers to what was committed since: one after another, so what commits later comes later, and nobody who has read on misses it."""
    unnumbered = (_mine == practice_id, RecordsChange.number.is_(None))
    session.flush()
    if not session.scalar(select(exists().where(*unnumbered))):
        return
    line = _line(session, practice_id)
    places = select(RecordsChange.id, func.row_number().over(order_by=RecordsChange.id).label("place")).where(*unnumbered).subquery()
    numbered = update(RecordsChange).where(*unnumbered, RecordsChange.id == places.c.id).values(number=line.last_number + places.c.place)
    line.last_number += len(session.execute(numbered.returning(RecordsChange.id), execution_options={"synchronize_session": False}).all())
    session.flush()


def clear_away(session: Session, practice_id: UUID, now: datetime) -> None:
    """Throw away what every reader has acknowledged, after thirty days, and everything after half a year."""
    behind = select(func.min(RecordsChangeReader.acknowledged)).where(RecordsChangeReader.practice_id == practice_id).scalar_subquery()
    nobody_waits = or_(RecordsChange.number <= behind, behind.is_(None))
    clear_rows(session, RecordsChange, practice_id, or_(RecordsChange.at <= now - KEPT_LONGEST, and_(RecordsChange.at <= now - KEPT, nobody_waits)))


def _line(session: Session, practice_id: UUID) -> RecordsChangeLine:
    """The line of the practice, held until the transaction ends: the next statement sees what whoever held it before has written."""
    mine = RecordsChangeLine.practice_id == practice_id
    session.execute(insert(RecordsChangeLine).values(practice_id=practice_id, id=uuid7(), last_number=0).on_conflict_do_nothing(index_elements=["practice_id"]))
    return session.scalars(select(RecordsChangeLine).where(mine).with_for_update().execution_options(populate_existing=True)).one()


def last_number(session: Session, practice_id: UUID) -> int:
    """The number that was given last."""
    return session.scalar(select(RecordsChangeLine.last_number).where(RecordsChangeLine.practice_id == practice_id)) or 0


def _told(session: Session, practice_id: UUID, rows: Sequence[RecordsChange]) -> Iterator[Change]:
    numbers = _external_ids(session, practice_id, rows)
    for row in rows:
        patient = _thing(str(row.patient_id), numbers) if row.patient_id else None
        target = _thing(str(row.target_id), numbers)
        yield Change(row.number or 0, row.id, row.kind, row.at, patient, row.target_kind, target, _filled(row.data, numbers))


def _external_ids(session: Session, practice_id: UUID, rows: Iterable[RecordsChange]) -> dict[str, str]:
    """The practice's own numbers of all that these changes name, by ids: one statement for each table."""
    wanted: dict[str, set[UUID]] = defaultdict(set)
    for row in rows:
        wanted[row.target_table].add(row.target_id)
        wanted[Patient.__tablename__] |= {row.patient_id} if row.patient_id else set()
        for table, row_id in _things_in(row.data):
            wanted[table].add(UUID(row_id))
    found: dict[str, str] = {}
    for name, ids in wanted.items():
        model = Base.metadata.tables.get(name)
        if model is not None and "external_id" in model.c:
            known = select(model.c.id, model.c.external_id).where(model.c.practice_id == practice_id, among(model.c.id, ids))
            found |= {str(row_id): number for row_id, number in session.execute(known) if number}
    return found


def _things_in(value: Any) -> Iterator[tuple[str, str]]:
    if _is_thing(value):
        yield value["table"], value["portal_id"]
    else:
        for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from _things_in(one)


def _filled(value: Any, numbers: dict[str, str]) -> Any:
    """The same with the practice's own numbers, and without the keys of files."""
    if _is_thing(value):
        return _thing(value["portal_id"], numbers)
    if isinstance(value, dict):
        hidden = {"key"} if value.keys() == NamedFile.model_fields.keys() else ()
        return {name: _filled(one, numbers) for name, one in value.items() if name not in hidden}
    return [_filled(one, numbers) for one in value] if isinstance(value, list) else value


def _is_thing(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"portal_id", "external_id", "table"}


def _thing(row_id: str, numbers: dict[str, str]) -> dict[str, Any]:
    return {"portal_id": row_id, "external_id": numbers.get(row_id)}
