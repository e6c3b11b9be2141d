"""What a practice's system sends of its book, and the time that visits hold."""

from datetime import UTC, datetime, timedelta

import pytest
from psycopg.types.range import TimestamptzRange
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.people import records as people
from core.records import kinds_of
from core.records.door import take_in
from plugins.appointments.models import Appointment, Hold, Operatory, Recall, ScheduleBlock
from plugins.appointments.records import KINDS
from plugins.appointments.services.holds import own_time

NINE = datetime(2027, 3, 1, 16, tzinfo=UTC)
BOOK = [
    {"kind": "provider", "external_id": "BD1", "first_name": "Ada", "last_name": "Osei"},
    {"kind": "patient", "external_id": "BP1", "first_name": "Elena", "last_name": "Marlow"},
    {"kind": "blockout_type", "external_id": "B1", "name": "Emergencies"},
    {"kind": "appointment_type", "external_id": "T1", "name": "Exam", "pattern": "/XX/", "blockout_types": ["B1"]},
    {"kind": "operatory", "external_id": "O1", "name": "One", "provider": "BD1", "appointment_types": ["T1"]},
    {"kind": "schedule", "external_id": "S1", "provider": "BD1", "held_on": "2027-03-01", "starts": 480, "ends": 1020, "operatories": ["O1"]},
    {"kind": "recall_type", "external_id": "R1", "name": "Prophy", "special": "prophy"},
]  # fmt: skip


def _visit(number: str, starts_at: datetime, **fields) -> dict:
    named = {"kind": "appointment", "external_id": number, "patient": "BP1", "provider": "BD1", "operatory": "O1"}
    return named | {"starts_at": starts_at, "minutes": 20, "pattern": "/XX/"} | fields


@pytest.fixture
def send(db, practice):
    def take(*batch):
        return [answer.outcome for answer in take_in(db, kinds_of(people.KINDS, KINDS), batch)]

    assert set(take(*BOOK)) == {"created"}
    return take


def _held(db, number: str) -> set[tuple]:
    """Minutes from nine at which a visit's holds start and end."""
    rows = db.execute(select(Hold.span).join(Appointment, Appointment.id == Hold.appointment_id).where(Appointment.external_id == number))
    return {tuple(int((moment - NINE).total_seconds() // 60) for moment in (span.lower, span.upper)) for (span,) in rows}


def test_lists_of_other_records_become_their_ids_and_a_second_sending_changes_nothing(db, practice, send):
    chair, block = db.scalars(select(Operatory)).one(), db.scalars(select(ScheduleBlock)).one()
    assert block.operatory_ids == [chair.id]
    assert len(chair.appointment_type_ids) == 1
    assert set(send(*BOOK)) == {"unchanged"}


def test_a_list_that_names_what_is_not_there_is_refused_with_a_reason(db, practice, send):
    answers = take_in(db, kinds_of(people.KINDS, KINDS), [BOOK[5] | {"external_id": "S2", "operatories": ["O1", "O9"]}])
    assert answers[0].reason == "operatories: the operatory that it names is not there yet."


@pytest.mark.parametrize("wrong", [{"ends": 480}, {"provider": None}, {"blockout_type": "B1"}, {"starts": -1}, {"ends": 1441}])
def test_a_schedule_that_is_no_block_is_refused(send, wrong):
    assert send(BOOK[5] | {"external_id": "S2"} | wrong) == ["refused"]


def test_a_visit_holds_its_operatory_and_its_providers_own_time_and_lets_go_when_it_is_called_off(db, practice, send):
    send(_visit("V1", NINE))
    assert _held(db, "V1") == {(0, 20), (5, 15)}
    send(_visit("V1", NINE + timedelta(hours=1)))
    assert _held(db, "V1") == {(60, 80), (65, 75)}
    send(_visit("V1", NINE + timedelta(hours=1), status="broken"))
    assert _held(db, "V1") == set()


def test_visits_that_the_practice_has_booked_twice_come_in_and_the_first_holds_the_time(db, practice, send):
    assert send(_visit("V1", NINE), _visit("V2", NINE)) == ["created", "created"]
    assert _held(db, "V1") == {(0, 20), (5, 15)}
    assert _held(db, "V2") == set()


def test_the_database_refuses_what_overlaps_in_one_operatory(db, practice, send):
    send(_visit("V1", NINE))
    visit, chair = db.scalars(select(Appointment)).one(), db.scalars(select(Operatory)).one()
    after, over = TimestamptzRange(NINE + timedelta(minutes=20), NINE + timedelta(minutes=40)), TimestamptzRange(NINE - timedelta(minutes=5), NINE + timedelta(minutes=5))
    db.add(Hold(practice_id=practice.id, appointment_id=visit.id, resource_id=chair.id, span=after))
    db.flush()
    db.add(Hold(practice_id=practice.id, appointment_id=visit.id, resource_id=chair.id, span=over))
    with pytest.raises(IntegrityError, match="ex_appointments_hold_overlap"):
        db.flush()


def test_a_provider_is_busy_only_in_the_own_time_of_a_visit():
    assert list(own_time(NINE, 30, "X//XX/")) == [(NINE, NINE + timedelta(minutes=5)), (NINE + timedelta(minutes=15), NINE + timedelta(minutes=25))]
    assert list(own_time(NINE, 30, "")) == list(own_time(NINE, 30, "//////")) == [(NINE, NINE + timedelta(minutes=30))]


def test_a_recall_is_kept_under_its_patient_and_type(db, practice, send):
    assert send({"kind": "recall", "external_id": "L1", "patient": "BP1", "recall_type": "R1", "due_on": "2027-05-01"}) == ["created"]
    assert db.scalars(select(Recall)).one().due_on.month == 5
