"""An office switches a tab off in one browser; a patient notices in another one, on the next click. By keyboard, on a phone."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from uuid import UUID

from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from core import outbox
from core.db import SessionFactory
from core.outbox import OutboxRow
from tenants.models import Practice

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


def press(page: Page, locator, key: str) -> None:
    """Use something by keyboard alone, once it has the focus."""
    locator.focus()
    expect(locator).to_be_focused()
    page.keyboard.press(key)


def switch(page: Page, running, is_on: bool, faults_of) -> list[str]:
    """WebMail on or off: change, look, and stand before Save."""
    page.goto(running.address("sunrise", "/office/tabs"))
    faults = faults_of(page)
    toggle = page.get_by_role("switch", name="WebMail", exact=True)
    press(page, toggle, "Space")
    expect(toggle).to_be_checked(checked=is_on)
    press(page, page.get_by_role("button", name="Preview"), "Enter")
    expect(page.get_by_text(f"WebMail is {'on' if is_on else 'off'}.", exact=True)).to_be_visible()
    return faults + faults_of(page)


def answers_of_every_process(running, page: Page, path: str) -> set[int]:
    """What the web processes answer to somebody who is signed in: each question is a connection of its own, which any of them may take."""
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies(running.address("sunrise")))
    answers = set()
    for _ in range(10):
        with closing(HTTPConnection("127.0.0.1", running.port)) as connection:
            connection.request("GET", path, headers={"Host": f"sunrise.localhost:{running.port}", "Cookie": cookies})
            answers.add(connection.getresponse().status)
    return answers


def was_dropped(page: Page, database) -> bool:
    """Ask for a notice of a new message, and look at what the worker does with it."""
    with SessionFactory(bind=database) as session:
        practice = session.scalars(select(Practice.id).where(Practice.slug == "sunrise")).one()
        row_id = outbox.put(session, practice, "webmail.send_notice", {"message_id": str(UUID(int=0))})
        session.commit()
        for _ in range(60):
            row = session.get_one(OutboxRow, row_id, populate_existing=True)
            if row.done_at:
                return row.dropped
            session.commit()
            page.wait_for_timeout(250)
    raise AssertionError("the worker did not look at it")


def test_a_tab_goes_and_comes_while_a_patient_is_in_the_portal(admin_page, signed_in_page, running, database, faults_of):
    office, patient = admin_page(PHONE), signed_in_page()
    link = patient.get_by_role("navigation", name="Tabs").get_by_role("link", name="WebMail")
    link.click()
    letters = patient.get_by_role("main").text_content()

    faults = switch(office, running, False, faults_of)
    press(office, office.get_by_role("button", name="Save"), "Enter")
    expect(office.get_by_text("Saved. Patients see it")).to_be_visible()
    assert answers_of_every_process(running, patient, "/webmail") == {404}
    patient.goto(running.address("sunrise", "/home"))
    expect(patient.locator("a[href^='/webmail']")).to_have_count(0)
    assert was_dropped(office, database), "a notice that waited does not go out"

    office.goto(running.address("sunrise", "/office/changes"))
    faults += faults_of(office)
    press(office, office.get_by_role("button", name="Undo the change: WebMail is off."), "Enter")
    expect(office.get_by_text("Undone. Patients see it")).to_be_visible()
    assert answers_of_every_process(running, patient, "/webmail") == {200}
    patient.goto(running.address("sunrise", "/webmail"))
    assert patient.get_by_role("main").text_content() == letters

    office.set_viewport_size(DESK)
    faults += switch(office, running, False, faults_of)
    office.get_by_label("At a time of your choice").check()
    office.get_by_label("Day", exact=True).fill((datetime.now(UTC) + timedelta(days=2)).date().isoformat())
    office.get_by_label("Time", exact=True).fill("07:30")
    office.get_by_role("button", name="Save").click()
    expect(office.get_by_text("Planned. It happens by itself")).to_be_visible()
    assert patient.goto(running.address("sunrise", "/webmail")).status == 200
    with SessionFactory(bind=database) as session:
        session.execute(update(OutboxRow).where(OutboxRow.task == "setting.apply_plan").values(available_at=datetime.now(UTC)))
        session.commit()
    office.goto(running.address("sunrise", "/office/changes"))
    _wait_until_done(office)
    assert patient.goto(running.address("sunrise", "/webmail")).status == 404
    faults += switch(office, running, True, faults_of)
    office.get_by_role("button", name="Save").click()
    expect(office.get_by_text("Saved. Patients see it")).to_be_visible()
    assert patient.goto(running.address("sunrise", "/webmail")).status == 200
    assert faults == []


def _wait_until_done(office: Page) -> None:
    """The worker looks every few seconds; the page is loaded until it says so."""
    for _ in range(40):
        if office.locator(".pill", has_text="Done").count():
            return
        office.wait_for_timeout(500)
        office.reload()
    raise AssertionError("the plan was not done")


def names_on(office: Page) -> list[str]:
    """The tabs as they stand on the page."""
    return office.locator(".office-tab").evaluate_all("cards => cards.map(card => card.dataset.name)")


def test_tabs_are_moved_by_arrows_and_by_drag_and_the_draft_is_seen_as_patients_would(admin_page, running, faults_of):
    office = admin_page(DESK)
    office.goto(running.address("sunrise", "/office/tabs"))
    press(office, office.get_by_role("button", name="Move Plan up"), "Enter")
    assert names_on(office)[1:3] == ["plan", "account"]
    expect(office.get_by_role("button", name="Move Plan up")).to_be_focused()
    start, end = (office.locator(f"[data-name={name}] .office-tab__icon").bounding_box() for name in ("plan", "appointments"))
    office.mouse.move(start["x"] + 9, start["y"] + 9)
    office.mouse.down()
    office.mouse.move(end["x"] + 9, end["y"] - 5, steps=6)
    office.mouse.up()
    assert names_on(office)[:3] == ["plan", "appointments", "account"]
    office.get_by_role("button", name="Preview").click()
    expect(office.get_by_text("The tabs stand in this order: Plan, Appointments, Account")).to_be_visible()
    press(office, office.get_by_role("button", name="Sunrise Downtown"), "Enter")
    portal = office.frame_locator("#portal")
    expect(portal.get_by_role("navigation", name="Tabs").get_by_role("link").first).to_have_text("Plan")
    expect(portal.get_by_text("Preview, not saved.")).to_be_visible()
    narrow = portal.locator("body").evaluate("() => innerWidth")
    press(office, office.get_by_role("radio", name="Computer"), "Space")
    expect(office.locator("#portal")).to_have_css("width", "1280px")
    assert narrow <= 390 < portal.locator("body").evaluate("() => innerWidth")
    portal.get_by_role("link", name="Plan").first.click()
    expect(portal.get_by_role("heading", level=1)).to_have_text("Treatment plans")
    assert faults_of(office) == []
    press(office, office.get_by_role("button", name="Back to the tabs"), "Enter")
    expect(office.get_by_role("heading", level=1)).to_have_text("Tabs")
    assert names_on(office)[:3] == ["plan", "appointments", "account"], "the draft is still there"
