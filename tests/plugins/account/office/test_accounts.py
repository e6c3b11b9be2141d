"""A patient's account at the office: what it shows, and writing into the ledger where the portal keeps the books."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from plugins.account.models import Entry
from tests.plugins.account.office.conftest import ROOT

TODAY = datetime.now(UTC).date() - timedelta(days=1)


@pytest.fixture
def path(patient):
    return f"{ROOT}/accounts/{patient.id}"


@pytest.fixture
def written(db, patient):
    """`written()`: what staff entered for the patient, oldest first: description and cents."""

    def read() -> list[Entry]:
        db.rollback()
        mine = select(Entry).where(Entry.practice_id == db.info["practice_id"], Entry.patient_id == patient.id, Entry.source == "office")
        return list(db.scalars(mine.order_by(Entry.entered_at, Entry.id)))

    return read


def test_the_account_is_found_and_shown_as_the_patient_sees_it(office, patient, path):
    app = office()
    form = app.get(f"{ROOT}/accounts").forms["find"]
    assert "Type what you know" in form.submit(status=422)
    form["find"] = patient.external_id
    page = form.submit().click(patient.name)
    assert page.request.path == path
    assert "$130.00" in page
    assert "How long it has been owed" in page
    assert "Your practice system keeps this ledger" in page
    assert "Enter in the ledger" not in page
    refused = app.get(f"{path}/enter")
    assert "Nothing can be entered here" in refused
    token = page.forms["sign-out"]["csrf_token"].value
    sent = {"csrf_token": token, "id": str(uuid4()), "entry_type": "charge", "entered_on": str(TODAY), "amount": "5", "description": "Exam"}
    app.post(f"{path}/enter", sent, status=422)


@pytest.mark.parametrize(
    ("typed", "cents", "words"),
    [
        ({"entry_type": "charge", "amount": "$1,234.50", "description": "Crown", "code": "D2740", "tooth": "14"}, 123450, "Crown"),
        ({"entry_type": "insurance_payment", "amount": "20"}, -2000, "Insurance payment"),
        ({"entry_type": "payment", "amount": "12.5", "way": "check", "check_number": "1007"}, -1250, "Payment by check 1007"),
        ({"entry_type": "payment", "amount": "7", "way": "cash", "description": "thank you"}, -700, "Payment in cash, thank you"),
        ({"entry_type": "adjustment", "amount": "3"}, -300, "Adjustment"),
        ({"entry_type": "adjustment", "amount": "3", "adds": "yes"}, 300, "Adjustment"),
    ],
)
def test_what_is_entered_counts_as_it_is_meant_and_once(office, path, keeps_books, written, typed, cents, words):
    form = office().get(path).click("Enter in the ledger").forms["enter"]
    for name, value in typed.items():
        form[name] = value
    form["entered_on"] = str(TODAY)
    form.submit(status=303)
    page = form.submit(status=303).follow()  # pressed twice
    [entry] = written()
    assert (entry.amount_cents, entry.description, entry.code) == (cents, words, typed.get("code", ""))
    assert words in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"amount": "12.345"}, "We could not read this amount"),
        ({"amount": "-5"}, "The amount must be more than zero"),
        ({"amount": "5,000,000"}, "at most $1,000,000.00"),
        ({"description": ""}, "Say what the charge is for."),
        ({"code": "1110"}, "A procedure code is a D and four digits"),
        ({"entered_on": str(TODAY + timedelta(days=40))}, "must not lie in the future"),
        ({"entered_on": "soon"}, "Type the date as a date"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(office, path, keeps_books, written, typed, sentence):
    form = office().get(f"{path}/enter").forms["enter"]
    for name, value in ({"amount": "5", "description": "Exam", "tooth": "9", "entered_on": str(TODAY)} | typed).items():
        form[name] = value
    page = form.submit(status=422)
    assert sentence in page
    assert page.forms["enter"]["tooth"].value == "9"
    assert written() == []


def test_an_entry_is_taken_back_once_by_its_opposite_and_both_stay(office, path, keeps_books, written, statements):
    app = office()
    form = app.get(f"{path}/enter").forms["enter"]
    form["amount"], form["description"] = "40", "Night guard"
    page = form.submit(status=303).follow()
    with statements() as seen:
        page = app.get(path)
    assert len(seen) <= 5
    void = page.click("Take back").forms["void"]
    void["why"] = "wrong chart"
    page = void.submit(status=303).follow()
    assert "$130.00" in page
    assert "/accounts/entries/" not in page
    void.submit(status=404)  # by then there is nothing to take back
    first, second = written()
    assert (second.amount_cents, second.voids_id, second.description) == (-4000, first.id, "Taken back: Night guard (wrong chart)")
    app.get(f"{ROOT}/accounts/entries/{second.id}", status=404)  # what takes back is not taken back itself


def test_nobody_else_writes_there(office, path, keeps_books, patient, db, make):
    sent_by_system = db.scalars(select(Entry.id).where(Entry.practice_id == db.info["practice_id"])).first()
    office().get(f"{ROOT}/accounts/entries/{sent_by_system}", status=404)
    office("front_desk").get(path, status=403)
    limited = office(clinic_ids=(uuid4(),))
    limited.get(path, status=404)
    limited.get(f"{path}/enter", status=404)
    other = make.patient(first_name="Other")
    app = office()
    form = app.get(f"{path}/enter").forms["enter"]
    form["amount"], form["description"] = "40", "Night guard"
    form.submit(status=303)
    again = app.get(f"{ROOT}/accounts/{other.id}/enter").forms["enter"]
    again["amount"], again["description"], again["id"] = "1", "Exam", form["id"].value
    assert "did not arrive as a whole" in again.submit(status=422)
