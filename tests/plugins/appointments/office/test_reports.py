"""Visits in numbers."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4

import pytest

from core import audit
from core.db import bind_tenant
from plugins.appointments.models import Appointment, Confirmation

PATH = "/office/appointments/reports"
NOW = datetime.now(UTC)


@pytest.fixture
def patient(make):
    return make.patient(first_name="Noor", last_name="Haddad")


@pytest.fixture
def life(db, practice, patient):
    """What was booked and done within the last days."""
    bind_tenant(db, practice.id)
    ago = {days: NOW - timedelta(days=days) for days in (1, 2, 3, 5)}
    about = {"practice_id": practice.id, "patient_id": patient.id, "minutes": 30, "provider_id": practice.provider_id, "clinic_id": practice.clinic_id}
    rows = [
        Appointment(**about, starts_at=ago[1], made_by="recall", made_at=ago[5], confirmation="confirmed", status="complete"),
        Appointment(**about, starts_at=ago[2], made_by="new", made_at=ago[5], status="broken"),
        Appointment(**about, starts_at=NOW + timedelta(days=9), made_by="new", made_at=ago[3], status="broken", ended_at=ago[2]),
        Appointment(**about | {"provider_id": None}, starts_at=NOW + timedelta(days=2), made_by="office", made_at=ago[3]),
    ]
    db.add_all(rows)
    db.flush()
    db.add(Confirmation(practice_id=practice.id, patient_id=patient.id, appointment_id=rows[0].id, starts_at=rows[0].starts_at, code="C", token_hash=str(uuid4()), state="confirmed", asked_at=ago[3]))
    for action in ("appointments.visit.confirm", "appointments.visit.move"):
        audit.record(db, practice.id, action, ago[2], patient_id=patient.id, target_id=rows[0].id)
    db.commit()


def _numbers(app, query: str = "") -> dict[str, dict[str, str]]:
    lines = list(csv.reader(StringIO(app.get(f"{PATH}/file{query}").text)))
    return {f"{line[0]} {line[1]}" if line[0] != "Period" else "Period": dict(zip(lines[0][2:], line[2:], strict=True)) for line in lines[1:]}


def test_what_was_booked_moved_cancelled_confirmed_and_missed_is_counted_once(life, office, practice):
    app = office()
    page = app.get(PATH)
    assert "Booked online, by week" in page
    found = _numbers(app)
    whole = {name: int(number) for name, number in found["Period"].items() if number != "0"}
    assert whole == {
        "Recall visits": 1, "New patients": 2, "Moved": 1, "Cancelled": 1, "Asked to confirm": 1, "Answered": 1, "By link or text message": 1, "Visits": 2, "Confirmed": 1, "Did not come": 1,
    }  # fmt: skip
    assert found["Clinic Main Street"]["New patients"] == "2"
    assert found["Provider Dana Okafor, DDS"]["Cancelled"] == "1"


def test_the_period_clinic_and_provider_narrow_it_and_wrong_ones_are_refused(life, office, practice):
    app = office("read_only")
    assert _numbers(app, f"?provider={practice.provider_id}&clinic={practice.clinic_id}")["Period"]["Visits"] == "2"
    assert _numbers(app, "?period=own&since=2020-01-01&until=2020-02-01")["Period"]["Visits"] == "0"
    assert "The last day lies before the first one." in app.get(f"{PATH}?period=own&since=2026-02-01&until=2026-01-01", status=422)
    for name in ("clinic", "provider"):
        assert f"Choose the {name} from the list." in app.get(f"{PATH}?{name}={uuid4()}", status=422)
    assert "Nothing was booked online" in office(clinic_ids=(uuid4(),)).get(PATH)
    office("billing").get(PATH, status=403)
