"""A believable practice, made up from a number: the same number on the same day gives the same people, with all that is odd in real ones."""

from random import Random

from plugins.opendental.stand_in.office import StandInOffice
from plugins.opendental.stand_in.seeding import books, chart, people, setup, visits
from plugins.opendental.stand_in.seeding.rows import Rows

__all__ = ["seed"]


def seed(office: StandInOffice, patients: int, number: int = 7) -> None:
    """Fill an empty office with so many people and their life."""
    rows = Rows(Random(number), office.store.now())  # noqa: S311 (no secret)
    setup.make(rows)
    for person in people.make(rows, patients):
        held = visits.make(rows, person)
        books.make(rows, person, held)
        chart.make(rows, person)
    rows.put_into(office.store)
