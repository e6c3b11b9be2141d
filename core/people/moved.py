"""Which rows came from a chart that became part of another one: those that stood under it at the merge, and what came in for its number since.

They are known by their table, their id and the column, so that nothing of what they say is kept twice. Whatever the practice's system says of a row
later counts more: it is the absorbed chart's while its record names that chart's number.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Column,
    Table,
    Uuid,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.orm import Session

from core.auth.models import Account
from core.db import Base, first_id_at
from core.people.charts import naming_columns, tables_of
from core.people.models import AccessOffer, Grant, MergedChart, PatientNumber, Relationship
from core.people.moved_models import MergedRow
from core.people.recognizing import SAME
from core.sql import among

_WORKED_OUT = frozenset({"patient_word", "sign_in_session"})
"""What is made anew, or ends."""
_OF_ACCOUNTS: tuple[Any, ...] = (Grant.__table__.c.account_id, Grant.__table__.c.giver_id, AccessOffer.__table__.c.giver_id)
"""What a second account of a person gives over to the first (core/auth/joining.py)."""
_GUARDIAN: Any = Relationship.__table__.c.is_guardian
_MERGED = MergedChart.__tablename__
_KEPT = ("id", "practice_id", "merged_id", "table_name", "row_id", "column_name", "was")


class Back(NamedTuple):
    """Which chart is taken out of which, and when the two had become one."""

    practice_id: UUID
    chart: UUID
    kept: UUID
    merged_at: datetime


def remember(session: Session, practice_id: UUID, absorbed: UUID) -> None:
    """Keep which rows name a chart, before it becomes part of another one."""
    accounts = select(Account.id).where(Account.practice_id == practice_id, Account.patient_id == absorbed)
    rows = [_rows(practice_id, absorbed, column, column == absorbed) for column in naming_columns() if column.table.name not in _WORKED_OUT]
    rows += [_rows(practice_id, absorbed, column, column.in_(accounts), column) for column in _OF_ACCOUNTS]
    session.flush()
    session.execute(insert(MergedRow).from_select(_KEPT, union_all(*rows), include_defaults=False))


def _rows(practice_id: UUID, absorbed: UUID, column: Column, names_it, was=None):
    table = column.table
    kept = (literal(practice_id, Uuid), literal(absorbed, Uuid), literal(table.name), table.c.id, literal(column.name), cast(null(), Uuid) if was is None else was)
    # The chart's own row goes: what it says is kept as a whole.
    return select(func.gen_random_uuid(), *kept).where(table.c.practice_id == practice_id, names_it, table.c.id != absorbed)


def remember_guardian(session: Session, practice_id: UUID, absorbed: UUID, relation_id: UUID) -> None:
    """Keep that one of the chart's relationships was that of a guardian, which a merge ends."""
    about = {"table_name": _GUARDIAN.table.name, "row_id": relation_id, "column_name": _GUARDIAN.name}
    session.add(MergedRow(practice_id=practice_id, merged_id=absorbed, **about))


def named(session: Session, table: str, names_of_rows: Callable[[], Mapping[UUID, Mapping[str, str]]]) -> None:
    """Records have filled rows of a table; `names_of_rows` says in which of them which columns name patients by which numbers."""
    practice_id: UUID = session.info["practice_id"]
    # Most practices have none, and it takes a while to say.
    if not session.scalar(select(exists().where(MergedChart.practice_id == practice_id))):
        return
    rows = names_of_rows()
    charts = _charts_with(session, practice_id, {number for names in rows.values() for number in names.values()})
    mine = (MergedRow.practice_id == practice_id, MergedRow.table_name == table, among(MergedRow.row_id, rows))
    were = set(session.scalars(delete(MergedRow).where(*mine).returning(MergedRow.row_id)))
    new = [(row_id, column, charts[number]) for row_id, names in rows.items() for column, number in names.items() if number in charts]
    session.add_all(MergedRow(practice_id=practice_id, merged_id=chart, table_name=table, row_id=row_id, column_name=column) for row_id, column, chart in new)
    _let_go(session, practice_id, table, were - {row_id for row_id, _, _ in new})


def _charts_with(session: Session, practice_id: UUID, numbers: Collection[str]) -> dict[str, UUID]:
    """The merged charts with these numbers, of the practice's system or of another one; of several that a chart was part of the innermost."""
    of_row = (MergedRow.practice_id == practice_id, MergedRow.row_id == PatientNumber.id, MergedChart.practice_id == practice_id, MergedChart.id == MergedRow.merged_id)
    same = (PatientNumber.practice_id == practice_id, among(PatientNumber.external_id, numbers), PatientNumber.state == SAME)
    others = select(PatientNumber.external_id, MergedChart.id).where(*same, *of_row).order_by(MergedChart.merged_at.desc())
    own = select(MergedChart.external_id, MergedChart.id).where(MergedChart.practice_id == practice_id, among(MergedChart.external_id, numbers))
    return {number: chart for query in (others, own) for number, chart in session.execute(query) if number}


def _let_go(session: Session, practice_id: UUID, table: str, rows: Collection[UUID]) -> None:
    """What hangs on rows that are no longer the chart's isn't either."""
    for child in Base.metadata.tables.values() if rows else ():
        for column, _ in _parents(child, [Base.metadata.tables[table]]):
            hanging = select(child.c.id).where(child.c.practice_id == practice_id, among(column, rows))
            session.execute(delete(MergedRow).where(MergedRow.practice_id == practice_id, MergedRow.row_id.in_(hanging)))


def take_back(session: Session, back: Back, plugins: Iterable[str]) -> None:
    """Put the rows that came from a chart under it again, where they still stand at the kept one, with what hangs on them since.

    Of the charts that had become part of the absorbed one before, those that still are go with it.
    """
    inner = _inner(session, back)
    whose = (MergedRow.practice_id == back.practice_id, MergedRow.merged_id.in_([back.chart, *inner]))
    held: dict[tuple[str, str, UUID | None], set[UUID]] = defaultdict(set)
    for row in session.execute(select(MergedRow.__table__).where(*whose)):
        if row.merged_id == back.chart or (row.was is None and row.column_name != _GUARDIAN.name):
            held[row.table_name, row.column_name, row.was].add(row.row_id)
    # Those that name accounts come last: the accounts themselves are among the others.
    for (name, column, was), ids in sorted(held.items(), key=lambda item: (item[0][2] is not None, item[0][1] == _GUARDIAN.name, item[0][:2])):
        if name in Base.metadata.tables:
            _put_back(session, back, Base.metadata.tables[name].c[column], was, ids)
    for plugin in plugins:
        _follow(session, back, tables_of(plugin))
    rows = select(MergedRow.row_id, MergedRow.column_name).where(*whose)
    others = or_(tuple_(MergedRow.row_id, MergedRow.column_name).in_(rows), (MergedRow.table_name == _MERGED) & (MergedRow.row_id == back.chart))
    session.execute(delete(MergedRow).where(MergedRow.practice_id == back.practice_id, MergedRow.merged_id.not_in(inner), others).execution_options(synchronize_session=False))


def counts_of(session: Session, back: Back, plugins: Iterable[str]) -> dict[str, int]:
    """How many rows of each tab would go back, by the tab's name, where there are any."""
    whose = (MergedRow.practice_id == back.practice_id, MergedRow.merged_id.in_([back.chart, *_inner(session, back)]), MergedRow.column_name == "patient_id")
    ids = select(MergedRow.row_id).where(*whose)
    tables = [(plugin, table) for plugin in plugins for table in tables_of(plugin)]
    asked = [
        select(literal(plugin), func.count()).select_from(table).where(table.c.practice_id == back.practice_id, table.c.patient_id == back.kept, table.c.id.in_(ids))
        for plugin, table in tables
    ]
    found: Counter[str] = Counter()
    for plugin, number in session.execute(union_all(*asked)) if asked else ():
        found[plugin] += number
    return dict(+found)


def accounts_of(session: Session, practice_id: UUID, merged_id: UUID) -> list[Account]:
    """The accounts that came from a merged chart."""
    mine = (MergedRow.practice_id == practice_id, MergedRow.merged_id == merged_id, MergedRow.table_name == Account.__tablename__, MergedRow.row_id == Account.id)
    return list(session.scalars(select(Account).where(Account.practice_id == practice_id, *mine).order_by(Account.created_at)))


def _inner(session: Session, back: Back) -> list[UUID]:
    mine = (MergedRow.practice_id == back.practice_id, MergedRow.merged_id == back.chart, MergedRow.table_name == _MERGED, MergedRow.row_id == MergedChart.id)
    return list(session.scalars(select(MergedChart.id).where(MergedChart.practice_id == back.practice_id, MergedChart.patient_id == back.kept, *mine)))


def _put_back(session: Session, back: Back, column: Column, was: UUID | None, ids: Collection[UUID]) -> None:
    table = column.table
    stands: Any = column == back.kept
    value: Any = back.chart
    if was is not None:
        stands, value = column.in_(select(Account.id).where(Account.practice_id == back.practice_id, Account.patient_id == back.kept)), was
    elif column is _GUARDIAN:
        stands, value = table.c.patient_id == back.chart, True
    session.execute(update(table).where(table.c.practice_id == back.practice_id, among(table.c.id, ids), stands).values({column: value}))


def _follow(session: Session, back: Back, tables: list[Table]) -> None:
    """What was made since the merge, and hangs only on what is the chart's, goes with it: the answer to a message, the confirmation of a visit."""
    for table in tables:
        parents = _parents(table, tables)
        if not parents:
            continue
        mine = (table.c.practice_id == back.practice_id, table.c.patient_id == back.kept, table.c.id >= first_id_at(back.merged_at))
        made_here = [table.c.external_id.is_(None)] if "external_id" in table.c else []
        hangs = [or_(column.is_(None), _stands_at(parent.alias(), column, back)) for column, parent in parents]
        names = [column for column in naming_columns() if column.table is table]
        values = {column: case((column == back.kept, literal(back.chart, Uuid)), else_=column) for column in names}
        moving = update(table).where(*mine, *made_here, *hangs, or_(*(column.is_not(None) for column, _ in parents))).values(values).returning(table.c.id)
        while session.execute(moving).all():  # answers to answers
            pass


def _stands_at(parent, column: Column, back: Back):
    return select(1).where(parent.c.practice_id == back.practice_id, parent.c.id == column, parent.c.patient_id == back.chart).exists()


def _parents(table: Table, tables: Collection[Table]) -> list[tuple[Column, Table]]:
    """The columns by which rows of a table hang on rows of these."""
    keys = [(key.columns.values()[-1], key.referred_table) for key in table.foreign_key_constraints]
    return [(column, parent) for column, parent in keys if parent in tables]
