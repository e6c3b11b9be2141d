"""A parent books a visit for a child with the keyboard alone; somebody who is new books on the clinic's page, on a phone without scripts."""

import re
import time
from datetime import UTC, datetime

from playwright.sync_api import Page, expect
from sqlalchemy import select, text

from core.auth import tickets
from core.db import SessionFactory, bind_tenant
from core.mail import mail_from_url
from core.people.models import Patient
from plugins.appointments.services import newcomers

PHONE = {"width": 390, "height": 844}
NORA = {"First name": "Nora", "Last name": "Birchwood", "Birthdate": "1990-02-14", "E-mail address": "nora.birchwood@example.test", "Phone number": "303-555-0199"}


def press(page: Page, locator) -> None:
    """Go to what is meant and press it, as somebody without a mouse does."""
    locator.focus()
    expect(locator).to_be_focused()
    page.keyboard.press("Enter")


def code_in_mail(running, address: str) -> str:
    """The code in the newest mail, as soon as it is there."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        mails = mail_from_url(running.settings.mail_url).messages(address)
        if mails:
            return re.search(r"Your code: (\d{6})", mails[-1].get_body(("plain",)).get_content())[1]
        time.sleep(0.2)
    raise AssertionError("no mail came")


def faults_shown(page: Page, checked: Page, faults_of) -> list[str]:
    """What is wrong with a page without scripts, looked at in one that has them."""
    checked.set_content(page.content())
    return faults_of(checked)


def test_a_parent_books_for_a_child_in_three_taps_with_the_keyboard_alone(signed_in_page, running, faults_of):
    page = signed_in_page("elena")
    page.goto(running.address("sunrise", "/family"))
    press(page, page.get_by_role("button", name="Check-up and cleaning is due for Sophie Marlow"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Book a visit")
    expect(page.locator(".appointments-choosing__what")).to_contain_text("Check-up and cleaning")
    faults = faults_of(page)
    press(page, page.locator(".appointments-time").first)
    expect(page.get_by_role("heading", level=1)).to_have_text("Is this right?")
    faults += faults_of(page)
    press(page, page.get_by_role("button", name="Book this visit"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Sophie’s visit is booked")
    faults += faults_of(page)
    assert faults == []


def test_who_is_new_books_on_a_phone_without_scripts(open_page, running, faults_of):
    page = open_page(size=PHONE, javascript=False)
    page.goto(running.address("sunrise", "/book"))
    page.get_by_role("link", name="Sunrise Downtown").click()
    page.get_by_role("link", name="I’m new here").click()
    page.get_by_role("link", name="First visit").click()
    page.locator(".appointments-day--open").last.click()
    page.locator(".appointments-time").first.click()
    # The checker needs scripts, so it is shown what stands on the page.
    checked = open_page(size=PHONE)
    checked.goto(running.address("sunrise", "/contact"))
    faults = faults_shown(page, checked, faults_of)
    for label, words in NORA.items():
        page.get_by_label(label, exact=True).fill(words)
    page.get_by_label("Insurance", exact=False).first.select_option("Blue Mesa")
    page.get_by_role("button", name="Send me the code").click()
    faults += faults_shown(page, checked, faults_of)
    page.get_by_label("Code").fill(code_in_mail(running, NORA["E-mail address"]))
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your visit is booked")
    assert faults + faults_shown(page, checked, faults_of) == []


def test_who_has_proven_to_be_a_patient_looks_at_the_visit_and_books_it(open_page, running, database, faults_of):
    with SessionFactory(bind=database) as session:
        place = session.execute(text("select id from practice where slug = 'sunrise'")).scalar_one()
        bind_tenant(session, place)
        patient = session.scalars(select(Patient).where(Patient.external_id == "SUN-1002")).one()
        token = tickets.issue_link(session, newcomers.PASS, datetime.now(UTC), newcomers.PASS_LIVES, patient_id=patient.id)
        clinic = patient.clinic_id
        session.commit()
    page = open_page(size=PHONE)
    page.goto(running.address("sunrise", f"/appointments/online/{clinic}/for/{token}"))
    page.get_by_role("link", name="Talk about a treatment").click()
    page.locator(".appointments-time").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Is this right?")
    faults = faults_of(page)
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your visit is booked")
    assert faults + faults_of(page) == []
