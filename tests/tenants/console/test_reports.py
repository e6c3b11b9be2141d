"""The report on the use of the portal as the office reads it."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest

from core import audit
from core.usage.roll_up import roll_up
from tenants.console.reports import PeriodForm, period_of

TODAY = date(2026, 11, 28)


@pytest.fixture
def used(db, practice, make):
    """Two patients at two clinics who were invited; one of them has signed in, read the account, and paid."""
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "=Lakeside", "time_zone": "America/Denver"}])
    here, there = make.patient(clinic="C1"), make.patient(first_name="Sam", clinic="C2")
    account, now = make.account(here), datetime.now(UTC)
    for patient in (here, there):
        audit.record(db, practice.id, "access.invited", now - timedelta(days=3), patient_id=patient.id)
    for action in ("auth.sign_in", "account.ledger.view", "account.payment.make"):
        audit.record(db, practice.id, action, now - timedelta(days=2), account_id=account.id, patient_id=here.id)
    db.commit()
    roll_up(db, practice.id, now)
    return here, there


def numbers(page) -> list[str]:
    return [dd.get_text() for dd in page.html.select("#whole dd")]


def test_the_numbers_are_there_with_charts_that_can_be_read_without_seeing_them(office, used, statements, audited):
    app = office()
    app.get("/office")
    with statements() as seen:
        page = app.get("/office/reports")
    assert len(seen) <= 5
    assert numbers(page) == ["2", "1", "1", "1", "1"]
    charts = page.html.select("svg.chart")
    assert len(charts) == 4
    for chart in charts:
        assert chart["role"] == "img"
        assert [page.html.find(id=id_).name for id_ in chart["aria-labelledby"].split()] == ["title", "desc"]
    funnel = [[cell.get_text() for cell in row.select("th, td")] for row in page.html.find("caption", string="Whom invitations brought").parent.select("tbody tr")]
    assert funnel == [["Invited", "2", "100%"], ["Signed in", "1", "50%"], ["Opened a tab", "1", "50%"], ["Did something", "1", "50%"]]
    assert "Made a payment" in page.text
    assert len(audited("office.reports.view")) == 1
    assert "style=" not in page.text


def test_days_that_are_still_being_counted_are_named(office, used, monkeypatch):
    day = datetime.now(UTC).date() - timedelta(days=1)
    monkeypatch.setattr("core.usage.report._counted_from", lambda *_: day)
    assert "Not all days are in it yet" in office().get("/office/reports")


def test_before_anybody_came_words_stand_in_place_of_empty_charts(office):
    page = office().get("/office/reports")
    assert numbers(page) == ["0"] * 5
    assert page.html.select("svg.chart") == []
    for words in ("Nobody has signed in", "Nobody was invited", "No tab was opened", "Nothing was done yet"):
        assert words in page.text


def test_no_name_is_in_it(office, used, make):
    page = office("read_only").get("/office/reports").html.find("main").get_text(" ")
    assert not any(name in page for name in ("Robin", "Vale", "Sam"))


def test_the_file_has_the_same_numbers_and_no_formula(office, used, audited):
    file = office().get("/office/reports").click("Download as CSV")
    lines = list(csv.reader(io.StringIO(file.text)))
    assert lines[1][3:] == ["2", "1", "1", "1", "1"]
    assert ["Clinic", "", "'=Lakeside", "1", "0", "0", "0", "0"] in lines
    assert ["Tab", "", "Account", "", "", "", "1", ""] in lines
    assert len(audited("office.reports.export")) == 1


def test_a_clinic_is_chosen_and_who_works_at_one_sees_no_other(office, used, practice):
    here, there = used
    app = office()
    form = app.get("/office/reports").forms["period"]
    form["clinic"] = str(there.clinic_id)
    assert numbers(form.submit()) == ["1", "0", "0", "0", "0"]
    limited = office(clinic_ids=(here.clinic_id,))
    assert numbers(limited.get("/office/reports")) == ["1", "1", "1", "1", "1"]
    assert "Choose the clinic from the list" in limited.get("/office/reports", {"clinic": str(there.clinic_id)}, status=422).text
    limited.get("/office/reports/file", {"clinic": str(there.clinic_id)}, status=303)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"period": "own"}, "Fill in the first and the last day"),
        ({"period": "own", "since": "2026-02-01", "until": "2026-01-01"}, "Turn them around"),
        ({"period": "own", "since": "2001-01-01", "until": "2026-01-01"}, "ten years at most"),
        ({"period": "own", "since": "soon", "until": "2026-01-01"}, "as a date"),
        ({"period": "ever"}, "Choose the period from the list"),
        ({"clinic": "north"}, "Choose the clinic from the list"),
    ],
)
def test_what_cannot_be_asked_is_said(office, asked, sentence):
    page = office().get("/office/reports", asked, status=422)
    assert sentence in page.text
    assert page.forms["period"]["since"].value == asked.get("since", "")


@pytest.mark.parametrize(
    ("asked", "period"),
    [
        ({}, (date(2026, 8, 31), TODAY, "week")),
        ({"period": "month"}, (date(2026, 10, 30), TODAY, "week")),
        ({"period": "year"}, (date(2025, 12, 1), TODAY, "month")),
        ({"period": "year", "by": "week"}, (date(2025, 12, 1), TODAY, "week")),
        ({"period": "own", "since": "2024-01-01", "until": "2026-06-30", "by": "week"}, (date(2024, 1, 1), date(2026, 6, 30), "month")),
        ({"period": "own", "since": "2026-11-01", "until": "2027-06-30", "by": "month"}, (date(2026, 11, 1), TODAY, "month")),
        ({"period": "own", "since": "2027-01-01", "until": "2027-06-30"}, (TODAY, TODAY, "week")),
    ],
)
def test_the_days_that_are_meant(asked, period):
    assert tuple(period_of(PeriodForm(**asked), TODAY)) == period
