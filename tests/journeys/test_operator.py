"""Who runs the installation, in a real browser: from the sign-in at the base domain into a practice, and out again."""

import re
import time
from base64 import b32decode

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, select

from core.audit import AuditEvent
from core.auth.models import SupportAccess
from core.db import SessionFactory, bind_tenant
from tenants import demo
from tenants.models import Practice

PHONE = {"width": 390, "height": 844}
REASON = "Statements are not printed, ticket 4711"


@pytest.fixture
def sunrise(running):
    """A session in which Sunrise is bound."""
    engine = create_engine(running.settings.database_url.replace("postgresql://", "postgresql+psycopg://"))
    with SessionFactory(bind=engine) as session:
        bind_tenant(session, session.scalars(select(Practice.id).where(Practice.slug == "sunrise")).one())
        yield session
    engine.dispose()


def sign_in(page: Page, running) -> None:
    """Sign in as the demo's operator, who sets up the second step on the way."""
    page.goto(f"http://localhost:{running.port}/")
    expect(page.get_by_role("heading", name="Sign in as an operator")).to_be_visible()
    page.get_by_label("User name or e-mail").fill("ann")
    page.get_by_label("Password", exact=True).fill(demo.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    seed = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page.locator("#second-app").inner_text())[0].replace(" ", "")
    page.get_by_label("Code from the app").fill(TOTP(b32decode(seed), 6, SHA1(), 30).generate(int(time.time())).decode())
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Practices", level=1)).to_be_visible()


def test_an_operator_enters_with_a_reason_sees_changes_nothing_and_leaves(open_page, running, sunrise):
    page = open_page(size=PHONE)
    sign_in(page, running)
    page.get_by_label("Search by name or address").fill("sunrise")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Sunrise Family Dental", exact=True).click()
    page.get_by_label("Why do you enter?").fill("short")
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("alert")).to_contain_text("at least 10 characters")
    page.get_by_label("Why do you enter?").fill(REASON)
    page.get_by_role("button", name="Enter").click()
    page.get_by_role("button", name="Enter Sunrise Family Dental").click()
    page.wait_for_url(f"http://sunrise.localhost:{running.port}/office")
    banner = page.get_by_role("complementary", name="You are here as the operator")
    expect(banner).to_contain_text(REASON)
    expect(banner).to_contain_text("Ann Ode (Cuspid), looking only, until")
    page.get_by_role("link", name="Patients").first.click()
    expect(banner).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"http://sunrise.localhost:{running.port}/office/profile")
    expect(page.get_by_role("heading", name="This isn’t open to you")).to_be_visible()
    page.goto(f"http://sunrise.localhost:{running.port}/office")
    banner.get_by_role("button", name="Leave").click()
    page.wait_for_url(f"http://localhost:{running.port}/office")
    expect(page.get_by_role("heading", name="Practices", level=1)).to_be_visible()
    page.goto(f"http://sunrise.localhost:{running.port}/office")
    expect(page.get_by_role("heading", name="Sign in to the office")).to_be_visible()
    practice_id = sunrise.info["practice_id"]
    visit = sunrise.scalars(select(SupportAccess).where(SupportAccess.practice_id == practice_id, SupportAccess.reason == REASON)).one()
    acts = sunrise.scalars(
        select(AuditEvent.action).where(AuditEvent.practice_id == practice_id, AuditEvent.account_id == visit.account_id).order_by(AuditEvent.happened_at)
    ).all()
    assert (acts[0], acts[-1]) == ("office.support.enter", "office.support.leave")
