"""A source that sends all that it has of some kinds: what it brought before and does not bring again is taken out at the end of the run."""

from collections.abc import Iterator, Mapping
from itertools import islice

from sqlalchemy.orm import Session

from core.records import Answer, RecordKind, door, origins, title_of
from core.records.models import RecordsRun
from core.records.origins import Held

BATCH = 1_000
FEW, MOST_PERCENT = 50, 30
"""Of a kind that many at once may go, or that share of what its source had: whatever is more. Beyond that the source has probably failed."""


class TooManyGone(Exception):
    """More would go than is likely; the text says of which kinds, and what to do."""


def take_out_missing(session: Session, kinds: Mapping[str, RecordKind], run: RecordsRun, all_may_go: bool) -> Iterator[list[Answer]]:
    """Take out what the run did not bring again, a thousand records at a time. Raises TooManyGone before anything is taken out."""
    held = {kind: of_kind for kind, of_kind in origins.held(session, run).items() if kind in kinds}
    if not all_may_go:
        _refuse_too_many(held)
    for kind in reversed(door.in_order(kinds, held.keys())):
        names = iter(origins.unseen(session, run, kind))
        while some := list(islice(names, BATCH)):
            yield door.take_in(session, kinds, [{"kind": kind, "external_id": name, "deleted": True} for name in some])


def _refuse_too_many(held: Mapping[str, Held]) -> None:
    suspect = [f"{title_of(kind)} ({one.gone:,} of {one.there:,})" for kind, one in sorted(held.items()) if one.gone > max(FEW, one.there * MOST_PERCENT // 100)]
    if suspect:
        raise TooManyGone(
            f"So many records were not sent again that something may be wrong, and nothing was taken out: {', '.join(suspect)}. "
            "If they are really gone, end the run once more and say that all may go."
        )
