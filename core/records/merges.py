"""What the records of one kind in a batch say of rows that are one (`merged_into`), or are not any more."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from core.records import RecordKind
from core.records.writing import Taken

_NOT_KEPT = "merged_into: the one that it has become part of is not there yet."


class Merges:
    """Of the records of one kind: which say that they have become part of which. Where a record comes twice, what stands further down counts."""

    def __init__(self, session: Session, kind: RecordKind, going: list[Taken], is_second: bool):
        self._session, self._kind = session, kind
        said = {one.external_id: one.values.pop("merged_into", None) for one in going}
        self._into = {name: into for name, into in said.items() if into}
        # Held before anything else is looked up: of two batches that take back the same merge one waits here.
        self._followed = set(kind.followed(session, said.keys())) if kind.followed and not is_second else set()
        self.parted: set[str] = set()

    @property
    def kept(self) -> set[str]:
        """Those that others have become part of."""
        return set(self._into.values())

    def with_kept(self, going: list[Taken], known: Collection[str]) -> list[Taken]:
        """Those of which the one that they have become part of is there, or in the batch."""
        there = {*known, *(one.external_id for one in going)}
        for one in going:
            if self._into.get(one.external_id, one.external_id) not in there:
                one.refuse(_NOT_KEPT, missing=(self._kind.name, self._into[one.external_id]))
        return [one for one in going if not one.reason]

    def part(self, going: list[Taken], known: dict[str, UUID]) -> Collection[UUID]:
        """What is not one in the practice's system any more, or one with something else, is made two. Returns the rows that this concerns."""
        followed = [one for one in going if one.external_id in self._followed]
        parting = {one.external_id: one.values for one in followed if known.get(self._into.get(one.external_id, "")) != known[one.external_id]}
        if self._kind.unmerge is None or not parting:
            return ()
        self._followed -= parting.keys()
        self.parted |= parting.keys()
        return self._kind.unmerge(self._session, self._kind.plugins, parting)

    def merge(self, going: list[Taken], known: dict[str, UUID]) -> set[UUID]:
        """What is one in the practice's system is made one; what names the other one from now on finds the one that is kept. Returns the rows that are gone."""
        gone: set[UUID] = set()
        if self._kind.merge is None:
            return gone
        for one in going:
            into = self._into.get(one.external_id)
            if into is None or one.outcome == "refused":
                continue
            kept, absorbed = known.get(into), known[one.external_id]
            if kept is None:
                one.refuse(_NOT_KEPT, missing=(self._kind.name, into))
            elif kept != absorbed and (why := self._kind.merge(self._session, self._kind.plugins, kept, absorbed, into)):
                one.refuse(f"merged_into: {why}")
            elif kept != absorbed:
                known |= {name: kept for name, row_id in known.items() if row_id == absorbed}
                gone.add(absorbed)
                one.outcome = "updated" if one.outcome == "unchanged" else one.outcome
        return gone
