"""The plugin's own tests, as its author runs them: pytest -p core.testing."""

from recall_club.models import Member
from sqlalchemy import select


def test_joining_makes_a_member_who_is_greeted(signed_in, make, work_off, mails, db):
    patient = make.patient(email="robin@example.test")
    page = signed_in(patient).get("/recallclub")
    assert "You are a member" in page.forms["join"].submit().follow().text
    assert work_off() == 1
    assert [mail["Subject"] for mail in mails.to("robin@example.test")] == ["Welcome to the Recall Club"]
    assert db.scalars(select(Member.patient_id)).all() == [patient.id]


def test_a_member_of_one_practice_is_none_at_another(signed_in, other_signed_in, make, other_make):
    signed_in(make.patient()).get("/recallclub").forms["join"].submit()
    assert "Join the club" in other_signed_in(other_make.patient()).get("/recallclub").text


def test_the_page_costs_at_most_five_statements(signed_in, make, statements):
    app = signed_in(make.patient())
    app.get("/recallclub")
    with statements() as seen:
        app.get("/recallclub")
    assert len(seen) <= 5
