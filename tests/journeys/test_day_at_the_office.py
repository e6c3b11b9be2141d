"""What an office does on a day, seen by a patient on the next click: a closed day, a note, an answer; and a mail that says that a message waits.

How each page looks is seen in test_faces.py.
"""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from core.auth.alert_models import AlertRound
from core.db import SessionFactory, bind_tenant
from tests.journeys.conftest import link_in_mail

NOTE = "We answer on Tuesdays. In an emergency call 303-555-0142."
# The round that the worker makes every five minutes, as it is three minutes from now: nothing is told before it has settled.
ROUND = """
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID
from core import config
from core.app import configure
from core.auth import alert_rounds
from core.db import SessionFactory, bind_tenant
registry = configure(config.load()).make_wsgi_app().registry
with SessionFactory(bind=registry.engine) as session:
    bind_tenant(session, UUID(sys.argv[1]))
    alert_rounds.look(registry, session, UUID(sys.argv[1]), datetime.now(UTC) + timedelta(minutes=3))
    session.commit()
"""


def change_clinic(own, office: Page) -> None:
    """Another phone number, and a day on which it is closed."""
    office.goto(own.at("/office/clinics"))
    office.get_by_role("link", name="Edit Alder Street").click()
    office.get_by_label("Phone").fill("303-555-0142")
    office.get_by_role("button", name="Save").click()
    expect(office.get_by_text("Patients see them from their next page on")).to_be_visible()
    office.get_by_label("First day").fill((datetime.now(UTC) + timedelta(days=5)).date().isoformat())
    office.get_by_label("Why").fill("Founder’s day")
    office.get_by_role("button", name="Add closed days").click()
    expect(office.get_by_text("The closed days are saved")).to_be_visible()


def set_note(own, office: Page) -> None:
    """What patients read above a new message."""
    office.goto(own.at("/office/settings/webmail"))
    office.get_by_label("Note above a new message").fill(NOTE)
    office.get_by_role("button", name="Save").click()
    office.wait_for_url("**/office/settings**")


def want_alerts(own, office: Page, database) -> None:
    """Hear of messages at once."""
    office.goto(own.at("/office/profile/alerts"))
    office.get_by_role("group", name="Messages").get_by_label("At once").check()
    office.get_by_role("button", name="Save").click()
    expect(office.get_by_text("Your alerts are saved")).to_be_visible()
    with SessionFactory(bind=database) as session:
        bind_tenant(session, own.id)
        session.add(AlertRound(id=own.id, told_until=datetime.now(UTC) - timedelta(seconds=5)))
        session.commit()


def answer(own, office: Page) -> None:
    """From what waits to the patient's message, and back."""
    office.goto(own.at("/office"))
    office.get_by_role("region", name="What waits").get_by_role("link", name="Messages").click()
    office.locator("main").get_by_role("link", name="My crown").click()
    office.get_by_label("Your answer").fill("Soft food, please. Come by at three.")
    office.get_by_role("button", name="Send answer").click()
    expect(office.get_by_text("on its way to")).to_be_visible()
    office.goto(own.at("/office"))
    expect(office.get_by_role("region", name="What waits")).not_to_contain_text("Messages")


def test_what_the_office_changes_and_answers_is_with_the_patient_and_what_the_patient_writes_with_the_office(own_office, running, database):
    office, patient = own_office.admin_page(), own_office.patient_page()
    change_clinic(own_office, office)
    patient.goto(own_office.at("/contact"))
    expect(patient.locator("main")).to_contain_text("303-555-0142")
    expect(patient.locator("main")).to_contain_text("Founder’s day")

    set_note(own_office, office)
    patient.goto(own_office.at("/webmail/compose"))
    expect(patient.locator("main")).to_contain_text(NOTE)

    want_alerts(own_office, office, database)
    patient.get_by_label("Subject").fill("My crown")
    patient.get_by_label("Message", exact=True).fill("It came off. May I eat?")
    patient.get_by_role("button", name="Send message").click()
    expect(patient.get_by_text("on its way to the office")).to_be_visible()
    subprocess.run([sys.executable, "-W", "ignore", "-c", ROUND, str(own_office.id)], env=running.environment, check=True, timeout=120)
    assert link_in_mail(running, own_office.admin.email, "/office")

    answer(own_office, office)
    patient.goto(own_office.at("/webmail"))
    patient.locator("main").get_by_role("link", name="My crown").first.click()
    expect(patient.locator("main")).to_contain_text("Come by at three.")
