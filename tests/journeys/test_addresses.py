"""The office's page of addresses in a browser: what is to be set elsewhere can be copied."""

import re

from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}


def test_what_is_to_be_set_in_the_dns_is_copied_on_a_phone(admin_page, running):
    page = admin_page(PHONE, "harbor")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(running.address("harbor", "/office/addresses"))
    page.get_by_role("link", name="portal.harbordental.localhost").click()
    expect(page.locator("h1")).to_have_text("portal.harbordental.localhost")
    page.get_by_role("button", name=re.compile("Copy the value of this TXT record")).click()
    expect(page.get_by_role("button", name=re.compile("Copied the value"))).to_be_visible()
    assert re.fullmatch("cuspid-verification=[0-9a-f]{32}", page.evaluate("navigator.clipboard.readText()"))
