"""Booking in the tab: three taps to a visit, for oneself and for whom one acts, and what is said where it cannot be."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.testing import browser
from plugins.appointments.models import Appointment, Recall

NOW = datetime.now(UTC)
TODAY = NOW.astimezone(ZoneInfo("America/New_York")).date()
TIME = re.compile(r'class="appointments-time" href="([^"]+)"')


@pytest.fixture
def book(make):
    """A chair that is open every day from nine to five for a month, with a cleaning and a reason of the office."""
    make.take_in([
        {"kind": "appointment_type", "external_id": "T1", "name": "Exam", "words": "Something hurts", "pattern": "XXXXXX", "for_new": True},
        {"kind": "recall_type", "external_id": "R1", "name": "Prophy", "words": "Cleaning", "special": "prophy", "pattern": "X" * 10},
        {"kind": "operatory", "external_id": "O1", "name": "One", "clinic": "C1", "provider": "D1", "takes_recalls": True, "appointment_types": ["T1"]},
        *({"kind": "schedule", "external_id": f"S{day}", "provider": "D1", "clinic": "C1", "held_on": TODAY + timedelta(days=day), "starts": 540, "ends": 1020}
          for day in range(2, 32)),
    ])  # fmt: skip


@pytest.fixture
def due(make, book):
    """`due(patient)`: the patient is due for a cleaning since a week."""
    return lambda patient: make.take_in([
        {"kind": "recall", "external_id": f"L{patient.external_id}", "patient": patient.external_id, "recall_type": "R1", "due_on": TODAY - timedelta(days=7)}
    ])  # fmt: skip


@pytest.fixture
def patient(make, due):
    found = make.patient()
    due(found)
    return found


def times_on(page) -> list[str]:
    """The addresses behind the times of a page."""
    return [address.replace("&amp;", "&") for address in TIME.findall(page.text)]


def visits_of(practice, patient) -> list[Appointment]:
    with practice.session() as session:
        mine = (Appointment.practice_id == practice.id, Appointment.patient_id == patient.id)
        return list(session.scalars(select(Appointment).where(*mine).order_by(Appointment.starts_at)))


def test_from_the_tab_to_a_booked_visit_in_three_taps(signed_in, patient, practice):
    app = signed_in(patient)
    page = app.get("/appointments/book")
    assert "Cleaning" in page.text
    assert "due since" in page.text
    review = app.get(times_on(page)[0])
    assert "Dana Okafor, DDS" in review.text
    form = review.forms[-1] if -1 in review.forms else next(form for form in review.forms.values() if "review" in form.action)
    form["wants_earlier"], form["note"] = True, "I am a \0little afraid."
    done = form.submit().follow()
    assert "Your visit is booked" in done.text
    [visit] = visits_of(practice, patient)
    assert (visit.reason, visit.minutes, visit.made_by, visit.wants_earlier, visit.note) == ("Cleaning", 50, "recall", True, "I am a little afraid.")
    assert visit.starts_at.astimezone(ZoneInfo("America/New_York")).hour == 9
    with practice.session() as session:
        recall = session.scalars(select(Recall).where(Recall.practice_id == practice.id)).one()
        assert recall.appointment_id == visit.id
        booked = select(AuditEvent.target_id).where(AuditEvent.practice_id == practice.id, AuditEvent.action == "appointments.visit.book")
        assert session.scalars(booked).all() == [visit.id]
    again = app.get("/appointments/book")
    assert "Cleaning" not in again.text


def test_the_page_takes_four_statements_and_its_entry_in_the_log(signed_in, patient, statements, db):
    app = signed_in(patient)
    app.get("/appointments/book")
    with statements() as seen:
        page = app.get("/appointments/book")
    assert len(seen) <= 5, seen
    assert len([one for one in seen if "insert into audit_event" not in str(one).lower()]) <= 4, seen
    looked = select(AuditEvent.id).where(AuditEvent.patient_id == patient.id, AuditEvent.action == "appointments.booking.view")
    assert len(db.scalars(looked).all()) == 2
    assert len(times_on(page)) > 5


def test_whoever_is_slower_is_shown_the_nearest_three_and_books_one_of_them(signed_in, make, due, patient, practice):
    other = make.patient(first_name="Alex")
    due(other)
    first, second = signed_in(patient), signed_in(other)
    address = times_on(first.get("/appointments/book"))[2]
    forms = [next(form for form in app.get(address).forms.values() if "review" in form.action) for app in (first, second)]
    forms[1]["note"] = "Please be gentle."
    assert forms[0].submit().status_int == 303
    lost = forms[1].submit(status=409)
    assert "a little quicker" in lost.text
    form = next(form for form in lost.forms.values() if "review" in form.action)
    nearest = re.findall(r'name="time" value="([^"]+)"', lost.text)
    assert len(nearest) == 3
    assert form.submit("time", value=nearest[1]).status_int == 303
    [visit] = visits_of(practice, other)
    assert (f"{visit.starts_at:%Y%m%dT%H%MZ}", visit.note) == (nearest[1], "Please be gentle.")


def test_a_guardian_books_for_a_child_and_nobody_for_somebody_elses(signed_in, make, due, patient, practice):
    account, child, strange = make.account(patient), make.patient(first_name="Kim", birthdate="2015-05-05"), make.patient(first_name="Noa")
    make.grant(account, child)
    due(child)
    app = signed_in(account=account)
    page = app.get(f"/appointments/book?for={child.id}")
    assert "Kim" in page.text
    form = next(form for form in app.get(times_on(page)[0]).forms.values() if "review" in form.action)
    assert "Kim’s visit is booked" in form.submit().follow().text
    assert len(visits_of(practice, child)) == 1
    app.get(f"/appointments/book?for={strange.id}", status=404)
    app.get("/appointments/book?for=me", status=404)


def test_whoever_books_with_the_office_only_is_told_to_call(signed_in, make, patient):
    make.take_in([{"kind": "appointment_preference", "external_id": "P1", "patient": patient.external_id, "is_restricted": True}])
    page = signed_in(patient).get("/appointments/book")
    assert "Please call us to book" in page.text
    assert times_on(page) == []


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("day=2020-01-01", 422, "has passed"),
        (f"day={TODAY + timedelta(days=1)}", 422, "Nothing is open on that day"),
        ("what=type-00000000-0000-0000-0000-000000000000", 422, "can’t be booked here"),
        ("month=9999-12", 200, "Nothing is open in these days"),
        ("month=soon", 404, ""),
        ("day=\0", 404, ""),
        ("clinic=elsewhere", 404, ""),
        ("provider=00000000-0000-0000-0000-000000000000", 404, ""),
    ],
)
def test_what_cannot_be_booked_has_a_clear_answer(signed_in, patient, query, status, words):
    page = signed_in(patient).get(f"/appointments/book?{query.replace(chr(0), '%00')}", status=status)
    assert words in page.text


def test_a_day_in_a_month_without_open_times_leads_to_the_next_open_day(signed_in, make, patient):
    empty = (TODAY + timedelta(days=62)).replace(day=1)
    later = empty + timedelta(days=45)
    make.take_in([{"kind": "schedule", "external_id": "S", "provider": "D1", "clinic": "C1", "held_on": later, "starts": 540, "ends": 1020}])
    page = signed_in(patient).get(f"/appointments/book?day={empty}", status=422)
    assert "Nothing is open on that day" in page.text
    assert f"time={later:%Y%m%d}T" in times_on(page)[0]


def test_a_time_that_is_not_offered_is_not_booked(signed_in, patient, practice):
    app = signed_in(patient)
    address = times_on(app.get("/appointments/book"))[0]
    assert "can’t be had" in app.get(re.sub(r"T\d{4}Z", "T0303Z", address), status=422).text
    assert "has passed" in app.get(re.sub(r"time=\d{8}", "time=20200101", address), status=422).text
    app.get(re.sub(r"time=[^&]+", "time=noon", address), status=404)
    form = next(form for form in app.get(address).forms.values() if "review" in form.action)
    form["time"].force_value("20200101T1200Z")
    form.submit(status=409)
    form["time"].force_value("x")
    form.submit(status=404)
    assert visits_of(practice, patient) == []


def test_a_note_that_is_too_long_comes_back(signed_in, patient):
    app = signed_in(patient)
    form = next(form for form in app.get(times_on(app.get("/appointments/book"))[0]).forms.values() if "review" in form.action)
    form["note"] = "x" * 600
    page = form.submit(status=422)
    assert "Shorten the note" in page.text
    assert "x" * 600 in page.text


def test_nothing_is_booked_where_the_office_has_switched_it_off(portal, practice, signed_in, patient, db, registry):
    from tenants import settings as office_settings

    office_settings.change(db, registry.plugins, practice.id, None, "appointments.book", False, "Alex", NOW)
    db.commit()
    app = signed_in(patient)
    app.get("/appointments/book", status=404)
    browser(portal, practice).get("/appointments/online", status=404)


@pytest.fixture
def booked(signed_in, patient, practice):
    """The browser of a patient who has just booked, and the visit."""
    app = signed_in(patient)
    form = next(form for form in app.get(times_on(app.get("/appointments/book"))[0]).forms.values() if "review" in form.action)
    form.submit()
    return app, visits_of(practice, patient)[0]


def test_a_visit_is_moved_and_stays_the_same(booked, patient, practice):
    app, before = booked
    page = app.get(f"/appointments/{before.id}/move").follow()
    assert "Move your visit" in page.text
    form = next(form for form in app.get(times_on(page)[-1]).forms.values() if "review" in form.action)
    form.submit().follow()
    [visit] = visits_of(practice, patient)
    assert (visit.id, visit.recall_type_id, visit.status) == (before.id, before.recall_type_id, "scheduled")
    assert visit.starts_at > before.starts_at


def test_a_visit_that_is_somebody_elses_or_too_near_is_not_moved(booked, make, signed_in, practice):
    app, visit = booked
    other = signed_in(make.patient(first_name="Noa"))
    other.get(f"/appointments/book?move={visit.id}", status=404)
    app.get("/appointments/book?move=mine", status=404)
    with practice.session() as session:
        session.get_one(Appointment, (practice.id, visit.id)).starts_at = NOW + timedelta(hours=3)
        session.commit()
    assert app.get(f"/appointments/book?move={visit.id}", status=303).location.endswith(f"/appointments/{visit.id}")
