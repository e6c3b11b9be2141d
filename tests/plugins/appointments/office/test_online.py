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


def test_insurances_that_patients_have_are_suggested_until_the_office_has_said_something_of_them(office, make, db, practice, registry):
    patient = make.patient()
    claim = {"kind": "claim", "patient": patient.external_id, "state": "sent", "billed_cents": 100, "sent_on": NOW.date() - timedelta(days=5)}
    old = {"sent_on": NOW.date() - timedelta(days=70)}
    make.take_in(
        [claim | {"external_id": f"C{number}", "carrier": name} for number, name in enumerate(["Lakeshore", "Lakeshore", "LAKESHORE", "Prairie: Mutual", "Refused Ltd"])]
        + [claim | old | {"external_id": "C9", "carrier": "Long Ago"}, {"kind": "insurance_coverage", "external_id": "I1", "patient": patient.external_id, "carrier": "Summit"}]
    )
    office_settings.change(db, registry.plugins, practice.id, None, "appointments.insurances_refused", "refused ltd: Please call us.", "Alex", NOW)
    office_settings.change(db, registry.plugins, practice.id, None, "appointments.insurances", "Delta", "Alex", NOW)
    db.commit()
    app, path = office("office_admin"), "/office/appointments/online"
    page = app.get(path)
    form = page.forms["suggested"]
    assert [box._value for box in form.fields["carriers"]] == ["LAKESHORE", "Prairie Mutual", "Summit"]
    assert "They cannot book" in page
    assert "Nothing was changed" in form.submit().follow()
    for box in form.fields["carriers"][:2]:
        box.checked = True
    page = form.submit().follow()
    assert "On the list now: LAKESHORE, Prairie Mutual." in page
    assert [box._value for box in page.forms["suggested"].fields["carriers"]] == ["Summit"]
    whole = registry.tenants.current(practice.id)
    assert whole.settings["appointments.insurances"].splitlines() == ["Delta", "LAKESHORE", "Prairie Mutual"]
    typed = {"csrf_token": form["csrf_token"].value, "carriers": "Made up", "clinic": str(practice.clinic_id)}
    assert "Nothing was changed" in app.post(f"{path}/insurances", typed).follow()
    assert "suggested" not in office("front_desk").get(path).forms
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lake", "time_zone": "America/Chicago"}])
    lake = next(clinic.id for clinic in registry.tenants.current(practice.id).clinics if clinic.name == "Lake")
    form = office("office_admin", clinic_ids=[lake]).get(path).forms["suggested"]
    form.fields["carriers"][0].checked = True
    form.submit()
    assert "Summit" in registry.tenants.current(practice.id, lake).settings["appointments.insurances"]
    assert "Summit" not in registry.tenants.current(practice.id).settings["appointments.insurances"]


def test_the_frame_for_the_website_stands_there_while_the_page_is_open(office, db, practice, registry):
    office_settings.change(db, registry.plugins, practice.id, None, "appointments.frames", "https://www.smile.example", "Alex", NOW)
    db.commit()
    page = office("front_desk").get("/office/appointments/online")
    assert f"/appointments/online/{practice.clinic_id}" in page.text
    assert "&lt;iframe src=" in page.text
    assert "/appointments/online/embed.js&#34; data-clinic=" in page.text
    assert f"{practice.host}/book/" in page.text or "/book/" in page.text
    assert "https://www.smile.example" in page.text
