"""Every page, at phone and desk width, in light and dark: accessible, nothing cut off, nothing that moves."""

import pytest

PHONE, NARROW, DESK = {"width": 390, "height": 844}, {"width": 320, "height": 640}, {"width": 1280, "height": 900}
PAGES = ("/home", "/family", "/family/access", "/family/access/give", "/appointments", "/account", "/account/pay", "/plan", "/webmail", "/webmail/compose", "/summary", "/images", "/contact", "/nowhere")
LOOKS = [("elena", "sunrise"), ("rafael", "sunrise"), ("jasper", "harbor")]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize(("user", "slug"), LOOKS)
def test_every_page_is_accessible_and_fits(signed_in_page, running, faults_of, user, slug, size, dark):
    page = signed_in_page(user, slug, size=size, dark=dark)
    faults = []
    for path in PAGES:
        page.goto(running.address(slug, path))
        faults += faults_of(page)
    assert faults == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("slug", ["sunrise", "harbor"])
def test_the_sign_in_page_is_accessible(open_page, running, faults_of, slug, dark):
    page = open_page(size=PHONE, dark=dark)
    page.goto(running.address(slug))
    assert faults_of(page) == []


def test_pages_fit_a_very_narrow_screen(signed_in_page, running):
    page = signed_in_page(size=NARROW)
    wide = []
    for path in PAGES:
        page.goto(running.address("sunrise", path))
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path)
    assert wide == []


def test_pages_do_not_move_while_they_load(signed_in_page, running):
    page = signed_in_page(size=PHONE)
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => { for (const entry of list.getEntries()) window.shift += entry.value })"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    moved = {}
    for path in PAGES:
        page.goto(running.address("sunrise", path), wait_until="networkidle")
        moved[path] = page.evaluate("window.shift")
    assert {path: shift for path, shift in moved.items() if shift > 0.01} == {}


def test_what_can_be_tapped_is_big_enough(signed_in_page, running):
    page = signed_in_page(size=PHONE)
    small = []
    for path in ("/home", "/appointments", "/account", "/webmail"):
        page.goto(running.address("sunrise", path))
        boxes = page.evaluate(
            "[...document.querySelectorAll('button, .button, nav a, summary')].filter(e => e.offsetParent)"
            ".map(e => [e.textContent.trim().slice(0, 30), e.getBoundingClientRect().height, e.getBoundingClientRect().width])"
        )
        small += [(path, name, height, width) for name, height, width in boxes if min(height, width) < 24 or max(height, width) < 40]
    assert small == []


def test_pages_are_read_without_javascript(signed_in_page, running):
    page = signed_in_page(javascript=False)
    for path in PAGES[:-1]:
        assert page.goto(running.address("sunrise", path)).status == 200
        assert page.locator("h1").count() == 1
