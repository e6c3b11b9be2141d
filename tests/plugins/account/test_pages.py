"""The Account page and statements, as a patient's browser sees them."""

import re
from datetime import UTC, datetime
from io import BytesIO

import pypdfium2
import pypdfium2.raw
import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.safety.emblems import prove_logo
from core.safety.testing import drawing, saved
from core.web.formats import money
from plugins.account.models import Payment, Statement
from tenants.looks import By, change, keep_picture


def statement_id(db):
    return db.scalars(select(Statement.id).where(Statement.practice_id == db.info["practice_id"])).one()


def pdf_text(content: bytes) -> str:
    document = pypdfium2.PdfDocument(BytesIO(content))
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return text


def test_the_page_shows_what_is_owed_the_ledger_and_the_statements(signed_in, patient, text_of):
    page = text_of(signed_in(patient).get("/account"))
    assert "You owe now $130.00" in page
    assert "Left of the last statement $80.00" in page  # $200.00 less the $120.00 that came since
    assert "Expected from insurance" not in page
    assert page.index("Check") < page.index("Plan paid") < page.index("Crown")
    assert "Dana Okafor, DDS" in page
    assert "Statement of October 1, 2026" in page


def test_a_patient_without_a_ledger_is_told_what_will_be_here(signed_in, make, text_of):
    page = text_of(signed_in(make.patient()).get("/account"))
    assert "No charges or payments yet" in page
    assert "No statements yet" in page
    assert "You owe now $0.00" in page


def test_a_credit_is_called_a_credit(signed_in, make, text_of):
    patient = make.patient()
    make.take_in(
        [
            {
                "kind": "ledger_entry",
                "external_id": "E9",
                "patient": patient.external_id,
                "entry_type": "payment",
                "entered_on": "2026-01-05",
            }
            | {"description": "Check", "amount_cents": -2500}
        ]
    )
    assert "Your credit $25.00" in text_of(signed_in(patient).get("/account"))


def lines(patient, count, **fields):
    about = {"kind": "ledger_entry", "patient": patient.external_id, "entry_type": "charge", "entered_on": "2025-01-01", "amount_cents": 100}
    return [about | {"external_id": f"M{n:02}", "description": f"Visit {n:02}"} | fields for n in range(count)]


@pytest.mark.parametrize("path", ["/account", "/account/visits", "/account/statements", "/account/insurance", "/account/year"])
def test_each_page_costs_five_statements_whatever_the_number_of_rows(signed_in, patient, make, statements, path):
    make.take_in(lines(patient, 60))
    app = signed_in(patient)
    app.get(path)
    with statements() as seen:
        app.get(path)
    assert len(seen) <= 5, seen


def test_the_ledger_is_paged_and_the_balance_goes_on(signed_in, patient, make, text_of):
    make.take_in(lines(patient, 40))
    app = signed_in(patient)
    first, last = app.get("/account/visits"), app.get("/account/visits?page=3")
    assert "Visit 39" in text_of(first)
    assert "Visit 00" not in text_of(first)
    assert "1 to 15 of 43" in text_of(first)
    assert re.search(r"Visit 00 .*Balance after it \$1\.00", text_of(last))
    assert "Older" not in text_of(last)


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999", "9", "1e1", "²"])
@pytest.mark.parametrize("path", ["/account/visits", "/account/statements"])
def test_a_page_that_is_not_there_is_not_found(signed_in, patient, path, page):
    signed_in(patient).get(path, {"page": page}, status=404)


def test_a_statement_opens_as_a_pdf_with_its_figures(signed_in, patient, db):
    response = signed_in(patient).get(f"/account/statements/{statement_id(db)}")
    assert response.content_type == "application/pdf"
    assert response.headers["Content-Disposition"].startswith("inline")
    text = pdf_text(response.body)
    for words in (
        "Statement",
        "1007",
        "Robin Vale",
        "October 1, 2026",
        "Crown",
        money(-15000),
        "$250.00",
        money(-5000),
        "$200.00",
        "555-0100",
    ):
        assert words in text


def test_statements_and_receipts_wear_the_look_of_the_office(signed_in, patient, db, practice, pay, work_off, mails):
    now = datetime.now(UTC)
    plain = signed_in(patient).get(f"/account/statements/{statement_id(db)}").body
    logo = prove_logo(BytesIO(saved(drawing(90, 90), "PNG")), "logo.png")
    look = {"name": "Elm & Oak Dental", "brand": "#6d2f73", "logo": keep_picture(db, practice.id, logo, now)}
    change(db, practice.id, None, look, By(None, "Grace"), now)
    db.commit()
    app = signed_in(patient)
    pay(app)
    paid = db.scalars(select(Payment.id).where(Payment.practice_id == practice.id)).one()
    for path in (f"/account/statements/{statement_id(db)}", f"/account/payments/{paid}/download"):
        page = pypdfium2.PdfDocument(app.get(path).body)[0]
        assert "Elm & Oak Dental" in page.get_textpage().get_text_range()
        assert [thing for thing in page.get_objects() if thing.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE], path
        assert (109, 47, 115) in {color for _, color in page.render().to_pil().convert("RGB").getcolors(1_000_000)}, path
    assert not [thing for thing in pypdfium2.PdfDocument(plain)[0].get_objects() if thing.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
    work_off()
    [mail] = [mail for mail in mails.to("robin@example.test") if practice.slug in str(mail["Reply-To"])]
    html = mail.get_body(("html",)).get_content()
    assert mail["From"].addresses[0].display_name == "Elm & Oak Dental"
    for part in ("border-top:4px solid #6d2f73", 'style="color:#6d2f73"', f"/icon/180?v={look['logo']}"):
        assert part in html, part


def test_a_statement_is_saved_under_its_number(signed_in, patient, db):
    response = signed_in(patient).get(f"/account/statements/{statement_id(db)}/download")
    assert response.headers["Content-Disposition"] == 'attachment; filename="Statement 1007.pdf"'


def test_a_statement_of_another_person_is_not_found(signed_in, patient, make, db):
    app = signed_in(make.patient(first_name="Sam"))
    app.get(f"/account/statements/{statement_id(db)}", status=404)
    app.get(f"/account/statements/{statement_id(db)}/download", status=404)


def test_a_statement_of_another_practice_is_not_found(other_signed_in, other_make, patient, db):
    other_signed_in(other_make.patient()).get(f"/account/statements/{statement_id(db)}", status=404)


@pytest.mark.parametrize("name", ["x", "1", "bab4453e-f572-45e7-8c94-f33d73b59bbe", "..%2f..", "01a206b3"])
def test_a_statement_that_is_not_there_is_not_found(signed_in, patient, name):
    signed_in(patient).get(f"/account/statements/{name}", status=404)


def test_looking_and_downloading_are_on_record(signed_in, patient, db):
    app, found = signed_in(patient), statement_id(db)
    app.get("/account")
    app.get(f"/account/statements/{found}")
    app.get(f"/account/statements/{found}/download")
    rows = db.execute(
        select(AuditEvent.action, AuditEvent.target_id).where(AuditEvent.patient_id == patient.id).order_by(AuditEvent.id)
    ).all()
    assert [tuple(row) for row in rows] == [
        ("account.ledger.view", None),
        ("account.statement.view", found),
        ("account.statement.download", found),
    ]


def test_who_may_only_see_is_offered_no_payment(signed_in, patient, make):
    helper = make.account(make.patient(first_name="Sam"))
    make.grant(helper, patient, "account", "see")
    app = signed_in(account=helper)
    switch = next(form for form in app.get("/home").forms.values() if "person" in form.fields)
    switch.submit("person", value=str(patient.id))
    page = app.get("/account")
    assert "For Robin Vale" in page
    assert "/account/pay" not in page
    app.get("/account/pay", status=403)


def test_the_home_page_has_the_balance_and_says_that_it_is_due(signed_in, patient, text_of):
    page = text_of(signed_in(patient).get("/home"))
    assert "$80.00 is due" in page  # $200.00 of the statement less the $120.00 that came since
    assert "It was due on October 31, 2026." in page
    assert "You owe now $130.00" in page


def test_what_is_on_no_statement_yet_is_owed_but_nobody_asks_for_it(signed_in, patient, make, text_of):
    record = {
        "kind": "ledger_entry",
        "external_id": "E9",
        "patient": patient.external_id,
        "entered_on": "2026-11-01",
        "description": "Check",
    }
    make.take_in([record | {"entry_type": "payment", "amount_cents": -8000}])
    page = text_of(signed_in(patient).get("/home"))
    assert "You owe now $50.00" in page
    assert "is due" not in page


def test_where_no_statements_are_sent_everything_owed_is_asked_for(signed_in, make, text_of):
    patient = make.patient()
    record = {
        "kind": "ledger_entry",
        "external_id": "E9",
        "patient": patient.external_id,
        "entered_on": "2026-11-01",
        "description": "Crown",
    }
    make.take_in([record | {"entry_type": "charge", "amount_cents": 7000}])
    assert "$70.00 is due" in text_of(signed_in(patient).get("/home"))


def test_the_home_page_asks_nothing_of_who_owes_nothing(signed_in, make, text_of):
    assert "is due" not in text_of(signed_in(make.patient()).get("/home"))
