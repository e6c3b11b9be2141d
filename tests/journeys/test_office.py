"""A day at the front desk, in a real browser: finding a patient, giving access with the sheet, looking as the patient, and the log of all that."""

from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, select

from core.db import SessionFactory, bind_tenant
from core.people.found_by import keep_words
from core.people.models import Patient
from tenants.models import Practice

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
WHY = "Called because the portal does not open"
PAGES = ("/office", "/office/patients", "/office/unmatched", "/office/account/payments", "/office/staff", "/office/staff/invite", "/office/audit")


@pytest.fixture
def newcomer(running):
    """A patient of Sunrise who has never been in the portal."""
    engine = create_engine(running.settings.database_url.replace("postgresql://", "postgresql+psycopg://"))
    with SessionFactory(bind=engine) as session:
        bind_tenant(session, session.scalars(select(Practice.id).where(Practice.slug == "sunrise")).one())
        about = {"first_name": "Philomena", "last_name": "Oystercatcher", "birthdate": date(1979, 9, 30), "phone": "303-555-0171"}
        patient = Patient(external_id="DESK-1", email="philomena@example.test", **about)
        session.add(patient)
        session.flush()
        keep_words(session, [patient.id])
        session.commit()
    engine.dispose()


def find(page: Page) -> None:
    """By keyboard alone: the field has the focus, as soon as the browser has put it there."""
    expect(page.locator("[name=find]")).to_be_focused()
    page.keyboard.type("0171")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Oystercatcher, Philomena").click()
    expect(page.get_by_text("No access")).to_be_visible()


def give_access(page: Page, faults_of) -> list[str]:
    """Access on paper, with a sheet that is printed twice, for the printer had no paper."""
    faults = faults_of(page)
    page.get_by_role("link", name="Give access on paper").click()
    faults += faults_of(page)
    page.get_by_role("button", name="Give access").click()
    password = page.locator("#given-password").inner_text()
    faults += faults_of(page)
    for _ in range(2):
        with page.context.expect_page() as opened:
            page.get_by_role("button", name="Open the sheet to print").click()
        expect(opened.value.locator("body")).to_contain_text(password)
        opened.value.close()
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("First sign-in to come")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text(password)
    return faults


def look_as_patient(page: Page, running, faults_of) -> list[str]:
    """Into the portal with a reason, and back."""
    page.get_by_role("link", name="View as patient").click()
    page.get_by_label("Why do you look?").fill(WHY)
    faults = faults_of(page)
    page.get_by_role("button", name="View the portal").click()
    banner = page.get_by_role("complementary", name="You look as a patient")
    expect(banner).to_contain_text("Grace Ibekwe, you see the portal as Philomena Oystercatcher")
    page.get_by_role("link", name="Appointments").first.click()
    expect(banner).to_be_visible()
    faults += faults_of(page)
    page.goto(running.address("sunrise", "/profile"))
    expect(page.get_by_role("heading", name="You are looking only")).to_be_visible()
    faults += faults_of(page)
    banner.get_by_role("button", name="Back to the office").click()
    expect(page.get_by_role("heading", name="Philomena Oystercatcher")).to_be_visible()
    return faults


@pytest.mark.usefixtures("newcomer")
def test_from_the_search_to_the_log(open_page, sign_in_at_office, running, faults_of):
    page = open_page(size=DESK)
    sign_in_at_office(page, "grace", "sunrise")
    find(page)
    faults = give_access(page, faults_of) + look_as_patient(page, running, faults_of)
    page.get_by_role("main").get_by_role("link", name="Audit log").click()
    log = page.get_by_role("table")
    for act in ("Gave access with a one-time password", "Began to look at the portal as this patient", "Stopped looking at the portal as this patient"):
        expect(log).to_contain_text(act)
    expect(log).to_contain_text(f"Reason: {WHY}")
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="For a spreadsheet (CSV)").click()
    assert downloaded.value.suggested_filename.endswith(".csv")
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    for path in PAGES:
        page.goto(running.address("sunrise", path))
        faults += faults_of(page)
    assert faults == []
