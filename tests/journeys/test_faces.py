"""Every page that a person can open, at phone and desk width, in light and dark: usable by everybody, also by keyboard, and nothing cut off.

The pages come from the route table and the ids from the demo's rows, so that a new page is looked at by itself.
"""

from collections import defaultdict
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import create_engine

from core.db import SessionFactory
from tests.journeys.addresses import Route, candidates, routes, rows_of
from tests.journeys.conftest import RULES, found_by_axe
from tests.journeys.life import Life, Visitor

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
# A desk's page at 400 percent, and a tablet.
OTHERS = ({"width": 320, "height": 640}, {"width": 900, "height": 700})
LOOK = (Path(__file__).parent / "look.js").read_text()
FITS = "[...look.misfits(), ...look.small()]"
MOST_STOPS = 60
COLORS = "{type: 'rule', values: ['color-contrast', 'link-in-text-block']}"
PAGES = ("/home", "/family", "/family/access", "/family/access/give", "/appointments", "/account", "/account/pay", "/plan", "/webmail", "/webmail/compose", "/summary", "/images", "/contact")
# How much of what is painted moves, from 0 to 1.
SHIFT = (
    "window.shift = 0; new PerformanceObserver(list => { for (const entry of list.getEntries()) window.shift += entry.value })"
    ".observe({type: 'layout-shift', buffered: true})"
)
# The page again, as a busy phone reads it: a part, and what is there is painted. Its head has nothing painted before the content
# begins; as a document that is written by a script waits for nothing, that first part comes whole.
IN_PARTS = """async () => {
    const [start, rest] = (await (await fetch(location)).text()).split(/(?=<main)/), seen = () => new Promise(requestAnimationFrame);
    const waits = document.querySelector("link[rel=expect][href='#main'][blocking=render]");
    const parts = [...(waits ? [start] : start.match(/[^]{1,400}/g)), ...rest.match(/[^]{1,400}/g)];
    document.open();
    for (const part of parts) {
        document.write(part);
        await seen().then(seen);
    }
    document.close();
    return parts.length;
}"""
VISITORS = ("elena", "beatrice", "grace", "ann", "a stranger", "auth.second", "office.second", "auth.welcome")
# No pages: these lead on, give a file that the demo does not have, are a picture within a page in which
# nothing can be reached, or answer the proxy alone.
NO_PAGES = {"account.guest_receipt_file", "account.methods_back", "appointments.move", "office.branding.preview", "office.exports.download", "plan.office.file", "plan.signed", "portal.record_download", "portal.start", "portal.pay", "portal.book", "portal.book_at", "appointments.public_embed", "files.signed", "appointments.hooks.calendar", "tenants.icon", "tenants.photo", "tenants.ask", "operator.metrics", "api.openapi", "api.schema", "api.runs.one", "api.changes", "api.changes.file"}
# What opens only at the end of a way: the journey that goes there has each page looked at.
ON_THE_WAY = {"account.guest_receipt": "test_guest.py", "auth.offices_link": "test_offices.py", "auth.offices_enter": "test_offices.py"}
ON_THE_WAY |= dict.fromkeys(("appointments.book_review", "appointments.public_details", "appointments.public_review", "appointments.recall_review"), "test_booking.py")


class Door:
    """Asks for addresses as one visitor, without a browser."""

    def __init__(self, port: int, visitor: Visitor, rows: dict[str, list[str]]):
        self._connection, self._visitor, self._rows = HTTPConnection("127.0.0.1", port), visitor, rows

    def opens(self, route: Route) -> tuple[str, bool] | None:
        """The first address of the route that gives something, and whether that is a page."""
        return next((found for path in candidates(route, self._rows, self._visitor.links) if (found := self._ask(path))), None)

    def close(self) -> None:
        """Nothing more is asked."""
        self._connection.close()

    def _ask(self, path: str) -> tuple[str, bool] | None:
        cookies = "; ".join(f"{name}={value}" for name, value in self._visitor.cookies.items())
        self._connection.request("GET", path, headers={"Host": self._visitor.host, "Cookie": cookies, "Connection": "close"})
        answer = self._connection.getresponse()
        answer.read()
        # Nothing can look into a page without scripts; it stands in a frame of another one.
        is_page = answer.getheader("Content-Type", "").startswith("text/html") and "sandbox" not in answer.getheader("Content-Security-Policy", "")
        return (path, is_page) if answer.status == 200 else None


@pytest.fixture(scope="module")
def visitors(running) -> dict[str, Visitor]:
    """Who looks, by name."""
    engine = create_engine(running.settings.database_url.replace("postgresql://", "postgresql+psycopg://"))
    with SessionFactory(bind=engine) as session:
        found = Life(session, running.settings, datetime.now(UTC)).visitors()
        session.commit()
    engine.dispose()
    return found


@pytest.fixture(scope="module")
def pages(running, visitors, registry) -> dict[str, list[str]]:
    """The addresses of all pages, by who sees them; under an empty name the routes that nobody could open."""
    doors = {name: Door(running.port, visitor, rows_of(running.migrate_url, visitor.slug or "operator")) for name, visitor in visitors.items()}
    found = defaultdict(list)
    for route in routes(registry):
        if route.name in NO_PAGES or route.name in ON_THE_WAY:
            continue
        seen = {name: opened for name in seers(route) if (opened := doors[name].opens(route))}
        if not seen and (opened := doors["a stranger"].opens(route)):
            seen = {"a stranger": opened}
        for name, (path, is_page) in seen.items():
            found[name] += [path] * is_page
        if not seen:
            found[""].append(route.name)
    for door in doors.values():
        door.close()
    return found


def seers(route: Route) -> tuple[str, ...]:
    """Who is to see a page."""
    if route.name in VISITORS:
        return (route.name,)
    if route.name.startswith("operator."):
        return ("ann",)
    return ("grace",) if route.is_of_office else ("elena", "beatrice")


def test_no_page_is_left_out(pages):
    assert pages[""] == []


@pytest.mark.parametrize("name", VISITORS)
def test_every_page_can_be_used_by_everybody_and_fits(pages, visitors, open_page, running, axe, name):
    page, visitor = open_page(size=DESK), visitors[name]
    base = f"http://{visitor.host}:{running.port}"
    page.context.add_cookies([{"name": cookie, "value": value, "url": base} for cookie, value in visitor.cookies.items()])
    # A color on its way to another one is neither.
    page.emulate_media(reduced_motion="reduce")
    assert pages[name]
    faults = []
    for path in pages[name]:
        assert page.goto(base + path).url == base + path
        page.evaluate(f"{axe};\n{LOOK}")
        # Beatrice sees the pages that are looked at with Elena, in another office's colors.
        found = faults_in(page, COLORS) if name == "beatrice" else faults_in(page, RULES) + walk(page) + misfits(page)
        faults += [f"{path}, {fault}" for fault in found]
    assert faults == []


def faults_in(page: Page, rules: str) -> list[str]:
    """What the checker finds in both widths and color schemes, and what does not fit. It ends on the phone."""
    faults = []
    for size, schemes in ((DESK, ("light", "dark")), (PHONE, ("dark", "light"))):
        page.set_viewport_size(size)
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            # Between the schemes only colors differ.
            found = found_by_axe(page, rules if scheme == "light" else COLORS)
            faults += [f"{size['width']} {scheme}: {fault}" for fault in found]
        faults += [f"{size['width']}: {fault}" for fault in page.evaluate(FITS)]
    return faults


def misfits(page: Page) -> list[str]:
    """What does not fit on the other screens."""
    faults = []
    for size in OTHERS:
        page.set_viewport_size(size)
        faults += [f"{size['width']}: {fault}" for fault in page.evaluate(FITS)]
    return faults


def walk(page: Page) -> list[str]:
    """From the first to the last thing that can be reached by Tab."""
    for _ in range(page.evaluate("look.begin()")):
        page.keyboard.press("Tab")
    for _ in range(MOST_STOPS):
        if page.evaluate("look.isThrough()"):
            break
        page.keyboard.press("Tab")
    return page.evaluate("look.end()")


def test_pages_do_not_move_while_they_load(signed_in_page, running):
    page = signed_in_page(size=PHONE)
    page.add_init_script(SHIFT)
    moved = {}
    for path in PAGES:
        page.goto(running.address("sunrise", path), wait_until="networkidle")
        moved[path] = page.evaluate("window.shift")
    assert {path: shift for path, shift in moved.items() if shift > 0.01} == {}


@pytest.mark.parametrize("path", ["/home", "/family/access"])
def test_pages_do_not_move_while_they_come_in_parts(signed_in_page, running, path):
    page = signed_in_page(size=PHONE)
    page.add_init_script(SHIFT)
    page.goto(running.address("sunrise", path), wait_until="networkidle")
    assert page.evaluate(IN_PARTS) > 5
    assert page.locator(".footer").is_visible()
    assert page.evaluate("window.shift") < 0.01


def test_pages_are_read_without_javascript(signed_in_page, running):
    page = signed_in_page(javascript=False)
    for path in PAGES:
        assert page.goto(running.address("sunrise", path)).status == 200
        assert page.locator("h1").count() == 1
