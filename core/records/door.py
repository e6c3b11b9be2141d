"""Taking a batch of records in: all of a kind at once, in a handful of statements, however many records there are.

The order of the records in a batch does not matter: the kinds are written in the order in which they name each other, and a record may
name one that stands further down. Where a record comes twice, what stands further down counts. What is deleted goes last, in the opposite order.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import uuid7
from core.records import Answer, RecordKind
from core.records.checking import Refused, checked
from core.records.filed import filed
from core.records.linking import link
from core.records.merges import Merges
from core.records.removing import take_out
from core.records.writing import Plan, Row, Taken, named_rows
from core.sql import among


def take_in(session: Session, kinds: Mapping[str, RecordKind], batch: Iterable[Mapping[str, Any]], is_second: bool = False) -> list[Answer]:
    """Check and write a batch for the practice that is bound; a refused record leaves the others and itself whole. `is_second`: it is of
    another system than the practice's.

    Whatever takes records in goes through `core.records.runs`, which keeps in the same transaction what came of it.
    """
    answers: dict[int, Answer] = {}
    read: dict[str, list[Taken]] = defaultdict(list)
    for place, fields in enumerate(batch):
        name, external_id = str(fields.get("kind", "")), str(fields.get("external_id", ""))
        try:
            taken = checked(kinds, name, fields, Taken(place, external_id))
            read[name].append(taken)
        except Refused as refusal:
            answers[place] = Answer(name, external_id, "refused", str(refusal), refusal.where)
    door, order = _Door(session, kinds, is_second), in_order(kinds, read)
    for name in order:
        _put_right(read[name])
        door.write(kinds[name], [one for one in read[name] if one.counts and not one.is_deleted])
    for name in reversed(order):
        door.remove(kinds[name], [one for one in read[name] if one.counts and one.is_deleted])
    door.tell()
    answers |= {one.place: Answer(name, one.external_id, one.outcome, one.reason, one.where, one.missing) for name in order for one in read[name]}
    return [answers[place] for place in sorted(answers)]


def in_order(kinds: Mapping[str, RecordKind], names: Collection[str]) -> list[str]:
    """These kinds, each after those that its records name. Raises graphlib.CycleError where there is no such order."""
    graph = {name: {other for other in kinds[name].references.values() if other in names and other != name} for name in sorted(names)}
    return list(TopologicalSorter(graph).static_order())


def _put_right(records: list[Taken]) -> None:
    """Of a record that is there and deleted in one batch, what stands further down counts."""
    is_deleted = {one.external_id: one.is_deleted for one in records}
    for one in records:
        one.counts = one.is_deleted == is_deleted[one.external_id]
        one.outcome = "refused" if one.counts else "unchanged"


class _Door:
    """One batch: what was looked up once is not looked up again."""

    def __init__(self, session: Session, kinds: Mapping[str, RecordKind], is_second: bool):
        self._session, self._kinds, self._is_second = session, kinds, is_second
        self._practice_id: UUID = session.info["practice_id"]
        self._ids: dict[str, dict[str, UUID]] = defaultdict(dict)
        self._changed: dict[str, set[UUID]] = defaultdict(set)
        self._gone: set[str] = set()
        self._held: set[UUID] = set()
        self._afterwards: list[Callable[[], object]] = []

    def write(self, kind: RecordKind, going: list[Taken]) -> None:
        """Write the records of a kind; what they name of other kinds is there by now, or nowhere.

        What the database refuses is left out, with all that names it, and the rest is written anew from the beginning.
        """
        merges = Merges(self._session, kind, going, self._is_second)
        for field, target in kind.references.items():
            self._look_up(target, {name for one in going for name in _names(one, field)})
        self._look_up(kind.name, merges.kept)
        going = merges.with_kept(going, self._ids[kind.name])
        link(self._session, kind, self._practice_id, going, lambda one: not self._missing(kind, one, kind.name))
        going = self._recognized(kind, going)
        filing = filed(self._session, self._practice_id, kind)
        if filing:
            going = filing.take(going, lambda one: None if self._missing(kind, one) else self._values(kind, one))
        self._write(kind, going, merges)
        if filing:
            filing.end()
        self._changed[kind.name] -= merges.merge(going, self._ids[kind.name])

    def _part(self, kind: RecordKind, going: list[Taken], merges: Merges) -> bool:
        known = self._ids[kind.name]
        concerned = merges.part(going, known)
        self._changed[kind.name] |= set(concerned)
        # Where those lead that had become part of them may be another place, too.
        names = {name for name, row_id in known.items() if row_id in concerned}
        self._forget(kind, names)
        self._look_up(kind.name, names)
        return bool(concerned)

    def _recognized(self, kind: RecordKind, going: list[Taken]) -> list[Taken]:
        """Those of whom it is clear whether they are here already; the others wait for the office."""
        if kind.recognize is None:
            return going
        self._look_up(kind.name, {one.external_id for one in going})
        there = self._ids[kind.name]
        unknown = {one.external_id: one.values for one in going if one.external_id not in there and not self._missing(kind, one, kind.name)}
        waiting = kind.recognize(self._session, unknown, self._is_second) if unknown else {}
        for one in going:
            if one.external_id in waiting:
                one.refuse(waiting[one.external_id])
        return [one for one in going if one.external_id not in waiting]

    def _write(self, kind: RecordKind, going: list[Taken], merges: Merges) -> None:
        while going:
            rows, new = self._rows(kind, going)
            going = self._resolved(kind, going, new)
            if self._part(kind, going, merges):
                self._forget(kind, new)
                continue
            plan = Plan(kind, self._practice_id, rows, new)
            for one in going:
                plan.add(one, self._values(kind, one))
            if not_held := plan.updates.keys() - self._held:
                self._hold(kind, not_held)
                self._forget(kind, new)
                continue
            told = kind.changing(self._session, plan.updates.keys()) if kind.changing and plan.updates else None
            bad = plan.carry_out(self._session)
            if not bad:
                self._afterwards += [told] if told else []
                self._changed[kind.name] |= plan.changed
                self._keep_names(kind, going, plan, merges.parted)
                return
            going = self._without(kind, going, new, bad)

    def _keep_names(self, kind: RecordKind, going: list[Taken], plan: Plan, parted: set[str]) -> None:
        """Who wants to know it is told by which names the rows name others; and what was made two is no more what it was."""
        for one in going:
            one.outcome = "updated" if one.external_id in parted and one.outcome == "unchanged" else one.outcome
        for other in {other.name: other for target in kind.references.values() if (other := self._kinds.get(target))}.values():
            if other.named and going:
                other.named(self._session, kind.model.__tablename__, partial(_names_of_rows, kind, other, going, plan))

    def remove(self, kind: RecordKind, going: list[Taken]) -> None:
        """Take out what is deleted; what is not there any more is as it should be, and a chart that another one absorbed stays."""
        if not going:
            return
        ids = dict(self._session.execute(named_rows(kind, self._practice_id, {one.external_id for one in going}, "id")).all())
        files = filed(self._session, self._practice_id, kind)
        keys = files.keys_of(set(ids)) if files else {}
        kept = take_out(self._session, kind, self._practice_id, set(ids.values()), self._afterwards)
        for one in going:
            one.outcome = "deleted" if one.external_id in ids else "unchanged"
            if one.external_id in ids and ids[one.external_id] in kept:
                one.refuse(kept[ids[one.external_id]])
            elif files:
                files.let_go(keys.get(one.external_id, []))
        if len(kept) < len(ids):
            self._gone.add(kind.name)

    def tell(self) -> None:
        """After the batch: who listens for the rows of a kind hears of them, and then once whoever waits for the end."""
        waiting = []
        for name in sorted(self._changed.keys() | self._gone):
            kind, ids = self._kinds[name], self._changed.get(name)
            if kind.written and ids:
                kind.written(self._session, ids)
            if kind.after and (ids or name in self._gone):
                waiting.append(kind.after)
        for afterwards in self._afterwards:
            afterwards()
        for after in dict.fromkeys(waiting):
            after(self._session)
        self._session.flush()

    def _rows(self, kind: RecordKind, going: list[Taken]) -> tuple[dict[str, Row], dict[str, UUID]]:
        """The rows that these records have, by their external ids; and ids for those that have none, and were not merged into another."""
        known, own = self._ids[kind.name], {one.external_id for one in going}
        found = self._session.execute(named_rows(kind, self._practice_id, own, *_columns(kind, going))).mappings()
        rows = {row["external_id"]: dict(row) for row in found}
        known |= {name: row["id"] for name, row in rows.items()}
        self._look_up_merged(kind, own - known.keys())
        new = {name: uuid7() for name in (one.external_id for one in going) if name not in known}
        known |= new
        return rows, new

    def _look_up(self, target: str, names: set[str]) -> None:
        """Learn which rows these records are, where that is not known yet."""
        known, kind = self._ids[target], self._kinds.get(target)
        wanted = names - known.keys()
        if kind is None or not wanted:
            return
        # Held until the batch is written: whoever merges it into another meanwhile waits, and who has merged it has left word.
        rows = named_rows(kind, self._practice_id, wanted, "id", are_held=bool(kind.became))
        known |= dict(self._session.execute(rows).all())
        self._look_up_merged(kind, wanted - known.keys())
        if kind.became and (left := wanted - known.keys()):
            # Whoever takes a merge back at this moment has brought them back.
            known |= dict(self._session.execute(named_rows(kind, self._practice_id, left, "id").with_for_update(read=True, key_share=True)).all())

    def _look_up_merged(self, kind: RecordKind, names: set[str]) -> None:
        if kind.became and names:
            self._ids[kind.name] |= kind.became(self._session, self._practice_id, names)

    def _hold(self, kind: RecordKind, ids: Collection[UUID]) -> None:
        """Hold rows until the batch is written. They are read anew: who has changed them meanwhile, another sender or the office, has been heard then."""
        table = kind.model.__table__
        mine = select(table.c.id).where(table.c.practice_id == self._practice_id, among(table.c.id, ids))
        self._session.execute(mine.order_by(table.c.id).with_for_update(key_share=True))
        self._held |= set(ids)

    def _resolved(self, kind: RecordKind, going: list[Taken], new: dict[str, UUID]) -> list[Taken]:
        """Those of which everything that they name is there; where one is refused, so are those that name it."""
        while missing := {one.place: named for one in going if (named := self._missing(kind, one))}:
            for one in going:
                if one.place in missing:
                    field, target, name = missing[one.place]
                    one.refuse(f"{field}: the {target} that it names is not there yet.", field, (target, name))
            going = [one for one in going if one.place not in missing]
            self._forget(kind, new.keys() - {one.external_id for one in going})
        return going

    def _missing(self, kind: RecordKind, one: Taken, but: str = "") -> tuple[str, str, str] | None:
        """The first field that names something that is not there, of which kind that is, and which one; what is of the kind `but` is not asked for."""
        named = ((field, target, name) for field, target in kind.references.items() if target != but for name in _names(one, field))
        return next(((field, target, name) for field, target, name in named if name not in self._ids[target]), None)

    def _without(self, kind: RecordKind, going: list[Taken], new: dict[str, UUID], bad: dict[UUID, str]) -> list[Taken]:
        """The records that the database had nothing against; also those that came in by another way at this very moment."""
        known = self._ids[kind.name]
        failed = {one.external_id: bad[known[one.external_id]] for one in going if known[one.external_id] in bad}
        self._forget(kind, new)
        self._look_up(kind.name, failed.keys() & new.keys())
        failed = {name: why for name, why in failed.items() if name not in new or name not in known}
        for one in going:
            if one.external_id in failed:
                one.refuse(failed[one.external_id])
        return [one for one in going if one.external_id not in failed]

    def _forget(self, kind: RecordKind, names: Iterable[str]) -> None:
        for name in names:
            self._ids[kind.name].pop(name, None)

    def _values(self, kind: RecordKind, one: Taken) -> Row:
        """What a record says, with the ids of the rows that it names."""
        return {_column(kind, field, value): self._with_ids(kind, field, value) for field, value in one.values.items()}

    def _with_ids(self, kind: RecordKind, field: str, value: Any) -> Any:
        if field not in kind.references or value is None:
            return value
        ids = self._ids[kind.references[field]]
        return [ids[name] for name in value] if isinstance(value, list) else ids[value]


def _column(kind: RecordKind, field: str, value: Any) -> str:
    """The column that a field fills."""
    if field not in kind.references:
        return field
    return f"{kind.references[field]}_ids" if isinstance(value, list) else f"{field}_id"


def _columns(kind: RecordKind, records: Iterable[Taken]) -> set[str]:
    """The columns that these records fill, with what says which row is meant, and what of it is the office's."""
    alike = {tuple(one.values): one for one in records}.values()
    filled = {_column(kind, field, value) for one in alike for field, value in one.values.items()}
    return filled - {"external_id"} | {"id", "own"} & set(kind.model.__table__.c.keys())


def _names_of_rows(kind: RecordKind, other: RecordKind, going: list[Taken], plan: Plan) -> dict[UUID, dict[str, str]]:
    """In which rows which columns name rows of the other kind by which external ids."""
    fields = [field for field, target in kind.references.items() if target == other.name]
    rows = {plan.rows[one.external_id]["id"]: one.values for one in going if one.external_id in plan.rows}
    return {row_id: {f"{field}_id": values[field] for field in fields if isinstance(values[field], str)} for row_id, values in rows.items()}


def _names(one: Taken, field: str) -> list[str]:
    other = one.values[field]
    return other if isinstance(other, list) else [] if other is None else [other]
