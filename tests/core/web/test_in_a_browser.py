"""The shell's pages in a real browser: what only a browser can tell."""

import os
from contextlib import contextmanager
from itertools import pairwise
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from pyramid.response import Response

from core.plugins import Permission, PortalPlugin, Tab, hookimpl
from core.web.assets import ROOT

CHROMIUM = os.environ.get("CUSPID_CHROMIUM")
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 860}
SHIFT = """new Promise(done => { let sum = 0;
    new PerformanceObserver(list => { for (const one of list.getEntries()) sum += one.value }).observe({type: 'layout-shift', buffered: true});
    setTimeout(() => done(sum), 100) })"""

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")


class Quiet(WSGIRequestHandler):
    def log_message(self, *words):
        pass


@contextmanager
def served(app):
    """Serve an application on a free port of this machine."""
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def port(portal):
    with served(portal) as port:
        yield port


@pytest.fixture
def visit(chromium, port, practice):
    """`visit("/contact", ...)`: the page as a browser of this size and color scheme shows it, and what the browser complained of."""
    contexts = []

    def open_page(path, size=PHONE, scheme="light", token=None, scripts=True, port=port):
        context = chromium.new_context(viewport=size, color_scheme=scheme, java_script_enabled=scripts, bypass_csp=False)
        contexts.append(context)
        if token:
            context.add_cookies([{"name": "cuspid", "value": token, "url": f"http://{practice.host}:{port}"}])
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.goto(f"http://{practice.host}:{port}{path}", wait_until="load")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def token(practice, make, signed_in):
    """The cookie of a mother who also sees her daughter."""
    mother, daughter = make.patient(first_name="Elena"), make.patient(first_name="Mia", last_name="Vale-Castellanos")
    account = make.account(mother)
    make.grant(account, daughter)
    return signed_in(account=account).cookies["cuspid"]


def faults(page) -> list:
    """What axe finds, and what it was found on."""
    # Through the debugger, which the page's content security does not hold back.
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in found["violations"]]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_nothing_moves_while_a_page_loads(visit, token, size):
    page = visit("/home", size, token=token)
    assert page.evaluate(SHIFT) < 0.001


@pytest.mark.parametrize("width", [320, 360])
def test_six_tabs_stand_side_by_side_on_a_small_phone(visit, token, width):
    page = visit("/home", {"width": width, "height": 700}, token=token)
    boxes = page.evaluate(
        "[...document.querySelectorAll('.tabs__list > li > .tabs__tab')].map(tab => tab.getBoundingClientRect().toJSON())"
    )
    shown = [box for box in boxes if box["width"]]
    assert len(shown) == 6
    assert all(one["right"] <= other["left"] + 0.5 for one, other in pairwise(shown))
    assert shown[0]["left"] >= 0
    assert shown[-1]["right"] <= width
    assert len({box["top"] for box in shown}) == 1
    cut = page.evaluate(
        "[...document.querySelectorAll('.tabs__list > li > .tabs__tab')].filter(tab => tab.scrollWidth > tab.clientWidth + 1).length"
    )
    assert cut == 0


class Extra(PortalPlugin):
    """One of many tabs."""

    title = summary = "Extra"
    package = "garden"

    def __init__(self, number):
        self.name, self.number = f"extra{number}", number

    def includeme(self, config):
        config.add_route(f"{self.name}.home", "", inherit_slash=True)
        config.add_view(lambda request: Response("here"), route_name=f"{self.name}.home", permission=f"{self.name}.see")

    @hookimpl
    def portal_permissions(self):
        return [Permission(f"{self.name}.see", "See it")]

    @hookimpl
    def portal_tab(self, request):
        return Tab(title=f"Extra {self.number}", route=f"{self.name}.home", icon="star", order=self.number, badge=self.number)


def test_further_tabs_wait_behind_more(visit, token, portal_with):
    with served(portal_with(*map(Extra, range(1, 9)))) as port:
        page = visit("/home", token=token, port=port)
        look_behind_more(page)


def look_behind_more(page):
    assert page.locator(".tabs__list > li > a.tabs__tab:visible").count() == 5
    page.click(".tabs__more > summary")
    assert page.locator(".tabs__sheet a:visible").count() == 3
    assert page.locator(".tabs__more .count").inner_text().startswith("21")
    assert faults(page) == []
    page.keyboard.press("Escape")
    assert page.locator(".tabs__sheet a:visible").count() == 0


def test_another_persons_record_can_be_opened_without_scripts(visit, token):
    page = visit("/home", token=token, scripts=False)
    page.click("summary:has-text('change whose record')")
    page.click("button.menu__item:has-text('Mia')")
    assert page.locator(".viewing").inner_text().split("\n")[0] == "Viewing Mia Vale-Castellanos"
    assert page.locator("h1").inner_text() == "At a glance"
    page.click("text=Back to mine")
    assert page.locator(".viewing").count() == 0


def test_menus_close_with_escape_and_give_the_focus_back(visit, token):
    page = visit("/home", token=token)
    summary = page.locator("summary:has-text('Menu')")
    summary.click()
    assert page.locator("text=Sign out").is_visible()
    page.locator(".menu__panel a").first.focus()
    page.keyboard.press("Escape")
    assert not page.locator("text=Sign out").is_visible()
    assert summary.evaluate("one => one === document.activeElement")


def test_a_password_can_be_looked_at_and_is_hidden_again_before_it_is_sent(visit):
    page = visit("/sign-in")
    page.fill("#field-password", "Toothbrush")
    page.click("[data-show-password]")
    assert page.get_attribute("#field-password", "type") == "text"
    assert page.get_attribute("[data-show-password]", "aria-pressed") == "true"
    page.evaluate("document.querySelector('#sign-in, form').addEventListener('submit', event => event.preventDefault())")
    page.fill("#field-user_name", "elena")
    page.click("form button[type=submit]")
    assert page.get_attribute("#field-password", "type") == "password"


def test_without_scripts_there_is_no_button_that_does_nothing(visit):
    page = visit("/sign-in", scripts=False)
    assert not page.locator("[data-show-password]").is_visible()
    assert page.locator("#field-password").is_visible()


def test_the_keyboard_reaches_the_content_first(visit, token):
    page = visit("/home", token=token)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
