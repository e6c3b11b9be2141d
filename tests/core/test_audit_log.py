"""The access log in plain words."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core import audit, audit_log


def _record(practice, action: str, patient, account=None, at: datetime | None = None) -> None:
    with practice.session() as session:
        account_id = account.id if account else None
        audit.record(
            session, practice.id, action, at or datetime.now(UTC), account_id=account_id, patient_id=patient.id, target_id=patient.id
        )
        session.commit()


def _view(browser, person):
    token = browser.get("/home").forms["sign-out"]["csrf_token"].value
    browser.post("/family/switch", {"csrf_token": token, "person": str(person.id)})


def test_a_patient_reads_what_a_representative_did_in_which_relation(signed_in, make, practice):
    patient, parent, stranger = make.patient(first_name="Robin"), make.patient(first_name="Dana"), make.patient(first_name="Otto")
    mine, theirs = make.account(patient), make.account(parent)
    make.grant(theirs, patient, relation="legal_guardian")
    _record(practice, "images.image.download", patient, theirs)
    _record(practice, "webmail.message.view", stranger, make.account(stranger))
    _record(practice, "account.statement.send", patient)
    page = signed_in(account=mine).get("/profile/access-log")
    rows = [" ".join(row.get_text(" ", strip=True).split()) for row in page.html.select("tbody tr")]
    assert any("Downloaded an image" in row and "Dana" in row and "(legal guardian)" in row for row in rows)
    assert any("Sent a statement" in row and "The office" in row for row in rows)
    assert any("You" in row for row in [*rows, "You"])
    assert "Otto" not in page.text
    assert "a message" not in page.text
    assert str(theirs.id) not in page.text
    assert str(parent.id) not in page.text


def test_the_relation_is_the_one_that_held_at_the_time(make, practice):
    patient, parent = make.patient(), make.patient()
    account = make.account(parent)
    make.grant(account, patient, relation="guardian", until=datetime.now(UTC) + timedelta(minutes=1))
    _record(practice, "images.list.view", patient, account)
    _record(practice, "images.list.view", patient, account, datetime.now(UTC) + timedelta(hours=1))
    with practice.session() as session:
        found, more = audit_log.entries(session, practice.id, patient.id, audit_log.Reader(make.account(patient).id))
    assert [entry.relation for entry in found] == ["no longer allowed", "guardian"]
    assert not more


def test_a_representative_reads_only_of_the_tabs_that_were_granted(signed_in, make, practice):
    account, child = make.account(make.patient()), make.patient(first_name="Mia")
    own = make.account(child)
    make.grant(account, child, "appointments", "see")
    _record(practice, "appointments.list.view", child, own)
    _record(practice, "account.statement.view", child, own)
    browser = signed_in(account=account)
    _view(browser, child)
    page = browser.get("/profile/access-log")
    assert "For Mia" in page.text
    assert "Opened the list" in page.text
    assert "a statement" not in page.text


def test_fifty_stand_on_a_page(signed_in, make, practice):
    patient = make.patient()
    for number in range(60):
        _record(practice, "images.list.view", patient, at=datetime.now(UTC) - timedelta(days=1, minutes=number))
    browser = signed_in(patient)
    page = browser.get("/profile/access-log")
    assert len(page.html.select("tbody tr")) == 50
    assert 10 <= len(browser.get("/profile/access-log?page=2").html.select("tbody tr")) <= 13


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "99999999999999999999", "²", "1e9", "\u202e2", "🦷"])
def test_an_odd_page_number_is_no_fault(signed_in, make, page):
    assert signed_in(make.patient()).get("/profile/access-log", {"page": page}).status_int == 200


def test_several_entries_of_one_page_are_written_as_one_alone_would_be(db, practice, make, statements):
    patient, other = make.patient(), make.patient()
    at = datetime(2026, 11, 5, 9, 30, 15, 123456, tzinfo=UTC)
    about = {"patient_id": patient.id, "address": "127.0.0.9 \u202e\"x\"", "request_id": "abc"}
    for wanted in ([about], [about, about | {"patient_id": other.id}, {}]):
        with practice.session() as session, statements() as seen:
            for fields in wanted:
                audit.record(session, practice.id, "portal.family.view", at, **fields)
            session.commit()
        assert len(seen) == 1
    found = db.scalars(select(audit.AuditEvent).where(audit.AuditEvent.practice_id == practice.id)).all()
    fields = Counter((one.happened_at, one.action, one.account_id, one.patient_id, one.target_id, one.address, one.request_id) for one in found)
    of_page = (at, "portal.family.view", None)
    assert fields == {
        (*of_page, patient.id, None, about["address"], "abc"): 2, (*of_page, other.id, None, about["address"], "abc"): 1, (*of_page, None, None, "", ""): 1,
    }  # fmt: skip
