"""What the practice's system is told of visits: all that is done here, nothing that its own records bring."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.records import changes
from plugins.appointments.offering import TYPE, Reason
from plugins.appointments.services import arriving, booking, changing, confirming, moved, requests, statuses
from plugins.appointments.services.booking import Order
from plugins.appointments.waiting import joining

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def told(db, practice):
    """`told()`: the kinds of change about visits since it was asked last, with what they tell."""
    seen = [0]

    def read() -> list[changes.Change]:
        db.flush()
        found = changes.waiting(db, practice.id, "test", after=seen[0])
        seen[0] = max([seen[0], *(one.number for one in found)])
        return [one for one in found if not one.kind.startswith("patient.")]

    return read


def kinds(found) -> list[str]:
    return [one.kind for one in found]


def test_answers_cancellations_and_what_is_taken_back_are_told_and_records_are_not(make, visit, told, db, practice):
    patient = make.patient()
    account = make.account(patient)
    make.take_in([{"kind": "operatory", "external_id": "O1", "name": "One", "provider": "D1"}])
    due = visit(patient, operatory="O1")
    assert told() == []
    confirming.confirm(db, practice.id, patient.id, due.id, account.id, NOW)
    confirming.confirm(db, practice.id, patient.id, due.id, account.id, NOW)
    [confirmed] = told()
    assert (confirmed.kind, confirmed.target["external_id"], confirmed.patient["external_id"]) == ("appointment.confirmed", due.external_id, patient.external_id)
    assert confirmed.data["confirmation"] == "confirmed"
    changing.call_off(db, practice.id, patient.id, due.id, account.id, "Ill", HOUR, NOW)
    changing.take_back(db, practice.id, patient.id, due.id, NOW)
    canceled, restored = told()
    assert (canceled.kind, canceled.data["reason"], restored.kind, restored.data["status"]) == ("appointment.canceled", "Ill", "appointment.restored", "scheduled")
    assert restored.data["operatory"]["external_id"] == "O1"
    statuses.set_by_hand(db, due, "unconfirmed", None, account.id, NOW)
    confirming.call_back(db, due, account.id, "After five", NOW)
    assert kinds(told()) == ["appointment.confirmation_set", "appointment_request.made", "appointment.callback_asked"]
    visit(patient, confirmation="confirmed")
    make.take_in([{"kind": "appointment", "external_id": due.external_id, "patient": patient.external_id, "starts_at": due.starts_at + HOUR, "minutes": 60}])
    assert told() == []


def test_a_visit_that_is_booked_and_moved_here_is_told_as_a_whole(make, told, db, practice, registry):
    patient, day = make.patient(), (NOW + timedelta(days=30)).date()
    hours = {"kind": "schedule", "external_id": "S1", "provider": "D1", "clinic": "C1", "held_on": str(day), "starts": 540, "ends": 1000, "operatories": ["O1"]}
    reasons = {"kind": "appointment_type", "external_id": "T1", "name": "Exam", "words": "Exam", "pattern": "/XX/"}
    make.take_in([reasons, {"kind": "operatory", "external_id": "O1", "name": "One", "clinic": "C1", "provider": "D1", "appointment_types": ["T1"]}, hours])
    place = registry.tenants.current(practice.id, practice.clinic_id)
    kind = db.scalars(booking.select(booking.AppointmentType)).one()
    reason = Reason(TYPE, kind.id, "Exam", "/XX/", (), date(2020, 1, 1))
    first, second = booking.openings.find(db, place, reason, patient.id, (day, day), NOW).slots[:2]
    made = booking.book(db, place, Order(patient.id, reason, first.starts_at, note="It hurts", wants_earlier=True), NOW)
    waits, booked = sorted(told(), key=lambda one: one.kind, reverse=True)
    assert (waits.kind, waits.data["appointment"]["portal_id"]) == ("wait_list.joined", str(made.id))
    assert booked.kind == "appointment.booked"
    assert booked.target == {"portal_id": str(made.id), "external_id": None}
    assert {name: (one or {}).get("external_id") for name, one in booked.data.items() if name in ("provider", "operatory", "clinic", "appointment_type", "hygienist")} == {
        "provider": "D1", "operatory": "O1", "clinic": "C1", "appointment_type": "T1", "hygienist": None,
    }  # fmt: skip
    assert (booked.data["minutes"], booked.data["note"], booked.data["made_by"]) == (20, "It hurts", "existing")
    booking.move(db, place, patient.id, made.id, second.starts_at, NOW)
    moved.take_back(db, place, patient.id, made.id, NOW)
    there, back = told()
    assert (there.kind, datetime.fromisoformat(there.data["was_at"])) == ("appointment.moved", first.starts_at)
    assert (back.kind, datetime.fromisoformat(back.data["starts_at"])) == ("appointment.restored", first.starts_at)
    entry = db.scalars(booking.select(joining.WaitListEntry)).one()
    joining.end(db, entry, "patient", None, NOW)
    assert kinds(told()) == ["wait_list.left"]


def test_arrivals_and_requests_are_told(make, visit, told, db, practice):
    patient = make.patient()
    soon = visit(patient, days=1 / 24)
    arriving.arrive(db, practice.id, soon, NOW)
    asked = requests.ask(db, requests.Wish(practice.id, patient.id, None, "visit", "Any morning", {"days": [1]}), NOW)
    requests.withdraw(db, practice.id, patient.id, asked.id, NOW)
    arrived, made, withdrawn = told()
    assert (arrived.kind, made.kind, withdrawn.kind) == ("appointment.arrived", "appointment_request.made", "appointment_request.withdrawn")
    assert (made.data["what"], made.data["words"], made.data["wanted"], withdrawn.data["state"]) == ("visit", "Any morning", {"days": [1]}, "withdrawn")
