"""Booking open times and moving visits: what the book says holds, however many ask for it at one moment."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.db import uuid7
from core.people.models import Patient
from plugins.appointments.models import (
    Appointment,
    AppointmentRule,
    AppointmentType,
    ConfirmationStatus,
    Hold,
    Opening,
    Operatory,
    Recall,
    RecallType,
    WaitListEntry,
)
from plugins.appointments.offering import RECALL, TYPE, Reason
from plugins.appointments.services import booking, changing, moved, openings, rules
from plugins.appointments.services.booking import AlreadyBooked, InThePast, NotOffered, Order, SlotTaken
from plugins.appointments.services.changing import CannotChange
from plugins.appointments.services.confirming import NoSuchVisit

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = date(2027, 3, 1)
NOW = datetime(2027, 2, 26, 15, tzinfo=UTC)
HYGIENE = {"hygienist": "D2", "is_hygiene": True, "takes_recalls": True}
BOOK = [
    {"kind": "provider", "external_id": "D2", "first_name": "Mia", "last_name": "Lund"},
    {"kind": "confirmation_status", "external_id": "S1", "name": "Booked online"},
    {"kind": "blockout_type", "external_id": "B1", "name": "Lunch"},
    {"kind": "appointment_type", "external_id": "T1", "name": "Exam", "words": "Something hurts", "pattern": "/XX/"},
    {"kind": "recall_type", "external_id": "R1", "name": "Prophy", "words": "Cleaning", "special": "prophy", "pattern": "/XXXXXXXX/"},
    {"kind": "operatory", "external_id": "O1", "name": "One", "clinic": "C1", "provider": "D1", "appointment_types": ["T1"], "position": 1},
    {"kind": "operatory", "external_id": "O2", "name": "Two", "clinic": "C1", "provider": "D1", "position": 2, **HYGIENE},
    {"kind": "schedule", "external_id": "H1", "provider": "D1", "held_on": MONDAY, "starts": 540, "ends": 720, "operatories": ["O1"]},
    {"kind": "schedule", "external_id": "H2", "provider": "D2", "held_on": MONDAY, "starts": 540, "ends": 720},
    {"kind": "schedule", "external_id": "K1", "blockout_type": "B1", "clinic": "C1", "held_on": MONDAY, "starts": 700, "ends": 760},
]  # fmt: skip


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 3, 1, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


@pytest.fixture
def desk(registry, practice, make, db):
    """The practice with its book, and what is wanted there."""
    make.take_in(BOOK)
    [type_id], [recall_id] = db.scalars(select(AppointmentType.id)).all(), db.scalars(select(RecallType.id)).all()
    place = registry.tenants.tenant(practice.id, practice.clinic_id, registry.tenants.current(practice.id).version)
    exam = Reason(TYPE, type_id, "Something hurts", "/XX/", ({"code": "D0140", "words": "Look at one problem"},), date(2027, 1, 1))
    cleaning = Reason(RECALL, recall_id, "Cleaning", "/XXXXXXXX/", (), date(2027, 1, 1))
    return SimpleNamespace(place=place, exam=exam, cleaning=cleaning, patient=make.patient(), db=db, make=make, practice=practice)


def times(desk, reason: Reason, days=(MONDAY, MONDAY), now=NOW, **fields) -> list[str]:
    found = openings.find(desk.db, desk.place, reason, desk.patient.id, days, now, **fields)
    return [f"{slot.starts_at.astimezone(NEW_YORK):%H:%M}" for slot in found.slots]


def book(desk, starts_at: datetime, reason: Reason | None = None, patient=None, **fields) -> Appointment:
    order = Order((patient or desk.patient).id, reason or desk.exam, starts_at, **fields)
    return booking.book(desk.db, desk.place, order, NOW)


def test_the_book_of_a_clinic_is_read_with_one_statement(desk, statements):
    with statements() as seen:
        assert times(desk, desk.exam) == ["09:00", "09:20", "09:40", "10:00", "10:20", "10:40", "11:00", "11:20"]
    assert len(seen) == 1
    assert times(desk, desk.cleaning) == ["09:00", "09:50", "10:40"]


def test_no_time_is_offered_on_closed_days_over_visits_and_blockouts_or_where_the_patient_is_elsewhere(desk):
    visit = {"kind": "appointment", "external_id": "V1", "patient": desk.make.patient().external_id, "minutes": 60}
    desk.make.take_in([visit | {"provider": "D1", "operatory": "O1", "starts_at": at(9)}])
    desk.make.take_in([visit | {"external_id": "V2", "patient": desk.patient.external_id, "provider": "D1", "starts_at": at(11, 0)}])
    assert times(desk, desk.exam) == ["10:00", "10:20", "10:40"]
    assert times(desk, desk.cleaning) == ["09:00", "09:50"]


def test_a_booked_visit_has_all_that_was_chosen_and_holds_its_time(desk):
    status = desk.db.scalars(select(ConfirmationStatus)).one()
    status.meaning = "booked"
    visit = book(desk, at(9, 20), note="It is the left side.", wants_earlier=True)
    room = desk.db.scalars(select(Operatory).where(Operatory.name == "One")).one()
    assert (visit.operatory_id, visit.provider_id, visit.is_hygiene, visit.clinic_id) == (room.id, desk.practice.provider_id, False, desk.practice.clinic_id)
    assert (visit.minutes, visit.pattern, visit.reason, visit.made_by) == (20, "/XX/", "Something hurts", "existing")
    assert (visit.note, visit.wants_earlier, visit.confirmation_status_id) == ("It is the left side.", True, status.id)
    assert desk.db.scalars(select(WaitListEntry.patient_id).where(WaitListEntry.appointment_id == visit.id)).all() == [desk.patient.id]
    assert visit.procedures == [{"code": "D0140", "words": "Look at one problem"}]
    assert times(desk, desk.exam) == ["09:00", "09:40", "10:00", "10:20", "10:40", "11:00", "11:20"]


def test_a_recall_visit_is_the_hygienists_with_the_dentist_beside_and_its_recall_is_scheduled(desk):
    recall = Recall(practice_id=desk.practice.id, id=uuid7(), patient_id=desk.patient.id, recall_type_id=desk.cleaning.type_id, due_on=MONDAY)
    desk.db.add(recall)
    desk.db.flush()
    cleaning = Reason(RECALL, desk.cleaning.type_id, "Cleaning", "/XXXXXXXX/", (), date(2027, 1, 1), recall_ids=(recall.id,))
    visit = book(desk, at(9), cleaning, made_by="recall")
    assert visit.is_hygiene
    assert visit.provider_id == desk.practice.provider_id
    assert visit.hygienist_id not in (None, desk.practice.provider_id)
    desk.db.refresh(recall)
    assert (recall.appointment_id, recall.scheduled_on) == (visit.id, MONDAY)
    with pytest.raises(AlreadyBooked):
        book(desk, at(10, 40), cleaning)


def test_whoever_is_slower_is_told_the_nearest_three_times(desk):
    book(desk, at(9, 20))
    with pytest.raises(SlotTaken) as taken:
        book(desk, at(9, 20), patient=desk.make.patient())
    assert type(taken.value) is SlotTaken
    assert [slot.starts_at for slot in taken.value.nearest] == [at(9), at(9, 40), at(10)]
    assert len(desk.db.scalars(select(Appointment)).all()) == 1


@pytest.mark.parametrize("refusal, starts_at, fields", [
    (InThePast, NOW - timedelta(hours=1), {}),
    (NotOffered, at(9, 5), {}),
    (NotOffered, at(11, 40), {}),
    (NotOffered, at(9) + timedelta(days=1), {}),
    (NotOffered, at(9) + timedelta(days=4000), {}),
    (NotOffered, at(9), {"provider_id": uuid7()}),
])  # fmt: skip
def test_what_was_never_open_cannot_be_booked(desk, refusal, starts_at, fields):
    with pytest.raises(refusal):
        book(desk, starts_at, **fields)
    assert desk.db.scalars(select(Appointment)).all() == []


@pytest.fixture
def beside(desk):
    """Visits may overlap here: a second room of the same dentist, with two hours of other time in the first one."""
    room = {"kind": "operatory", "external_id": "O3", "name": "Three", "clinic": "C1", "provider": "D1", "appointment_types": ["T1"], "position": 3}
    hours = {"kind": "schedule", "external_id": "H3", "provider": "D1", "held_on": MONDAY, "starts": 540, "ends": 720, "operatories": ["O3"]}
    rule = {"kind": "appointment_rule", "external_id": "A1", "name": "One crown at a time", "first_code": "D2700", "last_code": "D2799"}
    desk.make.take_in([room, hours, rule])
    desk.place = replace(desk.place, settings={**desk.place.settings, "appointments.prevent_double_booking": False})

    def visit(code: str, number: str = "V1", **fields) -> Appointment:
        about = {"patient": desk.make.patient().external_id, "provider": "D1", "operatory": "O1", "clinic": "C1", "starts_at": at(9), "minutes": 120, "pattern": "X" + "/" * 22 + "X"}
        desk.make.take_in([{"kind": "appointment", "external_id": number, "procedures": [{"code": code, "words": "Something"}]} | about | fields])
        return desk.db.scalars(select(Appointment).where(Appointment.external_id == number)).one()

    return visit


def test_a_procedure_of_a_rule_is_booked_beside_nothing_and_nothing_beside_it(desk, beside, statements):
    visit, crown = beside("D2391"), replace(desk.exam, procedures=({"code": "D2740", "words": "A crown"},))
    with statements() as seen:
        assert times(desk, desk.exam)[:3] == ["09:00", "09:20", "09:40"]
    assert len(seen) == 1
    assert times(desk, crown) == ["11:00", "11:20"]
    with pytest.raises(SlotTaken):
        book(desk, at(10), crown)
    beside("D2799")  # the visit in the book is a crown now
    assert times(desk, desk.exam) == ["11:00", "11:20"]
    rule = desk.db.scalars(select(AppointmentRule)).one()
    rule.is_enabled = False
    desk.db.flush()
    assert times(desk, crown)[:2] == ["09:00", "09:20"]
    visit.status = "broken"
    rule.is_enabled = True
    desk.db.flush()
    made = book(desk, at(11), crown)
    spans = desk.db.scalars(select(Hold.span).where(Hold.appointment_id == made.id, Hold.resource_id == made.provider_id)).all()
    assert [(span.lower, span.upper) for span in spans] == [(at(11), at(11, 20))], "it holds all of its provider's time, not the own time only"


def test_what_is_taken_back_is_held_to_the_rules(desk, beside):
    account, visit = desk.make.account(desk.patient), book(desk, at(11))
    changing.call_off(desk.db, desk.practice.id, desk.patient.id, visit.id, account.id, "", timedelta(0), NOW)
    beside("D2740", starts_at=at(11, 15), minutes=60, pattern="//XX////////", operatory="O3")
    with pytest.raises(CannotChange) as stopped:
        changing.take_back(desk.db, desk.practice.id, desk.patient.id, visit.id, NOW)
    assert stopped.value.why == "undo_is_over"
    assert rules.check(desk.db, book(desk, at(9))) is None


def test_whoever_books_with_the_office_only_books_nothing_here(desk):
    desk.make.take_in([{"kind": "appointment_preference", "external_id": "L1", "patient": desk.patient.external_id, "is_restricted": True}])
    with pytest.raises(NotOffered):
        book(desk, at(9))


def test_a_moved_visit_keeps_its_provider_and_its_old_time_for_three_minutes(desk):
    visit = book(desk, at(9))
    booking.move(desk.db, desk.place, desk.patient.id, visit.id, at(10), NOW)
    assert visit.starts_at == at(10)
    assert "09:00" not in times(desk, desk.exam)
    assert "09:00" in times(desk, desk.exam, now=NOW + timedelta(minutes=4))
    assert [opening.starts_at for opening in desk.db.scalars(select(Opening))] == [at(9)]
    later = booking.find_for(desk.db, desk.place, visit, (MONDAY, MONDAY), NOW).slots
    assert {at(9), at(10)} <= {slot.starts_at for slot in later}
    booking.move(desk.db, desk.place, desk.patient.id, visit.id, at(10, 10), NOW)
    assert desk.db.scalars(select(Hold.span).where(Hold.kept_until.is_(None), Hold.resource_id == visit.operatory_id)).one().lower == at(10, 10)


def test_a_visit_cannot_be_moved_onto_another_one_by_somebody_else_or_when_it_is_over(desk):
    visit, other = book(desk, at(9)), desk.make.patient()
    book(desk, at(10), patient=other)
    with pytest.raises(SlotTaken):
        booking.move(desk.db, desk.place, desk.patient.id, visit.id, at(10), NOW)
    assert visit.starts_at == at(9)
    with pytest.raises(NoSuchVisit):
        booking.move(desk.db, desk.place, other.id, visit.id, at(11), NOW)
    for why, now in (("past", at(9)), ("too_late", at(8)), ("called_off", NOW)):
        visit.status = "broken" if why == "called_off" else "scheduled"
        with pytest.raises(CannotChange) as stopped:
            booking.move(desk.db, desk.place, desk.patient.id, visit.id, at(11), now)
        assert stopped.value.why == why


@pytest.mark.parametrize("kind", [None, "T2"])
def test_a_visit_of_a_type_that_only_the_office_books_or_of_none_is_moved_to_wherever_patients_book(desk, kind):
    desk.make.take_in([{"kind": "appointment_type", "external_id": "T2", "name": "Crown seat"}])
    fields = {"provider": "D1", "operatory": "O1", "clinic": "C1", "starts_at": at(9), "minutes": 20, "appointment_type": kind}
    desk.make.take_in([{"kind": "appointment", "external_id": "V1", "patient": desk.patient.external_id} | fields])
    visit = desk.db.scalars(select(Appointment)).one()
    found = booking.find_for(desk.db, desk.place, visit, (MONDAY, MONDAY), NOW)
    assert [slot.starts_at for slot in found.slots][:2] == [at(9), at(9, 20)]
    assert booking.move(desk.db, desk.place, desk.patient.id, visit.id, at(9, 20), NOW).starts_at == at(9, 20)


def test_a_move_is_taken_back_within_three_minutes(desk):
    visit = book(desk, at(9))
    before = (visit.starts_at, visit.operatory_id, visit.provider_id, visit.hygienist_id, visit.is_hygiene)
    for hour in (10, 11):
        booking.move(desk.db, desk.place, desk.patient.id, visit.id, at(hour), NOW)
    moved.take_back(desk.db, desk.place, desk.patient.id, visit.id, NOW)
    assert visit.starts_at == at(10)
    booking.move(desk.db, desk.place, desk.patient.id, visit.id, at(9), NOW)
    assert (visit.starts_at, visit.operatory_id, visit.provider_id, visit.hygienist_id, visit.is_hygiene) == before
    assert moved.before(desk.db, visit, NOW + timedelta(minutes=3)) is None
    booking.move(desk.db, desk.place, desk.patient.id, visit.id, at(9, 10), NOW)  # over the time that it had: there is nothing to keep
    with pytest.raises(CannotChange):
        moved.take_back(desk.db, desk.place, desk.patient.id, visit.id, NOW)


def test_whoever_moves_a_visit_to_an_earlier_time_waits_no_more_until_that_is_taken_back(desk):
    visit = book(desk, at(10), wants_earlier=True)
    visit.confirmation, visit.confirmed_at = "confirmed", NOW
    entry = desk.db.scalars(select(WaitListEntry)).one()
    booking.move(desk.db, desk.place, desk.patient.id, visit.id, at(11), NOW)
    assert (entry.ended_at, visit.wants_earlier, visit.confirmation) == (None, True, "unconfirmed")
    moved.take_back(desk.db, desk.place, desk.patient.id, visit.id, NOW)
    assert (visit.confirmation, visit.confirmed_at, visit.wants_earlier) == ("confirmed", NOW, True)
    booking.move(desk.db, desk.place, desk.patient.id, visit.id, at(9), NOW)
    desk.db.refresh(entry)
    assert (entry.end_reason, visit.wants_earlier, visit.confirmation) == ("booked", False, "unconfirmed")
    moved.take_back(desk.db, desk.place, desk.patient.id, visit.id, NOW)
    desk.db.refresh(entry)
    assert (entry.ended_at, entry.end_reason, visit.wants_earlier, visit.confirmation) == (None, "", True, "confirmed")


def test_the_page_of_a_moved_visit_takes_the_move_back(desk, signed_in):
    visit = book(desk, at(9))
    booking.move(desk.db, desk.place, desk.patient.id, visit.id, at(10), datetime.now(UTC))
    desk.db.commit()
    page = signed_in(desk.patient).get(f"/appointments/{visit.id}")
    assert "This visit is moved" in page.text
    back = page.forms["undo"].submit().follow()
    assert "undo" not in back.forms
    desk.db.refresh(visit)
    assert visit.starts_at == at(9)


def test_a_moved_visit_that_is_called_off_and_taken_back_holds_its_new_time_only(desk):
    visit, account = book(desk, at(9)), desk.make.account(desk.patient)
    booking.move(desk.db, desk.place, desk.patient.id, visit.id, at(10), NOW)
    changing.call_off(desk.db, desk.practice.id, desk.patient.id, visit.id, account.id, "", timedelta(0), NOW)
    assert times(desk, desk.exam)[:3] == ["09:00", "09:20", "09:40"]
    changing.take_back(desk.db, desk.practice.id, desk.patient.id, visit.id, NOW)
    assert {span.lower for span in desk.db.scalars(select(Hold.span)) if span.lower < at(10)} == set()
    assert "10:00" not in times(desk, desk.exam)


def test_the_database_refuses_time_that_somebody_holds_whatever_the_book_says(desk):
    """A hold of which the book knows nothing, as of a booking that is written at the very moment."""
    visit = book(desk, at(9))
    visit.status = "broken"
    desk.db.flush()
    assert "09:00" in times(desk, desk.exam)
    with pytest.raises(SlotTaken):
        book(desk, at(9), patient=desk.make.patient())
    assert len(desk.db.scalars(select(Appointment)).all()) == 1


def test_two_hundred_who_book_twenty_times_at_one_moment_get_twenty_visits_and_the_rest_are_told(desk):
    people = [{"kind": "patient", "external_id": f"Q{number}", "first_name": "Ina", "last_name": "Quick"} for number in range(10)]
    tuesday = datetime(2027, 3, 2, 8, tzinfo=NEW_YORK).astimezone(UTC)
    hours = {"kind": "schedule", "external_id": "H3", "provider": "D1", "held_on": date(2027, 3, 2), "starts": 480, "ends": 880}
    desk.make.take_in([hours, *people])
    ids = desk.db.scalars(select(Patient.id).where(Patient.last_name == "Quick")).all()

    def ask(number: int) -> bool | list:
        with desk.practice.session() as session:
            try:
                booking.book(session, desk.place, Order(ids[number // 20], desk.exam, tuesday + number % 20 * timedelta(minutes=20)), NOW)
                session.commit()
            except SlotTaken as taken:
                return taken.nearest
            return True

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(200)))
    assert answers.count(True) == 20
    begins = desk.db.scalars(select(Appointment.starts_at).order_by(Appointment.starts_at)).all()
    assert begins == [tuesday + number * timedelta(minutes=20) for number in range(20)]
