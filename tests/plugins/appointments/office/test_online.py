"""The office sees who booked a first visit, until the chart has a number, and how its website shows the page."""

from datetime import UTC, datetime, timedelta

from core.people.models import Patient
from core.plugins.waiting import number_waiting
from plugins.appointments.models import Appointment
from plugins.appointments.office.online import WAITING
from tenants import settings as office_settings

NOW = datetime.now(UTC)


def test_who_booked_a_first_visit_waits_until_the_chart_has_a_number(office, db, practice, registry):
    patient = Patient(first_name="Nora", last_name="Birch", source="web", clinic_id=practice.clinic_id)
    db.add(patient)
    db.flush()
    soon, about = NOW + timedelta(days=2), {"minutes": 30, "made_by": "new", "note": "Something hurts", "made_at": NOW - timedelta(minutes=1)}
    db.add(Appointment(patient_id=patient.id, clinic_id=practice.clinic_id, starts_at=soon, **about))
    db.commit()

    def waiting() -> int:
        return number_waiting(db, [WAITING], practice_id=practice.id, clinic_ids=(), now=datetime.now(UTC))[WAITING.name]

    app = office("front_desk")
    page = app.get("/office/appointments/online")
    assert "Nora Birch" in page.text
    assert "Something hurts" in page.text
    assert waiting() == 1
    patient.external_id = "N-1"
    db.commit()
    assert "Nora Birch" not in app.get("/office/appointments/online").text
    assert waiting() == 0


def test_the_frame_for_the_website_stands_there_while_the_page_is_open(office, db, practice, registry):
    office_settings.change(db, registry.plugins, practice.id, None, "appointments.frames", "https://www.smile.example", "Alex", NOW)
    db.commit()
    page = office("front_desk").get("/office/appointments/online")
    assert f"/appointments/online/{practice.clinic_id}" in page.text
    assert "&lt;iframe src=" in page.text
    assert "/appointments/online/embed.js&#34; data-clinic=" in page.text
    assert f"{practice.host}/book/" in page.text or "/book/" in page.text
    assert "https://www.smile.example" in page.text
