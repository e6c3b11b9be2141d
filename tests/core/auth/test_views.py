"""The pages of sign-in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.audit import AuditEvent
from core.auth.models import SignInSession
from core.auth.views import own_path
from core.testing import PASSWORD


def _sign_in(web, user_name: str, password: str = PASSWORD, **more):
    form = web.get("/sign-in").forms["sign-in"]
    form["user_name"], form["password"] = user_name, password
    for name, value in more.items():
        form[name] = value
    return form.submit(expect_errors=True)


def test_the_start_leads_to_the_sign_in_page_and_then_home(web, make):
    account = make.account(make.patient())
    assert web.get("/").location.endswith("/sign-in")
    answer = _sign_in(web, account.user_name)
    assert (answer.status_int, answer.location) == (303, "http://" + web.extra_environ["HTTP_HOST"] + "/home")
    assert web.get("/sign-in").status_int == 303
    assert "Robin" in web.get("/home").text


def test_the_sign_in_page_names_the_office_and_its_clinics(web, practice, registry):
    text = web.get("/sign-in").text
    assert registry.tenants.current(practice.id).practice_name in text
    assert "Main Street" in text
    assert "555-0100" in text


def test_a_wrong_password_keeps_the_name_and_does_not_say_which_was_wrong(web, make):
    account = make.account(make.patient())
    known, unknown = _sign_in(web, account.user_name, "wrong"), _sign_in(web, "nobody", "wrong")
    assert (known.status_int, unknown.status_int) == (422, 422)
    assert account.user_name in known.text
    assert "wrong" not in known.forms["sign-in"]["password"].value
    assert known.text.replace(account.user_name, "nobody") == unknown.text or len(known.text) - len(unknown.text) < 200


def test_an_empty_form_says_what_to_do(web):
    answer = _sign_in(web, "", "")
    assert answer.status_int == 422
    assert "Please type your user name and your password." in answer.text


def test_the_cookie_is_for_this_host_only_and_not_for_scripts(web, make):
    account = make.account(make.patient())
    cookies = [value for name, value in _sign_in(web, account.user_name).headerlist if name == "Set-Cookie"]
    session = next(value for value in cookies if value.startswith("cuspid="))
    assert "Domain" not in session
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session


def test_the_user_name_is_remembered_only_when_asked(web, make):
    account = make.account(make.patient(), user_name="Mary33403")
    _sign_in(web, account.user_name, remember=True)
    web.post("/sign-out", {"csrf_token": web.get("/home").forms["sign-out"]["csrf_token"].value})
    assert web.get("/sign-in").forms["sign-in"]["user_name"].value == "Mary33403"
    _sign_in(web, account.user_name, remember=False)
    web.post("/sign-out", {"csrf_token": web.get("/home").forms["sign-out"]["csrf_token"].value})
    assert web.get("/sign-in").forms["sign-in"]["user_name"].value == ""


def test_sign_out_ends_the_session_on_the_server(web, make, practice):
    account = make.account(make.patient())
    _sign_in(web, account.user_name)
    token = web.cookies["cuspid"]
    web.get("/home").forms["sign-out"].submit()
    with practice.session() as session:
        assert session.scalar(select(func.count()).select_from(SignInSession)) == 0
    web.set_cookie("cuspid", token)
    assert web.get("/home").status_int == 303


def test_a_cookie_of_one_practice_opens_nothing_at_another(signed_in, other_practice, make, portal):
    browser = signed_in(make.patient())
    assert browser.get("/home").status_int == 200
    assert browser.get("/home", extra_environ={"HTTP_HOST": other_practice.host}).status_int == 303


def test_whoever_is_not_signed_in_is_led_to_sign_in_and_back(web, make):
    account = make.account(make.patient())
    answer = web.get("/appointments")
    assert answer.location.endswith("/sign-in?next=%2Fappointments")
    form = answer.follow().forms["sign-in"]
    form["user_name"], form["password"] = account.user_name, PASSWORD
    assert form.submit().location.endswith("/appointments")


@given(
    st.text(max_size=60)
    | st.sampled_from(["//evil.test", "/\\evil.test", "https://evil.test", "/\tx", "javascript:alert(1)", "/%0d%0aX: y"])
)
def test_no_onward_path_leads_elsewhere(path):
    onward = own_path(path)
    assert onward.startswith("/")
    assert not onward.startswith("//")
    assert not set(onward) & set("\\\r\n\t ")


def test_five_wrong_passwords_slow_down(web, make):
    account = make.account(make.patient())
    statuses = [_sign_in(web, account.user_name, "wrong").status_int for _ in range(6)]
    assert statuses == [422] * 5 + [429]
    answer = _sign_in(web, account.user_name)
    assert answer.status_int == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_switching_the_person_keeps_to_what_was_granted(signed_in, make):
    account, child, stranger = make.account(make.patient()), make.patient(first_name="Mia"), make.patient(first_name="Otto")
    make.grant(account, child, "appointments", "see")
    browser = signed_in(account=account)
    token = browser.get("/home").forms["sign-out"]["csrf_token"].value
    assert browser.post("/family/switch", {"csrf_token": token, "person": str(child.id), "next": "/appointments"}).location.endswith(
        "/appointments"
    )
    page = browser.get("/appointments")
    assert "Mia" in page.text
    assert browser.get("/account", expect_errors=True).status_int == 403
    assert browser.post("/family/switch", {"csrf_token": token, "person": str(stranger.id)}, expect_errors=True).status_int == 404


def test_sign_in_and_sign_out_are_in_the_audit_log(web, make, practice):
    account = make.account(make.patient())
    _sign_in(web, account.user_name, "wrong")
    _sign_in(web, account.user_name)
    web.get("/home").forms["sign-out"].submit()
    with practice.session() as session:
        actions = session.scalars(select(AuditEvent.action).order_by(AuditEvent.happened_at)).all()
    assert actions == ["auth.sign_in.failed", "auth.sign_in", "portal.home.view", "auth.sign_out"]


@pytest.mark.parametrize("path", ["/sign-in", "/home", "/nowhere"])
def test_every_answer_carries_the_safety_headers(web, path):
    headers = web.get(path, expect_errors=True).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/sign-in", "/office/sign-in"])
@pytest.mark.parametrize("field", ["user_name", "password", "next"])
def test_a_file_in_place_of_a_text_is_told_like_an_empty_field(web, make, path, field):
    account = make.account(make.patient())
    token = web.get(path).forms["sign-in"]["csrf_token"].value
    typed = {"csrf_token": token, "user_name": account.user_name, "password": "wrong"}
    typed.pop(field, None)
    page = web.post(path, typed, upload_files=[(field, "name.txt", b"text")], status=422)
    assert "right" in page.text if field == "next" else "Please type" in page.text
