"""The book of a day and of a week, and a visit as the office opens it."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.db import bind_tenant
from core.testing import noted_statements
from plugins.appointments.models import Appointment

PATH = "/office/appointments/book"


@pytest.fixture
def patient(make):
    return make.patient(first_name="Noor", last_name="Haddad")


@pytest.fixture
def booked(make, chairs, patient, coming):
    """`booked(number, hour)`: a visit comes in from the practice's system."""

    def send(number="V1", hour=15, **fields):
        starts = datetime(coming.monday.year, coming.monday.month, coming.monday.day, hour, 20, tzinfo=UTC)
        about = {"kind": "appointment", "external_id": number, "patient": patient.external_id, "operatory": "O1", "starts_at": starts, "minutes": 50, "reason": "Crown fitted"}
        make.take_in([about | {"clinic": "C1"} | fields])

    return send


def _visit(db, practice) -> Appointment:
    db.expire_all()
    bind_tenant(db, practice.id)
    return db.scalars(select(Appointment).where(Appointment.practice_id == practice.id).order_by(Appointment.external_id)).first()


def test_a_day_shows_visits_by_operatory_with_hours_blockouts_and_closed_days(booked, office, make, coming):
    booked()
    booked("V2", 17, status="broken", reason="Cleaning")
    hours = {"kind": "schedule", "clinic": "C1", "held_on": coming.monday}
    make.take_in([hours | {"external_id": "S1", "provider": "D1", "starts": 480, "ends": 1020}, hours | {"external_id": "S2", "blockout_type": "B1", "starts": 720, "ends": 780}])
    page = office().get(f"{PATH}?day={coming.monday}")
    assert "Noor Haddad" in page
    assert "Crown fitted" in page
    assert "Not confirmed" in page
    assert "Lunch" in page
    assert page.text.index("Called off</h2>") < page.text.index("Cleaning")
    week = office("read_only").get(f"{PATH}?day={coming.monday}&view=week")
    assert "Crown fitted" in week
    assert "1 visit<" in week
    for nonsense in ("day=2027-99-99", "day=0001-01-01", "day=%00", "view=year", "day=9999-12-31"):
        office().get(f"{PATH}?{nonsense}")


def test_the_book_costs_as_much_with_many_visits_as_with_none(booked, office, coming):
    app = office()
    for number in range(1, 6):
        booked(f"V{number}", 12 + number)
    app.get(PATH)
    for view in ("day", "week"):
        with noted_statements() as statements:
            app.get(f"{PATH}?day={coming.monday}&view={view}")
        assert len(statements) <= 5, statements


def test_a_visit_is_opened_and_its_confirmation_set_by_hand(booked, office, db, practice):
    booked()
    visit = _visit(db, practice)
    app = office(name="Grace Lin")
    page = app.get(f"/office/appointments/visits/{visit.id}")
    assert "555-0142" in page
    assert "Room 1" in page
    form = page.forms["confirm"]
    form["status"] = "confirmed"
    saved = form.submit(status=303).follow()
    assert "Saved. The patient sees it, too." in saved
    assert "Grace Lin" in saved
    assert _visit(db, practice).confirmed_by
    assert "It was so already." in form.submit(status=303).follow()
    form["status"].force_value("nonsense")
    assert "choose a status from the list" in form.submit(status=303).follow()
    visit = _visit(db, practice)
    visit.status, visit.ended_at, visit.end_reason = "broken", datetime.now(UTC), "Ill"
    db.commit()
    form["status"].force_value("unconfirmed")
    ended = form.submit(status=303).follow()
    assert "this visit is over, or was called off" in ended
    assert "Ill" in ended


def test_a_status_of_the_office_says_what_the_patients_answer_is(booked, office, make, db, practice):
    booked()
    make.take_in([{"kind": "confirmation_status", "external_id": "S1", "name": "Said yes"}])
    app = office()
    row = app.get("/office/appointments/set-up").click("Said yes").forms["setup"]
    row["meaning"] = "accepted"
    row.submit(status=303)
    form = app.get(f"/office/appointments/visits/{_visit(db, practice).id}").forms["confirm"]
    form.submit(status=303)
    assert _visit(db, practice).confirmation == "confirmed"
    assert "Said yes" in app.get(f"{PATH}?day={_visit(db, practice).starts_at.date()}")


def test_who_may_not_see_a_visit_finds_none(booked, office, db, practice, other_make, other_signed_in):
    booked()
    path = f"/office/appointments/visits/{_visit(db, practice).id}"
    office("billing").get(path, status=403)
    limited = office(clinic_ids=(uuid4(),))
    limited.get(path, status=404)
    limited.get(PATH, status=404)
    other_signed_in(account=other_make.staff()).get(path, status=404)
    assert "confirm" not in office("clinical").get(path).forms
