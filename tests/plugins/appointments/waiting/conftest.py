"""A practice with a book: two chairs, and patients who wait."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.tasks import enqueue
from plugins.appointments.models import Appointment, Offer, Opening, WaitListEntry
from plugins.appointments.waiting import joining
from plugins.appointments.waiting.joining import Asker, What

BOOK = [
    {"kind": "appointment_type", "external_id": "T1", "name": "EX", "words": "Toothache", "pattern": "/XX/"},
    {"kind": "recall_type", "external_id": "R1", "name": "Prophy", "words": "Cleaning", "special": "prophy", "pattern": "/XXXX/"},
    {"kind": "operatory", "external_id": "O1", "name": "One", "clinic": "C1", "provider": "D1", "appointment_types": ["T1"], "takes_recalls": True},
    {"kind": "operatory", "external_id": "O2", "name": "Two", "clinic": "C1", "provider": "D1"},
]


class Book:
    """The practice's book, and what becomes of its openings."""

    def __init__(self, make, db, practice):
        self._make, self._db, self._practice = make, db, practice
        self._begin = datetime.now(UTC).replace(second=0, microsecond=0)
        make.take_in(BOOK)

    def send(self, number, patient, **fields):
        record = {"kind": "appointment", "external_id": number, "patient": patient.external_id, "provider": "D1", "clinic": "C1", "operatory": "O1",
                  "minutes": 20, "pattern": "/XX/", "reason": "Filling"}  # fmt: skip
        self._make.take_in([record | fields])

    def visit(self, patient, hours: float, **fields) -> Appointment:
        number = f"V{patient.external_id}-{hours}"
        self.send(number, patient, starts_at=self._begin + timedelta(hours=hours), **fields)
        return self._db.scalars(select(Appointment).where(Appointment.external_id == number)).one()

    def wait(self, patient, visit: Appointment, wish=joining.DEFAULTS, account_id=None) -> WaitListEntry:
        what = What("visit", visit.id)
        entry_id = joining.join(self._db, self._practice.id, patient.id, what, Asker(account_id), datetime.now(UTC), wish)
        self._db.commit()
        return self._db.get_one(WaitListEntry, (self._practice.id, entry_id))

    def call_off(self, patient, visit: Appointment) -> None:
        self.send(visit.external_id, patient, starts_at=visit.starts_at, status="broken")

    def later(self, minutes: int = 10) -> None:
        """As if so much time had passed for what is due."""
        for opening in self.openings():
            if opening.next_at:
                opening.next_at -= timedelta(minutes=minutes)
        self._db.commit()

    def openings(self) -> list[Opening]:
        return self._all(Opening)

    def offers(self) -> list[Offer]:
        return self._all(Offer)

    def entries(self) -> list[WaitListEntry]:
        return self._all(WaitListEntry)

    def _all(self, model) -> list:
        self._db.rollback()
        self._db.expire_all()
        return list(self._db.scalars(select(model).where(model.practice_id == self._practice.id).order_by(model.id)))


@pytest.fixture
def book(make, db, practice) -> Book:
    return Book(make, db, practice)


@pytest.fixture
def ask(db, practice, work_off):
    """`ask()`: what the minute's round does, and all that it asks for."""

    def run() -> None:
        enqueue(db, "appointments.ask_waiting")
        db.commit()
        for _ in range(3):  # the round, what it sends, and what a declined offer asks for
            work_off()

    return run
