"""Two offices, one person, on a phone: link the accounts, go over, come back, unlink; and neither office is told of the other."""

import json
import re
from urllib.parse import urlsplit

import psycopg
from playwright.sync_api import Page, Request, expect

PHONE = {"width": 390, "height": 844}
PASSWORD = "Toothbrush1"
OFFICES = ("sunrise", "harbor")
HARBOR = "harbor.localhost"


def _traces(request: Request) -> list[str]:
    """Where a request to one office names the other one."""
    host = urlsplit(request.url).hostname
    [other] = [office for office in OFFICES if office not in host]
    return [f"{host}: {name}: {value}" for name, value in {"": request.url, **request.all_headers()}.items() if other in value]


def _open_list(page: Page) -> None:
    page.locator("details.menu summary").last.click()
    page.get_by_role("link", name="Profile and security").click()
    page.get_by_role("link", name="My other offices").first.click()


def _link(page: Page, faults_of) -> list[str]:
    page.get_by_role("link", name="Add an office").click()
    page.get_by_label("Address of that office").fill("Harbor")
    page.get_by_role("button", name="Find the office").click()
    page.get_by_role("link", name="Go on to Harbor Dental Studio").click()
    page.get_by_label("User name or e-mail").fill("beatrice")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("h1")).to_have_text("Link with your account at Sunrise Family Dental?")
    faults = faults_of(page)
    page.get_by_role("button", name="Agree and go back").click()
    expect(page.locator("h1")).to_have_text("Link with your account at Harbor Dental Studio?")
    page.get_by_role("button", name="Link the accounts").click()
    expect(page.get_by_role("status")).to_contain_text("Your accounts are linked.")
    return faults + faults_of(page)


def test_link_go_over_come_back_unlink(signed_in_page, running, faults_of):
    page, requests = signed_in_page(size=PHONE), []
    page.on("request", lambda request: requests.append(request))  # noqa: PLW0108
    _open_list(page)
    faults = _link(page, faults_of)
    page.context.clear_cookies(domain=HARBOR)
    page.get_by_role("button", name="Go there Harbor Dental Studio").click()
    expect(page.get_by_role("button", name="Go in as beatrice")).to_be_visible()
    faults += faults_of(page)
    page.get_by_role("button", name="Go in as beatrice").click()
    page.wait_for_url(f"http://{HARBOR}:{running.port}/home")
    _open_list(page)
    page.get_by_role("button", name="Go there Sunrise Family Dental").click()
    page.wait_for_url(running.address("sunrise", "/home"))
    page.goto(running.address("sunrise", "/profile/offices"))
    page.get_by_role("button", name="Unlink Harbor Dental Studio").click()
    expect(page.get_by_role("status")).to_contain_text("off your list")
    page.goto(f"http://{HARBOR}:{running.port}/profile/offices")
    expect(page.locator("main")).to_contain_text("No other office yet")
    assert faults == []
    assert len(requests) > 20
    assert [trace for request in requests for trace in _traces(request)] == []
    _check_log(running)


def _check_log(running) -> None:
    """No line of one office's holds the other's id or name."""
    with psycopg.connect(running.migrate_url) as connection:
        ids = {slug: str(id_) for slug, id_ in connection.execute("select slug, id from practice where slug = any(%s)", [list(OFFICES)])}
    lines = [json.loads(line) for line in re.findall(r"^\{.*\}$", running.log(), re.MULTILINE)]
    assert [line for line in lines if line.get("route") == "auth.offices_enter"]
    for office, other in (OFFICES, OFFICES[::-1]):
        mine = [str(line) for line in lines if line.get("practice") == ids[office]]
        assert [line for line in mine if other in line or ids[other] in line] == []
