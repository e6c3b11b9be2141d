"""Whose forms are taken: those of the own pages, in the same session."""


def _token(browser) -> str:
    return browser.get("/home").forms["sign-out"]["csrf_token"].value


def _sign_out(browser, token: str) -> int:
    return browser.post("/sign-out", {"csrf_token": token}, expect_errors=True).status_int


def test_the_token_stays_the_same_within_a_session_and_sets_no_cookie(signed_in, make):
    browser = signed_in(make.patient())
    assert _token(browser) == _token(browser)
    assert "cuspid-form" not in browser.cookies


def test_the_token_of_another_session_is_refused_even_of_the_same_account(signed_in, make):
    account = make.account(make.patient())
    phone, desk = signed_in(account=account), signed_in(account=account)
    assert _token(phone) != _token(desk)
    assert _sign_out(phone, _token(desk)) == 419
    assert _sign_out(phone, _token(phone)) == 303


def test_the_token_of_a_stranger_is_refused_of_who_is_signed_in(web, signed_in, make):
    strangers = web.get("/sign-in").forms["sign-in"]["csrf_token"].value
    assert _sign_out(signed_in(make.patient()), strangers) == 419


def test_the_token_of_another_practice_is_refused(signed_in, other_signed_in, make, other_make):
    theirs = _token(other_signed_in(other_make.patient()))
    assert _sign_out(signed_in(make.patient()), theirs) == 419
