"""The audit log at the office: searching, paging, taking along."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from core import audit, sealing
from core.auth import looking, services
from core.people.models import Patient
from core.testing import PASSWORD

NOW = datetime.now(UTC)


def rows(page) -> list[str]:
    return [" ".join(row.get_text(" ", strip=True).split()) for row in page.html.select("tbody tr")]


def search(app, status=None, **typed):
    form = app.get("/office/audit").forms["search"]
    for name, value in typed.items():
        form[name] = value
    return form.submit(status=status or "*").maybe_follow()


@pytest.fixture
def record(db, practice):
    """`record(action, …)`: one entry."""

    def one(action: str, at: datetime | None = None, **about) -> None:
        audit.record(db, practice.id, action, at or NOW - timedelta(hours=1), **about)
        db.commit()

    return one


def test_entries_are_read_in_words_with_who_whom_when_and_where_from(office, make, record, statements):
    patient = make.patient(first_name="Robin", external_id="P-77")
    record("account.statement.download", account_id=make.account(patient).id, patient_id=patient.id, address="10.1.2.3")
    record("auth.sign_in.failed", address="10.1.2.4")
    record("office.staff.invite", account_id=make.staff(name="Kim Sato").id, target_id=make.staff(name="Lee Ode").id)
    app = office("read_only")
    with statements() as seen:
        page = app.get("/office/audit")
    assert len([one for one in seen if not one.startswith(("BEGIN", "SAVEPOINT"))]) <= 5
    found = rows(page)
    assert any(row.startswith("Downloaded a statement Account Robin Vale Patient Robin Vale P-77") and row.endswith("10.1.2.3") for row in found)
    assert any(row.startswith("Typed a wrong user name or password Nobody signed in") for row in found)
    assert any(row.startswith("Invited somebody to work at the office Lee Ode Kim Sato At the office") for row in found)
    assert "export" not in page.forms


def test_a_search_narrows_by_each_field_and_its_address_tells_nothing(office, make, record):
    patient, other = make.patient(external_id="P-77"), make.patient()
    own = make.account(patient, user_name="robin-here")
    record("images.image.view", account_id=own.id, patient_id=patient.id, address="10.1.2.3")
    record("images.image.download", NOW - timedelta(days=40), account_id=own.id, patient_id=patient.id, address="10.1.2.3")
    record("plan.plan.view", patient_id=other.id, address="10.9.9.9")
    app = office()
    for typed, words in (
        ({"chart": "P-77", "kind": "view"}, ["Opened an image"]), ({"kind": "download"}, ["Downloaded an image"]),
        ({"who": "ROBIN-here"}, ["Opened an image", "Downloaded an image"]), ({"address": " 10.9.9.9 "}, ["Opened a treatment plan"]),
        ({"until": f"{NOW - timedelta(days=30):%Y-%m-%d}"}, ["Downloaded an image"]),
        ({"since": f"{NOW - timedelta(days=30):%Y-%m-%d}", "who": "robin-here"}, ["Opened an image"]),
    ):  # fmt: skip
        page = search(app, **typed)
        found = rows(page)
        assert [row[: len(word)] for row, word in zip(found, words, strict=True)] == words, (typed, found)
        assert not [value for value in typed.values() if value.strip() in page.request.url]
        assert {name: page.forms["search"][name].value for name in typed} == {name: value.strip() for name, value in typed.items()}
    assert "Nothing was found" in search(app, kind="support").text


@pytest.mark.parametrize(("typed", "sentence"), [
    ({"chart": "nobody"}, "No patient here has this chart number"), ({"who": "nobody"}, "Nobody here has this user name"),
    ({"who": "twice@example.test"}, "Several people have this e-mail address"), ({"since": "yesterday"}, "as a date"),
    ({"since": "2026-05-02", "until": "2026-05-01"}, "Turn them around"), ({"until": "9999-12-31"}, "at most"), ({"chart": "x" * 201}, "Shorten"),
    ({"chart": "a\0b"}, "No patient here"), ({"who": "🦷\u202e"}, "Nobody here"),
])  # fmt: skip
def test_what_cannot_be_searched_is_said(office, make, typed, sentence):
    for patient in (make.patient(email="twice@example.test"), make.patient(email="twice@example.test")):
        make.account(patient)
    page = search(office(), 422, **typed)
    assert sentence in page.text
    assert rows(page) == []
    for name, value in typed.items():
        assert page.forms["search"][name].value == value


def test_pages_follow_one_another_and_lead_back(office, make, record):
    for number in range(120):
        record("images.list.view", NOW - timedelta(days=1, minutes=number // 5), patient_id=None, address="10.5.5.5")
    app = office()
    page = search(app, address="10.5.5.5")
    counts = [len(rows(page))]
    while "Older" in [link.get_text(strip=True) for link in page.html.select(".pagination a")]:
        page = page.click("Older")
        counts.append(len(rows(page)))
    assert counts == [50, 50, 20]
    assert len(rows(page.click("Newest"))) == 50


@pytest.mark.parametrize("before", ["", "x", "20260504T110000.000000Z_", "99999999T999999.0Z_x", "🦷", "20260504T110000.000000Z_nonsense"])
def test_an_odd_place_to_begin_is_the_first_page(office, before):
    assert office().get("/office/audit", {"before": before}).status_int == 200


def test_looking_at_the_log_and_taking_it_along_are_entries_too(office, audited):
    app = office()
    app.get("/office/audit").forms["export"].submit("as", value="csv")
    assert len(audited("office.audit.view")) == 1
    assert len(audited("office.audit.export")) == 1
    assert "Opened the audit log" in app.get("/office/audit").text


def test_what_was_searched_is_taken_along_and_no_cell_is_a_formula(office, make, record):
    patient = make.patient(first_name="=HYPERLINK(1)", last_name="Vale", external_id="+1")
    record("images.image.view", account_id=make.account(patient, user_name="@robin").id, patient_id=patient.id, address="10.1.2.3")
    record("plan.plan.view", address="10.9.9.9")
    app = office()
    page = search(app, address="10.1.2.3")
    file = page.forms["export"].submit("as", value="csv")
    assert file.content_type == "text/csv"
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.headers["Cache-Control"] == "no-store"
    [head, line] = csv.reader(io.StringIO(file.body.decode("utf-8-sig"), newline=""))
    entry = dict(zip(head, line, strict=True))
    assert (entry["What"], entry["For whom"], entry["Chart"], entry["User name"]) == ("Opened an image", "'=HYPERLINK(1) Vale", "'+1", "'@robin")
    lines = [json.loads(line) for line in page.forms["export"].submit("as", value="json").body.splitlines()]
    assert [(line["action"], line["patient_id"], line["reason"]) for line in lines] == [("images.image.view", str(patient.id), "")]


def test_taking_it_along_asks_first_who_is_there_and_comes_back_to_the_search(office, make, record, proof_is_old):
    record("plan.plan.view", address="10.9.9.9")
    app = office()
    page = search(app, address="10.9.9.9")
    proof_is_old()
    prove = page.forms["export"].submit("as", value="csv", status=303).follow()
    form = prove.forms["prove"]
    form["password"] = PASSWORD
    back = form.submit().follow()
    assert back.forms["search"]["address"].value == "10.9.9.9"
    assert back.forms["export"].submit("as", value="csv").content_type == "text/csv"


def test_who_may_not_export_cannot(office):
    app = office("read_only")
    token = app.get("/office/audit").forms["search"]["csrf_token"].value
    app.post("/office/audit/export", {"csrf_token": token}, status=403)
    office("front_desk").get("/office/audit", status=403)


def test_the_end_of_the_chain_is_shown(office, db, practice, record):
    app = office()
    assert "Nothing is sealed yet" in app.get("/office/audit").text
    sealing.seal(db, practice.id, NOW)
    db.commit()
    end = sealing.head(db, practice.id)
    assert f"{end.sequence}:{end.hash}" in app.get("/office/audit").text


def test_the_reason_of_whoever_looked_as_a_patient_is_read_here(office, make, db, practice, record):
    patient, member = make.patient(), make.staff(name="Kim Sato")
    looking.begin(db, member, patient, "The May statement does not open", NOW, services.NOWHERE)
    db.commit()
    page = search(office(), kind="support")
    assert any("Began to look at the portal as this patient Reason: The May statement does not open Kim Sato" in row for row in rows(page))


def test_the_page_of_a_patient_leads_to_what_was_done_with_the_record(office, make, record):
    patient = make.patient(external_id="P-77")
    record("plan.plan.view", patient_id=patient.id)
    app = office()
    page = app.get(f"/office/patients/{patient.id}").click("Audit log", index=-1)
    assert page.forms["search"]["chart"].value == "P-77"
    assert any(row.startswith("Opened a treatment plan") for row in rows(page))
    assert "Audit log" not in office("front_desk").get(f"/office/patients/{patient.id}").text


def test_somebody_without_a_number_leads_there_too_and_stays_when_the_search_is_narrowed(office, make, record, db):
    patient = make.patient()
    db.execute(update(Patient).where(Patient.id == patient.id).values(external_id=None, source="office"))
    db.commit()
    for one in (patient, make.patient(first_name="Wren", last_name="Holt")):
        record("plan.plan.view", patient_id=one.id)
    app = office()
    page = app.get(f"/office/patients/{patient.id}").click("Audit log", index=-1)
    assert str(patient.id) not in page.request.url
    form = page.forms["search"]
    form["kind"] = "view"
    for found in (page, form.submit().follow()):
        assert sum(row.startswith("Opened a treatment plan") for row in rows(found)) == 1
