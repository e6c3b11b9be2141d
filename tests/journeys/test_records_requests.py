"""A patient whose Images tab is off asks for the record on a phone; the front desk sees it on its first page and answers; the patient reads it."""

from datetime import UTC, datetime

from playwright.sync_api import expect
from sqlalchemy import create_engine, select

from core.auth.models import Account
from core.auth.passwords import hash_password
from core.db import SessionFactory, bind_tenant
from core.plugins import PluginHost, find_plugins
from tenants import settings
from tenants.models import Practice
from tests.journeys.conftest import PASSWORD

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


def prepare(running, images: bool | None, user: str = "") -> None:
    """Switch the tab, as the office does on its page of the tabs, and let somebody work at the front desk."""
    engine = create_engine(running.settings.database_url.replace("postgresql://", "postgresql+psycopg://"))
    with SessionFactory(bind=engine) as session:
        practice_id = session.scalars(select(Practice.id).where(Practice.slug == "harbor")).one()
        bind_tenant(session, practice_id)
        settings.change(session, PluginHost(find_plugins()), practice_id, None, "images", images, "test", datetime.now(UTC))
        if user:
            about = {"user_name": user, "user_name_norm": user, "password_hash": hash_password(PASSWORD), "email": f"{user}@harbor.example.test"}
            session.add(Account(kind="staff", role="front_desk", name="Walter Quill", created_at=datetime.now(UTC), **about))
        session.commit()
    engine.dispose()


def test_a_record_is_asked_for_and_answered(running, signed_in_page, open_page, sign_in_at_office, faults_of):
    prepare(running, images=False, user="walter")
    phone = signed_in_page("beatrice", "harbor", size=PHONE)
    expect(phone.get_by_text("images are not shown here")).to_be_visible()
    faults = faults_of(phone)
    phone.get_by_role("link", name="Ask the office for a copy").click()
    faults += faults_of(phone)
    phone.get_by_label("X-rays, photos and other images").check()
    phone.get_by_label("Electronic files").check()
    phone.get_by_role("button", name="Send to the office").click()
    expect(phone.get_by_text("Your request is with the office")).to_be_visible()
    faults += faults_of(phone)

    desk = open_page(size=DESK)
    sign_in_at_office(desk, "walter", "harbor")
    desk.get_by_role("region", name="What waits").get_by_role("link", name="Requests for a record").click()
    faults += faults_of(desk)
    expect(desk.get_by_text("30 days left")).to_be_visible()
    desk.locator("tbody a").first.click()
    desk.get_by_label("Fulfilled").check()
    desk.get_by_label("Your words to the patient").fill("They are on a stick at our desk.")
    faults += faults_of(desk)
    desk.get_by_role("button", name="Send the answer").click()
    expect(desk.get_by_text("The answer is with the patient")).to_be_visible()

    phone.reload()
    expect(phone.get_by_text("They are on a stick at our desk.")).to_be_visible()
    prepare(running, images=None)
    assert faults + faults_of(phone) == []
