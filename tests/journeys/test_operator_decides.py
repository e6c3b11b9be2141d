"""What goes wrong at a practice, seen by its office, by a patient and by the operator; and what office and operator decide about it, seen by the patient.

How each page looks is seen in test_faces.py.
"""

import re
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from core.auth.realms import OPERATOR
from core.db import SessionFactory, bind_tenant
from core.people.models import Patient
from core.records import runs
from core.records.kinds import kinds_for
from tenants.models import Practice
from tests.journeys.conftest import DESK, somebody

ZONE = ZoneInfo("America/Denver")


@pytest.fixture
def operator(database, let_in, running) -> Page:
    """A desk at which an operator is signed in."""
    with SessionFactory(bind=database) as session:
        place = session.scalars(select(Practice.id).where(Practice.kind == OPERATOR)).one()
    return let_in(place, somebody(OPERATOR), base(running), DESK)


def base(running) -> str:
    return f"http://localhost:{running.port}"


def send_records(own, database, registry, patient_id: UUID) -> None:
    """What the practice's system sent yesterday at noon, and nothing since: a line of the ledger, and one of nobody's."""
    today = datetime.now(ZONE).date()
    line = {"kind": "ledger_entry", "entry_type": "charge", "entered_on": "2026-01-05", "description": "Filling", "amount_cents": 9_900}
    with SessionFactory(bind=database) as session:
        bind_tenant(session, own.id)
        session.get_one(Patient, (own.id, patient_id)).external_id = "Q1"
        session.flush()
        batch = [{**line, "external_id": "L1", "patient": "Q1"}, {**line, "external_id": "L2", "patient": "Q404"}]
        runs.receive(session, kinds_for(registry, frozenset({"account"})), batch, "dentrix", datetime.combine(today - timedelta(days=1), time(12), ZONE))
        session.commit()


def watch_records(own, office: Page) -> None:
    """The office sets a limit, reads that it is reached, and deals with what was refused."""
    office.goto(own.at("/office/settings/portal"))
    office.locator("[name$=records_stale_hours]").fill("6")
    office.get_by_role("button", name="Save").click()
    office.wait_for_url("**/office/settings**")
    office.goto(own.at("/office"))
    waits = office.get_by_role("region", name="What waits")
    expect(waits).to_contain_text("Refused records")
    waits.get_by_role("link", name="Records are out of date").click()
    expect(office.locator("main")).to_contain_text("the limit of 6 hours was reached")
    expect(office.locator("main")).to_contain_text("Ledger entry L2")
    office.get_by_role("button", name="Dealt with").click()
    expect(office.get_by_text("It is off the list.")).to_be_visible()


def add_domain(own, office: Page) -> str:
    """A domain of the practice's own: what is to be set in the DNS is copied. Gives the domain."""
    office.context.grant_permissions(["clipboard-read", "clipboard-write"])
    domain = f"smile.{own.slug}.example"
    office.goto(own.at("/office/addresses"))
    office.get_by_label("Domain", exact=True).fill(domain)
    office.get_by_role("button", name="Add a domain").click()
    expect(office.locator("h1")).to_have_text(domain)
    office.get_by_role("button", name=re.compile("Copy the value of this TXT record")).click()
    expect(office.get_by_role("button", name=re.compile("Copied the value"))).to_be_visible()
    assert re.fullmatch("cuspid-verification=[0-9a-f]{32}", office.evaluate("navigator.clipboard.readText()"))
    return domain


def switch_paying_off(own, office: Page) -> None:
    """One act inside a tab."""
    office.goto(own.at("/office/tabs"))
    office.get_by_role("switch", name="Pay in Account").uncheck(force=True)
    office.get_by_role("button", name="Preview").click()
    office.get_by_role("button", name="Save").click()
    expect(office.get_by_text("Saved. Patients see it")).to_be_visible()


def offer_webmail(operator: Page, is_offered: bool) -> None:
    """Withhold the tab, or offer it again."""
    operator.get_by_label(re.compile("^WebMail")).set_checked(is_offered)
    operator.locator("#tabs").get_by_role("button", name="Save").click()
    expect(operator.get_by_text("The tabs are saved.")).to_be_visible()


def test_a_practice_whose_system_falls_silent(own_office, operator, running, database, registry):
    office, patient = own_office.admin_page(), own_office.patient_page()
    send_records(own_office, database, registry, own_office.account.patient_id)
    watch_records(own_office, office)
    patient.goto(own_office.at("/account"))
    expect(patient.locator("main")).to_contain_text("As of yesterday")
    operator.goto(f"{base(running)}/office/health")
    fed = operator.get_by_role("region", name="Records from practice systems").get_by_role("row").filter(has_text=own_office.slug)
    expect(fed).to_contain_text("Out of date")

    assert patient.goto(own_office.at("/account/pay")).status == 200
    switch_paying_off(own_office, office)
    assert patient.goto(own_office.at("/account/pay")).status == 404
    patient.goto(own_office.at("/account"))
    expect(patient.locator("main a[href^='/account/pay']")).to_have_count(0)


def test_what_the_operator_decides_and_where_the_office_moves_is_with_the_patient(own_office, operator, running):
    office, patient = own_office.admin_page(), own_office.patient_page()
    manage = f"{base(running)}/office/practices/{own_office.slug}/manage"
    operator.goto(manage)
    offer_webmail(operator, False)
    assert patient.goto(own_office.at("/webmail")).status == 404
    office.goto(own_office.at("/office/tabs"))
    expect(office.locator("[data-name=webmail]")).to_contain_text("Withheld")
    offer_webmail(operator, True)
    assert patient.goto(own_office.at("/webmail")).status == 200
    operator.get_by_label("Plan", exact=True).select_option("Starter")
    operator.get_by_role("button", name="Save the plan").click()
    office.goto(own_office.at("/office"))
    expect(office.locator("main")).to_contain_text("1 of 1 clinics")

    operator.get_by_role("button", name="Suspend").click()
    for page, path in ((patient, "/webmail"), (office, "/office")):
        assert page.goto(own_office.at(path)).status == 503
        expect(page.get_by_role("heading", name="This portal is closed for the moment")).to_be_visible()
    operator.get_by_role("button", name="Open it again").click()
    assert patient.goto(own_office.at("/webmail")).status == 200

    domain = add_domain(own_office, office)
    operator.goto(f"{base(running)}/office/domains")
    expect(operator.locator("main")).to_contain_text(domain)
    office.goto(own_office.at("/office/addresses"))
    office.get_by_label("New short address").fill(f"{own_office.slug}-east")
    office.get_by_role("button", name="Change the short address").click()
    expect(office.get_by_role("heading", name="Your portal has moved")).to_be_visible()
    patient.goto(own_office.at("/webmail"))
    assert patient.url.startswith(running.address(f"{own_office.slug}-east", "/"))

    operator.goto(manage.replace(own_office.slug, f"{own_office.slug}-east"))
    expect(operator.locator("main")).to_contain_text(f"earlier: {own_office.slug}")
    operator.get_by_label("Name of the practice").fill("Alder Dental")
    operator.get_by_role("button", name="Close this practice").click()
    expect(operator.get_by_text("The practice is being closed.")).to_be_visible()
    patient.reload()
    expect(patient.locator("body")).to_contain_text("closed")
    operator.get_by_role("button", name="Open it again").click()
    patient.reload()
    expect(patient.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
