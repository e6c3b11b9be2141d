"""Requests for access that could not be matched, at the office."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from core.auth import access, unmatched
from core.auth.matching import WHY
from core.auth.models import Registration

BORN = date(1991, 6, 3)
NOW = datetime.now(UTC)


@pytest.fixture
def ask(db, practice):
    """`ask(first, last, contact, …)`: a request on the list; gives its number."""

    def put(first="Odalys", last="Thistlewood", contact="new@example.test", born=BORN, reason="nobody", patient_id=None) -> int:
        entry = Registration(practice_id=practice.id, first_name=first, last_name=last, birthdate=born, contact=contact, asked_at=NOW - timedelta(hours=1))
        db.add(entry)
        db.flush()
        unmatched.put(db, entry, reason, patient_id)
        db.commit()
        return entry.number

    return put


def outcome(db, practice, number) -> str:
    db.expire_all()
    return db.scalars(select(Registration.outcome).where(Registration.practice_id == practice.id, Registration.number == number)).one()


def test_the_list_says_what_was_typed_and_why_and_the_first_page_how_many_wait(office, ask, audited):
    ask()
    ask(first="Percival", contact="303-555-0188", reason="several")
    app = office("read_only")
    page = app.get("/office/unmatched")
    rows = [" ".join(row.get_text(" ", strip=True).split()).replace("@ ", "@") for row in page.html.select("tbody tr")]
    assert rows[0].startswith("Thistlewood, Percival June 3, 1991 303-555-0188 Several charts fit")
    assert rows[1].startswith("Thistlewood, Odalys June 3, 1991 new@example.test No chart fits")
    assert "2 waiting" in " ".join(app.get("/office").html.select_one(".count").get_text(" ").split())
    assert not app.get("/office/unmatched/1").html.select("main form")
    assert len(audited("office.unmatched.view")) == 2


def test_it_is_this_patient_an_invitation_settles_it(office, ask, make, work_off, mails, db, practice, audited):
    patient = make.patient(first_name="Odalys", last_name="Thistlewood", birthdate=BORN, email="in-the-chart@example.test")
    number = ask()
    app = office("front_desk")
    page = app.get("/office/unmatched").click("Thistlewood, Odalys")
    assert "E-mail or phone" in page.html.select_one("tbody tr").get_text()
    answer = page.forms["invite-1"].submit().follow()
    assert answer.request.path == "/office/unmatched"
    assert outcome(db, practice, number) == "done"
    work_off()
    assert len(mails.to("in-the-chart@example.test")) == 1
    assert mails.to("new@example.test") == []
    assert audited("access.invited")[0].patient_id == patient.id
    assert audited("office.unmatched.done")[0].account_id
    app.get(f"/office/unmatched/{number}", status=404)


def test_access_on_paper_settles_it_too_also_after_a_proof(office, ask, make, db, practice, proof_is_old):
    from core.testing import PASSWORD

    patient = make.patient(first_name="Odalys", last_name="Thistlewood", birthdate=BORN)
    number = ask()
    app = office("front_desk")
    page = app.get(f"/office/unmatched/{number}")
    proof_is_old()
    form = page.click("On paper").follow().forms["prove"]
    form["password"] = PASSWORD
    give = form.submit().follow().forms["give"]
    assert outcome(db, practice, number) == ""
    give.submit()
    assert outcome(db, practice, number) == "done"
    assert access.account_of(db, practice.id, patient.id)


def test_dismissed_it_is_off_the_list(office, ask, db, practice, audited):
    number = ask()
    app = office("front_desk")
    answer = app.get(f"/office/unmatched/{number}").forms["dismiss"].submit().follow()
    assert "Nobody waits" in answer.text
    assert outcome(db, practice, number) == "dismissed"
    assert len(audited("office.unmatched.dismissed")) == 1


def test_who_has_access_already_is_not_invited(office, ask, make, db, practice):
    patient = make.patient(first_name="Odalys", last_name="Thistlewood", birthdate=BORN)
    make.account(patient)
    number = ask(reason="account", patient_id=patient.id)
    app = office()
    page = app.get(f"/office/unmatched/{number}")
    assert "Has access" in page.text
    assert "invite-1" not in page.forms
    token = page.forms["dismiss"]["csrf_token"].value
    answer = app.post(f"/office/unmatched/{number}/invite", {"csrf_token": token, "patient": str(patient.id)}, status=422)
    assert "has access already" in answer.text
    assert outcome(db, practice, number) == ""


def test_a_request_of_another_clinic_is_not_there_and_not_settled(office, ask, make, practice, db):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    there, here = make.patient(first_name="Odalys", last_name="Thistlewood", birthdate=BORN, clinic="C2"), make.patient()
    theirs, nobodys = ask(reason="young", patient_id=there.id), ask(first="Percival")
    app = office("front_desk", clinic_ids=(practice.clinic_id,))
    assert len(app.get("/office/unmatched").html.select("tbody tr")) == 1
    app.get(f"/office/unmatched/{theirs}", status=404)
    token = app.get(f"/office/unmatched/{nobodys}").forms["dismiss"]["csrf_token"].value
    for act in ("invite", "dismiss"):
        app.post(f"/office/unmatched/{theirs}/{act}", {"csrf_token": token, "patient": str(there.id)}, status=404)
    app.post(f"/office/unmatched/{nobodys}/invite", {"csrf_token": token, "patient": str(there.id)}, status=404)
    app.post(f"/office/patients/{here.id}/give", {"csrf_token": token, "request": str(theirs)}, status=200)
    assert outcome(db, practice, theirs) == outcome(db, practice, nobodys) == ""


@pytest.mark.parametrize("number", ["0", "-1", "x", "99", "9" * 30, "%C2%B2", "1.0", "%00", "%F0%9F%A6%B7"])
def test_an_odd_number_is_nowhere(office, number):
    office().get(f"/office/unmatched/{number}", status="4*")


@pytest.mark.parametrize("patient", ["", "x", "🦷", "00000000-0000-0000-0000-000000000000"])
def test_a_made_up_patient_is_nobody(office, ask, patient):
    app, number = office(), ask()
    token = app.get(f"/office/unmatched/{number}").forms["dismiss"]["csrf_token"].value
    app.post(f"/office/unmatched/{number}/invite", {"csrf_token": token, "patient": patient}, status=404)


def test_roles_that_only_look_settle_nothing(office, ask):
    number = ask()
    app = office("read_only")
    token = app.get("/office").forms["sign-out"]["csrf_token"].value
    for act in ("invite", "dismiss"):
        app.post(f"/office/unmatched/{number}/{act}", {"csrf_token": token}, status=403)
    office("billing").get("/office/unmatched", status=403)


@pytest.mark.parametrize("reason", WHY)
def test_every_reason_has_short_words_on_the_list(office, ask, reason):
    ask(reason=reason)
    page = office().get("/office/unmatched")
    assert page.html.select_one("td[data-label=Why]").get_text() != WHY[reason]
    assert WHY[reason] in page.click("Thistlewood").text
