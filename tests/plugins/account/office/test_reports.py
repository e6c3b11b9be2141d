"""What is owed by age, and what happened by day: on the page and as files."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4

from plugins.account.models import Entry, Payment
from plugins.account.services import bookkeeping
from tests.plugins.account.office.conftest import ROOT

TODAY = datetime.now(UTC).date()


def _owes(db, patient, cents: int, days: int, entry_type: str = "charge") -> None:
    db.add(Entry(patient_id=patient.id, entry_type=entry_type, entered_on=TODAY - timedelta(days=days), description="x", amount_cents=cents))
    db.commit()


def _rows(response) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(response.text)))


def test_aging_is_shown_by_clinic_with_a_chart_and_as_a_file_no_spreadsheet_reads_as_a_formula(office, make, db):
    old, new, ahead = make.patient(first_name="=Ada", last_name="Vale"), make.patient(first_name="Ben"), make.patient(first_name="Cleo")
    _owes(db, old, 10_000, 120)
    _owes(db, new, 2_550, 40)
    _owes(db, ahead, -300, 3, "payment")
    app = office()
    page = app.get(f"{ROOT}/aging")
    assert "$125.50" in page
    assert "By age, in dollars" in page
    assert page.text.index("=Ada Vale") < page.text.index("Ben Vale")
    assert "Cleo" not in page  # a credit is only in the sums
    rows = _rows(page.forms["file"].submit())
    found = {row["First name"]: row for row in rows}
    assert found["'=Ada"]["More than 90 days"] == "100.0"
    assert found["Ben"]["31 to 60 days"] == "25.5"
    assert found["Cleo"]["Credit"] == "3.0"
    assert "Choose the clinic from the list." in app.get(f"{ROOT}/aging?clinic={uuid4()}", status=422)
    limited = office(clinic_ids=(uuid4(),)).get(f"{ROOT}/aging")
    assert "Ada" not in limited


def test_the_days_add_up_by_what_happened_and_are_a_file(office, make, db, practice):
    patient = make.patient()
    for cents, days, what in ((10_000, 5, "charge"), (-2_000, 5, "insurance_payment"), (-500, 5, "adjustment"), (-4_000, 4, "payment"), (900, 400, "charge")):
        _owes(db, patient, cents, days, what)
    money = {"amount_cents": 3_333, "currency": "USD", "gateway": "local", "receipt_number": "ABCD-2345", "idempotency_key": "k", "form_nonce": "n"}
    now = datetime.now(UTC)
    db.add(Payment(patient_id=patient.id, clinic_id=practice.clinic_id, state="succeeded", created_at=now, settled_at=now, **money))
    db.commit()
    app = office()
    page = app.get(f"{ROOT}/bookkeeping")
    assert "$33.33" in page
    assert "$9.00" not in page
    rows = _rows(page.click("Download as CSV"))
    sums = {name: sum(round(float(row[name]) * 100) for row in rows) for name in bookkeeping.NAMES}
    assert list(sums.values()) == [10_000, -2_000, -500, -4_000, 3_333, 0, 0]
    assert {row["Clinic"] for row in rows} == {"Main Street"}
    assert "Turn them around." in app.get(f"{ROOT}/bookkeeping?period=own&since=2026-02-01&until=2026-01-01", status=422)
    assert app.get(f"{ROOT}/bookkeeping/file?period=soon").status_int == 303
    assert "Nothing happened" in office(clinic_ids=(uuid4(),)).get(f"{ROOT}/bookkeeping")
