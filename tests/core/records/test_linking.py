"""What was made in the portal comes back from the practice's system, with or without saying so, in any order: it is there once."""

from datetime import UTC, date, datetime
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.db import uuid7
from core.people import by_hand
from core.people.models import Patient
from core.records import changes, door
from core.records.kinds import kinds_for
from plugins.appointments import changes as told
from plugins.appointments.models import Appointment, Hold

NOW = datetime(2026, 11, 28, 16, 42, tzinfo=UTC)
AT = datetime(2027, 1, 11, 14, tzinfo=UTC)
_numbers = count(1)


@pytest.fixture
def take_in(db, registry):
    return lambda *batch: door.take_in(db, kinds_for(registry, frozenset(registry.plugins.plugins)), batch)


@pytest.fixture
def booked(db, practice, make):
    """`booked()`: a visit that was booked here, and of which the practice's system was told."""
    patient = make.patient()

    def put() -> Appointment:
        visit = Appointment(id=uuid7(), patient_id=patient.id, starts_at=AT, minutes=20, reason="Exam", note="It hurts", made_by="existing", made_at=NOW, procedures=[], pattern="")
        db.add(visit)
        told.note_visit(db, told.BOOKED, visit, NOW)
        return visit

    put.patient = patient.external_id
    return put


def record(number: str, patient: str, **more) -> dict:
    return {"kind": "appointment", "external_id": number, "patient": patient, "starts_at": AT.isoformat(), "minutes": 20, "reason": "Limited exam"} | more


@given(batches=st.lists(st.lists(st.sampled_from(["plain", "named", "broken"]), min_size=1, max_size=3), max_size=4), last=st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_booking_that_comes_back_in_any_order_and_any_number_of_times_is_one_visit(db, practice, take_in, booked, batches, last):
    visit, number = booked(), f"V{next(_numbers)}"
    ways = {"plain": {}, "named": {"portal_id": str(visit.id)}, "broken": {"portal_id": str(visit.id), "provider": "nobody"}}
    for batch in [*batches, ["named"], *([["plain"]] if last else [])]:
        take_in(*(record(number, booked.patient, **ways[way]) for way in batch))
        db.commit()
    db.expire_all()
    known = select(Appointment).where(Appointment.practice_id == practice.id, Appointment.starts_at == AT)
    [found] = [one for one in db.scalars(known) if one.external_id in (None, number)]
    assert (found.id, found.external_id, found.reason, found.note) == (visit.id, number, "Limited exam", "It hurts")
    assert not db.scalars(select(Hold.id).where(Hold.practice_id == practice.id, Hold.appointment_id.not_in(select(Appointment.id)))).all()
    [change] = [one for one in changes.waiting(db, practice.id, "test") if one.target["portal_id"] == str(visit.id)]
    assert change.target["external_id"] == number
    db.delete(found)
    db.commit()


def test_a_visit_that_has_a_number_another_practices_and_one_that_is_not_there_are_left_alone(db, practice, take_in, booked, other_practice, other_db, other_make):
    theirs = Appointment(id=uuid7(), patient_id=other_make.patient().id, starts_at=AT, minutes=20, reason="", made_by="existing", made_at=NOW, procedures=[], pattern="")
    other_db.add(theirs)
    other_db.commit()
    mine = booked()
    mine.external_id = "V100"
    db.commit()
    answers = take_in(*(record(f"V20{place}", booked.patient, portal_id=str(one)) for place, one in enumerate((mine.id, theirs.id, uuid7()))))
    db.commit()
    assert [answer.outcome for answer in answers] == ["created"] * 3
    db.refresh(mine)
    other_db.refresh(theirs)
    assert (mine.external_id, theirs.external_id) == ("V100", None)
    [wrong] = take_in(record("V300", booked.patient, portal_id="P1' or 1=1"))
    assert (wrong.outcome, "portal_id" in wrong.reason) == ("refused", True)


def test_a_chart_that_was_written_down_here_becomes_the_practices_and_is_never_joined_with_another_one(db, practice, take_in, make):
    who = by_hand.Written("Zoe", "Ryder", "", date(1990, 5, 4), "+15550100999", "zoe@example.test", practice.clinic_id)
    new, other, there = by_hand.add_from_web(db, practice.id, who, NOW), by_hand.add_from_web(db, practice.id, who, NOW), make.patient()
    fields = {"kind": "patient", "first_name": "Zoe", "last_name": "Ryder", "birthdate": "1990-05-04", "guarantor": "P900"}
    assert [one.outcome for one in take_in(fields | {"external_id": "P900", "portal_id": str(new.id)})] == ["updated"]
    take_in(fields | {"external_id": there.external_id, "portal_id": str(other.id)})
    db.commit()
    db.expire_all()
    linked = db.get_one(Patient, (practice.id, new.id))
    assert (linked.external_id, linked.source, linked.guarantor_id) == ("P900", "records", new.id)
    assert db.get_one(Patient, (practice.id, other.id)).external_id is None
    assert db.get_one(Patient, (practice.id, there.id)).first_name == "Zoe"
