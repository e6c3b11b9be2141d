"""Recall notices in the database: who could book gets one, who has a visit none."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from plugins.appointments.models import Notice, Recall


@pytest.fixture
def recall(make, db, practice):
    """`recall(patient)`: the patient is due in ten days for a cleaning that can be booked."""
    make.take_in(
        [
            {"kind": "recall_type", "external_id": "R1", "name": "Prophy", "words": "Cleaning", "special": "prophy", "pattern": "XXXX"},
            {"kind": "operatory", "external_id": "O1", "name": "Room 1", "clinic": "C1", "provider": "D1", "takes_recalls": True},
        ]
    )

    def put(patient, **fields) -> Recall:
        due = datetime.now(UTC).date() + timedelta(days=10)
        make.take_in([{"kind": "recall", "external_id": f"R{patient.external_id}", "patient": patient.external_id, "recall_type": "R1", "due_on": due} | fields])
        return db.scalars(select(Recall).where(Recall.practice_id == practice.id, Recall.patient_id == patient.id)).one()

    return put


def test_who_is_due_and_can_book_is_told_once(make, recall, rule, look, work_off, mails, db, practice):
    robin = make.patient(email="recall-robin@example.test", phone="")
    due = recall(robin)
    rule("recall")
    assert [look(), look()] == [1, 0]
    work_off()
    [mail] = mails.to(robin.email)
    assert "time to book" in mail.get_body(("plain",)).get_content()
    assert "leaning" not in mail.as_string()
    notice = db.scalars(select(Notice).where(Notice.practice_id == practice.id)).one()
    assert (notice.state, notice.recall_id, notice.number, notice.due_on) == ("sent", due.id, 1, due.due_on)


@pytest.mark.parametrize("why", ["a visit", "nothing to offer", "disabled", "restricted"])
def test_who_has_a_visit_or_could_not_book_is_not_told(make, recall, visit, rule, look, why):
    robin = make.patient()
    recall(robin, **({"is_disabled": True} if why == "disabled" else {}))
    rule("recall")
    if why == "a visit":
        visit(robin, 40)
    if why == "nothing to offer":
        make.take_in([{"kind": "operatory", "external_id": "O1", "name": "Room 1", "clinic": "C1", "provider": "D1"}])
    if why == "restricted":
        make.take_in([{"kind": "appointment_preference", "external_id": "X", "patient": robin.external_id, "is_restricted": True}])
    assert look() == 0


def test_who_has_booked_before_it_was_sent_is_left_out(make, recall, rule, look, work_off, mails, db):
    robin = make.patient(email="recall-booked@example.test", phone="")
    due = recall(robin)
    rule("recall")
    look()
    due.scheduled_on = datetime.now(UTC).date() + timedelta(days=20)
    db.commit()
    work_off()
    assert mails.to(robin.email) == []
