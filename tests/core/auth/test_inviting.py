"""Inviting many: everybody who is meant, nobody twice, a few at a time."""

import secrets
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from core.auth import access, inviting, tickets
from core.auth.inviting import CannotInvite, Choice
from core.auth.models import InvitationBatch, InvitationRow
from core.outbox import OutboxRow

NOW = datetime.now(UTC)


def work_all_off(work_off) -> None:
    """What is waiting, and what that asks for."""
    while work_off():
        pass


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(inviting, "AT_ONCE", 2)
    monkeypatch.setattr(inviting, "PAUSE", timedelta(0))


@pytest.fixture
def people(make, db, practice):
    """Three who can be invited, and one for each reason not to."""
    ready = [make.patient(first_name=name, email=f"{name}-{secrets.token_hex(6)}@example.test".lower()) for name in ("Ann", "Ben", "Cyd")]
    make.account(make.patient(first_name="Has"))
    closed = make.patient(first_name="Closed")
    make.account(closed)
    access.close(db, practice.id, closed.external_id, NOW)
    make.patient(first_name="Bare", email="")
    make.patient(first_name="Unborn", birthdate=None)
    invited = make.patient(first_name="Invited", email="invited@example.test")
    tickets.issue_link(db, access.INVITATION, NOW - timedelta(days=5), timedelta(days=14), invited.email, patient_id=invited.id)
    db.commit()
    return ready


def batch_of(db, practice, id_):
    return db.get_one(InvitationBatch, (practice.id, id_), populate_existing=True)


def test_who_is_meant_and_who_is_left_out_is_said_before(db, practice, people, make):
    expected = {"": 3, "has_access": 1, "closed": 1, "no_email": 1, "no_birthdate": 1, "invited": 1}
    assert inviting.preview(db, practice.id, Choice(), (), NOW) == expected
    assert inviting.preview(db, practice.id, Choice(invited_before=NOW - timedelta(days=4)), (), NOW)[""] == 4
    assert inviting.preview(db, practice.id, Choice(invited_before=NOW - timedelta(days=6)), (), NOW)[""] == 3
    make.patient(birthdate=date(2015, 5, 5))
    assert inviting.preview(db, practice.id, Choice(born_from=date(2015, 5, 5), born_until=date(2015, 5, 5)), (), NOW) == {"": 1}
    assert inviting.preview(db, practice.id, Choice(), (practice.clinic_id,), NOW)[""] == 4


def test_everybody_gets_one_mail_and_the_report_adds_up(db, practice, people, few, work_off, mails):
    id_ = inviting.begin(db, practice.id, Choice(), (), NOW, None)
    db.commit()
    with pytest.raises(CannotInvite, match="already"):
        inviting.begin(db, practice.id, Choice(), (), NOW, None)
    db.rollback()
    work_all_off(work_off)
    assert [len(mails.to(patient.email)) for patient in people] == [1, 1, 1]
    batch = batch_of(db, practice, id_)
    report = inviting.report(db, batch)
    assert (batch.state, report.total, report.sent, report.waiting, report.failed, sum(report.left_out.values())) == ("done", 8, 3, 0, 0, 5)
    with pytest.raises(CannotInvite, match="Nobody is left"):
        inviting.begin(db, practice.id, Choice(), (), NOW, None)
    db.rollback()


def test_a_worker_that_dies_in_the_middle_invites_nobody_twice(db, practice, people, few, work_off, mails, monkeypatch):
    inviting.begin(db, practice.id, Choice(), (), NOW, None)
    db.commit()
    real, calls = inviting.enqueue, []

    def dies(session, task, **about):
        calls.append(task)
        if len(calls) == 2:
            raise RuntimeError("killed")
        return real(session, task, **about)

    monkeypatch.setattr(inviting, "enqueue", dies)
    work_off()
    db.execute(update(OutboxRow).where(OutboxRow.practice_id == practice.id, OutboxRow.done_at.is_(None)).values(available_at=NOW))
    db.commit()
    work_all_off(work_off)
    assert len(calls) > 2
    assert [len(mails.to(patient.email)) for patient in people] == [1, 1, 1]


def test_stopping_sends_no_more_and_who_got_in_meanwhile_is_left_out(db, practice, people, few, make, work_off, mails):
    id_ = inviting.begin(db, practice.id, Choice(), (), NOW, None)
    make.account(people[0])
    db.commit()
    work_all_off(work_off)
    assert not mails.to(people[0].email)
    assert inviting.report(db, batch_of(db, practice, id_)).left_out["has_access"] == 2
    make.patient(email="later@example.test")
    second = inviting.begin(db, practice.id, Choice(), (), NOW, None)
    inviting.stop(db, practice.id, second, NOW, None)
    db.commit()
    work_all_off(work_off)
    assert not mails.to("later@example.test")
    assert batch_of(db, practice, second).state == "stopped"


def test_a_mail_that_cannot_be_sent_is_reported(db, practice, people, few, work_off):
    id_ = inviting.begin(db, practice.id, Choice(), (), NOW, None)
    db.commit()
    work_all_off(work_off)
    task = db.scalars(select(InvitationRow.task_id).where(InvitationRow.practice_id == practice.id, InvitationRow.outcome == "asked").limit(1)).one()
    db.execute(update(OutboxRow).where(OutboxRow.id == task).values(done_at=None, dead_at=NOW))
    db.commit()
    report = inviting.report(db, batch_of(db, practice, id_))
    assert (report.failed, report.sent) == (1, 2)
