"""Whom the office lets in, signs out and shuts out notices it on the next click: patients and colleagues. How each page looks is seen in test_faces.py."""

import re
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from core.auth.realms import STAFF
from core.db import SessionFactory, bind_tenant
from tenants import settings
from tests.journeys.conftest import DESK, PASSWORD, PHONE, link_in_mail, somebody
from tests.journeys.test_growing_office import load_until, what_waits, write_down

BORN = "1990-05-05"


def let_people_register(own, database, registry) -> None:
    """The office’s setting."""
    with SessionFactory(bind=database) as session:
        bind_tenant(session, own.id)
        settings.change(session, registry.plugins, own.id, None, "portal.self_registration", True, "test", datetime.now(UTC))
        session.commit()


def ask_for_access(own, page: Page) -> None:
    """Somebody who types another address than the one in the chart."""
    page.goto(own.at("/register"))
    for label, words in (("First name", "Barnaby"), ("Last name", "Thistlethwaite"), ("Birthdate", BORN), ("E-mail address or phone number", "an.older@example.test")):
        page.get_by_label(label).fill(words)
    page.get_by_role("button", name="Send me a code").click()
    page.wait_for_url("**/register/code")


def settle(own, office: Page) -> None:
    """From what waits to the chart that fits."""
    unmatched = what_waits(office, "Could not be matched")
    load_until(office, own.at("/office"), unmatched)
    unmatched.click()
    office.get_by_role("link", name="Thistlethwaite, Barnaby").click()
    office.get_by_role("button", name="Invite by e-mail").click()
    expect(office.get_by_text("The invitation is on its way, and the request is settled.")).to_be_visible()


def accept(page: Page, link: str) -> None:
    """Open the invitation, and the portal behind it."""
    page.goto(link)
    page.get_by_label("Your birthdate").fill(BORN)
    page.get_by_label("Password", exact=True).fill(f"{PASSWORD}-canoe")
    page.get_by_role("button", name="Open my portal").click()
    page.wait_for_url("**/home")


def is_out(page: Page, address: str) -> bool:
    """Whether the next click leads to the sign-in page."""
    page.goto(address)
    return "/sign-in" in page.url


def test_who_is_let_in_signed_out_and_shut_out_notices_on_the_next_click(own_office, let_in, open_page, running, database, registry):
    office, patient, newcomer = own_office.admin_page(), own_office.patient_page(), open_page(size=PHONE)
    email = f"barnaby@{own_office.slug}.example.test"
    chart = write_down(database, own_office.id, email)
    let_people_register(own_office, database, registry)
    ask_for_access(own_office, newcomer)
    settle(own_office, office)
    accept(newcomer, link_in_mail(running, email, "/invitation/"))
    expect(newcomer.locator("h1")).to_contain_text("Barnaby")

    patient.goto(own_office.at("/home"))
    office.goto(own_office.at(f"/office/patients/{own_office.account.patient_id}"))
    office.get_by_role("button", name="Sign out everywhere").click()
    expect(office.get_by_text("Signed out everywhere.")).to_be_visible()
    assert is_out(patient, own_office.at("/appointments"))
    office.goto(own_office.at(f"/office/patients/{chart}"))
    office.get_by_role("link", name="Take access away").click()
    office.get_by_role("button", name="Take access away").click()
    expect(office.get_by_text("Access is taken away.")).to_be_visible()
    assert is_out(newcomer, own_office.at("/account"))

    colleague = somebody(STAFF, "front_desk")
    desk = let_in(own_office.id, colleague, own_office.at("/"), DESK)
    desk.goto(own_office.at("/office/patients"))
    expect(desk.get_by_role("heading", level=1)).to_have_text("Patients")
    page_of_colleague = own_office.at(f"/office/staff/{colleague.id}")
    office.goto(page_of_colleague)
    office.get_by_label(re.compile("^Billing")).check()
    office.get_by_role("button", name="Change", exact=True).click()
    expect(office.get_by_text("Role and clinics are changed.")).to_be_visible()
    assert is_out(desk, own_office.at("/office/patients"))
    desk = let_in(own_office.id, colleague, own_office.at("/"), DESK)
    assert desk.goto(own_office.at("/office/unmatched")).status == 403
    office.get_by_role("button", name="Take access away").click()
    expect(office.get_by_text("Access is taken away.")).to_be_visible()
    assert is_out(desk, own_office.at("/office"))
    office.goto(own_office.at("/office/audit"))
    expect(office.get_by_role("table")).to_contain_text("Barnaby")
