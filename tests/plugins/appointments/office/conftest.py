"""The office's pages of the book."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

ROOT = "/office/appointments"


@pytest.fixture
def office(signed_in, make):
    """`office(role)`: a browser in which somebody with this role is signed in at the office."""
    return lambda role="front_desk", **about: signed_in(account=make.staff(role, **about))


@pytest.fixture
def chairs(make):
    """What a practice's system has sent: two operatories at one clinic, a type, a recall type, a blockout type."""
    make.take_in(
        [
            {"kind": "blockout_type", "external_id": "B1", "name": "Lunch"},
            {"kind": "appointment_type", "external_id": "T1", "name": "Limited exam", "words": "Something hurts", "pattern": "/XXXX/"},
            {"kind": "recall_type", "external_id": "R1", "name": "Prophy", "words": "Cleaning", "pattern": "XXXX"},
            {"kind": "operatory", "external_id": "O1", "name": "Room 1", "abbreviation": "R1", "clinic": "C1", "provider": "D1", "position": 0},
            {"kind": "operatory", "external_id": "O2", "name": "Room 2", "abbreviation": "R2", "clinic": "C1", "provider": "D1", "position": 1},
        ]
    )


@pytest.fixture
def coming():
    """A Monday that is still to come, and the weeks after it."""
    from datetime import UTC, datetime

    today = datetime.now(UTC).date()
    monday = today + timedelta(days=14 - today.weekday())
    return SimpleNamespace(monday=monday, next=monday + timedelta(days=7), after=monday + timedelta(days=14))
