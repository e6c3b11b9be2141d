"""Passkeys, with a small authenticator of our own (core/testing/passkeys.py)."""

import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from core.auth import passkeys, second
from core.auth.models import Account, Passkey, SignInSession
from core.testing import PASSWORD
from core.testing.passkeys import PRESENT, Device, text_of

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def site(registry, practice):
    return passkeys.Site(practice.host, registry.portal.address(practice.host))


@pytest.fixture
def account(make):
    return make.account(make.patient())


@pytest.fixture
def device(db, site, account):
    """A device with a passkey of the account."""
    made = Device(site.origin)
    _make(db, site, account, made)
    db.commit()
    return made


def _make(db, site, account, device, now=NOW) -> Passkey:
    question = passkeys.ask_to_make(db, site, account, "Sunrise Dental", now)
    return passkeys.make(db, site, account, question.challenge, device.make(question.options), "My phone", now)


def _show(db, practice, site, device, account=None, now=NOW) -> Account:
    question = passkeys.ask_to_show(db, practice.id, site, now, account)
    return passkeys.show(db, practice.id, site, question.challenge, device.show(question.options), now, account)


def test_a_passkey_is_made_and_signs_in(db, practice, site, account, device):
    [key] = passkeys.keys_of(db, practice.id, account.id)
    assert (key.name, key.host, key.sign_count) == ("My phone", practice.host, 1)
    assert _show(db, practice, site, device).id == account.id
    assert _show(db, practice, site, device, account).id == account.id
    db.refresh(key)
    assert (key.sign_count, key.used_at) == (3, NOW)


def test_the_options_ask_for_what_we_want(db, practice, site, account, device):
    making = passkeys.ask_to_make(db, site, account, "Sunrise Dental", NOW).options
    assert making["rp"] == {"id": practice.host, "name": "Sunrise Dental"}
    assert making["authenticatorSelection"]["userVerification"] == "required"
    assert making["authenticatorSelection"]["residentKey"] == "preferred"
    assert [key["id"] for key in making["excludeCredentials"]] == [text_of(device.id)]
    assert making["attestation"] == "none"
    anyone = passkeys.ask_to_show(db, practice.id, site, NOW).options
    assert (anyone["rpId"], anyone["userVerification"], anyone.get("allowCredentials", [])) == (practice.host, "required", [])
    assert len(urlsafe_b64decode(anyone["challenge"] + "==")) == 32
    assert [key["id"] for key in passkeys.ask_to_show(db, practice.id, site, NOW, account).options["allowCredentials"]] == [
        text_of(device.id)
    ]


def test_a_challenge_counts_once_also_when_the_answer_was_wrong(db, practice, site, account, device):
    question = passkeys.ask_to_show(db, practice.id, site, NOW)
    passkeys.show(db, practice.id, site, question.challenge, device.show(question.options), NOW)
    with pytest.raises(passkeys.BadPasskey):
        passkeys.show(db, practice.id, site, question.challenge, device.show(question.options), NOW)
    question = passkeys.ask_to_show(db, practice.id, site, NOW)
    with pytest.raises(passkeys.BadPasskey):
        passkeys.show(db, practice.id, site, question.challenge, "{}", NOW)
    with pytest.raises(passkeys.BadPasskey):
        passkeys.show(db, practice.id, site, question.challenge, device.show(question.options), NOW)


def test_a_challenge_lasts_five_minutes(db, practice, site, device):
    question = passkeys.ask_to_show(db, practice.id, site, NOW)
    with pytest.raises(passkeys.BadPasskey):
        passkeys.show(db, practice.id, site, question.challenge, device.show(question.options), NOW + timedelta(minutes=5))


def test_an_answer_to_another_challenge_is_refused(db, practice, site, device):
    first, other = passkeys.ask_to_show(db, practice.id, site, NOW), passkeys.ask_to_show(db, practice.id, site, NOW)
    for challenge in (other.challenge, "", "nonsense"):
        with pytest.raises(passkeys.BadPasskey):
            passkeys.show(db, practice.id, site, challenge, device.show(first.options), NOW)


def test_a_challenge_for_making_is_no_good_for_showing_nor_that_of_another_account(db, make, practice, site, account, device):
    making = passkeys.ask_to_make(db, site, account, "Sunrise Dental", NOW)
    with pytest.raises(passkeys.BadPasskey):
        passkeys.show(
            db, practice.id, site, making.challenge, device.show({"rpId": site.host, "challenge": making.challenge}), NOW, account
        )
    anyone = passkeys.ask_to_show(db, practice.id, site, NOW)
    with pytest.raises(passkeys.BadPasskey):
        passkeys.show(db, practice.id, site, anyone.challenge, device.show(anyone.options), NOW, account)
    other, fresh = make.account(make.patient()), Device(site.origin)
    making = passkeys.ask_to_make(db, site, other, "Sunrise Dental", NOW)
    with pytest.raises(passkeys.BadPasskey):
        passkeys.make(db, site, account, making.challenge, fresh.make(making.options), "Mine", NOW)


def test_the_passkey_of_another_account_is_no_second_step(db, make, practice, site, device):
    with pytest.raises(passkeys.BadPasskey):
        _show(db, practice, site, device, make.account(make.patient()))


def test_a_handle_of_another_account_is_refused(db, make, practice, site, device):
    device.handle = make.account(make.patient()).id.bytes
    with pytest.raises(passkeys.BadPasskey):
        _show(db, practice, site, device)


@pytest.mark.parametrize("origin", ["https://evil.test", "http://localhost:8080", "", "null"])
def test_a_wrong_origin_is_refused_for_making_and_showing(db, practice, site, account, device, origin):
    device.origin = origin
    with pytest.raises(passkeys.BadPasskey):
        _show(db, practice, site, device)
    with pytest.raises(passkeys.BadPasskey):
        _make(db, site, account, Device(origin))


def test_without_verifying_the_person_nothing_is_made_or_shown(db, practice, site, account, device):
    device.flags = PRESENT
    with pytest.raises(passkeys.BadPasskey):
        _show(db, practice, site, device)
    careless = Device(site.origin)
    careless.flags = PRESENT
    with pytest.raises(passkeys.BadPasskey):
        _make(db, site, account, careless)


def test_a_count_that_goes_back_is_refused(db, practice, site, device):
    _show(db, practice, site, device)
    for count in (0, 1, -1):
        device.count = max(count, 0)
        device.counts = count >= 0
        with pytest.raises(passkeys.BadPasskey):
            _show(db, practice, site, device)
    device.count, device.counts = 10, True
    _show(db, practice, site, device)


def test_a_key_that_does_not_count_stays_at_nought(db, practice, site, account):
    still = Device(site.origin, counts=False)
    key = _make(db, site, account, still)
    _show(db, practice, site, still)
    _show(db, practice, site, still)
    assert key.sign_count == 0
    still.counts = True
    _show(db, practice, site, still)
    still.count, still.counts = 0, False
    with pytest.raises(passkeys.BadPasskey):
        _show(db, practice, site, still)


def test_two_answers_with_the_same_count_are_one(db, practice, site, device):
    [key] = db.scalars(select(Passkey).where(Passkey.practice_id == practice.id))
    passkeys._count_on(db, key, 7, NOW)
    with pytest.raises(passkeys.BadPasskey):
        passkeys._count_on(db, key, 7, NOW)


def test_a_passkey_belongs_to_its_host_and_its_practice(db, other_db, practice, other_practice, registry, site, device):
    elsewhere = passkeys.Site("portal.example.test", "https://portal.example.test")
    device.origin = elsewhere.origin
    with pytest.raises(passkeys.BadPasskey):
        _show(db, practice, elsewhere, device)
    far = passkeys.Site(other_practice.host, registry.portal.address(other_practice.host))
    device.origin = far.origin
    with pytest.raises(passkeys.BadPasskey):
        _show(other_db, other_practice, far, device)
    here = passkeys.ask_to_show(db, practice.id, site, NOW)
    db.commit()
    device.origin = site.origin
    with pytest.raises(passkeys.BadPasskey):
        passkeys.show(other_db, other_practice.id, site, here.challenge, device.show(here.options), NOW)


def test_a_closed_account_does_not_get_in(db, practice, site, account, device):
    account.closed_at = NOW
    db.commit()
    with pytest.raises(passkeys.BadPasskey):
        _show(db, practice, site, device)


def test_a_key_is_kept_for_one_account_only(db, make, practice, site, device):
    other = make.account(make.patient())
    with pytest.raises(passkeys.BadPasskey):
        _make(db, site, other, device)
    assert passkeys.keys_of(db, practice.id, other.id) == []


def test_a_key_is_named_and_removed_by_its_owner_only(db, make, practice, account, device):
    [key] = passkeys.keys_of(db, practice.id, account.id)
    other = make.account(make.patient())
    assert not passkeys.rename(db, practice.id, other.id, key.id, "Mine")
    assert not passkeys.remove(db, other, key.id, required=False)
    assert passkeys.rename(db, practice.id, account.id, key.id, "  Old\u202e tablet\0 ")
    db.refresh(key)
    assert key.name == "Old tablet"
    with pytest.raises(second.LastWay):
        passkeys.remove(db, account, key.id, required=True)
    assert passkeys.remove(db, account, key.id, required=False)


@given(st.text())
def test_a_name_can_always_be_shown(name):
    clean = passkeys.clean_name(name)
    assert 0 < len(clean) <= 60
    assert clean.isprintable()


BROKEN = [
    "",
    "[]",
    "null",
    "{}",
    "\0",
    "[" * 5000,
    '{"id": "é", "rawId": "é"}',
    "x" * 30_000,
    '{"id": 1}',
    '{"response": {"clientDataJSON": 5}}',
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(
    st.sampled_from(BROKEN)
    | st.text(max_size=200)
    | st.dictionaries(st.sampled_from(["id", "rawId", "type", "response"]), st.text()).map(json.dumps)
)
def test_whatever_is_broken_has_the_same_answer(practice, site, broken):
    with practice.session() as session:
        question = passkeys.ask_to_show(session, practice.id, site, NOW)
        with pytest.raises(passkeys.BadPasskey):
            passkeys.show(session, practice.id, site, question.challenge, broken, NOW)


# The pages.


def _ask(app, page, form_id: str) -> tuple:
    form = page.forms[form_id]
    options = app.post(_options_of(page, form_id), headers={"X-CSRF-Token": form["csrf_token"].value}).json
    return form, options


def _options_of(page, form_id: str) -> str:
    return page.text.split(f'id="{form_id}"')[1].split('data-options="')[1].split('"')[0]


def test_a_passkey_is_added_on_the_page_and_is_two_factors_at_sign_in(signed_in, web, account, site):
    app, device = signed_in(account=account), Device(site.origin)
    page = app.get("/profile/security")
    form, options = _ask(app, page, "new-passkey")
    form["credential"], form["name"] = device.make(options), "My 🦷 phone"
    assert "Your recovery codes" in form.submit().text
    assert "My 🦷 phone" in app.get("/profile/security").text
    form, options = _ask(web, web.get("/sign-in?next=/appointments"), "passkey-sign-in")
    form["credential"] = device.show(options)
    assert form.submit().location.endswith("/appointments")
    assert web.get("/home").status_int == 200


def test_a_passkey_is_the_second_step_after_the_password(web, account, device):
    form = web.get("/sign-in").forms["sign-in"]
    form["user_name"], form["password"] = account.user_name, PASSWORD
    page = form.submit().follow()
    form, options = _ask(web, page, "second-passkey")
    form["credential"] = "{}"
    page = form.submit(status=422)
    assert "can’t be used here" in page.text
    form, options = _ask(web, page, "second-passkey")
    form["credential"] = device.show(options)
    assert form.submit().location.endswith("/home")


def test_a_passkey_proves_before_what_matters_and_another_accounts_does_not(db, practice, site, signed_in, make, account, device):
    other, theirs = make.account(make.patient()), Device(site.origin)
    _make(db, site, other, theirs)
    db.commit()
    browser = signed_in(account=account)
    db.execute(update(SignInSession).values(proven_at=None))
    db.commit()
    page = browser.get("/profile/email").follow().click("Use a passkey")
    for shown, status in ((theirs, 422), (device, 303)):
        form, options = _ask(browser, page, "prove-passkey")
        form["credential"] = shown.show(options)
        answer = form.submit(expect_errors=True)
        assert answer.status_int == status
        page = answer if status == 422 else page
    assert "can’t be used here" in page.text
    assert answer.location.endswith("/profile/email")
    assert browser.get("/profile/email").status_int == 200


def test_a_passkey_from_the_offer_brings_recovery_codes_and_leads_on(db, practice, signed_in, account, site):
    app, device = signed_in(account=account), Device(site.origin)
    app.extra_environ["HTTP_USER_AGENT"] = "Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36"
    form, options = _ask(app, app.get("/welcome/passkey?next=/plan"), "passkey-offer")
    form["credential"] = device.make(options)
    page = form.submit()
    assert "Your recovery codes" in page.text
    assert page.lxml.xpath("//a[contains(., 'I have kept them')]/@href") == ["/plan"]
    assert [key.name for key in passkeys.keys_of(db, practice.id, account.id)] == ["Chrome on Android"]
    assert app.get("/welcome/passkey").location.endswith("/home")


def test_an_answer_serves_the_browser_that_was_asked(web, portal, practice, account, device):
    from core.testing import browser

    form, options = _ask(web, web.get("/sign-in"), "passkey-sign-in")
    other = browser(portal, practice)
    stolen = other.get("/sign-in").forms["passkey-sign-in"]
    stolen["credential"] = form["credential"].value = device.show(options)
    refused = stolen.submit(status=422)
    assert "can’t be used here" in refused.text
    assert form.submit().location.endswith("/home")


def test_every_refusal_at_sign_in_looks_the_same(web, account, device, site):
    texts = set()
    for answer in (lambda _: "", lambda _: "{}", Device(site.origin).show, lambda options: device.show(options | {"challenge": "AAAA"})):
        form, options = _ask(web, web.get("/sign-in"), "passkey-sign-in")
        form["credential"] = answer(options)
        page = form.submit(status=422).text
        texts.add(page.replace(form["csrf_token"].value, ""))
    assert len(texts) == 1


def test_a_passkey_of_somebody_else_is_not_found(signed_in, make, account, device, db, practice):
    [key] = passkeys.keys_of(db, practice.id, account.id)
    app = signed_in(make.patient())
    token = app.get("/profile/security").forms["sign-out"]["csrf_token"].value
    for key_id in (key.id, account.id, "nonsense"):
        app.post(f"/profile/security/passkeys/{key_id}", {"csrf_token": token, "act": "remove"}, status=404)
    assert passkeys.keys_of(db, practice.id, account.id)


def test_a_passkey_is_renamed_and_removed_on_the_page(signed_in, account, device, db, practice):
    [key] = passkeys.keys_of(db, practice.id, account.id)
    app, path = signed_in(account=account), f"/profile/security/passkeys/{key.id}"
    token = app.get("/profile/security").forms["sign-out"]["csrf_token"].value
    assert "Blue phone" in app.post(path, {"csrf_token": token, "name": "Blue phone"}).follow().text
    app.post(path, {"csrf_token": token, "act": "remove"}, status=303)
    db.expire_all()
    assert passkeys.keys_of(db, practice.id, account.id) == []


def test_making_one_asks_for_a_proof_first(signed_in, account, db, practice):
    app = signed_in(account=account)
    page = app.get("/profile/security")
    token, old = page.forms["new-passkey"]["csrf_token"].value, NOW - timedelta(days=400)
    db.execute(update(SignInSession).where(SignInSession.practice_id == practice.id).values(proven_at=old))
    db.commit()
    answer = app.post("/profile/security/passkeys/options", headers={"X-CSRF-Token": token})
    assert answer.location.endswith("/profile/prove?next=%2Fprofile%2Fsecurity")


def test_the_options_are_not_given_without_the_forms_token(web):
    assert web.post("/sign-in/passkey/options", expect_errors=True).status_int == 419
