"""The pages on which an account is read, as a patient's browser sees them: who sees whose, what is found, and what is on the papers."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pypdfium2
import pypdfium2.raw
import pytest
from sqlalchemy import select, update

from core.people.family import refresh_grants
from core.people.models import Patient
from core.records.models import RecordsArrival
from plugins.account.models import Statement
from plugins.account.services import insurance


def hide(db, patient, yes=True):
    """Mark a record as confidential, so that nobody else sees it; or unmark it."""
    db.execute(update(Patient).where(Patient.practice_id == patient.practice_id, Patient.id == patient.id).values(is_confidential=yes))
    refresh_grants(db, patient.practice_id, datetime.now(UTC))
    db.commit()


@pytest.fixture
def family(make, db):
    """A guarantor, a child with an own ledger, and another child of the family whose record is hidden from everybody."""
    mother = make.patient(first_name="Ada")
    child = make.patient(first_name="Bo", guarantor=mother.external_id)
    hidden = make.patient(first_name="Cy", guarantor=mother.external_id)
    hide(db, hidden)
    for number, (patient, cents) in enumerate(((mother, 1_100), (child, 2_200), (hidden, 4_400))):
        entry = {"kind": "ledger_entry", "external_id": f"F{number}", "patient": patient.external_id, "entry_type": "charge", "entered_on": "2026-03-02"}
        make.take_in([entry | {"description": f"Work for {patient.first_name}", "amount_cents": cents, "code": "D1110", "provider": "D1"}])
    return mother, child, hidden


@pytest.fixture
def viewer(make, family, signed_in):
    """The guarantor, who may see the account of one child."""
    return signed_in(family[0])


def statement(make, patient, **fields):
    about = {"kind": "statement", "external_id": "FS", "patient": patient.external_id, "number": "77", "sent_on": "2026-03-10", "balance_cents": 7_700}
    line = {"entered_on": "2026-03-02", "description": "Work for Cy", "patient": "Cy Vale", "amount_cents": 4_400}
    make.take_in([about | {"scope": "family", "lines": [line]} | fields])


def find(app, **values):
    form = next(form for form in app.get("/account/visits").forms.values() if "find" in form.fields)
    for name, value in values.items():
        form[name] = value
    return form.submit()


def test_the_guarantor_sees_what_the_family_owes_but_not_whose_account_is_not_hers(viewer, text_of):
    page = text_of(viewer.get("/account"))
    assert "Together $33.00" in page
    assert "Cy Vale" not in page
    assert "$44.00" not in page


def test_a_child_sees_the_own_account_alone(family, signed_in, text_of):
    page = text_of(signed_in(family[1]).get("/account"))
    assert "You owe now $22.00" in page
    assert "Ada Vale" not in page
    assert "Together" not in page


def test_visits_and_a_year_are_shown_for_whom_one_may_see_and_for_nobody_else(viewer, family, text_of):
    _, child, hidden = family
    together = text_of(find(viewer, who="all").follow())
    assert "Work for Bo" in together
    assert "Work for Ada" in together
    assert "Work for Cy" not in together
    form = next(form for form in viewer.get("/account/visits").forms.values() if "find" in form.fields)
    form["who"].force_value(str(hidden.id))
    assert "Work for Cy" not in text_of(form.submit().follow())
    year = viewer.get("/account/year", {"year": "2026", "who": "all"})
    assert "Cy Vale" not in text_of(year)
    for path in ("/account/year", "/account/year/statement", "/account/year/list"):
        viewer.get(path, {"year": "2026", "who": str(hidden.id)}, status=404)
        viewer.get(path, {"year": "2026", "who": str(child.id)})


def test_what_is_looked_for_stands_in_no_readable_address_and_nothing_is_written(viewer, text_of, statements):
    with statements() as seen:
        answer = find(viewer, find="Bo 22.00", who="all")
    written = [one for one in seen if one.strip().lower().startswith(("insert", "update", "delete")) and "audit_event" not in one]
    assert written == []
    assert answer.status_int == 303
    assert answer.location.partition("?")[0].endswith("/account/visits")
    assert not {"Bo", "22.00"} & set(answer.location.replace("=", "&").split("&"))
    page = answer.follow()
    assert "One visit or payment found" in text_of(page)
    assert page.forms
    assert next(form for form in page.forms.values() if "find" in form.fields)["find"].value == "Bo 22.00"


@pytest.mark.parametrize("asked", ["", "nonsense", "gAAAAAB" + "x" * 80])
def test_a_search_that_nobody_made_shows_everything(viewer, text_of, asked):
    assert "Work for Ada" in text_of(viewer.get("/account/visits", {"asked": asked}))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [({"since": "2026-05-01", "until": "2026-04-01"}, "Turn them around"), ({"since": "soon"}, "first day"), ({"find": "x" * 300}, "100")],
)
def test_what_cannot_be_looked_for_is_said_and_stays(viewer, values, sentence):
    form = next(form for form in viewer.get("/account/visits").forms.values() if "find" in form.fields)
    for name, value in values.items():
        form[name].force_value(value)
    answer = form.submit(status=422)
    assert sentence in answer.text
    assert all(value in answer.text for value in values.values())


def test_a_familys_statement_is_seen_by_who_sees_everyone_in_it(make, family, viewer, db, text_of):
    mother, _, hidden = family
    statement(make, mother)
    found = db.scalars(select(Statement.id).where(Statement.number == "77", Statement.practice_id == mother.practice_id)).one()
    assert "No. 77" not in text_of(viewer.get("/account/statements"))
    viewer.get(f"/account/statements/{found}", status=404)
    of_office = {"patient_id": mother.id, "number": "78", "scope": "family", "source": "office", "published_at": datetime.now(UTC)}
    db.add(Statement(**of_office, sent_on=date(2026, 3, 11), balance_cents=3_300, amount_due_cents=3_300))
    db.commit()
    assert "No. 78" in text_of(viewer.get("/account/statements"))  # the office leaves confidential records out of those that it makes here
    hide(db, hidden, yes=False)
    page = text_of(viewer.get("/account/statements"))
    assert "No. 77" in page
    assert "Family" in page
    pdf = pypdfium2.PdfDocument(viewer.get(f"/account/statements/{found}").body)
    assert "Cy Vale" in pdf[0].get_textpage().get_text_range()


def test_a_statement_is_seen_by_nobody_before_it_is_published(make, family, signed_in, db, text_of):
    child = family[1]
    row = Statement(patient_id=child.id, number="88", sent_on=date(2026, 4, 1), balance_cents=2_200, amount_due_cents=2_200, source="office")
    db.add(row)
    db.commit()
    app = signed_in(child)
    assert "No. 88" not in text_of(app.get("/account/statements"))
    assert "statement of" not in text_of(app.get("/account")).lower()
    app.get(f"/account/statements/{row.id}", status=404)
    row.published_at = datetime.now(UTC)
    db.commit()
    assert "No. 88" in text_of(app.get("/account/statements"))
    app.get(f"/account/statements/{row.id}")


def test_the_summary_says_what_a_statement_was_made_of_and_what_came_since(signed_in, patient, text_of):
    page = text_of(signed_in(patient).get("/account/statements"))
    for words in ("Balance before $0.00", "Charges $400.00", "discounts -$150.00", "Amount due $200.00", "Paid since then $120.00", "of this amount $80.00"):
        assert words in page


def test_insurance_shows_what_is_left_and_the_end_of_the_member_number_only(signed_in, make, text_of):
    patient = make.patient()
    of = {"patient": patient.external_id, "carrier": "Summit"}
    make.take_in(
        [
            of | {"kind": "insurance_coverage", "external_id": "I", "member_number": "SMD20044719", "annual_maximum_cents": 150_000, "used_cents": 40_000}
            | {"deductible_cents": 5_000, "deductible_met_cents": 5_000, "percentages": [{"kind": "Fillings", "percent": 80}]},
            of | {"kind": "claim", "external_id": "C", "state": "sent", "sent_on": "2026-11-01", "billed_cents": 10_000, "estimated_cents": 8_000},
        ]
    )  # fmt: skip
    page = signed_in(patient).get("/account/insurance")
    text = text_of(page)
    for words in ("Left for this year $1,100.00", "Left of the deductible $0.00", "Fillings 80%", "ends in 4719", "Waiting for an answer", "$80.00"):
        assert words in text
    assert "SMD2004" not in page.text
    assert "26 percent is used" in page.text


@pytest.mark.parametrize(("number", "shown"), [("SMD20044719", "4719"), ("1234", "34"), ("12", "2"), ("1", ""), ("", "")])
def test_some_of_a_member_number_always_stays_hidden(number, shown):
    assert insurance.masked(number) == shown


def test_the_year_comes_as_a_tagged_paper_and_as_a_list_without_formulas(signed_in, make, db):
    patient = make.patient(first_name="Ada")
    entry = {"kind": "ledger_entry", "patient": patient.external_id, "entered_on": "2025-06-01"}
    make.take_in(
        [
            entry | {"external_id": "A", "entry_type": "charge", "description": "=2+2 Crown", "amount_cents": 50_000, "code": "D2740", "tooth": "30", "provider": "D1"},
            entry | {"external_id": "B", "entry_type": "insurance_payment", "description": "Summit paid", "amount_cents": -20_000},
            entry | {"external_id": "C", "entry_type": "payment", "description": "Check", "amount_cents": -25_050},
            entry | {"external_id": "D", "entry_type": "payment", "description": "Given back", "amount_cents": 50},
            entry | {"external_id": "E", "entry_type": "payment", "description": "Next year", "amount_cents": -1, "entered_on": "2026-01-01"},
        ]
    )  # fmt: skip
    app = signed_in(patient)
    file = app.get("/account/year/statement", {"year": "2025"})
    document = pypdfium2.PdfDocument(file.body)
    text = document[0].get_textpage().get_text_range()
    assert pypdfium2.raw.FPDFCatalog_IsTagged(document)
    assert b"pdfuaid" in file.body
    for words in ("Payments in 2025", "Ada Vale", "$250.00", "$200.00", "D2740", "Check", "Given back"):
        assert words in text
    assert "Next year" not in text
    rows = list(csv.reader(io.StringIO(app.get("/account/year/list", {"year": "2025"}).body.decode("utf-8-sig"))))
    assert [row[3] for row in rows[1:]] == ["'=2+2 Crown", "Summit paid", "Check", "Given back"]
    assert [float(row[7]) for row in rows[1:]] == [500.0, -200.0, -250.5, 0.5]


@pytest.mark.parametrize("query", [{"year": "x"}, {"year": "1"}, {"year": "2025", "who": "nobody"}, {"year": "99999999999999999999"}])
def test_a_year_that_is_none_shows_this_one_and_has_no_file(signed_in, patient, query):
    app = signed_in(patient)
    app.get("/account/year", query)
    app.get("/account/year/list", query, status=404)


def test_a_payment_made_here_counts_for_the_year_before_the_office_has_entered_it(signed_in, patient, pay, text_of):
    app = signed_in(patient)
    pay(app)
    page = text_of(app.get("/account/year"))
    assert "Pending" in page
    assert "$130.00" in page


def test_the_balance_says_from_when_it_is(signed_in, patient, db, text_of):
    app = signed_in(patient)
    assert "As of" in text_of(app.get("/account"))
    long_ago = datetime.now(ZoneInfo("America/New_York")) - timedelta(days=40)
    db.add(RecordsArrival(source="test", kind="ledger_entry", came_at=long_ago, ages=True))
    db.commit()
    assert f"As of {long_ago:%A}, {long_ago:%B}" in text_of(app.get("/account"))
