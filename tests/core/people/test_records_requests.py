"""Asking the office for a record: who may, by when the office must answer, and what each side sees."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from core.audit import AuditEvent
from core.people import records_request_alerts
from core.people.models import RecordsRequest
from core.people.records_requests import days_left, due_on
from tenants import settings

ZONES = ["America/New_York", "America/Denver", "Pacific/Honolulu", "Pacific/Kiritimati", "America/St_Johns", "Europe/London"]
PATH = "/records-request"


def asked(app, *wanted, **typed):
    """Fill the form in and send it."""
    form = app.get(PATH).forms["records-request"]
    form["format"] = "paper"
    for box in form.fields["wanted"]:
        box.checked = box._value in (wanted or ("images",))
    for name, value in typed.items():
        form[name] = value
    return form.submit(status="*")


@pytest.fixture
def newest(db, practice):
    """`newest()`: the request that was made last."""

    def find() -> RecordsRequest:
        db.expire_all()
        mine = select(RecordsRequest).where(RecordsRequest.practice_id == practice.id)
        return db.scalars(mine.order_by(RecordsRequest.asked_at.desc())).first()

    return find


def look_at(app, patient) -> None:
    """Put this person's record in view."""
    token = app.get("/profile").forms["sign-out"]["csrf_token"].value
    app.post("/family/switch", {"csrf_token": token, "person": str(patient.id)}, status=303)


def answered(app, request, outcome="fulfilled", words="It waits for you at the desk."):
    """Answer it at the office."""
    form = app.get(f"/office/records-requests/{request.id}").forms["answer"]
    form["outcome"], form["words"] = outcome, words
    return form.submit(status="*")


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)), st.sampled_from(ZONES), st.integers(0, 70 * 24 * 60))
def test_the_clock_counts_days_on_the_calendar_of_the_clinic(asked_at, zone, minutes):
    zone = ZoneInfo(zone)
    due = due_on(asked_at, zone)
    request = RecordsRequest(due_on=due, time_zone=zone.key)
    assert days_left(request, asked_at) == 30
    last_moment = datetime.combine(due, time.max, tzinfo=zone).astimezone(UTC)
    assert (days_left(request, last_moment), days_left(request, last_moment + timedelta(microseconds=1))) == (0, -1)
    later = asked_at + timedelta(minutes=minutes)
    assert days_left(request, later) == 30 - (later.astimezone(zone).date() - asked_at.astimezone(zone).date()).days


def test_whoever_asks_sees_by_when_the_office_must_answer_and_can_withdraw(signed_in, make, practice, newest, db):
    app = signed_in(make.patient())
    answer = asked(app, "images", "billing", first_on="2024-01-01", words="For my new dentist")
    page = answer.follow()
    request = newest()
    assert (request.wanted, request.format, request.first_on, request.state) == (["images", "billing"], "paper", date(2024, 1, 1), "asked")
    assert request.due_on == request.asked_at.astimezone(ZoneInfo("America/New_York")).date() + timedelta(days=30)
    assert "Asked for" in page.html.select_one(".pill").get_text()
    assert f"{request.due_on.day}, {request.due_on.year}" in page.text
    assert "is withdrawn" in page.forms["withdraw-1"].submit().follow().text
    assert newest().state == "withdrawn"
    app.post(f"{PATH}/{request.id}/withdraw", {"csrf_token": page.forms["withdraw-1"]["csrf_token"].value}, status=404)


@pytest.mark.parametrize("typed, says", [
    ({"wanted": []}, "Choose what you would like to have."),
    ({"format": "send"}, "Fill in the address that it is to be sent to."),
    ({"first_on": "2026-02-01", "last_on": "2026-01-01"}, "The last day must not be before the first."),
    ({"words": "x" * 2001}, "at most 2,000 characters"),
])  # fmt: skip
def test_what_is_missing_is_said_and_nothing_typed_is_lost(signed_in, make, typed, says, newest):
    app = signed_in(make.patient())
    fields = {"csrf_token": app.get(PATH).forms["records-request"]["csrf_token"].value, "wanted": ["notes"], "format": "file", "recipient": "Dr. Ito"} | typed
    page = app.post(PATH, fields, status=422)
    assert says in page.text
    form = page.forms["records-request"]
    assert form["recipient"].value == "Dr. Ito"
    assert [box._value for box in form.fields["wanted"] if box.checked] == fields["wanted"]
    assert newest() is None


def test_who_has_a_part_of_the_access_cannot_ask_and_is_not_led_there(signed_in, make):
    child = make.patient(first_name="Mia")
    part, whole = make.account(make.patient()), make.account(make.patient())
    make.grant(part, child, plugin="images", level="act")
    make.grant(whole, child)
    for account, status in ((part, 404), (whole, 200)):
        app = signed_in(account=account)
        look_at(app, child)
        assert app.get(PATH, status=status).status_int == status
        assert all((PATH in app.get(path).text) == (status == 200) for path in ("/home", "/contact", "/profile"))


def test_the_patient_sees_what_a_guardian_asked_and_the_guardian_only_the_own(signed_in, make, newest):
    child = make.patient(first_name="Mia")
    own, guardian = make.account(child), make.account(make.patient())
    make.grant(guardian, child)
    asked(signed_in(account=own), words="The patient asks")
    mine = newest()
    page = signed_in(account=own).get(PATH)
    assert len(page.html.select(".card--marked")) == 1
    app = signed_in(account=guardian)
    look_at(app, child)
    page = app.get(PATH)
    assert page.html.select(".card--marked") == []
    token = page.forms["records-request"]["csrf_token"].value
    app.post(f"{PATH}/{mine.id}/withdraw", {"csrf_token": token}, status=404)
    asked(app)
    assert len(signed_in(account=own).get(PATH).html.select(".card--marked")) == 2


def test_home_says_quietly_how_to_ask_where_a_tab_of_the_record_is_off(signed_in, make, db, practice, registry):
    app = signed_in(make.patient())
    assert "not shown here" not in app.get("/home").text
    settings.change(db, registry.plugins, practice.id, None, "images", False, "test", datetime.now(UTC))
    db.commit()
    assert "Your images are not shown here." in app.get("/home").text
    assert app.get("/home").click("Ask the office for a copy").status_int == 200


def test_five_open_requests_are_enough(signed_in, make):
    app = signed_in(make.patient())
    assert [asked(app).status_int for _ in range(6)] == [303] * 5 + [422]


def test_the_office_answers_and_the_patient_reads_it_with_a_mail_that_says_nothing_of_the_record(signed_in, make, newest, work_off, mails, db, practice):
    patient = make.patient(email="robin-reads@example.test")
    app = signed_in(patient)
    asked(app, words="Crown on tooth 14")
    desk = signed_in(account=make.staff("front_desk"))
    page = desk.get("/office").click("Requests for a record").click("Vale, Robin")
    assert "Crown on tooth 14" in page.text
    assert "30 days left" in page.text
    assert "It is yours now." in page.forms["take"].submit().follow().text
    assert "The answer is with the patient." in answered(desk, newest()).follow().text
    work_off()
    [mail] = mails.to("robin-reads@example.test")
    assert "Crown" not in mail.as_string() and "Vale" not in mail.as_string()  # noqa: PT018
    page = app.get(PATH)
    assert "It waits for you at the desk." in page.text
    assert "Fulfilled" in page.html.select_one(".pill").get_text()
    assert "Requests for a record" not in desk.get("/office").html.select_one("#waiting").get_text()
    actions = db.scalars(select(AuditEvent.action).where(AuditEvent.practice_id == practice.id, AuditEvent.action.startswith("records_request."))).all()
    assert {"records_request.asked", "records_request.taken", "records_request.fulfilled"} <= set(actions)


def test_more_time_is_taken_once_while_the_first_30_days_last_and_a_closed_request_stays_closed(signed_in, make, newest, db, practice):
    asked(signed_in(make.patient()))
    first, desk = newest(), signed_in(account=make.staff("clinical"))
    due = first.due_on
    assert answered(desk, first, "extended", "The old charts are in a warehouse.").status_int == 303
    assert newest().due_on == due + timedelta(days=30)
    assert "the law allows that once" in answered(desk, first, "extended", "Again").text
    assert answered(desk, first, "denied", "It is not ours.").status_int == 303
    fields = {"csrf_token": desk.get("/office/profile").forms["sign-out"]["csrf_token"].value, "outcome": "fulfilled", "words": "After all"}
    assert "This request is closed: denied." in desk.post(f"/office/records-requests/{first.id}/answer", fields, status=422).text
    asked(signed_in(make.patient()))
    late = newest()
    db.execute(update(RecordsRequest).where(RecordsRequest.id == late.id).values(due_on=date(2020, 1, 1)))
    db.commit()
    assert "only while they last" in answered(desk, late, "extended", "Please").text
    assert "Overdue by" in desk.get("/office/records-requests").text


def test_a_request_is_of_its_clinic_and_of_its_practice(signed_in, make, other_make, other_signed_in, newest, practice):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    asked(signed_in(make.patient(clinic="C2")))
    request = newest()
    assert request.time_zone == "America/Denver"
    limited = signed_in(account=make.staff("front_desk", clinic_ids=(practice.clinic_id,)))
    stranger = other_signed_in(account=other_make.staff())
    for app in (limited, stranger):
        app.get(f"/office/records-requests/{request.id}", status=404)
        assert "No requests" in app.get("/office/records-requests").text
        assert "Nothing waits" in app.get("/office").text
    assert "Vale, Robin" in signed_in(account=make.staff("front_desk")).get("/office/records-requests").text


def test_the_office_is_told_a_week_before_the_day_and_on_it_once_each(signed_in, make, newest, work_off, mails, db, practice):
    asked(signed_in(make.patient()))
    told = make.staff("front_desk")
    others = [make.staff("billing"), make.staff("front_desk", clinic_ids=(make.patient().id,))]
    asked_at = newest().asked_at
    for day, expected in ((0, 0), (22, 0), (23, 1), (24, 1), (29, 1), (30, 2), (31, 2), (40, 2)):
        for _ in range(2):
            records_request_alerts.tell_office(db, practice.id, asked_at + timedelta(days=day))
        db.commit()
        work_off()
        assert len(mails.to(told.email)) == expected, day
    assert "Vale" not in mails.to(told.email)[0].as_string()
    assert [mails.to(one.email) for one in others] == [[], []]
