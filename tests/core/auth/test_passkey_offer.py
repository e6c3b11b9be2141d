"""The offer of a passkey at the end of the first sign-in: once, and only where the browser says that there can be one."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from core.auth import access, passkeys
from core.auth.models import Account, Passkey
from core.tenant import touch
from tenants.models import PrivacyNotice

NOW = datetime.now(UTC)
NEW = "Maple-canoe-42 window"


@pytest.fixture
def account(make):
    """An account that is open already."""
    return make.account(make.patient())


def first_sign_in(web, db, practice, patient, able: str, onward: str = ""):
    """From the sheet through the welcome page; `able` is what the script says of the browser."""
    given = access.give(db, practice.id, patient.external_id, NOW)
    db.commit()
    form = web.get(f"/sign-in{onward}").forms["sign-in"]
    form["user_name"], form["password"] = given.user_name, given.password
    welcome = form.submit().follow().forms["welcome"]
    welcome["new_password"], welcome["passkeys"] = NEW, able
    return welcome.submit()


def answered(practice) -> list:
    """When the accounts of the practice answered."""
    with practice.session() as session:
        return session.scalars(select(Account.passkey_offered_at)).all()


def test_a_browser_that_says_nothing_goes_home_at_once(web, db, practice, make):
    assert first_sign_in(web, db, practice, make.patient(), "").location.endswith("/home")


def test_not_now_leads_on_and_the_question_does_not_come_again(web, db, practice, make):
    patient = make.patient()
    page = first_sign_in(web, db, practice, patient, "yes", "?next=/appointments").follow()
    assert "Sign in with your fingerprint or face next time" in page.text
    assert "From now on, sign in with your own password." in page.text
    assert answered(practice) == [None]
    assert page.forms["passkey-later"].submit().location.endswith("/appointments")
    assert answered(practice) != [None]
    assert web.get("/welcome/passkey?next=/plan").location.endswith("/plan")
    web.reset()
    # The office makes a new sheet: a first sign-in once more, and no second offer.
    assert first_sign_in(web, db, practice, patient, "yes").follow().location.endswith("/home")


def test_an_invitation_leads_there_with_and_without_a_notice_to_accept(web, db, practice, make, work_off, mails):
    for version, number in ((0, 1), (1, 2)):
        if version:
            db.add(PrivacyNotice(version=version, body="We keep your records to ourselves.", published_at=NOW))
            touch(db, practice.id)
            db.commit()
        patient = make.patient(email=f"p{number}@{practice.slug}.test", birthdate=date(1985, 4, 12))
        access.invite(db, practice.id, patient.external_id, NOW)
        db.commit()
        work_off()
        [mail] = mails.to(patient.email)
        link = next(word for word in mail.get_body(("plain",)).get_content().split() if "/invitation/" in word)
        web.reset()
        form = web.get(link.split(practice.host)[1]).forms["invitation"]
        form["birthdate"], form["new_password"], form["passkeys"] = "1985-04-12", NEW, "yes"
        answer = form.submit()
        if version:
            welcome = answer.follow().forms["welcome"]
            assert "passkeys" not in welcome.fields
            welcome["accept"] = True
            answer = welcome.submit()
        assert answer.location.endswith("/welcome/passkey")
        assert "Not now" in answer.follow().text


def test_a_passkey_that_cannot_be_made_can_be_tried_again(signed_in, account, practice):
    page = signed_in(account=account).get("/welcome/passkey")
    form = page.forms["passkey-offer"]
    form["credential"] = "{}"
    answer = form.submit(expect_errors=True)
    assert answer.status_int == 422
    assert "could not be made" in answer.text
    assert answered(practice) == [None]
    assert answer.forms["passkey-later"].submit().location.endswith("/home")


def test_who_has_a_passkey_is_not_asked(signed_in, account, practice, db):
    db.add(Passkey(account_id=account.id, credential_id="x", public_key=b"", sign_count=0, host="elsewhere.test", name="Phone", created_at=NOW))
    db.commit()
    assert passkeys.keys_of(db, practice.id, account.id)
    assert signed_in(account=account).get("/welcome/passkey").location.endswith("/home")


@pytest.mark.parametrize("onward", ["//evil.test", "https://evil.test/", "/\\evil.test", ""])
def test_it_leads_nowhere_else(signed_in, account, onward):
    form = signed_in(account=account).get("/welcome/passkey", {"next": onward}).forms["passkey-later"]
    form["next"] = onward
    assert form.submit().location.endswith(".localhost/home")


def test_a_stranger_has_nothing_to_answer(web):
    assert "/sign-in" in web.get("/welcome/passkey").location
