"""The Summary tab in the browser: what is shown, to whom, and what goes out as a file."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from core.audit import AuditEvent
from core.auth.models import SignInSession
from core.testing import PASSWORD
from plugins.summary.models import Document

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
ADDRESS = {"address_1": "9 Elm Road", "city": "Springfield", "state": "MA", "postal_code": "97006"}


@pytest.fixture
def ann(make):
    """A patient of whom everything is known that a care document must say."""
    return make.patient(first_name="Ann", last_name="Lee", birthdate="1980-08-01", phone="555-0142", **ADDRESS)


@pytest.fixture
def received(db, make, practice, letter, ann):
    """`received(text=…)`: a document from outside in Ann's summary, or its bytes; gives its id."""

    def take(data: bytes = b"", **changes):
        number = f"C{db.scalar(select(func.count()).select_from(Document))}"
        upload = make.upload("care_document", data or letter(**changes), "application/xml")
        make.take_in([{"kind": "care_document", "external_id": number, "patient": ann.external_id, "file": upload}])
        return db.scalars(select(Document.id).where(Document.practice_id == practice.id, Document.external_id == number)).one()

    return take


def events(db, patient) -> list[tuple]:
    """What the audit log says of a patient's summary."""
    rows = select(AuditEvent.action, AuditEvent.target_id).where(AuditEvent.patient_id == patient.id, AuditEvent.action.like("summary.%"))
    return [tuple(row) for row in db.execute(rows.order_by(AuditEvent.happened_at, AuditEvent.id))]


def test_an_empty_record_says_so_and_what_will_be_here(signed_in, ann):
    page = signed_in(ann).get("/summary")
    assert "Nothing is recorded yet" in page.text
    assert "No documents from outside" in page.text


def test_the_summary_says_who_when_and_everything_on_file(signed_in, ann, chart_of):
    chart_of(ann)
    page = signed_in(ann).get("/summary")
    for words in (
        "Ann Lee", "August 1, 1980", "years)", "Springfield, MA 97006", "Dana Okafor, DDS", "Created on", "Penicillin", "Hives", "Lisinopril 10 mg",
        "One in the morning", "Since March 1, 2021", "Dry mouth", "Influenza vaccine", "Hemoglobin A1c", "5.6 %", "Normal", "128/82 mmHg", "White filling",
        "D2330", "Tooth 7, surface F", "done elsewhere", "Cleaning", "Never smoked",
    ):  # fmt: skip
        assert words in page.text, words


def test_the_contents_lead_to_every_part_that_is_there(signed_in, ann, chart_of):
    chart_of(ann)
    page = signed_in(ann).get("/summary")
    anchors = re.findall(r'href="#([a-z-]+)"', page.text)
    assert {"allergies", "medicines", "procedures", "planned", "vital-signs", "from-outside"} <= set(anchors)
    for anchor in set(anchors):
        assert page.html is None or f'id="{anchor}"' in page.text


def test_none_known_and_nothing_on_file_are_different_things(signed_in, make, ann):
    make.take_in([{"kind": "allergy", "external_id": "A", "patient": ann.external_id, "status": "none_known", "noted_on": "2025-03-10"}])
    text = " ".join(signed_in(ann).get("/summary").text.split())
    assert 'No known allergies <span class="text-soft">as of March 10, 2025' in text
    assert "nothing on file about medicines, conditions" in text


def test_the_page_costs_five_statements_whatever_it_holds(signed_in, ann, chart_of, received, statements):
    chart_of(ann)
    for version in range(3):
        received(version=str(version))
    browser = signed_in(ann)
    browser.get("/summary")
    with statements() as seen:
        browser.get("/summary")
    assert len(seen) <= 5, seen


def test_the_download_is_a_file_that_names_nobody(signed_in, db, ann, chart_of, validator):
    chart_of(ann)
    answer = signed_in(ann).get("/summary/download")
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert re.fullmatch(r'attachment; filename="ccd-\d{4}-\d\d-\d\d\.xml"', answer.headers["Content-Disposition"])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert validator(answer.body) == []
    [(action, target)] = events(db, ann)
    assert action == "summary.document.download"
    assert f'<id root="{target}"/>'.encode() in answer.body


def test_whoever_has_been_signed_in_for_long_shows_who_they_are_before_the_download(signed_in, db, ann, chart_of):
    chart_of(ann)
    browser = signed_in(ann)
    assert "downloaded now" not in browser.get("/summary").text
    db.execute(update(SignInSession).values(proven_at=datetime.now(UTC) - timedelta(minutes=11)))
    db.commit()
    page = browser.get("/summary").click(href="^/summary/download$").follow()
    assert [action for action, _ in events(db, ann)] == ["summary.document.view"] * 2
    form = page.forms["prove"]
    form["password"] = PASSWORD
    after = form.submit().follow()
    assert after.request.path == "/summary"
    assert "The care summary can be downloaded now." in after.text
    assert after.click("Download it").headers["Content-Type"].startswith("application/xml")


@pytest.mark.parametrize(
    "lacking, words",
    [
        ({"birthdate": None}, "The office has no birthdate for you on file"),
        ({"city": ""}, "The office has no address for you on file"),
        ({"phone": "", "postal_code": ""}, "The office has no address and no phone number for you on file"),
    ],
)
def test_a_document_that_cannot_be_made_yet_says_what_is_missing(signed_in, make, lacking, words):
    patient = make.patient(**({"phone": "555-0142"} | ADDRESS | lacking))
    browser = signed_in(patient)
    page = browser.get("/summary")
    assert words in page.text
    assert "/summary/download" not in page.text
    assert browser.get("/summary/download", status=303).location.endswith("/summary")


def test_a_document_from_outside_is_listed_and_opened(signed_in, db, ann, received):
    document_id = received()
    browser = signed_in(ann)
    page = browser.get("/summary").click("Visit note")
    assert "City Clinic" in page.text
    assert "came from outside" in page.text
    body = browser.get(re.search(r'<iframe[^>]* src="([^"]+)"', page.text)[1])
    assert "Assessment" in body.text
    assert "All well." in body.text
    assert events(db, ann)[-1] == ("summary.document.view", document_id)


def test_the_words_of_strangers_are_confined(signed_in, ann, received):
    path = f"/summary/documents/{received(text='x')}"
    browser = signed_in(ann)
    policy = browser.get(path + "/body").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-same-origin allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "frame-ancestors 'self'" in policy
    frame = re.search(r"<iframe[^>]+>", browser.get(path).text)[0]
    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in frame


@pytest.mark.parametrize(
    "text",
    [
        "<linkHtml href='javascript:alert(1)'>click</linkHtml>",
        "<script>alert(1)</script>",
        "<img src='x' onerror='alert(1)'/>",
        "&lt;script>alert(1)&lt;/script>",
    ],
)
def test_nothing_of_a_hostile_document_can_act(signed_in, ann, received, text):
    body = signed_in(ann).get(f"/summary/documents/{received(text=text)}/body").text
    assert not re.search(r"<script|<img|javascript:|onerror=", body)


def test_a_document_from_outside_is_saved_as_it_came_and_never_shown_in_place(signed_in, db, ann, received, letter):
    document_id = received()
    answer = signed_in(ann).get(f"/summary/documents/{document_id}/download")
    assert answer.body == letter()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="care-document-2020-01-02.xml"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert events(db, ann) == [("summary.document.download", document_id)]


def test_what_is_kept_as_a_file_only_is_offered_as_one(signed_in, received, ann):
    data = b"<ContinuityOfCareRecord xmlns='urn:astm-org:CCR'/>"
    document_id = received(data)
    browser = signed_in(ann)
    page = browser.get(f"/summary/documents/{document_id}")
    assert "can’t be shown here" in page.text
    assert "<iframe" not in page.text
    browser.get(f"/summary/documents/{document_id}/body", status=404)
    assert browser.get(f"/summary/documents/{document_id}/download").body == data


@pytest.mark.parametrize("path", ["", "/body", "/download"])
def test_documents_of_others_set_aside_ones_and_nonsense_are_not_found(signed_in, make, db, received, path):
    stranger = make.patient(first_name="Bo")
    own = received()
    aside = received(title="Another one of the same number")
    browser = signed_in(stranger)
    for document_id in (own, aside, "01900000-0000-7000-8000-000000000000", "nonsense"):
        browser.get(f"/summary/documents/{document_id}{path}", status=404)


def test_documents_that_are_set_aside_are_not_shown_to_anyone(signed_in, ann, received, db, practice):
    received()
    aside = received(title="Another one of the same number")
    assert db.scalars(select(Document.status).where(Document.practice_id == practice.id, Document.id == aside)).all() == ["quarantined"]
    browser = signed_in(ann)
    assert "Another one" not in browser.get("/summary").text
    browser.get(f"/summary/documents/{aside}", status=404)


def test_who_looks_after_someone_sees_whose_summary_it_is(signed_in, make, ann, chart_of):
    parent = make.patient(first_name="Pat", last_name="Lee", **ADDRESS)
    chart_of(ann)
    account = make.account(parent)
    make.grant(account, ann, plugin="summary", level="see")
    browser = signed_in(account=account)
    home = browser.get("/home")
    form = next(form for form in home.forms.values() if "/" in form.action and any(f == "person" for f in form.fields))
    form.submit("person", value=str(ann.id))
    page = browser.get("/summary")
    assert "For Ann Lee" in page.text
    assert "Penicillin" in page.text
    assert browser.get("/summary/download").status_int == 200


def test_the_home_page_says_in_numbers_what_the_summary_holds(signed_in, ann, chart_of, received):
    chart_of(ann)
    received()
    text = " ".join(signed_in(ann).get("/home").text.split())
    for words in ("1</strong> allergy", "1</strong> medicine", "1</strong> condition", "1</strong> document from outside"):
        assert words in text


def test_a_visitor_is_asked_to_sign_in(web):
    for path in ("/summary", "/summary/download", "/summary/documents/01900000-0000-7000-8000-000000000000"):
        assert web.get(path).status_int in (302, 303)


def test_a_long_list_of_procedures_shows_the_latest_and_keeps_the_rest_within_reach(signed_in, make, ann):
    days = [f"20{year}-0{month}-01" for year in range(10, 20) for month in (3, 9)]
    make.take_in(
        [
            {"kind": "procedure", "external_id": day, "patient": ann.external_id, "description": f"Visit of {day}", "done_on": day}
            for day in days
        ]
    )
    text = signed_in(ann).get("/summary").text
    assert (
        text.index("Visit of 2019-09-01")
        < text.index("Visit of 2015-03-01")
        < text.index("Show 10 earlier procedures")
        < text.index("Visit of 2014-09-01")
    )
