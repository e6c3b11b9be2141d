"""The Appointments tab: what is shown, in which order and words, and confirming."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.audit import AuditEvent
from core.tenant import TeamMember
from plugins.appointments.models import Appointment
from plugins.appointments.services import confirming
from plugins.appointments.services.visits import Visit
from plugins.appointments.shown import show

OKAFOR = TeamMember("Dr. Okafor", "Amy Okafor")
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def test_a_patient_without_visits_is_told_so_and_what_to_do(signed_in, make):
    page = signed_in(make.patient()).get("/appointments")
    assert "No visits yet" in page.text
    assert "Contact the office" in page.text


def test_visits_are_shown_newest_first_with_provider_clinic_length_and_status(signed_in, make, visit):
    patient = make.patient()
    visit(patient, -400, status="complete", reason="Oldest")
    visit(patient, 40, reason="Newest")
    visit(patient, -30, status="complete", reason="Middle")
    text = signed_in(patient).get("/appointments").text
    assert text.index("Newest") < text.index("Middle") < text.index("Oldest")
    for words in ("Dana Okafor, DDS", "Main Street", "50 minutes", "Complete"):
        assert words in text


@pytest.mark.parametrize("status", ["broken", "planned"])
def test_broken_and_planned_visits_are_not_shown(signed_in, make, visit, status):
    patient = make.patient()
    visit(patient, 10, status=status, reason="Hidden one")
    assert "Hidden one" not in signed_in(patient).get("/appointments").text


def test_confirming_in_place(signed_in, make, visit, practice):
    patient = make.patient()
    due = visit(patient, 3, reason="Filling")
    browser = signed_in(patient)
    page = browser.get("/appointments")
    assert "Action needed" in page.text
    form = next(form for form in page.forms.values() if form.action.endswith("/confirm"))
    after = form.submit().follow()
    assert "your visit is confirmed" in after.text
    assert "Action needed" not in after.text
    assert "Confirmed" in after.text
    with practice.session() as session:
        row = session.get_one(Appointment, (practice.id, due.id))
        assert (row.confirmation, row.confirmed_at is not None) == ("confirmed", True)
        assert session.scalars(select(AuditEvent.target_id).where(AuditEvent.action == "appointments.visit.confirm")).all() == [due.id]


def test_the_tab_and_the_home_page_count_what_waits(signed_in, make, visit):
    patient = make.patient()
    visit(patient, 3)
    visit(patient, 5)
    visit(patient, 300)
    home = signed_in(patient).get("/home").text
    assert "Confirm 2 visits" in home


def test_a_visit_of_another_person_cannot_be_confirmed(signed_in, make, visit, practice):
    patient, other = make.patient(), make.patient(first_name="Otto")
    foreign = visit(other, 3)
    browser = signed_in(patient)
    token = browser.get("/home").forms["sign-out"]["csrf_token"].value
    assert browser.post(f"/appointments/{foreign.id}/confirm", {"csrf_token": token}, expect_errors=True).status_int == 404
    with practice.session() as session:
        assert session.get_one(Appointment, (practice.id, foreign.id)).confirmation == "unconfirmed"


def test_whoever_may_only_see_cannot_confirm(signed_in, make, visit):
    account, child = make.account(make.patient()), make.patient(first_name="Mia")
    make.grant(account, child, "appointments", "see")
    due = visit(child, 3)
    browser = signed_in(account=account)
    token = browser.get("/home").forms["sign-out"]["csrf_token"].value
    browser.post("/family/switch", {"csrf_token": token, "person": str(child.id)})
    page = browser.get("/appointments")
    assert "Mia" in page.text
    assert not [form for form in page.forms.values() if form.action.endswith("/confirm")]
    assert browser.post(f"/appointments/{due.id}/confirm", {"csrf_token": token}, expect_errors=True).status_int == 403


@pytest.mark.parametrize("change", [{"status": "broken"}, {"starts_at": datetime.now(UTC) - timedelta(hours=1)}])
def test_a_visit_that_was_changed_meanwhile_is_said_so(db, make, visit, practice, change):
    patient = make.patient()
    due = visit(patient, 3)
    for name, value in change.items():
        setattr(due, name, value)
    db.commit()
    with pytest.raises(confirming.CannotConfirm):
        confirming.confirm(db, practice.id, patient.id, due.id, make.account(patient).id, datetime.now(UTC))


def test_an_office_can_take_confirming_away(signed_in, make, visit, db, registry, practice):
    from tenants import settings

    patient = make.patient()
    due = visit(patient, 3)
    settings.change(db, registry.plugins, practice.id, None, "appointments.confirm", False, "test", datetime.now(UTC))
    db.commit()
    browser = signed_in(patient)
    page = browser.get("/appointments")
    assert not [form for form in page.forms.values() if form.action.endswith("/confirm")]
    token = page.forms["sign-out"]["csrf_token"].value
    assert browser.post(f"/appointments/{due.id}/confirm", {"csrf_token": token}, expect_errors=True).status_int == 404


def test_fifty_visits_a_page(signed_in, make):
    patient = make.patient()
    make.take_in(
        {"kind": "appointment", "external_id": f"P{n}", "patient": patient.external_id, "starts_at": NOW - timedelta(days=7 * n), "minutes": 30,
         "status": "complete", "reason": f"Visit number {n}."}
        for n in range(60)
    )  # fmt: skip
    browser = signed_in(patient)
    first, second = browser.get("/appointments").text, browser.get("/appointments?page=2").text
    assert "number 49." in first
    assert "number 50." not in first
    assert "number 50." in second
    assert "number 59." in second


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999", "%EF%BC%91", ""])
def test_a_page_number_that_is_none_is_not_found(signed_in, make, page):
    assert signed_in(make.patient()).get(f"/appointments?page={page}", expect_errors=True).status_int == 404


def test_the_page_costs_at_most_five_statements_whatever_the_number_of_rows(signed_in, make, statements):
    patient = make.patient()
    make.take_in(
        {"kind": "appointment", "external_id": f"P{n}", "patient": patient.external_id, "starts_at": NOW - timedelta(days=n), "minutes": 30, "status": "complete"}
        for n in range(50)
    )
    browser = signed_in(patient)
    browser.get("/appointments")
    with statements() as seen:
        browser.get("/appointments")
    assert len(seen) <= 5, seen


def _visit(starts_at: datetime, zone: str, **fields) -> Visit:
    values = {"minutes": 50, "status": "scheduled", "confirmation": "unconfirmed", "reason": "", "provider": OKAFOR, "clinic": "Main Street",
              "is_past": starts_at <= NOW, "needs_answer": False} | fields  # fmt: skip
    return Visit(id="v", starts_at=starts_at, zone=ZoneInfo(zone), **values)


def test_a_visit_is_told_as_a_person_would():
    [shown] = show([_visit(datetime(2026, 11, 24, 14, 20, tzinfo=UTC), "America/New_York")], NOW)
    assert (shown.when, shown.length, shown.place) == ("Tomorrow at 9:20 AM", "50 minutes", "Dr. Okafor · Main Street")
    assert (shown.provider, shown.initials, shown.photo) == ("Dr. Okafor", "AO", "")


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["America/Denver", "America/Phoenix", "Pacific/Honolulu", "America/St_Johns"]),
    st.sampled_from(["scheduled", "complete"]),
    st.sampled_from(["unconfirmed", "confirmed", "callback"]),
)
def test_every_visit_can_be_told_on_its_clinics_clock(starts_at, zone, status, confirmation):
    [shown] = show([_visit(starts_at, zone, status=status, confirmation=confirmation)], NOW)
    local = starts_at.astimezone(ZoneInfo(zone))
    assert shown.day == local.day
    assert f"{(local.hour - 1) % 12 + 1}:{local.minute:02}" in shown.when
    assert shown.status


@pytest.mark.parametrize("confirmation", ["asked", "failed"])
def test_who_was_asked_by_a_message_can_still_confirm_here(signed_in, make, visit, confirmation):
    patient = make.patient()
    visit(patient, 3, confirmation=confirmation)
    browser = signed_in(patient)
    assert "Confirm your visit" in browser.get("/home").text
    page = browser.get("/appointments")
    assert "Please confirm" in page.text
    assert [form for form in page.forms.values() if form.action.endswith("/confirm")]
