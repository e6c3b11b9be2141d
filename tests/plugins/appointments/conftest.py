"""Visits to test with."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import select

from plugins.appointments.models import Appointment

_numbers, _telephones = count(1), count(1000)


@pytest.fixture
def number():
    """The telephone of one test alone: the messages to it are kept, and what it says holds for the whole installation."""
    return f"+1303556{next(_telephones)}"


@pytest.fixture
def visit(make, db):
    """`visit(patient, days=…)`: a visit so many days from now."""

    def put(patient, days: float = 3, **fields) -> Appointment:
        number = f"V{next(_numbers)}"
        record = {"kind": "appointment", "external_id": number, "patient": patient.external_id, "provider": "D1", "clinic": "C1",
                  "starts_at": datetime.now(UTC) + timedelta(days=days), "minutes": 50} | fields  # fmt: skip
        make.take_in([record])
        return db.scalars(select(Appointment).where(Appointment.external_id == number)).one()

    return put
