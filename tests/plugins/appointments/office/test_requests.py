"""Requests about visits at the office: accepting, declining, and what is told to whoever asked."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from core.audit import AuditEvent
from core.db import bind_tenant
from core.people.models import Provider
from plugins.appointments.models import Appointment, AppointmentRule, Hold, Operatory, Request
from plugins.appointments.services.holds import holds_of

PATH = "/office/appointments/requests"


@pytest.fixture
def patient(make):
    return make.patient(first_name="Noor", last_name="Haddad", email="noor@example.test")


@pytest.fixture
def account(make, patient):
    return make.account(patient)


@pytest.fixture
def rooms(db, practice):
    bind_tenant(db, practice.id)
    found = [Operatory(practice_id=practice.id, name=name, clinic_id=practice.clinic_id, provider_id=practice.provider_id if name == "Room 1" else None, position=n) for n, name in enumerate(("Room 1", "Room 2"))]
    db.add_all(found)
    db.commit()
    return found


@pytest.fixture
def visit(db, practice, patient, rooms, coming):
    """A visit that the portal keeps, on a Monday at ten."""
    starts = datetime(coming.monday.year, coming.monday.month, coming.monday.day, 15, tzinfo=UTC)

    def make_one(who=patient, hour=15, **fields):
        bind_tenant(db, practice.id)
        about = {"clinic_id": practice.clinic_id, "operatory_id": rooms[0].id, "provider_id": practice.provider_id, "starts_at": starts.replace(hour=hour), "minutes": 30}
        row = Appointment(practice_id=practice.id, patient_id=who.id, **about | fields)
        db.add(row)
        db.flush()
        db.execute(insert(Hold), holds_of(row))
        db.commit()
        return row

    return make_one


@pytest.fixture
def ask(db, practice, patient, account):
    """`ask(kind, visit)`: a request waits; gives its page."""

    def put(kind, visit=None, **fields):
        bind_tenant(db, practice.id)
        about = {"words": "Mornings are best, \N{RIGHT-TO-LEFT MARK}please", "wanted": {"days": [0, 2, 9, "x"], "times": ["morning"]}, "made_at": datetime.now(UTC)}
        row = Request(practice_id=practice.id, patient_id=patient.id, account_id=account.id, appointment_id=visit.id if visit else None, kind=kind, **about | fields)
        db.add(row)
        db.commit()
        return f"{PATH}/{row.id}"

    return put


def _again(db, practice, model):
    db.expire_all()
    bind_tenant(db, practice.id)
    return list(db.scalars(select(model).where(model.practice_id == practice.id).order_by(model.id)))


def test_a_visit_is_called_off_as_asked_its_time_is_open_and_the_patient_is_told_without_a_word_about_health(visit, ask, office, db, practice, work_off, mails, patient):
    path, app = ask("cancel", visit()), office("front_desk")
    assert "Requests about visits" in app.get("/office")
    listed = app.get(PATH)
    assert "Wants to cancel" in listed
    form = listed.click("Noor Haddad").forms["accept"]
    form["answer"] = "Get well soon."
    assert "The patient is told" in form.submit(status=303).follow()
    [kept] = _again(db, practice, Appointment)
    assert (kept.status, kept.end_reason[:8]) == ("broken", "Mornings")
    assert all(one.kept_until for one in _again(db, practice, Hold))  # for three minutes, so that the patient can take it back
    assert "Requests about visits" not in app.get("/office")
    work_off()
    [mail] = [one for one in mails.to("noor@example.test") if practice.host in one.get_body(("plain",)).get_content()]
    assert mail["Subject"] == "The office has answered your request"
    assert "well soon" not in mail.get_body(("plain",)).get_content()
    assert "the request was answered or withdrawn meanwhile" in form.submit(status=303).follow()
    assert "Get well soon." in app.get(path)
    actions = [event.action for event in db.scalars(select(AuditEvent).where(AuditEvent.patient_id == patient.id))]
    assert "appointments.request.accept" in actions


def test_another_time_is_given_unless_it_is_taken_and_then_who_has_it_is_said(visit, ask, office, make, db, practice, rooms, coming):
    moved, other = visit(), visit(make.patient(first_name="Ada", last_name="Osei"), hour=17)
    path, app = ask("move", moved), office()
    page = app.get(path)
    assert "Mondays, Wednesdays" in page
    form = page.forms["accept"]
    assert form["minutes"].value == "30"
    form["clock"], form["answer"] = f"{other.starts_at.astimezone(practice.registry.tenants.current(practice.id).time_zone):%H:%M}", "See you"
    refused = form.submit(status=422)
    assert "That time is taken: Ada Osei" in refused
    assert refused.forms["accept"]["answer"].value == "See you"
    assert [one.state for one in _again(db, practice, Request)] == ["waiting"]
    form["operatory_id"] = str(rooms[1].id)
    assert "That time is taken: Ada Osei" in form.submit(status=422)  # the provider is with her
    form["clock"], form["day"] = "08:30", str(coming.next)
    crown = visit(starts_at=moved.starts_at + timedelta(days=6, hours=22), operatory_id=rooms[0].id, minutes=120, pattern="/" * 18 + "X" * 6, procedures=[{"code": "D2740", "words": "Crown"}])
    db.add(AppointmentRule(practice_id=practice.id, name="One crown at a time", first_code="D2700", last_code="D2799"))
    db.commit()
    assert "Your appointment rule “One crown at a time” lets the provider see nobody else" in form.submit(status=422)
    bind_tenant(db, practice.id)
    db.get_one(Appointment, (practice.id, crown.id)).status = "broken"
    db.commit()
    form.submit(status=303)
    kept = next(one for one in _again(db, practice, Appointment) if one.id == moved.id)
    assert (kept.operatory_id, kept.confirmation) == (rooms[1].id, "unconfirmed")
    assert kept.starts_at.date() == coming.next
    assert sum(one.appointment_id == moved.id for one in _again(db, practice, Hold)) == 2


def test_a_visit_that_is_wanted_is_made_with_the_operatorys_provider(ask, office, db, practice, rooms, coming, patient):
    form = office().get(ask("visit")).forms["accept"]
    for name, value in {"day": coming.monday, "clock": "09:00", "minutes": 40, "operatory_id": rooms[0].id, "what": "Tooth pain"}.items():
        form[name] = str(value)
    form.submit(status=303)
    [made] = _again(db, practice, Appointment)
    assert (made.patient_id, made.minutes, made.reason, made.provider_id, made.clinic_id) == (patient.id, 40, "Tooth pain", practice.provider_id, practice.clinic_id)


def test_a_visit_in_a_hygiene_room_takes_the_hygienists_time_unless_the_office_says_otherwise(visit, ask, office, make, db, practice, rooms, coming):
    make.take_in([{"kind": "provider", "external_id": "D2", "first_name": "Mia", "last_name": "Lund"}])
    hygienist = db.scalars(select(Provider).where(Provider.external_id == "D2")).one()
    room = db.get_one(Operatory, (practice.id, rooms[1].id))
    room.provider_id, room.hygienist_id, room.is_hygiene = practice.provider_id, hygienist.id, True
    db.commit()
    app, times = office(), {"day": str(coming.monday), "clock": "10:00", "minutes": "40", "operatory_id": str(room.id)}
    visit()  # the dentist is with somebody at ten
    form = app.get(ask("visit")).forms["accept"]
    form["whose"] = "provider"
    for name, value in times.items():
        form[name] = value
    assert "That time is taken" in form.submit(status=422)
    form["whose"] = ""
    form.submit(status=303)
    made = _again(db, practice, Appointment)[-1]
    assert (made.provider_id, made.hygienist_id, made.is_hygiene) == (practice.provider_id, hygienist.id, True)
    assert {hold.resource_id for hold in _again(db, practice, Hold) if hold.appointment_id == made.id} == {room.id, hygienist.id}
    moving = app.get(ask("move", made)).forms["accept"]
    assert (moving["hygienist_id"].value, moving["whose"].value) == (str(hygienist.id), "hygienist")
    moving["operatory_id"], moving["hygienist_id"] = str(rooms[0].id), ""
    assert "Choose the hygienist whose time it takes." in moving.submit(status=422)


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"day": ""}, "Fill in the day."),
        ({"clock": "noon"}, "Check the time"),
        ({"minutes": "33"}, "Type the length in steps of five minutes."),
        ({"minutes": "9000"}, "The length must be at most 720."),
        ({"day": "2020-01-06"}, "This time has passed."),
        ({"day": "2027-03-14", "clock": "02:30"}, "go forward and leave out 2:30 AM"),
        ({"operatory_id": str(uuid4())}, "Choose the operatory from the list."),
        ({"provider_id": "nobody"}, "Choose the provider from the list."),
    ],
)
def test_what_is_no_time_is_refused_in_its_own_words(ask, office, coming, rooms, db, practice, fields, words):
    form = office().get(ask("visit")).forms["accept"]
    for name, value in ({"day": str(coming.monday), "clock": "09:00", "minutes": "30"} | fields).items():
        form[name].force_value(value) if name.endswith("_id") else form.__setitem__(name, value)
    assert words in form.submit(status=422)
    assert _again(db, practice, Appointment) == []


def test_a_request_is_declined_with_words_only(visit, ask, office, db, practice):
    path, app = ask("move", visit()), office()
    form = app.get(path).forms["decline"]
    assert "Say why, and what the patient can do instead." in form.submit(status=422)
    form["reason"] = "Please call us: we look for a time together."
    form.submit(status=303)
    [kept] = _again(db, practice, Request)
    assert (kept.state, kept.answer) == ("declined", "Please call us: we look for a time together.")
    assert "decline" not in app.get(path).forms


def test_after_a_call_the_visit_is_confirmed_or_not_and_the_callback_is_over(visit, ask, office, db, practice):
    row = visit(confirmation="callback")
    form = office().get(ask("callback", row)).forms["accept"]
    form.submit("coming", status=303)
    assert _again(db, practice, Appointment)[0].confirmation == "confirmed"
    again = visit(hour=18, confirmation="callback")
    office().get(ask("callback", again)).forms["accept"].submit(status=303)
    assert _again(db, practice, Appointment)[1].confirmation == "unconfirmed"


def test_a_visit_of_the_practices_system_is_changed_there_and_the_patient_is_told(ask, office, make, patient, db, practice, coming):
    make.take_in([{"kind": "appointment", "external_id": "V1", "patient": patient.external_id, "starts_at": datetime.now(UTC) + timedelta(days=3), "minutes": 30}])
    [row] = _again(db, practice, Appointment)
    page = office().get(ask("cancel", row))
    assert "Your practice system keeps this visit" in page
    page.forms["accept"].submit(status=303)
    assert _again(db, practice, Appointment)[0].status == "scheduled"
    assert _again(db, practice, Request)[0].state == "accepted"


def test_who_may_not_answer_only_reads_and_other_clinics_find_nothing(visit, ask, office, other_make, other_signed_in):
    path = ask("cancel", visit())
    app = office("clinical")
    page = app.get(path)
    assert "Your role lets you read requests" in page
    app.post(f"{path}/accept", {"csrf_token": page.forms["sign-out"]["csrf_token"].value}, status=403)
    office(clinic_ids=(uuid4(),)).get(path, status=404)
    other_signed_in(account=other_make.staff()).get(path, status=404)
