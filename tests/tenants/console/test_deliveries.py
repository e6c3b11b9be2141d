"""Failed deliveries at the office: a wrong address is told at once, by its reason and its patient; it is tried again, or taken off the list."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.auth import access
from core.mail import MailNotSent, MailRefused
from core.outbox import MAX_ATTEMPTS, OutboxRow

PATH = "/office/deliveries"


@pytest.fixture
def failing(registry, monkeypatch):
    """`failing(error)`: the mail server answers so from now on; `failing(None)`: it takes mails again."""
    takes = registry.mail.send

    def send(error: Exception | None) -> None:
        def refuse(message):
            raise error

        monkeypatch.setattr(registry.mail, "send", refuse if error else takes)

    return send


@pytest.fixture
def invited(db, practice, make):
    """`invited(name)`: somebody to whom an invitation goes out; gives the patient."""
    def invite(name: str = "Zora", **about):
        patient = make.patient(last_name=name, **about)
        access.invite(db, practice.id, patient.id, datetime.now(UTC))
        db.commit()
        return patient

    return invite


def row_of(db, practice) -> OutboxRow:
    db.expire_all()
    return db.scalars(select(OutboxRow).where(OutboxRow.practice_id == practice.id, OutboxRow.task == "auth.send_invitation")).one()


def test_a_refused_address_is_told_at_once_with_the_reason_and_the_patient(office, failing, invited, work_off, db, practice):
    failing(MailRefused("no"))
    patient = invited("Zelenka")
    work_off()
    assert row_of(db, practice).dead_at
    app = office("front_desk")
    assert "Failed deliveries" in app.get("/office")
    page = app.get(PATH)
    assert "Most often the address is wrong." in page
    assert "Invitation" in page
    assert "robin@example.test" not in page
    assert f"/office/patients/{patient.id}" in page.click("Zelenka").request.path
    assert "Zelenka" in office("read_only").get(PATH)
    assert "Try again" not in office("read_only").get(PATH)


def test_what_was_mended_is_tried_again_and_gone_from_the_list(office, failing, invited, work_off, db, practice, audited):
    failing(MailRefused("no"))
    invited()
    work_off()
    failing(None)
    app = office()
    again = next(form for name, form in app.get(PATH).forms.items() if str(name).startswith("try-again"))
    assert "It is tried again now." in again.submit(status=303).follow()
    work_off()
    assert row_of(db, practice).done_at
    assert "Nothing has failed" in app.get(PATH)
    assert [entry.target_id for entry in audited("office.delivery.again")] == [row_of(db, practice).id]


def test_what_was_dealt_with_waits_no_more_and_stays_failed(office, failing, invited, work_off, db, practice):
    failing(MailRefused("no"))
    invited()
    work_off()
    app = office()
    form = next(form for name, form in app.get(PATH).forms.items() if str(name).startswith("dealt-with"))
    form.submit(status=303)
    assert "Nothing has failed" in app.get(PATH)
    assert "Failed deliveries" not in app.get("/office")
    form.submit(status=404)  # it is off the list already
    assert row_of(db, practice).dead_at


def test_a_mail_server_that_is_away_is_told_while_it_is_still_tried_and_all_can_be_tried_again(office, failing, invited, work_off, db, practice):
    failing(MailNotSent("away"))
    invited()
    for _ in range(3):
        row_of(db, practice).available_at = row_of(db, practice).available_at.replace(year=2020)
        db.commit()
        work_off()
    app = office()
    assert "Still being tried" in app.get(PATH)
    for row in db.scalars(select(OutboxRow).where(OutboxRow.practice_id == practice.id)):
        row.attempts, row.available_at = MAX_ATTEMPTS - 1, row.available_at.replace(year=2020)
    db.commit()
    work_off()
    invited("Second")
    for row in db.scalars(select(OutboxRow).where(OutboxRow.practice_id == practice.id, OutboxRow.dead_at.is_(None))):
        row.attempts = MAX_ATTEMPTS - 1
    db.commit()
    work_off()
    failing(None)
    assert "All of them are tried again now." in app.get(PATH).forms["again-all"].submit(status=303).follow()
    assert "Nothing has failed" in app.get(PATH)


def test_other_clinics_and_other_practices_see_and_touch_nothing(office, failing, invited, work_off, db, practice, other_make, other_signed_in):
    failing(MailRefused("no"))
    invited("Zelenka")
    work_off()
    limited = office("front_desk", clinic_ids=(uuid4(),))
    assert "Zelenka" not in limited.get(PATH)
    assert "Failed deliveries" not in limited.get("/office")
    assert "Zelenka" in office("front_desk", clinic_ids=(practice.clinic_id,)).get(PATH)
    elsewhere = other_signed_in(account=other_make.staff())
    token = elsewhere.get("/office").forms["sign-out"]["csrf_token"].value
    for app, csrf in ((limited, limited.get("/office").forms["sign-out"]["csrf_token"].value), (elsewhere, token)):
        for act in ("again", "dealt"):
            app.post(f"{PATH}/{act}", {"csrf_token": csrf, "delivery": str(row_of(db, practice).id)}, status=404)
    assert row_of(db, practice).dead_at


def test_a_fault_of_ours_is_not_shown_as_a_delivery(office, failing, invited, work_off, db, practice):
    failing(LookupError("ours"))
    invited("Zelenka")
    row_of(db, practice).attempts = MAX_ATTEMPTS - 1
    db.commit()
    work_off()
    assert row_of(db, practice).dead_at
    assert "Zelenka" not in office().get(PATH)
