"""A patient lets somebody without a chart see two tabs, on phones: offered, taken, used, seen at the office, ended, and the next click is refused."""

import re
import time

from playwright.sync_api import Page, expect

from tests.journeys.conftest import DESK, PHONE, link_in_mail

OWN = "Maple-canoe-42 window"


def is_seen_at_the_office(desk: Page, running) -> None:
    """On the page of whose record it is."""
    desk.goto(running.address("harbor", "/office/patients"))
    desk.get_by_label("Find a patient").fill("castellanos wren")
    desk.get_by_role("button", name="Find").click()
    desk.get_by_role("link", name="Castellanos, Wren").click()
    holders = desk.get_by_role("table", name="Who else may see this record")
    expect(holders.get_by_role("row").filter(has_text="Juniper Halloran")).to_contain_text("Appointments")


def test_access_is_offered_taken_used_and_ended(signed_in_page, open_page, admin_page, running):
    patient = signed_in_page("wren", "harbor", size=PHONE)
    patient.goto(running.address("harbor", "/profile"))
    patient.get_by_role("link", name="Who can see my record").click()
    patient.get_by_role("link", name="Give access").click()
    patient.get_by_label("Name").fill("Juniper Halloran")
    patient.get_by_label("E-mail address").fill("juniper@example.test")
    patient.get_by_label("Who is it to you?").select_option("friend")
    patient.get_by_role("group", name="Account").get_by_label("See", exact=True).check()
    patient.get_by_role("group", name="Appointments").get_by_label("See and act").check()
    assert patient.evaluate("document.documentElement.scrollWidth <= innerWidth")
    patient.get_by_role("button", name="Send the link").click()
    expect(patient.locator("main")).to_contain_text("Offered, not taken yet")

    friend = open_page(size=PHONE)
    friend.goto(link_in_mail(running, "juniper@example.test", "/family/offer/"))
    expect(friend.locator("body")).not_to_contain_text("Wren")
    friend.get_by_label("Your name").fill("Juniper Halloran")
    friend.get_by_label("Password", exact=True).fill(OWN)
    friend.get_by_label(re.compile("^Birthdate")).fill("1990-01-01")
    friend.get_by_role("button", name="Take the access").click()
    expect(friend.get_by_role("alert")).to_contain_text("not the birthdate")
    patient.goto(running.address("harbor", "/profile"))
    born = patient.locator("dt", has_text="Born").locator("xpath=following-sibling::dd[1]").inner_text()
    friend.get_by_label(re.compile("^Birthdate")).fill(time.strftime("%Y-%m-%d", time.strptime(born, "%B %d, %Y")))
    friend.get_by_label("Password", exact=True).fill(OWN)
    friend.get_by_role("button", name="Take the access").click()
    friend.wait_for_url("**/family")
    expect(friend.locator("main")).to_contain_text("You may see Appointments and act there, and see Account.")
    assert [name.split("\n")[0] for name in friend.get_by_role("navigation", name="Tabs").get_by_role("link").all_inner_texts()] == [
        "Home", "Appointments", "Account",
    ]  # fmt: skip
    office = friend.url.removesuffix("/family")
    assert friend.goto(office + "/summary").status == 403
    assert friend.goto(office + "/account").status == 200
    expect(friend.locator(".viewing")).to_contain_text("Wren Castellanos")

    is_seen_at_the_office(admin_page(DESK, "harbor"), running)
    patient.goto(running.address("harbor", "/family/access"))
    patient.get_by_role("link", name=re.compile("^End")).click()
    patient.get_by_role("button", name="End the access").click()
    expect(patient.locator("main")).to_contain_text("Who could see it earlier (1)")
    friend.get_by_role("navigation", name="Tabs").get_by_role("link", name="Appointments").click()
    friend.wait_for_url("**/sign-in?next=%2Fappointments")
