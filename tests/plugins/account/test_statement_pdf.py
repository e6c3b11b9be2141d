"""The statement as a PDF: right figures, readable by machines, and never refused because of what a practice's system sent."""

import json
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from uuid import uuid4
from zoneinfo import ZoneInfo

import pypdfium2
import pypdfium2.raw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import papers
from core.tenant import ClinicDetails, Tenant
from core.theme import Picture, Theme
from core.web.formats import money
from plugins.account import statement_pdf
from plugins.account.statement_pdf import PrintedStatement, content

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="18" fill="#e08a1e"/></svg>'
STATEMENT = PrintedStatement(
    number="1007",
    statement_type="statement",
    sent_on=date(2026, 10, 1),
    due_on=date(2026, 10, 31),
    balance_cents=25000,
    insurance_pending_cents=5000,
    amount_due_cents=20000,
    note="",
    lines=((date(2026, 9, 1), "Crown", "Dana Okafor, DDS", 40000), (date(2026, 9, 20), "Plan paid", "", -15000)),
    patient_name="Robin Vale",
    address=("14 Oak Lane", "Springfield, IL 62704"),
)


def tenant(**changes) -> Tenant:
    zone = ZoneInfo("America/New_York")
    clinic = ClinicDetails(uuid4(), "Main Street", "555-0100", "desk@elm.test", "12 Elm Street", "", "Springfield", "IL", "62701", zone, ())
    office = Tenant(
        practice_id=uuid4(), practice_name="Elm Dental", slug="elm", name="Elm Dental", host="elm.localhost", hosts=frozenset(), version=1,
        clinic=clinic, clinics=(clinic,), plugins=frozenset(), theme=Theme(), time_zone=zone, settings={},
    )  # fmt: skip
    return replace(office, **changes)


def make_pdf(printed) -> bytes:
    return papers.make_pdf(printed, statement_pdf.STATEMENT)


def pdf(statement=STATEMENT, office=None) -> bytes:
    return make_pdf(content(statement, office or tenant()))


def pages(file: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(BytesIO(file))
    texts = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return texts


def test_the_figures_of_the_statement_are_printed():
    [text] = pages(pdf())
    for words in (
        "Robin Vale",
        "14 Oak Lane",
        "12 Elm Street",
        "$400.00",
        money(-15000),
        "$250.00",
        money(-5000),
        "$200.00",
        "October 31, 2026",
        "elm.localhost",
    ):
        assert words in text


def test_the_file_is_tagged_for_screen_readers_and_has_a_title_and_a_language():
    file = pdf()
    document = pypdfium2.PdfDocument(BytesIO(file))
    assert pypdfium2.raw.FPDFCatalog_IsTagged(document)
    assert document.get_metadata_value("Title") == "Statement 1007"
    document.close()
    assert b"pdfuaid" in file


def test_the_same_statement_is_the_same_file():
    assert pdf() == pdf()


def test_a_long_statement_goes_over_pages_with_its_heading_on_each():
    lines = tuple((date(2026, 1, 1) + timedelta(n), f"Visit {n}", "Dana Okafor, DDS", 100) for n in range(120))
    texts = pages(pdf(replace(STATEMENT, lines=lines, balance_cents=12000)))
    assert len(texts) > 2
    assert all("Description" in text for text in texts[1:-1])
    assert f"Page 2 of {len(texts)}" in texts[1]
    assert "Visit 119" in "".join(texts)


def test_nothing_due_is_said_kindly_and_a_credit_by_name():
    [text] = pages(pdf(replace(STATEMENT, balance_cents=-500, amount_due_cents=0, insurance_pending_cents=0, lines=())))
    assert "You have a credit of $5.00." in text
    [text] = pages(pdf(replace(STATEMENT, balance_cents=0, amount_due_cents=0, insurance_pending_cents=0, lines=())))
    assert "Nothing to pay." in text


def test_the_offices_message_is_printed_and_the_portal_only_where_it_takes_payments():
    office = tenant(settings={"account.statement_message": "Thank you for coming."}, acts_off=frozenset({"account.pay"}))
    [text] = pages(pdf(office=office))
    assert "Thank you for coming." in text
    assert "elm.localhost" not in text
    assert "Questions? Call 555-0100." in text


def test_an_office_without_a_clinic_still_has_statements():
    assert "Elm Dental" in pages(pdf(office=tenant(clinic=None, clinics=())))[0]


@pytest.mark.parametrize("logo", [LOGO, b"<svg", b"\x89PNG nonsense", b"", b"x" * 400_000])
def test_a_logo_is_drawn_or_left_out(logo):
    assert "Robin Vale" in pages(make_pdf(content(STATEMENT, tenant(), Picture("image/svg+xml", logo))))[0]


def test_a_logo_cannot_bring_in_a_file_of_the_server():
    logo = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><image href="/etc/passwd" width="9" height="9"/></svg>'
    assert "Robin Vale" in pages(make_pdf(content(STATEMENT, tenant(), Picture("image/svg+xml", logo))))[0]


@pytest.mark.parametrize("name", ["#panic()", '#read("/etc/passwd")', "*bold* _it_ $x$", "\\ @label <x>", "= Heading", '"];["'])
def test_words_are_printed_as_they_are_and_never_run(name):
    [text] = pages(pdf(replace(STATEMENT, patient_name=name, note=name)))
    assert text.count(name) == 2


@pytest.mark.parametrize("name", ["王小明", "محمد علي", "नमस्ते", "Łukasz Żółć", "Ñandú", "😀", "a\x07b\u202ec", "\ue000", "\U00016000"])
def test_a_name_in_any_script_has_its_statement(name):
    assert "$200.00" in pages(pdf(replace(STATEMENT, patient_name=name)))[0]


def test_direction_marks_cannot_turn_an_amount_around():
    assert "\u202e" not in json.dumps(content(replace(STATEMENT, note="\u202e00.5$ eud tnuomA"), tenant()), ensure_ascii=False)


@settings(max_examples=25, deadline=None)
@given(
    words=st.text(st.characters(codec="latin-1"), max_size=200),
    cents=st.lists(st.integers(-(10**9), 10**9), max_size=30),
    previous=st.integers(-(10**9), 10**9),
    insurance=st.integers(0, 10**9),
)
def test_any_statement_can_be_printed_and_its_rows_lead_to_its_balance(words, cents, previous, insurance):
    lines = tuple((date(2026, 1, 1), words, words, amount) for amount in cents)
    balance = previous + sum(cents)
    statement = replace(STATEMENT, lines=lines, balance_cents=balance, insurance_pending_cents=insurance, note=words)
    printed = content(statement, tenant())
    assert statement.previous_cents == previous
    assert not printed["rows"] or printed["rows"][-1][-1] == money(balance)
    assert make_pdf(printed).startswith(b"%PDF")
