"""Calling visits off and taking that back: nothing is lost, and nobody gets the time in between."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.range import TimestamptzRange
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from plugins.appointments.models import Appointment, Hold, Recall, RecallType
from plugins.appointments.services import answering, changing, confirming, holds, requests

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
_numbers = count(1)


@pytest.fixture
def booked(make, visit):
    """`booked(patient)`: a visit that holds its chair."""

    def put(patient, days=5, **fields) -> Appointment:
        make.take_in([{"kind": "operatory", "external_id": "O1", "name": "One", "provider": "D1"}])
        return visit(patient, days, operatory="O1", **fields)

    return put


@pytest.fixture
def call_off(db, practice, make):
    """`call_off(visit)`: by somebody of the portal."""
    accounts: dict = {}

    def end(due, now=NOW, notice=DAY, reason="Ill"):
        if due.patient_id not in accounts:
            accounts[due.patient_id] = make._account(f"u{len(accounts)}", "Toothbrush1", patient_id=due.patient_id).id
        return changing.call_off(db, practice.id, due.patient_id, due.id, accounts[due.patient_id], reason, notice, now)

    return end


def _columns(db, due) -> dict:
    db.flush()
    row = db.execute(select(Appointment.__table__).where(Appointment.id == due.id)).mappings().one()
    kept = db.execute(select(Hold.resource_id, Hold.span, Hold.kept_until).where(Hold.appointment_id == due.id).order_by(Hold.resource_id)).all()
    return {name: value for name, value in row.items() if name != "revision"} | {"holds": kept}


def test_taking_it_back_brings_everything_back(db, make, booked, call_off, practice):
    patient = make.patient()
    kind = RecallType(name="Prophy", words="Cleaning")
    db.add(kind)
    db.flush()
    due = booked(patient, confirmation="confirmed")
    recall = Recall(patient_id=patient.id, recall_type_id=kind.id, appointment_id=due.id, due_on=NOW.date(), scheduled_on=due.starts_at.date())
    db.add(recall)
    before = _columns(db, due)
    call_off(due)
    db.refresh(recall)
    assert (due.status, due.end_reason, recall.appointment_id, recall.scheduled_on) == ("broken", "Ill", None, None)
    changing.take_back(db, practice.id, patient.id, due.id, NOW + timedelta(minutes=2, seconds=59))
    db.refresh(recall)
    assert _columns(db, due) == before
    assert (recall.appointment_id, recall.scheduled_on) == (due.id, due.starts_at.date())


def test_a_recall_that_got_another_visit_meanwhile_keeps_it(db, make, booked, call_off, practice):
    patient = make.patient()
    kind = RecallType(name="Prophy", words="Cleaning")
    db.add(kind)
    db.flush()
    due, other = booked(patient), booked(patient, 9)
    recall = Recall(patient_id=patient.id, recall_type_id=kind.id, appointment_id=due.id)
    db.add(recall)
    call_off(due)
    recall.appointment_id = other.id
    db.flush()
    changing.take_back(db, practice.id, patient.id, due.id, NOW)
    db.refresh(recall)
    assert recall.appointment_id == other.id


@pytest.mark.parametrize(
    ("fields", "notice", "why"),
    [
        ({"days": -1}, DAY, "past"),
        ({"status": "complete"}, DAY, "complete"),
        ({"status": "broken"}, DAY, "called_off"),
        ({"status": "planned"}, DAY, "called_off"),
        ({"days": 0.9}, DAY, "too_late"),
        ({"days": 5}, timedelta(hours=168), "too_late"),
    ],
)
def test_what_cannot_be_called_off_says_why(make, booked, call_off, fields, notice, why):
    due = booked(make.patient(), **fields)
    with pytest.raises(changing.CannotChange) as refusal:
        call_off(due, notice=notice)
    assert refusal.value.why == why


def test_nobody_elses_visit_is_called_off_or_brought_back(db, make, booked, call_off, practice):
    due, other = booked(make.patient()), make.patient(first_name="Otto")
    call_off(due)
    for act in (lambda: changing.visit_of(db, practice.id, other.id, due.id), lambda: changing.take_back(db, practice.id, other.id, due.id, NOW)):
        with pytest.raises(confirming.NoSuchVisit):
            act()


def test_what_the_office_has_broken_cannot_be_taken_back(db, make, booked, practice):
    due = booked(make.patient(), status="broken")
    with pytest.raises(changing.CannotChange, match="not_called_off"):
        changing.take_back(db, practice.id, due.patient_id, due.id, NOW)


def _other_takes(practice, due, held: tuple) -> bool:
    """Whether somebody else gets the time, in a transaction of their own."""
    resource, span = held
    with practice.session() as session:
        session.add(Hold(appointment_id=due.id, resource_id=resource, span=TimestamptzRange(span.lower, span.upper)))
        try:
            session.commit()
        except IntegrityError:
            return False
        return True


def test_the_time_is_kept_for_three_minutes_and_then_everybodys(db, make, booked, call_off, practice):
    patient = make.patient()
    due, other = booked(patient), booked(patient, 20)
    held = db.execute(select(Hold.resource_id, Hold.span).where(Hold.appointment_id == due.id)).first()
    call_off(due)
    db.commit()
    assert not _other_takes(practice, other, held)
    assert holds.drop_kept(db, practice.id, NOW + timedelta(minutes=2)) == set()
    assert holds.drop_kept(db, practice.id, NOW + timedelta(minutes=3)) == {due.id}
    db.commit()
    with pytest.raises(changing.CannotChange, match="undo_is_over"):
        changing.take_back(db, practice.id, patient.id, due.id, NOW + timedelta(minutes=3))
    assert _other_takes(practice, other, held)


def test_of_many_who_call_off_and_take_back_at_one_moment_each_change_is_made_once(db, make, booked, practice):
    due, account = booked(make.patient()), None
    account = make._account("racer", "Toothbrush1", patient_id=due.patient_id)
    db.commit()

    def run(act) -> str:
        with practice.session() as session:
            try:
                if act == "off":
                    changing.call_off(session, practice.id, due.patient_id, due.id, account.id, "", DAY, NOW)
                else:
                    changing.take_back(session, practice.id, due.patient_id, due.id, NOW)
                session.commit()
            except changing.CannotChange as refusal:
                return refusal.why
            return act

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(run, ["off", "back"] * 6))
    done = answers.count("off") - answers.count("back")
    db.expire_all()
    assert (done, due.status) in {(1, "broken"), (0, "scheduled")}
    kept = db.scalar(select(func.count()).where(Hold.appointment_id == due.id, Hold.kept_until.is_not(None)))
    assert (kept > 0) == (due.status == "broken")


STEPS = st.lists(st.sampled_from(["off", "back", "minute", "two minutes", "let go", "confirm", "day"]), min_size=3, max_size=12)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_is_done_in_whatever_order_the_visit_is_as_a_simple_model_says(db, make, booked, call_off, practice, steps):
    number = next(_numbers)
    patient = make.patient(external_id=f"P{number}")
    due = booked(patient, 3 + number / 24)
    now, ended, held = NOW, None, True
    for step in steps:
        if step == "off":
            stopped = ended is not None or due.starts_at - now < DAY
            assert stopped == _refused(call_off, due, now)
            ended = ended if stopped else now
        elif step == "back":
            stopped = ended is None or now >= ended + timedelta(minutes=3)
            assert stopped == _refused(changing.take_back, db, practice.id, patient.id, due.id, now)
            ended = ended if stopped else None
        elif step == "confirm":
            if ended is None and due.starts_at > now:
                confirming.confirm(db, practice.id, patient.id, due.id, call_off.__closure__[0].cell_contents.get(patient.id), now)
        elif step == "let go":
            holds.drop_kept(db, practice.id, now)
            held = held and not (ended and now >= ended + timedelta(minutes=3))
        else:
            now += {"minute": timedelta(minutes=1), "two minutes": timedelta(minutes=2), "day": DAY}[step]
        found = db.scalar(select(func.count()).where(Hold.appointment_id == due.id))
        assert (due.status, found > 0) == ("broken" if ended else "scheduled", held)


def _refused(act, *about) -> bool:
    try:
        act(*about)
    except changing.CannotChange:
        return True
    return False


def test_a_request_waits_once_and_is_over_when_its_visit_is(db, make, booked, call_off, practice):
    due = booked(make.patient())
    wish = requests.Wish(practice.id, due.patient_id, None, "move", "Mornings", {"days": [0]}, due)
    requests.ask(db, wish, NOW)
    with pytest.raises(requests.AlreadyAsked):
        requests.ask(db, wish, NOW)
    about = {"practice_id": practice.id, "clinic_ids": [], "since": NOW - DAY, "now": NOW}
    assert db.scalar(answering.HOW_MANY, about) == 1
    call_off(due)
    assert db.scalar(answering.HOW_MANY, about) == 0
    changing.take_back(db, practice.id, due.patient_id, due.id, NOW)
    assert db.scalar(answering.HOW_MANY, about) == 1
    assert db.scalar(answering.HOW_MANY, about | {"clinic_ids": [due.id]}) == 0


def test_a_callback_is_over_when_the_office_gives_the_visit_another_confirmation(db, make, booked, practice):
    due = booked(make.patient())
    confirming.call_back(db, due, None, "", NOW)
    assert [request.kind for request, _ in requests.of_patient(db, practice.id, due.patient_id, NOW)] == ["callback"]
    due.confirmation = "confirmed"
    db.flush()
    assert requests.of_patient(db, practice.id, due.patient_id, NOW) == []


def test_withdrawing_is_for_what_waits_and_a_withdrawn_callback_leaves_the_visit_unanswered(db, make, booked, practice):
    due = booked(make.patient())
    confirming.call_back(db, due, None, "", NOW)
    [(request, _)] = requests.of_patient(db, practice.id, due.patient_id, NOW)
    with pytest.raises(requests.NoSuchRequest):
        requests.withdraw(db, practice.id, make.patient(first_name="Otto").id, request.id, NOW)
    requests.withdraw(db, practice.id, due.patient_id, request.id, NOW)
    db.refresh(due)
    assert due.confirmation == "unconfirmed"
    with pytest.raises(requests.NotWaiting):
        requests.withdraw(db, practice.id, due.patient_id, request.id, NOW)
