"""A passkey in a real browser, with the browser's own virtual authenticator; and the second step without any script."""

import secrets
from base64 import b32decode
from datetime import UTC, date, datetime

import psycopg
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, select

from core.auth import services as auth
from core.db import SessionFactory, bind_tenant
from core.people.models import Patient
from tenants.models import Practice

PASSWORD = "Correct-horse-7"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture
def visitor(running) -> str:
    """The user name of somebody who has been at Sunrise before."""
    engine = create_engine(running.settings.database_url.replace("postgresql://", "postgresql+psycopg://"))
    user_name = f"keyholder{secrets.token_hex(4)}"
    with SessionFactory(bind=engine) as session:
        bind_tenant(session, session.scalars(select(Practice.id).where(Practice.slug == "sunrise")).one())
        person = {"first_name": "Quill", "last_name": "Featherstone", "birthdate": date(1979, 2, 3), "email": f"{user_name}@example.test"}
        patient = Patient(external_id=user_name, **person)
        session.add(patient)
        session.flush()
        account = auth.create_account(session, patient, user_name, PASSWORD, datetime.now(UTC))
        account.notice_version = 1000
        session.commit()
    engine.dispose()
    return user_name


def _password(page: Page, running, user_name: str) -> None:
    page.goto(running.address("sunrise", "/sign-in"))
    page.fill("[name=user_name]", user_name)
    page.fill("[name=password]", PASSWORD)
    page.click("#sign-in button[type=submit]")


def _proof_runs_out(running, user_name: str) -> None:
    """As if the person had been signed in for more than ten minutes."""
    with psycopg.connect(running.migrate_url, autocommit=True) as connection:
        old = "update sign_in_session set proven_at = now() - interval '11 minutes' where account_id in (select id from account where user_name = %s)"
        connection.execute(old, [user_name])


def _sign_out(page: Page) -> None:
    page.locator(".bar details").last.locator("summary").click()
    page.click("#sign-out button")
    page.wait_for_url("**/sign-in")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_passkey_is_made_and_then_takes_the_place_of_the_password(running, open_page, visitor, with_authenticator, size):
    page = open_page(size=size)
    with_authenticator(page)
    _password(page, running, visitor)
    page.wait_for_url("**/home")
    page.goto(running.address("sunrise", "/profile/security"))
    page.get_by_label("Name of the new passkey").fill("Test phone")
    _proof_runs_out(running, visitor)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_label("Name of the new passkey")).to_have_value("Test phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("#recovery-codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator("main")).to_contain_text("Test phone")
    _proof_runs_out(running, visitor)
    page.goto(running.address("sunrise", "/profile/email"))
    page.get_by_role("link", name="Use a passkey").click()
    page.get_by_role("button", name="Use my passkey").click()
    expect(page.get_by_label("New e-mail address")).to_be_visible()
    _sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/home")
    _sign_out(page)
    _password(page, running, visitor)
    page.wait_for_url("**/sign-in/second")
    page.get_by_role("button", name="Use my passkey").click()
    page.wait_for_url("**/home")


def test_a_device_without_a_passkey_says_so_and_the_password_still_works(running, open_page, visitor, with_authenticator):
    page = open_page(size=PHONE)
    # Without user verification there is nothing that the portal takes.
    with_authenticator(page, knows_owner=False)
    page.goto(running.address("sunrise", "/sign-in"))
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("#passkey-sign-in [role=alert]")).to_contain_text("sign in with your password")
    _password(page, running, visitor)
    page.wait_for_url("**/home")


def test_the_second_step_needs_no_script(running, open_page, visitor):
    page = open_page(size=PHONE, javascript=False)
    _password(page, running, visitor)
    page.wait_for_url("**/home")
    page.goto(running.address("sunrise", "/profile/security"))
    page.get_by_role("link", name="Set up an authenticator app").click()
    key = page.locator(".text-typed").inner_text().replace(" ", "")
    page.get_by_label("Code from the app").fill(TOTP(b32decode(key), 6, SHA1(), 30).generate(int(datetime.now(UTC).timestamp())).decode())
    page.get_by_role("button", name="Turn it on").click()
    recovery = page.locator("#recovery-codes li").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    _sign_out(page)
    _password(page, running, visitor)
    page.wait_for_url("**/sign-in/second")
    page.goto(running.address("sunrise", "/account"))
    page.wait_for_url("**/sign-in/second")
    page.get_by_role("link", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(recovery)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/home")
    expect(page.locator("main")).to_contain_text("9 of them are left")
