"""What a batch writes of one kind: which rows are new, which changed and how, and what the database would not have."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import JSON, Executable, Table, Text, bindparam, cast, func, insert, literal, null, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.types import UserDefinedType

from core.records import Outcome, RecordKind

Row = dict[str, Any]
_UNSAID = object()


@dataclass
class Taken:
    """A record of a batch that was read, and what becomes of it; `place` is where it stands in the batch.

    It does not count where the same batch says the opposite further down.
    """

    place: int
    external_id: str
    values: Row = field(default_factory=dict)
    is_deleted: bool = False
    counts: bool = True
    outcome: Outcome = "refused"
    reason: str = ""
    where: str = ""
    missing: tuple[str, str] = ("", "")

    def refuse(self, reason: str, where: str = "", missing: tuple[str, str] = ("", "")) -> None:
        """It cannot be taken in; `reason` says why, without repeating its content, and `missing` which record, by its kind and number, is not there."""
        self.outcome, self.reason, self.where, self.missing = "refused", reason, where, missing


def named_rows(kind: RecordKind, practice_id: UUID, names: Collection[str], *columns: str, are_held: bool = False):
    """The rows with these external ids, as a query. `are_held`: until the transaction ends nobody takes them away, or gives them other ids."""
    table = kind.model.__table__
    asked = func.unnest(literal(sorted(names), ARRAY(Text))).table_valued("name")
    mine = (table.c.practice_id == practice_id, table.c.external_id == asked.c.name)
    # One look for each, by the index: of a table that has only just been filled the database knows too little, and would compare each row with each name.
    one = select(table.c.external_id, *(table.c[name] for name in columns)).where(*mine).limit(1)
    found = (one.with_for_update(read=True, key_share=True) if are_held else one).lateral("found")
    return select(*found.c).select_from(asked).join(found, true())


@dataclass
class Plan:
    """The rows of a kind that a batch writes. `rows` are there by their external ids, `new` are the ids of those that are not yet."""

    kind: RecordKind
    practice_id: UUID
    rows: dict[str, Row]
    new: dict[str, UUID]
    inserts: dict[UUID, Row] = field(default_factory=dict)
    updates: dict[UUID, Row] = field(default_factory=dict)

    @property
    def changed(self) -> set[UUID]:
        """The rows that it made or changed."""
        return self.inserts.keys() | self.updates.keys()

    def add(self, one: Taken, values: Row) -> None:
        """Add a record, whose `values` name others by their ids; what the office has set on its own pages counts more."""
        current = self.rows.get(one.external_id)
        if current is None and one.external_id not in self.new:
            # What the old chart says of a person whose charts were merged counts no more: it might lead to somebody else's mailbox.
            one.outcome = "unchanged"
        elif current is None:
            one.outcome = "created"
            row = {"practice_id": self.practice_id, "id": self.new[one.external_id], **values}
            self.inserts[row["id"]] = self.rows[one.external_id] = row
        else:
            one.outcome = self._change(current, {name: value for name, value in values.items() if name not in (current.get("own") or ())})

    def _change(self, current: Row, values: Row) -> Outcome:
        if all(current.get(name, _UNSAID) == value for name, value in values.items()):
            return "unchanged"
        current |= values
        if current["id"] not in self.inserts:
            self.updates[current["id"]] = self.updates.get(current["id"], {}) | values
        return "updated"

    def carry_out(self, session: Session) -> dict[UUID, str]:
        """Write it all. Returns the rows that the database would not have, and why; then nothing is written."""
        later = self._put_off()
        with session.begin_nested() as point:
            bad = self._insert(session) | self._update(session, self.updates)
            bad |= self._update(session, {row_id: values for row_id, values in later.items() if row_id not in bad})
            if bad:
                point.rollback()
        return bad

    def _put_off(self) -> dict[UUID, Row]:
        """What of the new rows names one that is written further down: that is filled in once all are there."""
        columns = [f"{name}_id" for name, target in self.kind.references.items() if target == self.kind.name]
        there: set[UUID] = set()
        later: dict[UUID, Row] = defaultdict(dict)
        for row_id, row in self.inserts.items():
            there.add(row_id)
            for column in columns:
                if (named := row.get(column)) in self.inserts and named not in there:
                    later[row_id][column], row[column] = row[column], None
        return later

    def _insert(self, session: Session) -> dict[UUID, str]:
        table = self.kind.model.__table__
        bad: dict[UUID, str] = {}
        # By their names in the practice's system: two batches that bring the same new records at once would else wait for each other.
        new = sorted(self.inserts.items(), key=lambda item: item[1]["external_id"])
        defaults = {column.name: column.default for column in table.c if column.default is not None}
        for rows in _alike({row_id: _with_defaults(session, defaults, row) for row_id, row in new}):
            columns = list(next(iter(rows.values())))
            sent = func.json_populate_recordset(cast(null(), _RowOf(table)), cast(bindparam("rows", type_=Text), JSON)).table_valued(*columns)
            statement = insert(table).from_select(columns, select(*(sent.c[name] for name in columns)), include_defaults=False)
            bad |= _write(session, statement, rows, as_json=True)
        return bad

    def _update(self, session: Session, updates: Mapping[UUID, Row]) -> dict[UUID, str]:
        table = self.kind.model.__table__
        bad: dict[UUID, str] = {}
        mine = (table.c.practice_id == self.practice_id, table.c.id == bindparam("row_id"))
        for rows in _alike(dict(sorted(updates.items()))):
            columns = next(iter(rows.values())).keys()
            statement = update(table).where(*mine).values({name: bindparam(name) for name in columns})
            bad |= _write(session, statement, {row_id: values | {"row_id": row_id} for row_id, values in rows.items()})
        return bad


def _alike(rows: Mapping[UUID, Row]) -> list[dict[UUID, Row]]:
    """The rows in groups that fill the same columns, in the order in which they come."""
    groups: dict[tuple[str, ...], dict[UUID, Row]] = defaultdict(dict)
    for row_id, values in rows.items():
        groups[tuple(values)][row_id] = values
    return list(groups.values())


class _Context:
    """What a column's own default may ask for: the row as it is so far, and the connection (SQLAlchemy's context has the same)."""

    def __init__(self, session: Session, row: Row):
        self._session, self._row = session, row

    def get_current_parameters(self) -> Row:
        """The values of the row."""
        return self._row

    @property
    def connection(self) -> Any:
        """Where the row is written."""
        return self._session.connection()


def _with_defaults(session: Session, defaults: Mapping[str, Any], row: Row) -> Row:
    """A new row with what its table's columns fill in by themselves."""
    filled = dict(row)
    for name, default in defaults.items():
        if name not in filled:
            filled[name] = default.arg(_Context(session, filled)) if default.is_callable else default.arg
    return filled


class _RowOf(UserDefinedType):
    """The type that rows of a table have."""

    cache_ok = True

    def __init__(self, table: Table):
        self.name = table.name

    def get_col_spec(self, **_about: Any) -> str:
        """How the database calls it."""
        return self.name


def _write(session: Session, statement: Executable, rows: dict[UUID, Row], as_json: bool = False) -> dict[UUID, str]:
    """Write these rows; where the database would not have them, find by halves which ones, and write the rest."""
    try:
        with session.begin_nested():
            # As one value: a thousand rows of thirty columns would be a statement of thirty thousand, which costs more to take apart than to carry out.
            session.execute(statement, {"rows": to_json(list(rows.values()), fallback=str).decode()} if as_json else list(rows.values()))
        return {}
    except (DataError, IntegrityError) as error:
        if len(rows) == 1:
            return dict.fromkeys(rows, why(error))
    both = list(rows.items())
    halves = (dict(both[: len(both) // 2]), dict(both[len(both) // 2 :]))
    return _write(session, statement, halves[0], as_json) | _write(session, statement, halves[1], as_json)


def why(error: DataError | IntegrityError) -> str:
    """Why the database would not have a row, without repeating what it holds."""
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    if isinstance(error, IntegrityError):
        return f"It does not go together with what is there{f' ({constraint})' if constraint else ''}."
    return "It holds a value that cannot be kept."
