"""What waits for the office, counted for all tabs in one statement."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, func, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.plugins.parts import Count, OfficeItem
from core.plugins.questions import count_all

EVER = datetime(1970, 1, 1, tzinfo=UTC)


def at_clinics(column: ColumnElement | InstrumentedAttribute) -> ColumnElement[bool]:
    """In the statement of an item: whether a clinic counts. Without any in `clinic_ids` all do, and also who has none."""
    clinic_ids = bindparam("clinic_ids", type_=ARRAY(Uuid))
    return or_(func.cardinality(clinic_ids) == 0, column == any_(clinic_ids))


def number_waiting(
    session: Session, items: Iterable[OfficeItem], *, practice_id: UUID, clinic_ids: Collection[UUID], now: datetime, since: datetime = EVER
) -> dict[str, int]:
    """How many of each wait that came after `since` and not after `now`, by the item's name; 0 where it cannot be found."""
    about = {"practice_id": practice_id, "clinic_ids": sorted(clinic_ids), "since": since, "now": now}
    return count_all(session, {item.name: Count(item.statement, about) for item in items})
