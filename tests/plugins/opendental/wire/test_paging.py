"""Reading a list while people work in it: who is there the whole time is never passed over, whatever comes and goes between two pages."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.opendental.asking import Asked, ask
from plugins.opendental.resources import Resource

NOW = datetime(2026, 11, 29, tzinfo=UTC)
LIST = Resource("things", "Things", "Num", path="things")
SIZE = 5
CHANGES = st.lists(st.tuples(st.sampled_from(["add", "remove"]), st.integers(1, 60)), max_size=SIZE - 1)


class Book:
    """A list in which somebody works between two pages, but takes away no more than a page meanwhile."""

    limit = SIZE

    def __init__(self, numbers, changes):
        self.rows, self.changes, self.asked = sorted(numbers), list(changes), 0

    def page(self, path, parameters, offset):
        self.asked += 1
        for what, number in self.changes.pop(0) if self.changes else ():
            if what == "add" and number not in self.rows:
                self.rows = sorted([*self.rows, number])
            elif what == "remove" and number in self.rows:
                self.rows.remove(number)
        return [{"Num": number} for number in self.rows[offset : offset + SIZE]]

    def query(self, sql):
        raise AssertionError("nothing is queried here")


def read(book: Book) -> list[int]:
    """All numbers; where the reading stands is kept between two pages, as it is over a kill."""
    asked, found = Asked("", 0, ""), []
    while True:
        page = ask(book, LIST, asked, NOW)
        found += [row["Num"] for row in page.rows]
        if page.is_last:
            return found
        asked = Asked("", page.taken, page.last)


@settings(max_examples=200, deadline=None)
@given(st.sets(st.integers(1, 60), max_size=50), st.lists(CHANGES, max_size=10))
def test_whoever_is_there_the_whole_time_is_never_passed_over(numbers, changes):
    touched = {number for one in changes for _, number in one}
    assert numbers - touched <= set(read(Book(numbers, changes)))


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 9, 49])
def test_where_nobody_works_each_comes_once_and_in_order(count):
    book = Book(range(1, count + 1), [])
    assert read(book) == list(range(1, count + 1))
    assert book.asked <= count // (SIZE - 1) + 1
