"""What a patient does on a usual day, in a real browser."""

import re
import time
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from lxml import etree
from playwright.sync_api import Page, expect

from core.mail import mail_from_url

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
# Each tab, and words that its page holds for Elena.
TABS = {
    "Appointments": "Past visits",
    "Account": "Statement",
    "Plan": "Your part",
    "WebMail": "Before your next visit",
    "Summary": "Allergies",
    "Images": "Both jaws",
}


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_all_six_tabs_are_there_and_hold_something(signed_in_page, size):
    page = signed_in_page(size=size)
    for tab, words in TABS.items():
        page.get_by_role("navigation", name="Tabs").get_by_role("link", name=re.compile(f"^{tab}")).click()
        expect(page.locator("main")).to_contain_text(words)


def test_confirming_a_visit_in_place(signed_in_page):
    page = signed_in_page("daniel")
    page.goto(page.url.replace("/home", "/appointments"))
    confirm = page.get_by_role("button", name=re.compile("^Confirm"))
    if confirm.count() == 0:
        page = signed_in_page("rafael")
        page.goto(page.url.replace("/home", "/appointments"))
        confirm = page.get_by_role("button", name=re.compile("^Confirm"))
    waiting = confirm.count()
    confirm.first.click()
    expect(page.get_by_role("status")).to_contain_text("your visit is confirmed")
    expect(page.get_by_role("button", name=re.compile("^Confirm"))).to_have_count(waiting - 1)


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_paying_and_getting_a_receipt_on_screen_and_by_mail(signed_in_page, running, javascript):
    page = signed_in_page("beatrice", "harbor", javascript=javascript)
    page.goto(running.address("harbor", "/account"))
    page.locator("main").get_by_role("link", name="Pay now").first.click()
    page.get_by_label("Another amount").check()
    page.get_by_label("Amount", exact=False).last.fill("12.34")
    before = len(_mails(running, "beatrice"))
    page.get_by_role("button", name="Pay", exact=True).click()
    _type_card(page, "4242 4242 4242 4242")
    expect(page.locator("main")).to_contain_text("$12.34")
    expect(page.locator("h1")).to_contain_text(re.compile("receipt|thank|paid", re.IGNORECASE))
    page.goto(running.address("harbor", "/account"))
    expect(page.locator("main")).to_contain_text("12.34")
    mail = _wait_for_mail(running, "beatrice", before)
    assert "$12.34" in str(mail.get_body(("plain",)).get_content())
    assert not re.search(r"4242\W*4242", mail.as_string())


def _type_card(page, number):
    """On the page of the card service."""
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Ends (MM/YY)").fill("12/31")
    page.get_by_label("Security code").fill("123")
    page.get_by_role("button", name="Pay $").click()


def test_a_new_card_that_the_bank_asks_about_is_kept_and_pays_again(signed_in_page, running):
    page = signed_in_page("wren", "harbor")
    page.goto(running.address("harbor", "/account/pay"))
    for number, words in enumerate(("Card", "Visa ending in 3184")):
        if page.get_by_label("Another amount").count():
            page.get_by_label("Another amount").check()
        page.locator("[name=amount]").fill("55")
        page.get_by_label(re.compile(f"{words}.*")).first.check()
        if not number:
            page.get_by_label("Keep a new card or bank account").check()
        page.get_by_role("button", name="Pay", exact=True).click()
        if page.locator("[name=more_than_owed]").count():
            page.get_by_label("Yes, I would like to pay").check()
            page.get_by_role("button", name="Pay", exact=True).click()
        if not number:
            _type_card(page, "4000 0027 6000 3184")
        page.get_by_role("button", name="Approve").click()
        expect(page.locator("main")).to_contain_text("Thank you, your payment is made")
        page.goto(running.address("harbor", "/account/pay"))
    page.goto(running.address("harbor", "/account/methods"))
    expect(page.locator("main")).to_contain_text("Visa ending in 3184")


def test_opening_a_statement_as_pdf(signed_in_page, running):
    page = signed_in_page()
    page.goto(running.address("sunrise", "/account"))
    with page.expect_download() as waiting:
        page.get_by_role("link", name=re.compile("^Download")).first.click()
    text = pypdfium2.PdfDocument(BytesIO(_bytes(waiting.value)))[0].get_textpage().get_text_bounded()
    assert "Sunrise" in text
    assert "$" in text


def test_a_treatment_plan_adds_up_on_the_page(signed_in_page, running):
    page = signed_in_page()
    page.goto(running.address("sunrise", "/plan"))
    expect(page.locator("main")).to_contain_text("Total")
    expect(page.locator("main")).to_contain_text("Insurance pays")


def test_writing_to_the_provider_and_the_notice_says_nothing(signed_in_page, running):
    page = signed_in_page("sophie")
    before = len(_all_mails(running))
    page.goto(running.address("sunrise", "/webmail"))
    page.get_by_role("link", name=re.compile("New message|Write", re.IGNORECASE)).first.click()
    page.get_by_label("Subject").fill("My left bracket")
    page.get_by_label("Message").fill("The wire pokes into my cheek since Tuesday.")
    page.get_by_role("button", name="Send message").click()
    expect(page.locator("main")).to_contain_text("The wire pokes into my cheek since Tuesday.")
    mail = _wait_for_any(running, before)
    whole = mail.as_string()
    for word in ("wire", "cheek", "bracket", "Sophie", "Marlow"):
        assert word not in whole


def test_reading_and_answering_a_message(signed_in_page, running):
    page = signed_in_page()
    page.goto(running.address("sunrise", "/webmail"))
    page.locator("main .list-row__title a").first.click()
    page.locator("textarea[name=body]").fill("Thank you, I will be there.")
    page.get_by_role("button", name=re.compile("^Send")).click()
    expect(page.locator("main")).to_contain_text("Thank you, I will be there.")


def test_an_expired_form_keeps_what_was_typed(signed_in_page, running):
    page = signed_in_page("sophie")
    page.goto(running.address("sunrise", "/webmail/compose"))
    page.get_by_label("Subject").fill("A long thought")
    page.get_by_label("Message").fill("Typed over lunch, sent after the form had expired.")
    page.evaluate("document.querySelector('#webmail-compose [name=csrf_token]').value = 'old'")
    page.get_by_role("button", name="Send message").click()
    expect(page.locator("h1")).to_contain_text("open for too long")
    page.get_by_role("button", name="Send it again").click()
    expect(page.locator("main")).to_contain_text("Typed over lunch, sent after the form had expired.")


def test_the_care_summary_as_page_and_as_xml(signed_in_page, running):
    page = signed_in_page()
    page.goto(running.address("sunrise", "/summary"))
    expect(page.locator("main")).to_contain_text("Allergies")
    with page.expect_download() as waiting:
        page.get_by_role("link", name=re.compile("^Download")).first.click()
    document = etree.fromstring(_bytes(waiting.value), etree.XMLParser(resolve_entities=False, no_network=True))
    assert document.tag == "{urn:hl7-org:v3}ClinicalDocument"
    assert "Marlow" not in waiting.value.suggested_filename


def test_opening_and_downloading_an_image(signed_in_page, running):
    page = signed_in_page()
    page.goto(running.address("sunrise", "/images"))
    thumbnail = page.locator("main img").first
    expect(thumbnail).not_to_have_js_property("naturalWidth", 0)
    page.locator(".images-grid a").first.click()
    expect(page.locator("main img").first).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name=re.compile("^Download")).first.click()
    assert len(_bytes(waiting.value)) > 1000


def test_a_parent_switches_to_a_child_and_back(signed_in_page, running):
    page = signed_in_page()
    page.goto(running.address("sunrise", "/appointments"))
    page.locator("summary", has_text="change whose record is shown").click()
    page.locator("form.menu__panel button", has_text="Sophie").click()
    expect(page.locator(".viewing")).to_contain_text("Sophie Marlow")
    assert page.url.endswith("/appointments")
    page.locator(".viewing button").click()
    expect(page.locator(".viewing")).to_have_count(0)


def test_tabs_that_an_office_has_off_are_nowhere(signed_in_page, running):
    page = signed_in_page("beatrice", "harbor")
    names = page.get_by_role("navigation", name="Tabs").get_by_role("link").all_inner_texts()
    assert not [name for name in names if name.startswith(("Images", "WebMail"))]
    for path in ("/images", "/webmail"):
        assert page.goto(running.address("harbor", path)).status == 404


def test_a_new_patient_finds_friendly_empty_tabs(signed_in_page, running):
    page = signed_in_page("jasper", "harbor")
    expect(page.locator("main")).to_contain_text(re.compile("all set|Nothing", re.IGNORECASE))
    for path in ("/appointments", "/account", "/plan", "/summary"):
        assert page.goto(running.address("harbor", path)).status == 200
        expect(page.locator("main")).to_contain_text(re.compile(r"no |nothing|yet", re.IGNORECASE))


def test_a_wrong_password_is_told_on_the_page(open_page, running):
    page = open_page()
    page.goto(running.address("sunrise"))
    page.fill("[name=user_name]", "elena")
    page.fill("[name=password]", "not it")
    page.click("#sign-in button[type=submit]")
    expect(page.get_by_role("alert")).to_contain_text("The user name or the password is not right")
    expect(page.locator("[name=user_name]")).to_have_value("elena")


def test_signing_out_leaves_nothing_behind(signed_in_page, running):
    page = signed_in_page("daniel")
    page.locator("summary", has_text="Menu").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in*")
    page.go_back()
    expect(page.locator("#sign-in")).to_be_visible()


def test_the_whole_by_keyboard(open_page, running):
    page = open_page()
    page.goto(running.address("sunrise"))
    # The browser puts the cursor there with the first picture of the page, which may come after its load.
    expect(page.locator("[name=user_name]")).to_be_focused()
    page.keyboard.type("elena")
    page.keyboard.press("Tab")
    page.keyboard.type("Toothbrush1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/home")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_both_practices_look_their_own_way(open_page, running):
    colors = set()
    for slug in ("sunrise", "harbor"):
        page = open_page()
        page.goto(running.address(slug))
        colors.add(page.evaluate("getComputedStyle(document.querySelector('#sign-in button[type=submit]')).backgroundColor"))
    assert len(colors) == 2


def test_the_same_person_is_a_stranger_at_the_other_practice(signed_in_page, running):
    page = signed_in_page()
    page.goto(running.address("harbor", "/home"))
    expect(page.locator("#sign-in")).to_be_visible()
    page.goto(running.address("sunrise", "/home"))
    expect(page.locator("main")).to_contain_text("Elena")


def _bytes(download) -> bytes:
    return Path(download.path()).read_bytes()


def _all_mails(running) -> list:
    return list(mail_from_url(running.settings.mail_url).messages())


def _mails(running, name: str) -> list:
    return [mail for mail in _all_mails(running) if name in mail["To"]]


def _wait_for(found):
    end = time.monotonic() + 60
    while not (result := found()):
        assert time.monotonic() < end, "no mail came"
        time.sleep(0.2)
    return result[-1]


def _wait_for_mail(running, name: str, before: int):
    return _wait_for(lambda: _mails(running, name)[before:])


def _wait_for_any(running, before: int):
    return _wait_for(lambda: _all_mails(running)[before:])


def test_pages_are_html_that_needs_no_other_host(signed_in_page, running):
    page: Page = signed_in_page()
    foreign = []
    page.on("request", lambda request: foreign.append(request.url) if f":{running.port}" not in request.url and not request.url.startswith("data:") else None)
    for path in ("/home", "/appointments", "/account", "/plan", "/webmail", "/summary", "/images", "/contact"):
        page.goto(running.address("sunrise", path))
    assert foreign == []
