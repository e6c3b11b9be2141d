"""Visits in calendar programs: files that every program can read, and an address that shows what may be seen now and no more."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.people.models import Grant
from plugins.appointments import calendar_file
from plugins.appointments.models import Appointment
from plugins.appointments.services import changing
from tenants import settings

NOW = datetime.now(UTC)


def _parsed(text: str) -> list[dict[str, str]]:
    """The events of a file, read as RFC 5545 says: lines joined, then names and values, then signs that were marked."""
    assert text.endswith("\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    lines = text.replace("\r\n ", "").split("\r\n")[:-1]
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    events: list[dict[str, str]] = []
    for line in lines:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            events.append({})
        elif events:
            events[-1][name] = re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], value)
    return events


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=120)


@given(TEXT, TEXT, st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1), timezones=st.timezones()), st.integers(5, 720))
def test_whatever_stands_in_an_event_is_read_back_as_it_was(title, text, starts_at, minutes):
    event = calendar_file.Event(uuid4(), 3, NOW, starts_at.replace(microsecond=0), minutes, title, text=text)
    [found] = _parsed(calendar_file.write("Sunrise", [event]))
    plain = re.sub(r"[\x00-\x09\x0b-\x1f\x7f]", "", title.replace("\r\n", "\n"))
    assert found["SUMMARY"] == plain
    moments = [datetime.strptime(found[name], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) for name in ("DTSTART", "DTEND")]
    begin = event.starts_at.astimezone(UTC)
    assert moments == [begin, begin + timedelta(minutes=minutes)]
    assert (found["SEQUENCE"], found["STATUS"]) == ("3", "CONFIRMED")


def _address(page) -> str:
    """The private address that a page shows."""
    [address] = [one["data-copy"] for one in page.html.select("[data-copy]")]
    return re.sub(r"^https?://[^/]+", "", address)


def _make(browser, **fields) -> str:
    form = browser.get("/appointments/calendar").forms["calendar"]
    for name, value in fields.items():
        form[name] = value
    return _address(form.submit())


def test_a_file_of_a_visit_says_when_and_where_and_what_for_only_when_it_is_asked(signed_in, make, visit):
    patient = make.patient()
    due = visit(patient, 3, reason="Root canal", procedures=[{"code": "D3310", "words": "Root canal of a front tooth"}])
    browser = signed_in(patient)
    answer = browser.get(f"/appointments/{due.id}/visit.ics")
    assert answer.content_type == "text/calendar"
    [event] = _parsed(answer.text)
    assert event["SUMMARY"].startswith("Dental visit, ")
    assert event["LOCATION"].startswith("Main Street")
    assert "oot canal" not in answer.text
    assert "front tooth" in browser.get(f"/appointments/{due.id}/visit.ics?procedures=yes").text.replace("\r\n ", "")


def test_a_moved_visit_keeps_its_name_with_a_higher_number_and_a_cancelled_one_says_so(signed_in, make, visit, db, practice):
    patient = make.patient()
    account, due = make.account(patient), visit(patient, 5)
    browser = signed_in(account=account)
    path = _make(browser)
    [before] = _parsed(browser.get(path).text)
    make.take_in(
        [{"kind": "appointment", "external_id": due.external_id, "patient": patient.external_id, "starts_at": NOW + timedelta(days=6), "minutes": 50}]
    )
    [moved] = _parsed(browser.get(path).text)
    assert (moved["UID"], moved["DTSTART"] != before["DTSTART"]) == (before["UID"], True)
    assert int(moved["SEQUENCE"]) > int(before["SEQUENCE"])
    changing.call_off(db, practice.id, patient.id, due.id, account.id, "", timedelta(0), NOW)
    db.commit()
    [off] = _parsed(browser.get(path).text)
    assert (off["STATUS"], int(off["SEQUENCE"]) > int(moved["SEQUENCE"])) == ("CANCELLED", True)


def test_the_address_works_without_cookies_until_it_is_renewed_or_ended(signed_in, web, make, visit):
    patient = make.patient()
    visit(patient, 3)
    browser = signed_in(patient)
    first = _make(browser)
    assert len(_parsed(web.get(first).text)) == 1
    assert first not in browser.get("/appointments/calendar").text
    second = _make(browser)
    assert web.get(first, expect_errors=True).status_int == 404
    assert web.get(second).status_int == 200
    browser.get("/appointments/calendar").forms["end-calendar"].submit().follow()
    assert web.get(second, expect_errors=True).status_int == 404
    assert web.get("/appointments/calendar/x.ics", expect_errors=True).status_int == 404


def test_it_covers_whom_the_account_may_see_now_and_names_and_procedures_only_by_choice(signed_in, web, make, visit, db):
    parent, mia, tom = make.patient(first_name="Elena"), make.patient(first_name="Mia"), make.patient(first_name="Tom")
    account = make.account(parent)
    make.grant(account, mia, "appointments", "see")
    make.grant(account, tom, "account", "see")
    for person in (parent, mia, tom):
        visit(person, 3, reason="Filling")
    browser = signed_in(account=account)
    plain = web.get(_make(browser)).text
    assert len(_parsed(plain)) == 2
    assert "Mia" not in plain
    assert "Filling" not in plain
    path = _make(browser, with_names=True, with_procedures=True)
    titles = [event["SUMMARY"] for event in _parsed(web.get(path).text)]
    assert sorted(title.partition(",")[0] for title in titles) == ["Dental visit (Elena)", "Dental visit (Mia)"]
    assert "Filling" in web.get(path).text
    db.scalars(select(Grant).where(Grant.patient_id == mia.id)).one().until = NOW - timedelta(minutes=1)
    db.commit()
    assert len(_parsed(web.get(path).text)) == 1
    account.closed_at = NOW
    db.commit()
    assert web.get(path, expect_errors=True).status_int == 404


def test_nothing_is_sent_again_that_has_not_changed_and_who_asks_too_often_waits(signed_in, web, make, visit, db):
    patient = make.patient()
    due = visit(patient, 3)
    path = _make(signed_in(patient))
    answer = web.get(path)
    again = web.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_int, again.body) == (304, b"")
    due.minutes = 60
    db.commit()
    assert web.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_int == 200
    statuses = [web.get(path, expect_errors=True).status_int for _ in range(30)]
    assert (statuses[0], statuses[-1]) == (200, 429)


@pytest.mark.parametrize("act", ["calendar", "tab"])
def test_it_is_gone_where_the_tab_or_the_act_is_off(signed_in, web, make, visit, db, registry, practice, act):
    patient = make.patient()
    visit(patient, 3)
    path = _make(signed_in(patient))
    if act == "calendar":
        settings.change(db, registry.plugins, practice.id, None, "appointments.calendar", False, "test", NOW)
    else:
        settings.switch_plugin(db, registry.plugins, registry.tenants.current(practice.id), "appointments", False, "test", NOW)
    db.commit()
    assert web.get(path, expect_errors=True).status_int == 404


def test_a_visit_in_the_hour_that_a_clock_change_repeats_is_at_its_own_moment(db, make, visit, practice):
    due = visit(make.patient(), starts_at=datetime(2027, 11, 7, 8, 30, tzinfo=UTC), minutes=50)  # 1:30 AM in Denver, the second time
    row = db.get_one(Appointment, (practice.id, due.id))
    event = calendar_file.Event(row.id, row.revision, row.made_at, row.starts_at, row.minutes, "")
    [found] = _parsed(calendar_file.write("", [event]))
    assert (found["DTSTART"], found["DTEND"]) == ("20271107T083000Z", "20271107T092000Z")
