"""Somebody pays a bill on a phone without signing in; the patient whom it is for sees it on the account."""

import re

import psycopg
import pytest
from playwright.sync_api import Page, expect

PHONE = {"width": 390, "height": 844}


CARD = {"Card number": "4242 4242 4242 4242", "Ends (MM/YY)": "12/31", "Security code": "123"}


@pytest.fixture
def elena(running) -> dict[str, str]:
    """Who the bill is for, by the labels of the form."""
    with psycopg.connect(running.migrate_url) as connection:
        [born] = connection.execute("select birthdate from patient where external_id = 'SUN-1001'").fetchone()
    return {"First name": "elena", "Last name": "MARLOW", "Birthdate": born.isoformat(), "Amount": "21.43"}


def pay(page: Page, typed: dict[str, str], button: str) -> None:
    for label, words in typed.items():
        page.get_by_label(label).fill(words)
    page.get_by_role("button", name=button).click()


def declined(page: Page, elena: dict[str, str]) -> None:
    """The card service refuses the card, and takes another one."""
    pay(page, elena, "Pay now")
    pay(page, CARD | {"Card number": "4000 0000 0000 0002"}, "Pay $21.43")
    expect(page.get_by_role("alert")).to_contain_text("declined")


def stands_on_the_account(page: Page, number: str) -> None:
    row = page.get_by_role("row").filter(has_text=number)
    for _ in range(40):  # the worker looks for the account
        if row.count():
            break
        page.wait_for_timeout(250)
        page.reload()
    expect(row).to_contain_text("Pending")


def test_a_bill_is_paid_from_the_sign_in_page_and_stands_on_the_account(open_page, signed_in_page, running, faults_of, elena):
    page = open_page(size=PHONE)
    page.goto(running.address("sunrise", "/sign-in"))
    page.get_by_role("link", name="Pay a bill without signing in").click()
    faults = faults_of(page)
    page.get_by_role("link", name="Sunrise Downtown").click()
    faults += faults_of(page)
    declined(page, elena)
    pay(page, CARD, "Pay $21.43")
    expect(page.locator("main")).to_contain_text("Thank you, your payment is made")
    number = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}", page.locator("main").inner_text())[0]
    page.reload()
    expect(page.locator("main")).to_contain_text(number)
    faults += faults_of(page)
    patient = signed_in_page("elena", size=PHONE)
    patient.goto(running.address("sunrise", "/account"))
    stands_on_the_account(patient, number)
    assert faults == []
