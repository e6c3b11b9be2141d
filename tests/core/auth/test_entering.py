"""The one way in: what is still to be done before a session opens anything."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from core.auth.models import Account, SignInSession
from core.tenant import touch
from core.testing import PASSWORD
from core.testing import sign_in as signed_in_browser
from tenants import settings
from tenants.models import PrivacyNotice


def _enter(web, account, next_path: str = ""):
    form = web.get("/sign-in" + (f"?next={next_path}" if next_path else "")).forms["sign-in"]
    form["user_name"], form["password"] = account.user_name, PASSWORD
    return form.submit()


def _change(db, account, **values) -> None:
    db.execute(update(Account).where(Account.practice_id == account.practice_id, Account.id == account.id).values(**values))
    db.commit()


def _stages(db, account) -> list[str]:
    return list(db.scalars(select(SignInSession.stage).where(SignInSession.practice_id == account.practice_id, SignInSession.account_id == account.id)))


def test_a_plain_account_is_inside_at_once(web, make, db):
    account = make.account(make.patient())
    assert _enter(web, account, "/appointments").location.endswith("/appointments")
    assert _stages(db, account) == [""]


@pytest.mark.parametrize("factor", [{"totp_secret": "something"}, {"email_codes": True}])
def test_an_account_with_a_second_factor_waits_for_it(web, make, db, factor):
    account = make.account(make.patient())
    _change(db, account, **factor)
    assert _enter(web, account).location.endswith("/sign-in/second")
    assert _stages(db, account) == ["second"]


def test_an_office_can_ask_everybody_for_a_second_factor(web, make, db, practice, registry):
    account = make.account(make.patient())
    settings.change(db, registry.plugins, practice.id, None, "portal.second_factor", "required", "test", datetime.now(UTC))
    db.commit()
    assert _enter(web, account).location.endswith("/sign-in/second")


def test_the_first_sign_in_leads_to_the_welcome_and_keeps_the_way(web, make, db):
    account = make.account(make.patient())
    _change(db, account, is_first=True)
    assert _enter(web, account, "/images").location.endswith("/welcome?next=%2Fimages")


def test_a_new_notice_of_privacy_practices_is_to_be_accepted(web, make, db, practice):
    account = make.account(make.patient())
    db.add(PrivacyNotice(version=2, body="How we use what we know of you.", published_at=datetime.now(UTC)))
    touch(db, practice.id)
    db.commit()
    assert _enter(web, account).location.endswith("/welcome")
    _change(db, account, notice_version=2)
    web.reset()
    assert _enter(web, account).location.endswith("/home")


@pytest.mark.parametrize("stage", ["second", "welcome"])
def test_a_session_that_is_not_whole_opens_no_page(portal, practice, make, db, stage):
    account = make.account(make.patient())
    browser = signed_in_browser(portal, practice, account)
    db.execute(update(SignInSession).where(SignInSession.practice_id == practice.id).values(stage=stage))
    db.commit()
    for path in ("/home", "/appointments", "/account", "/plan", "/webmail", "/summary", "/images"):
        answer = browser.get(path)
        assert answer.status_int == 303
        assert answer.location.endswith({"second": "/sign-in/second", "welcome": "/welcome"}[stage])


def test_signing_in_again_ends_the_session_from_before(web, make, db):
    account = make.account(make.patient())
    _change(db, account, is_first=True)
    _enter(web, account)
    before = web.cookies["cuspid"]
    _enter(web, account)
    assert web.cookies["cuspid"] != before
    assert len(_stages(db, account)) == 1
