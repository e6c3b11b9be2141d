"""The patient's pages of the wait list, and the page behind the link of an offer."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.testing import browser
from plugins.appointments.models import Appointment
from tenants import settings


@pytest.fixture
def offered(book, make, ask, mails):
    """`offered()`: two patients were asked about one time; gives them, the time, and their links."""

    def put():
        gone, first, second = make.patient(), make.patient(email="first@example.test", first_name="Wanda"), make.patient(email="second@example.test")
        freed = book.visit(gone, 50)
        for number, patient in enumerate((second, first)):
            book.wait(patient, book.visit(patient, 100 + number, operatory="O2"))
        book.call_off(gone, freed)
        ask()
        book.later()
        ask()
        return first, second, freed.starts_at, [_link(mails, patient) for patient in (first, second)]

    return put


def _link(mails, patient) -> str:
    text = mails.to(patient.email)[-1].get_body(("plain",)).get_content()
    return re.search(r"/appointments/offer/\S+", text)[0]


def _say(page, answer: str):
    return page.forms["offer"].submit("answer", value=answer)


def test_a_patient_joins_for_a_visit_changes_what_suits_and_leaves(signed_in, make, book):
    patient = make.patient()
    visit = book.visit(patient, 300)
    app = signed_in(patient)
    page = app.get("/appointments/wait")
    assert "Nothing on the list" in page
    form = page.click(href=f"/wait/for/visit/{visit.id}").forms["wait"]
    for day in range(5, 7):
        form.get("days", index=day).checked = False
    form["earliest"], form["notice"] = "540", "1440"
    page = form.submit().follow()
    assert "Monday to Friday, from 9:00 AM, at least 1 day ahead" in page
    [entry] = book.entries()
    assert (entry.days, entry.earliest, entry.latest, entry.notice, entry.account_id is not None) == ([0, 1, 2, 3, 4], 540, 1440, 1440, True)
    assert book.wait(patient, visit).id == entry.id
    form = page.click("Change").forms["wait"]
    form["latest"] = "540"
    wrong = form.submit(status=422)
    assert "nothing lies between these hours" in wrong
    form = wrong.forms["wait"]
    form["latest"] = "720"
    page = form.submit().follow()
    assert "9:00 AM to 12:00 PM" in page
    page = next(form for form in page.forms.values() if form.action.endswith("/end")).submit().follow()
    assert "off the list" in page
    assert book.entries()[0].end_reason == "patient"


@pytest.mark.parametrize("typed,words", [({}, "Choose at least one day."), ({"days": "9"}, "day"), ({"days": "1", "earliest": "x"}, "number"), ({"days": "1", "provider": "\0"}, "provider"), ({"days": "1", "clinics": "01890000-0000-7000-8000-000000000000"}, "Choose the clinics")])
def test_what_cannot_be_meant_is_said_and_nothing_is_kept(signed_in, make, book, typed, words):
    patient = make.patient()
    path = f"/appointments/wait/for/visit/{book.visit(patient, 300).id}"
    app = signed_in(patient)
    token = app.get(path).forms["wait"]["csrf_token"].value
    assert words in app.post(path, typed | {"csrf_token": token}, status=422)
    assert book.entries() == []


def test_what_is_not_theirs_is_not_found_and_all_of_it_where_the_office_has_no_wait_list(signed_in, make, book, db, practice, registry):
    patient, other = make.patient(), make.patient()
    theirs = book.visit(other, 300)
    entry = book.wait(other, theirs)
    app = signed_in(patient)
    token = app.get("/appointments/wait").forms[0]["csrf_token"].value
    for path in (f"/wait/for/visit/{theirs.id}", f"/wait/{entry.id}", "/wait/for/nothing/1"):
        app.get(f"/appointments{path}", status=404)
        app.post(f"/appointments{path}", {"csrf_token": token}, status=404)
    app.post(f"/appointments/wait/{entry.id}/end", {"csrf_token": token}, status=404)
    settings.change(db, registry.plugins, practice.id, None, "appointments.wait", False, "test", datetime.now(UTC))
    db.commit()
    app.get("/appointments/wait", status=404)


def test_by_the_link_one_accepts_without_signing_in_and_the_other_hears_that_it_is_taken(offered, portal, practice, book, db, ask):
    first, _, starts_at, links = offered()
    web = browser(portal, practice)
    page = web.get(links[0])
    assert "Wanda" in page
    assert "Filling" not in page
    assert db.scalar(select(Appointment.starts_at).where(Appointment.patient_id == first.id)) > starts_at  # looking takes nothing
    late = browser(portal, practice).get(links[1])
    page = _say(page, "accept").follow()
    assert "The time is yours" in page
    db.rollback()
    visit = db.scalars(select(Appointment).where(Appointment.patient_id == first.id).execution_options(populate_existing=True)).one()
    assert (visit.starts_at, visit.confirmation) == (starts_at, "confirmed")
    late = _say(late, "accept").follow()
    assert "This time is taken" in late
    assert "You stay on the list" in late.forms["stay"].submit("answer", value="stay").follow()
    assert [offer.state for offer in book.offers()] == ["accepted", "too_late"]
    assert "offer" not in web.get(links[0]).forms
    actions = db.scalars(select(AuditEvent.action).where(AuditEvent.action.like("appointments.offer.%"))).all()
    assert actions.count("appointments.offer.accept") == 1


def test_whoever_was_too_late_takes_one_of_the_nearest_other_times(offered, portal, practice, book, db, make):
    first, second, starts_at, links = offered()
    days = {(starts_at + timedelta(days=number)).date() for number in (-1, 0, 1)}
    hours = {"kind": "schedule", "provider": "D1", "clinic": "C1", "starts": 0, "ends": 1440, "operatories": ["O1"]}
    make.take_in([hours | {"external_id": f"S{day}", "held_on": day} for day in days])
    _say(browser(portal, practice).get(links[0]), "accept")
    web = browser(portal, practice)
    page = web.get(links[1])
    buttons = page.forms["others"].fields["time"]
    assert len(buttons) == 3
    wanted = datetime.fromisoformat(buttons[1]._value)
    done = page.forms["others"].submit("time", index=1).follow()
    assert "You took another time" in done
    db.rollback()
    visit = db.scalars(select(Appointment).where(Appointment.patient_id == second.id).execution_options(populate_existing=True)).one()
    assert visit.starts_at == wanted
    assert [offer.state for offer in book.offers()] == ["accepted", "chose_other"]
    assert all(entry.end_reason == "booked" for entry in book.entries())
    assert first.id != second.id


@pytest.mark.parametrize("typed", ["", "\0", "2026-01-01", "9999-12-31T23:59:59+00:00", "2027-01-01T00:00:00-23:59"])
def test_a_time_that_is_none_of_those_changes_nothing(offered, portal, practice, book, typed):
    _, _, _, links = offered()
    web = browser(portal, practice)
    page = web.get(links[1])
    _say(browser(portal, practice).get(links[0]), "accept")
    token = page.forms["offer"]["csrf_token"].value
    assert "This time is taken" in web.post(links[1], {"csrf_token": token, "time": typed}).follow()
    assert [offer.state for offer in book.offers()] == ["accepted", "too_late"]


def test_no_more_for_this_visit_takes_the_patient_off_the_list(offered, portal, practice, book):
    first, _, _, links = offered()
    assert "Thank you for telling us" in _say(browser(portal, practice).get(links[0]), "never").follow()
    assert {entry.patient_id: entry.end_reason for entry in book.entries()}[first.id] == "declined"


def test_whatever_is_wrong_with_a_link_has_one_answer(offered, portal, practice, book, db):
    _, _, _, links = offered()
    web = browser(portal, practice)
    answers = [web.get(links[0][:-1] + "x", status=404).text, web.get("/appointments/offer/%E2%80%AE", status=404).text]
    for opening in book.openings():
        opening.starts_at = datetime.now(UTC)
    db.commit()
    answers += [web.get(links[0], status=404).text, web.get(links[1], status=404).text]
    clean = {re.sub(r'content="[^"]*"|value="[^"]*"|[0-9a-f]{12,}', "", text) for text in answers}
    assert len(clean) == 1


def test_in_the_portal_an_offer_is_taken_in_place(offered, signed_in, book, db):
    first, _, starts_at, _ = offered()
    app = signed_in(first)
    home = app.get("/home")
    assert "An earlier time is open" in home
    assert home.html.select_one('a[href="/appointments"] .tabs__count, a[href="/appointments"] [class*=count], a[href="/appointments"] [class*=badge]').get_text(strip=True).startswith("2"), "a visit to confirm, and the offer"
    tab = app.get("/appointments")
    assert "A time is open" in tab.click("Wait list")
    assert tab.html.select_one("#waiting .count").get_text(strip=True) == "2"
    assert "An earlier time is open" in tab
    form = next(form for form in tab.forms.values() if form.action.endswith("/accept"))
    assert "The time is yours" in form.submit().follow()
    db.rollback()
    assert db.scalars(select(Appointment).where(Appointment.patient_id == first.id).execution_options(populate_existing=True)).one().starts_at == starts_at
