"""`cuspid access`."""

import re
import stat
from datetime import UTC, date, datetime

import pytest

from core.auth.matching import WHY
from core.auth.models import Registration
from core.auth.unmatched import put
from core.cli import access
from core.db import uuid7


@pytest.fixture
def run(command_line, practice):
    """`run("give", ...)`: a command in the installation under test, at the practice."""
    return lambda name, *words, slug=practice.slug: command_line(access.access, name, slug, *words)


def test_given_credentials_are_printed_and_open_the_first_sign_in(run, make, web):
    answer = run("give", make.patient(first_name="Mary").external_id)
    assert answer.exit_code == 0, answer.output
    user_name = re.search(r"User name +(Mary\d{5})\n", answer.output)[1]
    password = re.search(r"One-time password +(\w{10,})\n", answer.output)[1]
    form = web.get("/sign-in").forms["sign-in"]
    form["user_name"], form["password"] = user_name, password
    assert form.submit().location.endswith("/welcome")


def test_the_sheet_is_for_its_owners_eyes_and_replaces_an_older_one(run, make, tmp_path):
    patient, sheet = make.patient(), tmp_path / "sheet.html"
    sheet.write_text("older")
    sheet.chmod(0o644)
    answer = run("give", patient.external_id, "--sheet", str(sheet))
    assert answer.exit_code == 0, answer.output
    assert stat.S_IMODE(sheet.stat().st_mode) == 0o600
    text = sheet.read_text()
    assert re.search(r"One-time password +(\w+)\n", answer.output)[1] in text
    assert "<svg" in text


def test_a_sheet_that_cannot_be_written_gives_no_access(run, make, tmp_path):
    patient = make.patient()
    answer = run("give", patient.external_id, "--sheet", str(tmp_path / "nowhere" / "sheet.html"))
    assert answer.exit_code != 0
    assert patient.external_id not in run("list").output


def test_an_invitation_goes_out(run, make, work_off, mails):
    patient = make.patient(email="asked@example.test")
    assert "is on its way" in run("invite", patient.external_id).output
    work_off()
    [mail] = mails.to("asked@example.test")
    assert "/invitation/" in mail.get_body(("plain",)).get_content()
    assert re.search(rf"{patient.external_id} +invited\n", run("list").output)


def test_closing_and_the_list(run, make):
    patient = make.patient(first_name="Otto")
    run("give", patient.external_id)
    assert re.search(rf"{patient.external_id} +Otto\d{{5}} +first sign-in to come\n", run("list").output)
    assert run("close", patient.external_id).exit_code == 0
    assert re.search(rf"{patient.external_id} +Otto\d{{5}} +closed\n", run("list").output)


def test_the_list_tells_the_language_that_a_patient_asks_for(run, make, db):
    account = make.account(make.patient())
    account.language = "ht"
    db.commit()
    assert re.search(rf"{account.user_name} +open +Haitian Creole\n", run("list").output)


@pytest.mark.parametrize("command", ["give", "invite", "close"])
def test_what_cannot_be_is_said_in_a_sentence(run, make, command):
    for answer in (
        run(command, "nobody"),
        run(command, "x", slug="no-such-practice"),
        run(command, make.patient(birthdate=None, email="").external_id),
    ):
        assert answer.exit_code == 1
        assert re.fullmatch(r"Error: (There is no|Patient \S+ has no) [^\n]+\.\n", answer.output)


def test_the_list_of_those_who_could_not_be_matched(run, db, practice):
    typed = {"first_name": "Odalys", "last_name": "Vale", "birthdate": date(1991, 6, 3), "contact": "555-0177"}
    entry = Registration(practice_id=practice.id, id=uuid7(), asked_at=datetime(2026, 3, 1, tzinfo=UTC), **typed)
    db.add(entry)
    db.flush()
    put(db, entry, "nobody", None)
    db.commit()
    assert run("unmatched").output == f"    1  2026-03-01  Odalys Vale, 1991-06-03, 555-0177\n       {WHY['nobody']}\n"
    assert run("dismiss", "2").output == "Error: No request with the number 2 is waiting.\n"
    assert run("dismiss", "1", "--done").exit_code == 0
    assert run("unmatched").output == ""
    assert (db.refresh(entry), entry.outcome, entry.settled_by)[1:] == ("done", None)


def test_practices_are_apart(run, make, other_practice):
    assert run("give", make.patient().external_id, slug=other_practice.slug).exit_code == 1
