"""A practice from the operator's page to its first patient's home page, and what an office does with many patients, seen by these."""

import re
import time
from base64 import b32decode
from datetime import UTC, date, datetime, timedelta
from secrets import token_hex

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from core import records
from core.auth.realms import OPERATOR
from core.db import SessionFactory, bind_tenant
from core.people.records import KINDS
from core.plugins import PluginHost, find_plugins
from core.records import door
from tenants.models import Practice
from tests.journeys.conftest import link_in_mail, somebody

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
OWN = "Maple-canoe-42 window"
UNDER_TEN, FIVE_MINUTES = 9, 300


class Clicks:
    """Counts what everybody presses together, also the links in mails; what is typed does not count."""

    def __init__(self):
        self.number = 0

    def press(self, what: Locator) -> None:
        self.number += 1
        what.click()

    def open_mail(self, page: Page, link: str) -> None:
        self.number += 1
        page.goto(link)


def make_practice(page: Page, clicks: Clicks, slug: str) -> None:
    """The operator's part."""
    typed = {"name": "Elm Dental", "slug": slug, "clinics": "Elm Street", "admin_name": "Lee Ode", "admin_email": f"lee@{slug}.example.test"}
    for name, words in typed.items():
        page.locator(f"[name={name}]").fill(words)
    clicks.press(page.get_by_role("button", name="Make the practice"))
    expect(page.get_by_text("The invitation to its office admin is on its way")).to_be_visible()


def come_in(page: Page, clicks: Clicks, link: str) -> None:
    """The office admin's way from the mail to the office."""
    clicks.open_mail(page, link)
    page.get_by_label("Password", exact=True).fill(OWN)
    clicks.press(page.get_by_role("button", name="Go on"))
    seed = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page.locator("#second-app").inner_text())[0].replace(" ", "")
    page.get_by_label("Code from the app").fill(TOTP(b32decode(seed), 6, SHA1(), 30).generate(int(time.time())).decode())
    clicks.press(page.get_by_role("button", name="Go on"))
    clicks.press(page.get_by_role("link", name="I have kept them"))


def write_down(page: Page, first_name: str, email: str) -> None:
    for label, words in (("First name", first_name), ("Last name", "Thimblewright"), ("Birthdate", "1988-02-29"), ("E-mail address", email)):
        page.get_by_label(label).fill(words)


def accept(page: Page, clicks: Clicks, link: str) -> None:
    """The patient's part."""
    clicks.open_mail(page, link)
    page.get_by_label("Your birthdate").fill("1988-02-29")
    page.get_by_label("Password", exact=True).fill(OWN)
    clicks.press(page.get_by_role("button", name="Open my portal"))
    page.wait_for_url("**/home")


def test_from_a_new_practice_to_its_first_patient_in_under_ten_clicks_and_five_minutes_and_on_to_many(let_in, open_page, running, database, faults_of):
    slug, clicks, began = f"elm-{token_hex(4)}", Clicks(), time.monotonic()
    with SessionFactory(bind=database) as session:
        place = session.scalars(select(Practice.id).where(Practice.kind == OPERATOR)).one()
    base = f"http://localhost:{running.port}"
    operator = let_in(place, somebody(OPERATOR), base, DESK)
    operator.goto(f"{base}/office/new-practice")
    make_practice(operator, clicks, slug)

    office = open_page(size=DESK)
    come_in(office, clicks, link_in_mail(running, f"lee@{slug}.example.test", "/office/invitation/"))
    faults = faults_of(office)
    clicks.press(office.locator("#first-steps").get_by_role("link", name="Add the first patient"))
    faults += faults_of(office)
    write_down(office, "Ottoline", f"ottoline@{slug}.example.test")
    clicks.press(office.get_by_role("button", name="Add and invite by e-mail"))
    expect(office.get_by_text("the invitation is on its way")).to_be_visible()

    patient = open_page(size=PHONE)
    accept(patient, clicks, link_in_mail(running, f"ottoline@{slug}.example.test", "/invitation/"))
    expect(patient.get_by_role("heading", level=1)).to_contain_text("Ottoline")
    assert clicks.number <= UNDER_TEN
    assert time.monotonic() - began < FIVE_MINUTES

    # The next ones: a twin, who looks alike, then everybody at once.
    office.goto(running.address(slug, "/office/patients/new"))
    write_down(office, "Peregrine", f"peregrine@{slug}.example.test")
    office.get_by_role("button", name="Only add").click()
    expect(office.get_by_role("alert")).to_contain_text("Is it this patient?")
    faults += faults_of(office)
    office.get_by_role("button", name="Add anyway", exact=True).click()
    expect(office.get_by_text("Peregrine Thimblewright is added.")).to_be_visible()
    office.goto(running.address(slug, "/office/invitations"))
    office.get_by_role("button", name="Count them").click()
    expect(office.locator("#counted")).to_contain_text("Has access already: 1")
    office.get_by_role("button", name="Send 1 invitation").click()
    expect(office.get_by_role("heading", name="Invitations were sent")).to_be_visible(timeout=60_000)  # by itself
    faults += faults_of(office)
    twin = open_page(size=PHONE)
    accept(twin, Clicks(), link_in_mail(running, f"peregrine@{slug}.example.test", "/invitation/"))
    office.goto(running.address(slug, "/office/reports"))
    expect(office.locator("#whole dd").nth(1)).to_have_text("2")
    assert faults + faults_of(office) == []


def test_what_stood_under_the_other_chart_is_seen_by_the_patient_after_merging(admin_page, signed_in_page, database, running):
    number = f"TWICE-{token_hex(3)}"
    host = PluginHost(find_plugins())
    kinds = records.kinds_of(KINDS, *host.only("appointments").portal_record_kinds())
    visit = {"kind": "appointment", "external_id": number, "patient": number, "starts_at": datetime.now(UTC) + timedelta(days=9), "minutes": 40, "reason": "Polishing of a gold crown"}
    chart = {"kind": "patient", "external_id": number, "first_name": "Beatrice", "last_name": "Doublet", "birthdate": date(1949, 1, 1)}
    with SessionFactory(bind=database) as session:
        bind_tenant(session, session.scalars(select(Practice.id).where(Practice.slug == "harbor")).one())
        assert {answer.outcome for answer in door.take_in(session, kinds, [chart, visit])} == {"created"}
        session.commit()
    patient = signed_in_page("beatrice", "harbor", size=PHONE)
    patient.goto(running.address("harbor", "/appointments"))
    expect(patient.locator("main")).not_to_contain_text("gold crown")
    office = admin_page(DESK, "harbor")
    office.goto(running.address("harbor", "/office"))
    office.get_by_label("Find a patient").fill("beatrice")
    office.get_by_role("button", name="Find").click()
    office.get_by_role("row").filter(has_not_text="Doublet").get_by_role("link").first.click()
    office.get_by_role("link", name="Merge charts").click()
    office.get_by_label("Find").fill(number)
    office.get_by_role("button", name="Find").click()
    office.get_by_role("link", name=re.compile("Doublet|Compare")).first.click()
    office.get_by_label("Why they are one person").fill("Entered twice at the desk")
    office.get_by_label(re.compile("to confirm$")).fill(number)
    office.get_by_role("button", name="Make one chart").click()
    expect(office.get_by_text("The two charts are one now")).to_be_visible()
    patient.reload()
    expect(patient.locator("main")).to_contain_text("gold crown")
