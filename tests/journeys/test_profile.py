"""The own profile in a real browser: a new password on a phone, and the question whether somebody is still there."""

import psycopg
import pytest
from playwright.sync_api import Page, expect

PHONE = {"width": 390, "height": 844}
NEW = "Quiet-Harbor-Lantern-7"
USER = "sophie"


def _shorten(page: Page, seconds: int) -> None:
    """Give the pages another idle limit before their script runs, so that nobody has to wait for it."""
    page.add_init_script(f"""new MutationObserver(() => {{
        const main = document.querySelector("main[data-idle-seconds]");
        if (main) main.dataset.idleSeconds = "{seconds}";
    }}).observe(document, {{ childList: true, subtree: true }});""")


@pytest.fixture
def password_put_back(running):
    """The demo's people keep their password for the other journeys."""
    with psycopg.connect(running.migrate_url, autocommit=True) as connection:
        [before] = connection.execute("select password_hash from account where user_name = %s", [USER]).fetchone()
        yield
        connection.execute("update account set password_hash = %s where user_name = %s", [before, USER])


@pytest.mark.usefixtures("password_put_back")
@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_new_password_on_a_phone_signs_the_other_device_out(signed_in_page, running, javascript):
    page, other = signed_in_page(USER, size=PHONE, javascript=javascript), signed_in_page(USER)
    page.locator("details.menu summary").last.click()
    page.get_by_role("link", name="Profile and security").click()
    page.get_by_role("link", name="Password").click()
    page.get_by_label("Password of today", exact=True).fill("Toothbrush1")
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("status")).to_contain_text("Your password is changed")
    other.reload()
    expect(other.locator("#sign-in")).to_be_visible()


def test_whoever_is_still_there_stays_signed_in_by_one_click(signed_in_page, running):
    page = signed_in_page(size=PHONE)
    _shorten(page, 124)
    page.goto(running.address("sunrise", "/webmail/compose"))
    page.get_by_label("Subject").fill("About my crown")
    dialog = page.get_by_role("dialog", name="Are you still there?")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Stay signed in")).to_be_focused()
    with page.expect_response("**/profile/stay") as answered:
        page.keyboard.press("Enter")
    assert answered.value.status == 204
    expect(dialog).to_be_hidden()
    expect(page.get_by_label("Subject")).to_be_focused()


def test_what_was_typed_is_there_again_after_signing_in_again(signed_in_page, running):
    page = signed_in_page()
    page.goto(running.address("sunrise", "/webmail/compose"))
    page.get_by_label("Subject").fill("About my crown")
    page.get_by_label("Message").fill("It came off.\nWhat now?")
    page.context.clear_cookies()
    # The server has ended the session; whatever leads to the sign-in page keeps what was typed.
    page.goto(running.address("sunrise", "/webmail/compose"))
    page.fill("[name=user_name]", "elena")
    page.fill("[name=password]", "Toothbrush1")
    page.click("#sign-in button[type=submit]")
    expect(page.get_by_label("Subject")).to_have_value("About my crown")
    expect(page.get_by_label("Message")).to_have_value("It came off.\nWhat now?")
    page.get_by_role("link", name="Cancel").click()
    page.goto(running.address("sunrise", "/webmail/compose"))
    expect(page.get_by_label("Subject")).to_have_value("")


def test_at_the_limit_the_page_leads_to_the_sign_in_page_and_back(signed_in_page, running):
    page = signed_in_page()
    _shorten(page, 2)
    page.goto(running.address("sunrise", "/webmail/compose"))
    page.get_by_label("Subject").fill("About my crown")
    page.context.clear_cookies()
    expect(page.locator("#sign-in")).to_be_visible()
    assert page.url.endswith("/sign-in?next=%2Fwebmail%2Fcompose")


def test_neither_passwords_nor_what_another_person_typed_are_kept(signed_in_page, running):
    page = signed_in_page()
    page.goto(running.address("sunrise", "/profile/password"))
    page.get_by_label("Password of today", exact=True).fill("Toothbrush1")
    page.get_by_role("button", name="Show the password of today").click()
    page.get_by_label("Password of today", exact=True).fill("Toothbrush2")
    assert "Toothbrush" not in page.evaluate("JSON.stringify(sessionStorage)")
    page.goto(running.address("sunrise", "/webmail/compose"))
    page.get_by_label("Subject").fill("About my crown")
    assert "crown" in page.evaluate("JSON.stringify(sessionStorage)")
    page.locator("details.menu summary").last.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#sign-in")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
