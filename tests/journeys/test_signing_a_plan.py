"""A treatment plan waits for a signature: the patient reads it, signs it and keeps the copy, and the office sees who signed."""

from playwright.sync_api import expect

from tests.journeys.conftest import DESK, PHONE


def test_a_plan_is_read_signed_and_kept_and_the_office_has_it(admin_page, signed_in_page, running, faults_of):
    page = signed_in_page("daniel", size=PHONE)
    page.goto(running.address("sunrise", "/home"))
    page.get_by_role("link", name="Sign your treatment plan").click()
    faults = faults_of(page)
    page.get_by_role("button", name="Sign the plan").click()
    expect(page.locator("#sign")).to_contain_text("Type your full name")
    faults += faults_of(page)
    page.get_by_label("I have read the plan above").check()
    page.get_by_label("I want to sign this plan electronically").check()
    page.get_by_label("Your full name, as your signature").fill("Daniel Marlow")
    page.get_by_role("button", name="Sign the plan").click()
    expect(page.locator("main")).to_contain_text("Daniel Marlow signed this plan today")
    expect(page.get_by_role("link", name="Open the signed copy")).to_be_visible()
    faults += faults_of(page)

    desk = admin_page(DESK)
    desk.goto(running.address("sunrise", "/office/plan/signatures"))
    expect(desk.get_by_role("row", name="Daniel Marlow").first).to_contain_text("As signed")
    faults += faults_of(desk)
    assert faults == []
