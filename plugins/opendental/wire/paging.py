"""Reading a list page by page while people work in it: rows that are there the whole time are never passed over, and none comes twice.

Their paging counts rows (Limit, Offset). When a row in front goes away meanwhile, all others move up, and what comes next would begin one too far on. So each
page begins with the last row of the one before: if it is not there, we step back until the page begins with a row that we know.
"""

from collections import deque
from collections.abc import Callable, Iterator

from plugins.opendental.wire.asking import Page, Place, Row
from plugins.opendental.wire.faults import TimedOut

Ask = Callable[[int, int], list[Row]]
"""`ask(limit, offset)`: rows of the list."""
KNOWN_PAGES = 10
KEPT_KEYS = 5
SMALLEST = 10
CAPS = frozenset({100, 1000, 10_000})
"""As many rows as one of their limits allows may be fewer than we asked for without being the end: the key allows less than the office has told us."""


class Reading:
    """One list that is being read."""

    def __init__(self, ask: Ask, key: str, size: int, place: Place | None = None):
        self._ask, self._key, self._size = ask, key, size
        place = place or Place()
        self._offset, self._known = max(0, place.offset - 1), deque(place.keys, maxlen=KNOWN_PAGES * size)

    def pages(self) -> Iterator[Page]:
        """One page after another until one is not full."""
        is_last = False
        while not is_last:
            rows = self._next_rows()
            is_last = len(rows) < self._size and len(rows) not in CAPS
            self._size = self._size if is_last else len(rows)
            known = set(self._known)
            new = [row for row in rows if str(row.get(self._key)) not in known]
            self._known.extend(str(row.get(self._key)) for row in new)
            end = self._offset + len(rows)
            self._offset = max(0, end - 1)
            times = (str(row["serverDateTime"]) for row in rows if row.get("serverDateTime"))
            yield Page(new, Place(end, tuple(self._known)[-KEPT_KEYS:]), is_last, next(times, ""))

    def _next_rows(self) -> list[Row]:
        rows, back = self._asked(), 1
        while self._offset and not (rows and str(rows[0].get(self._key)) in self._known):
            self._offset, back = max(0, self._offset - back), min(back * 4, self._size)
            rows = self._asked()
        return rows

    def _asked(self) -> list[Row]:
        while True:
            try:
                return self._ask(self._size, self._offset)
            except TimedOut:
                # Fewer rows take less time over there.
                if self._size <= SMALLEST:
                    raise
                self._size = max(SMALLEST, self._size // 2)
