"""What may be booked, as the practice's system has sent it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from plugins.appointments.services import recalls
from plugins.appointments.settings import AppointmentsSettings

NOW = datetime.now(UTC)
TODAY = NOW.date()
SETTINGS = {f"appointments.{name}": value for name, value in AppointmentsSettings().model_dump().items()}


@pytest.fixture
def book(make):
    """A chair for recalls, a type for each way to book, and a cleaning with its X-rays."""
    make.take_in([
        {"kind": "appointment_type", "external_id": "T1", "name": "Exam", "words": "Something hurts", "pattern": "XXXX", "for_new": True},
        {"kind": "appointment_type", "external_id": "T2", "name": "Hidden", "pattern": "XXXX"},
        {"kind": "appointment_type", "external_id": "T3", "name": "Nowhere", "words": "In no chair", "pattern": "XXXX"},
        {"kind": "recall_type", "external_id": "R1", "name": "Prophy", "words": "Cleaning", "special": "prophy", "pattern": "/XX/"},
        {"kind": "recall_type", "external_id": "R2", "name": "Bitewings", "joins_special": True, "pattern": "XX"},
        {"kind": "operatory", "external_id": "O1", "name": "One", "clinic": "C1", "provider": "D1", "takes_recalls": True, "appointment_types": ["T1"]},
    ])  # fmt: skip


@pytest.fixture
def patient(make, book):
    found = make.patient()
    for number, kind in enumerate(("R1", "R2")):
        recall = {"kind": "recall", "external_id": f"L{number}", "patient": found.external_id, "recall_type": kind}
        make.take_in([recall | {"due_on": TODAY - timedelta(days=3)}])
    return found


@pytest.fixture
def offers(db, practice):
    """`offers(patient)`: the words of what may be booked, and the one statement that finds it."""

    def ask(patient, **settings):
        found = recalls.offered(db, practice.id, [patient.id], NOW, TODAY)
        return found.for_patient(patient.id, patient.birthdate, TODAY, SETTINGS | {f"appointments.{name}": on for name, on in settings.items()})

    return ask


def test_due_recalls_come_before_the_office_s_reasons_in_one_statement(offers, patient, statements):
    with statements() as seen:
        found = offers(patient)
    assert len(seen) == 1
    assert [(reason.words, reason.pattern, len(reason.recall_ids)) for reason in found] == [("Cleaning", "/XX/XX", 2), ("Something hurts", "XXXX", 0)]


def test_the_office_switches_each_way_off(offers, patient):
    assert [reason.words for reason in offers(patient, book_recall=False)] == ["Something hurts"]
    assert [reason.words for reason in offers(patient, book_existing=False)] == ["Cleaning"]


def test_whoever_books_with_the_office_only_is_offered_nothing(offers, patient, make):
    make.take_in([{"kind": "appointment_preference", "external_id": "P1", "patient": patient.external_id, "is_restricted": True}])
    assert offers(patient) == []


@pytest.mark.parametrize(("status", "days", "expected"), [("scheduled", 9, []), ("scheduled", -9, ["Cleaning"]), ("broken", 9, ["Cleaning"])])
def test_a_recall_with_a_visit_to_come_is_not_offered_again(offers, patient, make, status, days, expected):
    visit = {"kind": "appointment", "external_id": "V1", "patient": patient.external_id, "minutes": 30, "status": status}
    recall = {"kind": "recall", "external_id": "L0", "patient": patient.external_id, "recall_type": "R1", "due_on": TODAY, "appointment": "V1"}
    make.take_in([visit | {"starts_at": NOW + timedelta(days=days)}, recall])
    assert [reason.words for reason in offers(patient, book_existing=False)] == expected


def test_newcomers_have_reasons_of_their_own(db, practice, book):
    found = recalls.offered(db, practice.id, [], NOW, TODAY)
    assert [reason.words for reason in found.for_newcomer(date(1990, 1, 1), TODAY)] == ["Something hurts"]


def test_another_practice_s_recalls_are_not_seen(other_db, other_practice, patient):
    found = recalls.offered(other_db, other_practice.id, [patient.id], NOW, TODAY)
    assert (found.dues, found.existing, found.chairs) == ({}, [], [])
