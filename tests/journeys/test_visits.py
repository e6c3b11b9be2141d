"""What a parent does with the family's visits, in a real browser: looks, cancels, takes it back, asks for another time, and confirms from a message."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from playwright.sync_api import expect
from sqlalchemy import select

from core.auth.models import Account
from core.db import SessionFactory, bind_tenant
from plugins.appointments.models import Appointment
from plugins.appointments.services import confirming
from tenants.models import Practice

PHONE = {"width": 390, "height": 844}


def _asked_about(database) -> tuple[UUID, UUID, str]:
    """A visit of Elena's that she was asked to confirm: of which practice it is, its id, and the secret of the link."""
    now = datetime.now(UTC)
    with SessionFactory(bind=database) as session:
        practice_id = session.scalars(select(Practice.id).where(Practice.slug == "sunrise")).one()
        bind_tenant(session, practice_id)
        parent = session.scalars(select(Account).where(Account.practice_id == practice_id, Account.user_name == "elena")).one()
        visit = Appointment(patient_id=parent.patient_id, starts_at=now + timedelta(days=4), minutes=30, reason="Journey to the dentist")
        session.add(visit)
        session.flush()
        link = confirming.ask(session, practice_id, visit.id, now).token
        session.commit()
        return practice_id, visit.id, link


def test_a_parent_cancels_takes_it_back_asks_for_another_time_and_confirms_by_a_link(signed_in_page, open_page, running, database):
    practice_id, visit_id, link = _asked_about(database)
    page = signed_in_page(size=PHONE)
    page.goto(running.address("sunrise", "/appointments"))
    whose = page.get_by_role("navigation", name="Whose visits")
    whose.get_by_role("link", name="Everyone").click()
    expect(page.get_by_role("heading", name="Coming up")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Daniel")
    whose.get_by_role("link", name="Elena").click()
    page.goto(running.address("sunrise", f"/appointments/{visit_id}"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Journey to the dentist")
    page.get_by_role("link", name="Cancel visit").click()
    page.get_by_label("I am away").check()
    page.get_by_role("button", name="Cancel the visit").click()
    expect(page.locator("main")).to_contain_text("This visit is cancelled")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("yours again")
    page.goto(running.address("sunrise", f"/appointments/{visit_id}/ask/move"))
    page.get_by_label("Friday").check()
    page.get_by_label("Mornings").check()
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("status")).to_contain_text("has your request")

    # On a telephone where nobody has signed in.
    page = open_page(size=PHONE)
    page.goto(running.address("sunrise", f"/appointments/answer/{link}"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Will you be there?")
    expect(page.locator("main")).not_to_contain_text("Journey")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your visit is confirmed")
    with SessionFactory(bind=database) as session:
        bind_tenant(session, practice_id)
        assert session.get_one(Appointment, (practice_id, visit_id)).confirmation == "confirmed"
    assert link not in running.log()
