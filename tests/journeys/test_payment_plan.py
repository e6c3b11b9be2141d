"""The office offers a payment plan; the patient signs it, keeps a card at the card service and lets the payments be made by themselves; both see it."""

from datetime import UTC, datetime, timedelta

import psycopg
from playwright.sync_api import expect

from tests.journeys.test_guest import CARD, PHONE, pay

DESK = {"width": 1280, "height": 900}


def test_a_plan_is_offered_signed_and_paid_automatically_and_the_office_sees_it(admin_page, signed_in_page, running, faults_of):
    with psycopg.connect(running.migrate_url) as connection:
        [sophie] = connection.execute("select patient_id from account where user_name_norm = 'sophie' and patient_id is not null").fetchone()
    desk = admin_page(DESK)
    desk.goto(running.address("sunrise", f"/office/account/accounts/{sophie}/plan"))
    for label, words in {"Name, as the patient reads it": "Retainers", "Total": "120", "Number of payments": "12"}.items():
        desk.get_by_label(label).fill(words)
    desk.get_by_label("First payment due").fill((datetime.now(UTC).date() + timedelta(days=20)).isoformat())
    desk.get_by_role("button", name="Show the payments").click()
    desk.get_by_role("button", name="Offer this plan").click()

    page = signed_in_page("sophie", size=PHONE)
    page.goto(running.address("sunrise", "/account/plans"))
    page.get_by_role("link", name="Retainers").click()
    page.get_by_label("Your full name, as your signature").fill("Sophie Marlow")
    page.get_by_label("I have read the terms").check()
    page.get_by_role("button", name="Agree and sign").click()
    faults = faults_of(page)
    page.get_by_role("link", name="Add a card or bank account").click()
    page.get_by_label("may keep it").check()
    page.get_by_role("button", name="Go on").click()
    pay(page, CARD, "Keep")
    page.get_by_label("I have read this and agree to it.").check()
    faults += faults_of(page)
    page.get_by_role("button", name="Switch on").click()
    expect(page.locator("#automatic")).to_contain_text("Visa ending in 4242")
    faults += faults_of(page)

    desk.goto(running.address("sunrise", "/office/account/plans"))
    desk.get_by_role("link", name="Sophie").first.click()
    expect(desk.locator("main")).to_contain_text("Visa ending in 4242")
    faults += faults_of(desk)
    page.get_by_role("button", name="Switch off").click()
    expect(page.locator("main")).to_contain_text("Automatic payments are off")
    desk.reload()
    expect(desk.locator("main")).to_contain_text("They were switched off in the portal.")
    assert faults == []
