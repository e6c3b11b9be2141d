"""An office that has outgrown its plan: the next invitation is refused; with a larger plan it goes to an address that was mistyped, is mended, and arrives;
and everything is taken along as a file, by the patient as well. How each page looks is seen in test_faces.py.
"""

from datetime import date
from uuid import UUID
from zipfile import ZipFile

from playwright.sync_api import Locator, Page, expect

from core.db import SessionFactory, bind_tenant
from core.people.by_hand import OFFICE as OFFICE_WROTE
from core.people.models import Patient
from tenants import practices
from tests.journeys.conftest import link_in_mail


def load_until(page: Page, address: str, wanted: Locator) -> None:
    """The worker is at it; the page is loaded until it has what is wanted: the very link that is clicked next, as its words may stand elsewhere, too."""
    for _ in range(120):
        page.goto(address)
        if wanted.count():
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{address} never has {wanted}")


def what_waits(page: Page, title: str) -> Locator:
    """The link of what waits, on the office’s first page."""
    return page.get_by_role("region", name="What waits").get_by_role("link", name=title)


def download_of(page: Page) -> Locator:
    """The link to the newest file, once it is ready."""
    return page.locator("main").get_by_role("link", name="Download").and_(page.locator("[href$=download]")).first


def people_taken_along(page: Page) -> int:
    """Whose records are in what is downloaded."""
    with page.expect_download() as taken:
        download_of(page).click()
    with ZipFile(taken.value.path()) as archive:
        assert archive.testzip() is None
        return sum(name.endswith("/person.json") for name in archive.namelist())


def book(database, practice_id: UUID, **limits: int) -> None:
    """Another plan, as the operator gives it."""
    with SessionFactory(bind=database) as session:
        bind_tenant(session, practice_id)
        practices.book(session, practice_id, {"Tiny": limits}, "Tiny")
        session.commit()


def write_down(database, practice_id: UUID, email: str) -> UUID:
    """One more patient."""
    with SessionFactory(bind=database) as session:
        bind_tenant(session, practice_id)
        patient = Patient(source=OFFICE_WROTE, first_name="Barnaby", last_name="Thistlethwaite", birthdate=date(1990, 5, 5), email=email)
        session.add(patient)
        session.commit()
        return patient.id


def mend(own, office: Page, email: str) -> None:
    """From what waits to the chart, and back to try again."""
    failed = what_waits(office, "Failed deliveries")
    load_until(office, own.at("/office"), failed)
    failed.click()
    expect(office.locator("main")).to_contain_text("Most often the address is wrong")
    office.get_by_role("link", name="Thistlethwaite, Barnaby").click()
    office.get_by_role("link", name="Change what is in the chart").click()
    office.get_by_label("E-mail address").fill(email)
    office.get_by_role("button", name="Save").click()
    office.goto(own.at("/office/deliveries"))
    office.get_by_role("button", name="Try again").first.click()


def test_from_a_full_plan_over_a_mistyped_address_to_a_file_with_everything(own_office, open_page, running, database):
    office, email = own_office.admin_page(), f"barnaby@{own_office.slug}.example.test"
    chart = own_office.at(f"/office/patients/{write_down(database, own_office.id, email.partition('.')[0])}")
    book(database, own_office.id, patients=1)
    office.goto(own_office.at("/office"))
    expect(office.locator("main")).to_contain_text("1 of 1 patients with access")
    office.goto(chart)
    office.get_by_role("button", name="Invite by e-mail").click()
    expect(office.get_by_text("Your plan, Tiny, has no room for more patients with access")).to_be_visible()
    book(database, own_office.id, patients=2)
    office.get_by_role("button", name="Invite by e-mail").click()

    mend(own_office, office, email)
    visitor = open_page()
    visitor.goto(link_in_mail(running, email, "/invitation/"))
    expect(visitor.get_by_label("Your birthdate")).to_be_visible()
    office.goto(own_office.at("/office/deliveries"))
    expect(office.get_by_text("Nothing has failed")).to_be_visible()

    office.goto(own_office.at("/office/exports"))
    office.get_by_role("button", name="Export the practice").click()
    expect(office.get_by_role("progressbar").or_(office.get_by_role("link", name="Download")).first).to_be_visible()
    patient = own_office.patient_page()
    patient.goto(own_office.at("/profile"))
    patient.get_by_role("link", name="Download my record").click()
    patient.get_by_role("button", name="Put it together").click()
    load_until(office, own_office.at("/office/exports"), download_of(office))
    assert people_taken_along(office) == 2
    load_until(patient, own_office.at("/profile/record"), download_of(patient))
    assert people_taken_along(patient) == 1
