"""How a new patient gets in, on a phone: by an invitation, by the credentials on a sheet, and without the office by a text message."""

import re
import subprocess
import sys
import time
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, select

from core.db import SessionFactory, bind_tenant
from core.mail import mail_from_url
from core.people.models import Patient
from tenants.models import Practice

PHONE = {"width": 390, "height": 844}
OWN = "Maple-canoe-42 window"
BORN = date(1991, 6, 3)


@pytest.fixture
def newcomer(running):
    """`newcomer(number, first_name)`: a patient of Sunrise who has never been here; gives the e-mail address."""
    engine = create_engine(running.settings.database_url.replace("postgresql://", "postgresql+psycopg://"))

    def make(number: str, first_name: str, phone: str = "") -> str:
        with SessionFactory(bind=engine) as session:
            bind_tenant(session, session.scalars(select(Practice.id).where(Practice.slug == "sunrise")).one())
            person = {"first_name": first_name, "last_name": "Thistlewood", "birthdate": BORN, "email": f"{number.lower()}@example.test", "phone": phone}
            session.add(Patient(external_id=number, **person))
            session.commit()
        return person["email"]

    yield make
    engine.dispose()


def cuspid(running, *words: str) -> str:
    """A command of the running portal, as an operator types it; gives what it printed."""
    command = [sys.executable, "-W", "ignore", "-m", "core.cli", *words]
    return subprocess.run(command, env=running.environment, capture_output=True, text=True, check=True).stdout


def in_mail(running, address: str, pattern: str) -> str:
    """What the newest mail to an address holds of this pattern, as soon as the mail is there."""
    end = time.monotonic() + 60
    while not (found := mail_from_url(running.settings.mail_url).messages(address)):
        assert time.monotonic() < end, "no mail came"
        time.sleep(0.2)
    return re.search(pattern, found[-1].get_body(("plain",)).get_content())[0]


def accept_notice(page: Page, then: str = "**/home") -> None:
    expect(page.locator("#welcome")).to_contain_text("privacy officer")
    page.get_by_label("I have read and accept the notice").check()
    page.get_by_role("button", name="Open my portal").click()
    page.wait_for_url(then)


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_from_the_invitation_to_the_home_page(newcomer, open_page, running, with_authenticator, javascript):
    number, name = ("NEW-1", "Odalys") if javascript else ("NEW-2", "Percival")
    address = newcomer(number, name)
    cuspid(running, "access", "invite", "sunrise", number)
    page = open_page(size=PHONE, javascript=javascript)
    with_authenticator(page)
    page.goto(in_mail(running, address, r"http://\S+/invitation/\S+"))
    expect(page.locator("body")).not_to_contain_text(name)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Your birthdate").fill(BORN.isoformat())
    page.get_by_label("Password", exact=True).fill("Password1")
    page.get_by_role("button", name="Open my portal").click()
    expect(page.get_by_role("alert")).to_contain_text("easy to guess")
    page.get_by_label("Password", exact=True).fill(OWN)
    page.get_by_role("button", name="Open my portal").click()
    page.wait_for_url("**/welcome?next=**" if javascript else "**/welcome")
    accept_notice(page, then="**/welcome/passkey" if javascript else "**/home")
    if javascript:
        take_the_offer(page)
    expect(page.locator("h1")).to_contain_text(name)


def take_the_offer(page: Page) -> None:
    """Make the passkey that is offered, go home, and come back with it."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.locator("#recovery-codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url("**/home")
    page.locator(".bar details").last.locator("summary").click()
    page.click("#sign-out button")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/home")


def test_from_the_sheet_to_the_home_page(newcomer, open_page, running, tmp_path, with_authenticator):
    newcomer("NEW-3", "Mirabel")
    sheet = tmp_path / "sheet.html"
    cuspid(running, "access", "give", "sunrise", "NEW-3", "--sheet", str(sheet))
    paper = open_page()
    paper.goto(sheet.as_uri())
    expect(paper.locator("svg")).to_be_visible()
    address, user_name, password = paper.locator("dd").all_inner_texts()
    assert user_name.startswith("Mirabel")
    page = open_page(size=PHONE)
    with_authenticator(page)
    page.goto(address)
    page.fill("[name=user_name]", user_name)
    page.fill("[name=password]", password)
    page.click("#sign-in button[type=submit]")
    page.wait_for_url("**/welcome")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("User name").fill("mirabel of the hill")
    page.get_by_label("New password", exact=True).fill(OWN)
    accept_notice(page, then="**/welcome/passkey")
    page.get_by_role("button", name="Not now").click()
    page.wait_for_url("**/home")
    expect(page.locator("h1")).to_contain_text("Mirabel")
    again = open_page(size=PHONE)
    again.goto(address)
    again.fill("[name=user_name]", "Mirabel of the Hill")
    again.fill("[name=password]", OWN)
    again.click("#sign-in button[type=submit]")
    again.wait_for_url("**/home")


def test_from_the_sign_in_page_to_the_home_page_without_the_office(newcomer, open_page, running):
    newcomer("NEW-4", "Séraphine", phone="(720) 555-0163")
    page = open_page(size=PHONE)
    page.goto(running.address("sunrise"))
    page.get_by_role("link", name="Open your portal").click()
    page.get_by_label("First name").fill("seraphine")
    page.get_by_label("Last name").fill("Thistlewood")
    page.get_by_label("Birthdate").fill(BORN.isoformat())
    page.get_by_label("E-mail address or phone number").fill("none")
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("alert")).to_contain_text("such as 303-555-0142")
    page.get_by_label("E-mail address or phone number").fill("720.555.0163")
    page.get_by_role("button", name="Send me a code").click()
    page.wait_for_url("**/register/code")
    expect(page.get_by_role("main")).to_contain_text("a text message is on its way")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Code", exact=True).fill(in_mail(running, "+17205550163", r"\b\d{6}\b"))
    page.get_by_label("Password", exact=True).fill(OWN)
    page.get_by_role("button", name="Open my portal").click()
    page.wait_for_url("**/welcome")
    expect(page.locator("body")).to_contain_text("Your user name is Seraphine")
    accept_notice(page)
    expect(page.locator("h1")).to_contain_text("Séraphine")
