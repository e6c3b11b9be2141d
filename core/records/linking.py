"""What was made in the portal and comes back from the practice's system: its row gets the number that it has there, so that nothing is there twice."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.records import RecordKind
from core.records.removing import take_out
from core.records.writing import Taken, named_rows
from core.sql import among


def link(session: Session, kind: RecordKind, practice_id: UUID, going: Iterable[Taken], can_stay: Callable[[Taken], bool]) -> None:
    """Give rows that were made here the numbers by which these records call them (`portal_id`). One that cannot stay will be refused, and changes nothing.

    Where the record has come before without saying so, the row that it made then goes. A row that has another number, or is not there (any more), is left alone:
    then the record is one like any other.
    """
    named = {portal_id: one.external_id for one in going if (portal_id := one.values.pop("portal_id", None)) and can_stay(one)}
    if not named or kind.linked is None:
        return
    table = kind.model.__table__
    mine = (table.c.practice_id == practice_id, among(table.c.id, named), table.c.external_id.is_(None))
    free = session.scalars(select(table.c.id).where(*mine).order_by(table.c.id).with_for_update()).all()
    wanted = {external_id: row_id for row_id, external_id in named.items() if row_id in free}
    for external_id in _twins_that_stay(session, kind, practice_id, set(wanted)):
        del wanted[external_id]
    for external_id, row_id in wanted.items():
        linked = update(table).where(table.c.practice_id == practice_id, table.c.id == row_id).values(external_id=external_id, **kind.linked)
        session.execute(linked)


def _twins_that_stay(session: Session, kind: RecordKind, practice_id: UUID, names: set[str]) -> list[str]:
    """Rows that have these numbers already: they go, unless something stands on them, or they are charts, which only people make one of two."""
    twins = dict(session.execute(named_rows(kind, practice_id, names, "id")).all()) if names else {}
    if kind.became:
        return list(twins)
    # Nobody is told that they are gone: what they were is there still.
    kept = take_out(session, replace(kind, going=None), practice_id, set(twins.values()), []) if twins else {}
    return [external_id for external_id, row_id in twins.items() if row_id in kept]
