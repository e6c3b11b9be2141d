"""The wait list at the office: who waits, offering a time by hand with who would be asked, and what became of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from plugins.appointments.models import Operatory

PATH, NOW = "/office/appointments/waiting", datetime.now(UTC)


@pytest.fixture
def office(signed_in, make):
    return lambda role="front_desk", **about: signed_in(account=make.staff(role, **about))


@pytest.fixture
def people(make, book):
    """Two who wait, the first with the nearer visit."""
    found = [make.patient(first_name=name, last_name="Haddad", email=f"{name.lower()}@example.test") for name in ("Noor", "Sami")]
    for number, patient in enumerate(found):
        book.wait(patient, book.visit(patient, 100 + number, operatory="O2"))
    return found


def _fill(form, db):
    local = (NOW + timedelta(hours=50)).astimezone(ZoneInfo("America/New_York"))
    form["day"], form["clock"], form["minutes"] = local.date().isoformat(), f"{local:%H:%M}", "30"
    form["operatory_id"] = str(db.scalars(select(Operatory.id).where(Operatory.external_id == "O1")).one())
    return form


def _again(app, db):
    page = _fill(app.get(f"{PATH}/offer").forms["offer"], db).submit("act", value="preview")
    return page.forms["offer"].submit("act", value="offer", status=422)


def test_a_time_is_offered_by_hand_after_a_look_at_who_would_be_asked(office, people, book, db, ask):
    app = office()
    page = app.get(PATH).click("Offer a time")
    page = _fill(page.forms["offer"], db).submit("act", value="preview")
    assert page.text.index("1. Sami Haddad") < page.text.index("2. Noor Haddad")
    assert book.openings() == []
    page = page.forms["offer"].submit("act", value="offer").follow()
    assert "Nobody was asked yet" in page
    ask()
    page = app.get(PATH).click(href="/openings/")
    assert "Sent" in page
    assert "1. Noor Haddad" in page
    assert "offered to the wait list already" in _again(app, db)
    page = next(form for form in page.forms.values() if form.action.endswith("/stop")).submit().follow()
    assert "Stopped" in page
    assert (book.openings()[0].state, book.offers()[0].state) == ("stopped", "expired")


@pytest.mark.parametrize("typed,words", [({"clock": "99:99"}, "time"), ({"minutes": "7"}, "steps of five"), ({"operatory_id": "\0"}, "operatory"), ({"day": "2020-01-01"}, "20 minutes to go"), ({"day": "9999-12-31"}, "within the next two years"), ({"day": "9999-12-31", "clock": "23:50"}, "within the next two years")])
def test_a_time_that_cannot_be_is_refused_with_what_to_do(office, people, book, db, typed, words):
    app = office()
    form = _fill(app.get(f"{PATH}/offer").forms["offer"], db)
    fields = {name: form[name].value for name in ("csrf_token", "day", "clock", "minutes", "operatory_id")}
    page = app.post(f"{PATH}/offer", fields | typed | {"act": "offer"}, status="*")
    assert page.status_int == 422
    assert words in page.text


def test_a_patient_is_asked_first_and_taken_off_the_list(office, people, book):
    app = office()
    page = app.get(PATH)
    page = next(form for form in page.forms.values() if form.action.endswith("/priority")).submit("first").follow()
    assert sum(entry.is_priority for entry in book.entries()) == 1
    page = next(form for form in page.forms.values() if form.action.endswith("/remove")).submit().follow()
    assert sorted(entry.end_reason for entry in book.entries()) == ["", "office"]
    assert "Sami" not in app.get(f"{PATH}?for=recall")


def test_the_office_puts_a_visit_on_the_list(office, make, book):
    patient = make.patient()
    visit = book.visit(patient, 200)
    app = office()
    page = app.get(f"/office/appointments/visits/{visit.id}").forms["wait"].submit().follow()
    assert patient.name in page
    assert book.entries()[0].account_id is None


def test_the_office_puts_a_patient_on_the_list_for_a_recall_and_for_a_reason(office, make, book, db):
    patient = make.patient()
    make.take_in([{"kind": "recall", "external_id": "L1", "patient": patient.external_id, "recall_type": "R1", "due_on": "2026-05-01"}])
    app, path = office(), f"/office/appointments/recalls/patients/{patient.id}"
    for words in ("Cleaning", "Toothache"):
        form = app.get(path).forms["wait"]
        form["what"].select(text=words)
        assert "The patient is on the wait list." in form.submit(status=303).follow()
    assert sorted((bool(entry.recall_id), bool(entry.appointment_type_id)) for entry in book.entries()) == [(False, True), (True, False)]
    for typed in ("visit-", "type-x", "recall-00000000-0000-0000-0000-000000000000"):
        app.post(form.action, {"csrf_token": form["csrf_token"].value, "what": typed}, status=303)
    assert len(book.entries()) == 2
    assert "wait" not in office("read_only").get(path).forms


def test_the_office_says_what_suits_a_patient_right_after_adding_and_later(office, make, book):
    patient = make.patient()
    visit = book.visit(patient, 200)
    app = office()
    page = app.get(f"/office/appointments/visits/{visit.id}").forms["wait"].submit().follow()
    assert f"What suits {patient.name}?" in page
    form = page.forms["suits"]
    for day in range(5, 7):
        form.get("days", index=day).checked = False
    form["earliest"], form["latest"] = "720", "600"
    form = form.submit(status=422).forms["suits"]
    assert [form.get("days", index=day).checked for day in range(7)] == [True] * 5 + [False] * 2
    form["latest"] = "1020"
    assert "Monday to Friday, 12:00 PM to 5:00 PM, at least 1 hour ahead" in form.submit().follow()
    [entry] = book.entries()
    assert (entry.days, entry.earliest, entry.latest) == ([0, 1, 2, 3, 4], 720, 1020)
    assert app.get(PATH).click("What suits").forms["suits"]["earliest"].value == "720"
    book.call_off(patient, visit)
    app.get(f"{PATH}/{entry.id}", status=404)
    office("read_only").get(f"{PATH}/{entry.id}", status=403)


def test_a_time_that_everybody_was_asked_about_waits_for_the_office(office, people, book, ask):
    gone_visit = book.visit(people[0], 50)
    book.call_off(people[0], gone_visit)
    ask()
    book.later()
    ask()
    assert "Open times that nobody took" in office().get("/office")


def test_whoever_only_looks_changes_nothing(office, people, book):
    app = office("read_only")
    page = app.get(PATH)
    assert "Ask first" not in page
    app.get(f"{PATH}/offer", status=403)
