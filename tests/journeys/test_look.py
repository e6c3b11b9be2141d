"""An office admin gives the practice another look, by keyboard; a patient who is signed in sees it on the next page."""

from playwright.sync_api import Page, expect

from core.safety.testing import drawing, saved

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


def brand_of(page) -> str:
    """The brand color of a page or a frame."""
    return page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--brand').trim()")


def type_into(page: Page, label: str, words: str) -> None:
    """Go to a field and write it anew, by keyboard."""
    field = page.get_by_label(label, exact=True)
    field.focus()
    expect(field).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(words)


def try_on(page: Page) -> None:
    """The preview follows what is typed, in dark at a computer's size as well, and Back leads away from the form."""
    frame = page.frame(name="preview")
    type_into(page, "Name (optional)", "Harbor & Bay")
    expect(frame.get_by_role("heading", level=1, include_hidden=True)).to_have_text("Harbor & Bay")
    page.get_by_label("Dark", exact=True).check()
    page.get_by_label("Computer", exact=True).check()
    expect(frame.locator("html")).to_have_css("color-scheme", "dark")
    page.locator("[name=logo]").set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": saved(drawing(200, 200), "PNG")})
    expect(frame.locator(".bar__logo")).to_have_js_property("naturalWidth", 200)


def without_javascript(page: Page, running) -> None:
    """The same person in a browser that runs no script: the Preview button shows what was typed, and it stays typed."""
    plain = page.context.browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state(), viewport=DESK)
    page = plain.new_page()
    page.goto(running.address("harbor", "/office/branding"))
    page.get_by_label("Name (optional)", exact=True).fill("Plainly Harbor")
    page.get_by_role("button", name="Preview").click()
    expect(page.frame_locator("#preview").get_by_text("Plainly Harbor").first).to_be_visible()
    expect(page.get_by_label("Name (optional)", exact=True)).to_have_value("Plainly Harbor")
    plain.close()


def test_a_look_from_the_first_try_to_the_patients_next_page(open_page, sign_in_at_office, signed_in_page, running, faults_of):
    patient, page = signed_in_page("beatrice", "harbor"), open_page(size=DESK)
    before = brand_of(patient)
    sign_in_at_office(page, "ines", "harbor")
    page.get_by_role("link", name="Look", exact=True).first.click()
    faults = faults_of(page)
    without_javascript(page, running)
    try_on(page)
    type_into(page, "Brand color", "#ffd400")
    page.keyboard.press("Enter")
    offer = page.get_by_role("button", name="Use #826b04 and save")
    expect(page.get_by_role("link", name="Brand color: a contrast of 1.2:1")).to_be_visible()
    faults += faults_of(page)
    patient.reload()
    assert brand_of(patient) == before
    offer.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The new look is in force")
    patient.reload()
    assert brand_of(patient) == "#826b04"
    expect(patient.locator(".bar__name")).to_have_text("Harbor & Bay")
    expect(patient.locator(".bar__logo")).to_have_js_property("naturalWidth", 200)
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.reload()
    faults += faults_of(page)
    page.get_by_role("button", name="Undo").first.click()
    patient.reload()
    assert brand_of(patient) == before
    assert faults == []
