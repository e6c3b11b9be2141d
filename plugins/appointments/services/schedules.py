"""The hours of providers and the blockouts, entered by the office: added for many days, copied by weeks, removed; never for a day that has passed."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from core.people.models import Provider
from core.tenant import hold
from core.web.formats import long_day
from plugins.appointments.models import BlockoutType, Operatory, ScheduleBlock
from plugins.appointments.services.clock import check_clock, span_words

MOST_BLOCKS, MOST_DAYS = 3000, 731
FED = "Your practice system sends the hours: change them there, and they change here."
WEEK = timedelta(days=7)


class NoSuchBlock(Exception):
    """There is no such entry here: another practice's, or it is gone already."""


class NotAdded(Exception):
    """Hours that cannot be as they were typed; the text says why."""


@dataclass(frozen=True)
class Keeper:
    """Whose time it is: a provider's hours, or a type of blockout."""

    provider_id: UUID | None = None
    blockout_type_id: UUID | None = None


@dataclass(frozen=True)
class Block:
    """Time on one day, in minutes from midnight, in these operatories or in all that are the provider's (of a blockout: all of the clinic)."""

    keeper: Keeper
    held_on: date
    starts: int
    ends: int
    operatory_ids: tuple[UUID, ...] = ()
    note: str = ""


def of_clinic(clinic_id: UUID | None, with_rest: bool) -> ColumnElement[bool]:
    """The blocks of a clinic; with those that name none."""
    own = ScheduleBlock.clinic_id == clinic_id
    return or_(own, ScheduleBlock.clinic_id.is_(None)) if with_rest else own


def blocks_between(session: Session, practice_id: UUID, within: ColumnElement[bool], first: date, last: date) -> list[ScheduleBlock]:
    """The blocks of these days, in order."""
    where = (ScheduleBlock.practice_id == practice_id, ScheduleBlock.held_on.between(first, last), within)
    return list(session.scalars(select(ScheduleBlock).where(*where).order_by(ScheduleBlock.held_on, ScheduleBlock.starts, ScheduleBlock.id)))


def named_blocks(
    session: Session, practice_id: UUID, clinic_id: UUID | None, with_rest: bool, first: date, last: date
) -> list[tuple[ScheduleBlock, str]]:
    """The blocks of a clinic on these days, each with what its blockout is called; one statement."""
    kind = and_(BlockoutType.practice_id == ScheduleBlock.practice_id, BlockoutType.id == ScheduleBlock.blockout_type_id)
    where = (ScheduleBlock.practice_id == practice_id, ScheduleBlock.held_on.between(first, last), of_clinic(clinic_id, with_rest))
    rows = session.execute(select(ScheduleBlock, func.coalesce(BlockoutType.name, "")).outerjoin(BlockoutType, kind).where(*where).order_by(ScheduleBlock.held_on, ScheduleBlock.starts))
    return [(block, name) for block, name in rows]


def is_fed(session: Session, practice_id: UUID) -> bool:
    """Whether the practice's system sends the hours."""
    where = (ScheduleBlock.practice_id == practice_id, ScheduleBlock.external_id.is_not(None))
    return session.scalar(select(select(ScheduleBlock.id).where(*where).exists())) or False


def days_between(first: date, last: date, weekdays: Collection[int]) -> list[date]:
    """The days from the first to the last that are one of these weekdays (Monday is 0)."""
    return [day for day in (first + timedelta(days=offset) for offset in range((last - first).days + 1)) if day.weekday() in weekdays]


def add(session: Session, practice_id: UUID, clinic_id: UUID | None, wanted: Sequence[Block], zone: ZoneInfo, today: date) -> int:
    """Add blocks and tell how many; all of them or none. Raises NotAdded, clock.NoSuchTime."""
    if len(wanted) > MOST_BLOCKS:
        raise NotAdded(f"That would be {len(wanted):,} entries at once, and {MOST_BLOCKS:,} are the most. Choose fewer days.")
    if any(block.held_on < today for block in wanted):
        raise NotAdded("Days that have passed cannot be changed. Begin today or later.")
    hold(session, practice_id)  # of two people who add at the same moment, the second sees what the first one added
    if is_fed(session, practice_id):
        raise NotAdded(FED)
    check_clock(sorted({block.held_on for block in wanted}), {(block.starts, block.ends) for block in wanted}, zone)
    _check_clashes(session, practice_id, clinic_id, wanted)
    session.add_all(
        ScheduleBlock(
            practice_id=practice_id, clinic_id=clinic_id, held_on=block.held_on, starts=block.starts, ends=block.ends, note=block.note,
            provider_id=block.keeper.provider_id, blockout_type_id=block.keeper.blockout_type_id, operatory_ids=list(block.operatory_ids),
        )
        for block in wanted
    )  # fmt: skip
    session.flush()
    return len(wanted)


def _check_clashes(session: Session, practice_id: UUID, clinic_id: UUID | None, wanted: Sequence[Block]) -> None:
    days = [block.held_on for block in wanted]
    if not days:
        return
    # A provider cannot be at two clinics, so those of every clinic count; blockouts count where they are.
    there: dict[date, list[ScheduleBlock]] = {}
    for row in blocks_between(session, practice_id, ScheduleBlock.practice_id == practice_id, min(days), max(days)):
        there.setdefault(row.held_on, []).append(row)
    clashes = [(block, row) for block in wanted for row in there.get(block.held_on, ()) if _clash(block, row, clinic_id)]
    if clashes:
        raise NotAdded(_clash_words(session, practice_id, clashes))


def _clash(block: Block, row: ScheduleBlock, clinic_id: UUID | None) -> bool:
    if Keeper(row.provider_id, row.blockout_type_id) != block.keeper or block.starts >= row.ends or row.starts >= block.ends:
        return False
    if block.keeper.provider_id:
        return True
    same_place = not row.operatory_ids or not block.operatory_ids or bool(set(row.operatory_ids) & set(block.operatory_ids))
    return row.clinic_id in (None, clinic_id) and same_place


def _clash_words(session: Session, practice_id: UUID, clashes: Sequence[tuple[Block, ScheduleBlock]]) -> str:
    block, row = clashes[0]
    more = len({block.held_on for block, _ in clashes}) - 1
    if block.keeper.provider_id:
        named = session.scalars(select(Provider).where(Provider.practice_id == practice_id, Provider.id == block.keeper.provider_id)).one().name
    else:
        named = session.scalars(select(BlockoutType.name).where(BlockoutType.practice_id == practice_id, BlockoutType.id == block.keeper.blockout_type_id)).one()
    chairs = session.scalars(
        select(Operatory.name).where(Operatory.practice_id == practice_id, Operatory.id.in_(row.operatory_ids)).order_by(Operatory.position)
    ).all()
    where = f" in {', '.join(chairs)}" if chairs else ""
    others = f", and there are clashes on {more} more {'day' if more == 1 else 'days'}" if more else ""
    return f"{named} has {span_words(row.starts, row.ends)}{where} on {long_day(row.held_on)} already{others}. Nothing was added: change the times or the days."


def copy_week(
    session: Session, practice_id: UUID, clinic_id: UUID | None, monday: date, onto: Iterable[date], closed: Collection[date], zone: ZoneInfo, today: date
) -> int:
    """Copy a week of a clinic onto the weeks that begin on these Mondays, but for closed days. Raises as `add` does."""
    week = blocks_between(session, practice_id, ScheduleBlock.clinic_id == clinic_id, monday, monday + WEEK - timedelta(days=1))
    if not week:
        raise NotAdded("There are no hours in that week that could be copied. Choose a week that has some.")
    patterns = [
        Block(Keeper(row.provider_id, row.blockout_type_id), row.held_on, row.starts, row.ends, tuple(row.operatory_ids), row.note) for row in week
    ]
    moved = [replace(block, held_on=block.held_on + (begin - monday)) for begin in onto for block in patterns]
    return add(session, practice_id, clinic_id, [block for block in moved if block.held_on not in closed and block.held_on >= today], zone, today)


def remove(session: Session, practice_id: UUID, block_id: UUID, within: ColumnElement[bool], today: date) -> bool:
    """Remove one block. False when its day has passed, or the practice's system sends it. Raises NoSuchBlock when there is none within reach."""
    where = (ScheduleBlock.practice_id == practice_id, ScheduleBlock.id == block_id, within)
    if session.scalar(select(ScheduleBlock.id).where(*where)) is None:
        raise NoSuchBlock
    return session.scalar(delete(ScheduleBlock).where(*where, *_removable(today)).returning(ScheduleBlock.id)) is not None


def remove_days(session: Session, practice_id: UUID, clinic_id: UUID | None, keeper: Keeper, days: tuple[date, date], today: date) -> int:
    """Remove all of a keeper's blocks at a clinic on these days (without a keeper: everybody's), and tell how many."""
    where = [ScheduleBlock.practice_id == practice_id, ScheduleBlock.clinic_id == clinic_id, ScheduleBlock.held_on.between(*days), *_removable(today)]
    where += [ScheduleBlock.provider_id == keeper.provider_id] if keeper.provider_id else []
    where += [ScheduleBlock.blockout_type_id == keeper.blockout_type_id] if keeper.blockout_type_id else []
    return len(session.scalars(delete(ScheduleBlock).where(*where).returning(ScheduleBlock.id)).all())


def _removable(today: date) -> tuple[ColumnElement[bool], ...]:
    return ScheduleBlock.held_on >= today, ScheduleBlock.external_id.is_(None)
