"""The own profile: what is on file, password, user name, e-mail address."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from core.audit import AuditEvent
from core.auth import profile
from core.auth.models import Account, SignInSession, Ticket
from core.auth.user_names import WrongUserName
from core.outbox import OutboxRow
from core.testing import PASSWORD

NEW = "Quiet-Harbor-Lantern-7"
ODD = ["", "a", "\0\0\0", "🦷" * 500, "\u202eabc", "x" * 1_000_000, "<script>", "a@b"]


def change_password(browser, old: str = PASSWORD, new: str = NEW):
    """Through the form."""
    form = browser.get("/profile/password").forms["change-password"]
    form["password"], form["new_password"] = old, new
    return form.submit(expect_errors=True)


def ask_for(browser, email: str):
    """Ask for another e-mail address."""
    form = browser.get("/profile/email").forms["change-email"]
    form["email"] = email
    return form.submit(expect_errors=True)


def link_in(mails, to: str, kind: str) -> str:
    """The newest link of a kind in the mails to an address."""
    found = [link for mail in mails.to(to) for link in re.findall(rf"/profile/email/{kind}/\S+", mail.get_body(("plain",)).get_content())]
    return found[-1]


def email_of(practice, account) -> str:
    """The address as it is kept."""
    with practice.session() as session:
        return session.scalars(select(Account.email).where(Account.id == account.id)).one()


@pytest.fixture
def account(make):
    """An account with an address of this test alone."""
    patient = make.patient(first_name="Robin")
    return make.account(patient)


@pytest.fixture
def addresses(practice, account):
    """(old, new) addresses; the account has the old one."""
    old, new = f"old-{account.id.hex}@example.com", f"new-{account.id.hex}@example.com"
    with practice.session() as session:
        session.execute(update(Account).where(Account.id == account.id).values(email=old))
        session.commit()
    return old, new


def test_the_profile_shows_what_is_on_file_of_the_reader_alone(signed_in, make, account):
    child = make.patient(first_name="Mia", phone="555-0199")
    make.grant(account, child)
    browser = signed_in(account=account)
    token = browser.get("/home").forms["sign-out"]["csrf_token"].value
    browser.post("/family/switch", {"csrf_token": token, "person": str(child.id)})
    page = browser.get("/profile")
    assert account.user_name in page.text
    assert "Robin" in page.text
    assert "555-0199" not in page.text
    assert "/profile/security" in page.text
    assert "/privacy" not in page.text


@pytest.mark.parametrize(
    "path", ["/profile", "/profile/password", "/profile/devices", "/profile/access-log", "/profile/user-name", "/profile/email"]
)
def test_a_page_of_the_profile_costs_at_most_five_statements(signed_in, make, statements, path):
    browser = signed_in(make.patient())
    browser.get(path)
    with statements() as seen:
        browser.get(path)
    assert len([one for one in seen if not one.lower().startswith(("insert into audit", "update sign_in"))]) <= 5


def test_a_new_password_signs_out_the_others_and_changes_the_token(signed_in, web, account, practice, work_off, mails, addresses):
    browser, other = signed_in(account=account), signed_in(account=account)
    old_token = browser.cookies["cuspid"]
    assert change_password(browser).status_int == 303
    assert browser.get("/profile").status_int == 200
    assert other.get("/profile").status_int == 303
    browser.set_cookie("cuspid", old_token)
    assert browser.get("/profile").status_int == 303
    work_off()
    assert len(mails.to(addresses[0])) == 1
    for password, status in ((PASSWORD, 422), (NEW, 303)):
        form = web.get("/sign-in").forms["sign-in"]
        form["user_name"], form["password"] = account.user_name, password
        assert form.submit(expect_errors=True).status_int == status


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("wrong", NEW, "not right"),
        ("", NEW, "type your password"),
        (PASSWORD, "", "8 to 128"),
        (PASSWORD, PASSWORD, "not the one you have now"),
        (PASSWORD, "Robin-Robin-1", "Leave your name"),
        (PASSWORD, "x" * 1_000_000, "8 to 128"),
        (PASSWORD, "Aa1" + "\0" * 10, "can be seen"),
    ],
)
def test_a_password_that_cannot_be_taken_changes_nothing(signed_in, account, old, new, words):
    browser, other = signed_in(account=account), signed_in(account=account)
    answer = change_password(browser, old, new)
    assert answer.status_int == 422
    assert words in answer.text
    assert not new or len(new) < 5 or new not in answer.text
    assert other.get("/home").status_int == 200


def test_a_new_user_name_opens_and_the_old_one_does_not(signed_in, web, account, work_off, mails, addresses):
    browser = signed_in(account=account)
    form = browser.get("/profile/user-name").forms["change-user-name"]
    form["user_name"] = "  Robin the Second "
    assert form.submit().status_int == 303
    work_off()
    assert "user name" in mails.to(addresses[0])[0].get_body(("plain",)).get_content()
    for name, status in (("robin THE second", 303), (account.user_name, 422)):
        web.reset()
        sign_in = web.get("/sign-in").forms["sign-in"]
        sign_in["user_name"], sign_in["password"] = name, PASSWORD
        assert sign_in.submit(expect_errors=True).status_int == status


def test_a_taken_user_name_is_told_and_what_was_typed_stays(signed_in, make, account):
    taken = make.account(make.patient(), user_name="Taken.Name")
    browser = signed_in(account=account)
    form = browser.get("/profile/user-name").forms["change-user-name"]
    form["user_name"] = taken.user_name.upper()
    answer = form.submit(expect_errors=True)
    assert answer.status_int == 422
    assert answer.forms["change-user-name"]["user_name"].value == "TAKEN.NAME"
    assert "taken" in answer.text
    assert browser.get("/home").status_int == 200


def test_when_two_take_a_name_at_the_same_moment_one_is_told(make, practice):
    first, second = make.account(make.patient()), make.account(make.patient())
    with practice.session() as session:
        profile.change_user_name(session, session.get_one(Account, (practice.id, first.id)), "Same Name")
        with pytest.raises(WrongUserName):
            profile.change_user_name(session, session.get_one(Account, (practice.id, second.id)), "same name")
        assert session.get_one(Account, (practice.id, second.id)).user_name == second.user_name
        session.commit()


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize(("path", "form", "field"), [("user-name", "change-user-name", "user_name"), ("email", "change-email", "email")])
def test_odd_input_is_refused_with_words(signed_in, account, path, form, field, text):
    if (path, text) == ("user-name", "<script>"):
        pytest.skip("a name like another; it is escaped wherever it is shown")
    browser = signed_in(account=account)
    page = browser.get(f"/profile/{path}").forms[form]
    page[field] = text
    answer = page.submit(expect_errors=True)
    assert answer.status_int == 422
    assert 'role="alert"' in answer.text


def test_an_address_changes_only_by_the_link_at_the_new_one(signed_in, account, practice, work_off, mails, addresses):
    old, new = addresses
    browser = signed_in(account=account)
    assert ask_for(browser, new).status_int == 303
    assert new in browser.get("/profile").text
    work_off()
    assert email_of(practice, account) == old
    page = browser.get(link_in(mails, new, "confirm"))
    assert email_of(practice, account) == old
    token = browser.cookies["cuspid"]
    assert page.forms["confirm-email"].submit().status_int == 303
    assert email_of(practice, account) == new
    assert browser.cookies["cuspid"] != token
    work_off()
    assert "was changed" in mails.to(old)[-1].get_body(("plain",)).get_content()
    with practice.session() as session:
        actions = session.scalars(select(AuditEvent.action).where(AuditEvent.account_id == account.id)).all()
    assert {"auth.email.request", "auth.email.change"} <= set(actions)


def test_the_old_address_can_stop_it_without_signing_in(signed_in, web, account, practice, work_off, mails, addresses):
    old, new = addresses
    browser = signed_in(account=account)
    ask_for(browser, new)
    work_off()
    confirm, stop = link_in(mails, new, "confirm"), link_in(mails, old, "stop")
    answer = web.get(stop).forms["stop-email"].submit()
    assert "called off" in answer.text
    assert browser.get(confirm, expect_errors=True).status_int == 404
    assert web.get(stop, expect_errors=True).status_int == 404
    assert email_of(practice, account) == old


def test_whoever_is_signed_in_can_stop_it_as_well(signed_in, account, practice, work_off, mails, addresses):
    browser = signed_in(account=account)
    ask_for(browser, addresses[1])
    work_off()
    assert "called off" in browser.get(link_in(mails, addresses[0], "stop")).forms["stop-email"].submit().text


def test_what_was_stopped_before_the_worker_came_is_never_sent(signed_in, account, practice, work_off, mails, addresses):
    ask_for(signed_in(account=account), addresses[1])
    with practice.session() as session:
        session.execute(update(Ticket).values(used_at=datetime.now(UTC)))
        session.commit()
    work_off()
    assert mails.to(addresses[1]) == []
    assert mails.to(addresses[0]) == []


def test_no_secret_and_no_new_address_stand_in_the_queue(signed_in, account, practice, work_off, mails, addresses):
    ask_for(signed_in(account=account), addresses[1])
    work_off()
    secrets = [link_in(mails, addresses[1], "confirm").split("/")[-1], link_in(mails, addresses[0], "stop").split("/")[-1]]
    with practice.session() as session:
        rows = [str(vars(row)) for row in session.scalars(select(OutboxRow))]
        kept = [ticket.secret_hash for ticket in session.scalars(select(Ticket))]
    assert not [word for word in (*secrets, addresses[1]) if any(word in row for row in rows)]
    assert not set(secrets) & set(kept)


@pytest.fixture
def asked(signed_in, account, work_off, mails, addresses):
    """(browser, link): somebody who has asked, and the link at the new address."""
    browser = signed_in(account=account)
    ask_for(browser, addresses[1])
    work_off()
    return browser, link_in(mails, addresses[1], "confirm")


def both_refuse(browser, link: str, made_up: str = "/profile/email/confirm/made-up") -> None:
    """GET and POST answer as for a link that was made up."""
    token = browser.get("/home").forms["sign-out"]["csrf_token"].value
    for ask in (
        lambda path: browser.get(path, expect_errors=True),
        lambda path: browser.post(path, {"csrf_token": token}, expect_errors=True),
    ):
        real, other = ask(link), ask(made_up)
        assert (real.status_int, real.text) == (other.status_int, other.text)
        assert real.status_int == 404


def test_the_link_of_another_account_is_as_if_made_up_and_stays_good(asked, signed_in, make, practice, account, addresses):
    browser, link = asked
    both_refuse(signed_in(make.patient()), link)
    assert browser.get(link).forms["confirm-email"].submit().status_int == 303
    assert email_of(practice, account) == addresses[1]


def test_the_link_at_another_practice_is_as_if_made_up(asked, other_signed_in, other_make):
    both_refuse(other_signed_in(other_make.patient()), asked[1])


def test_a_used_link_is_as_if_made_up(asked):
    browser, link = asked
    browser.get(link).forms["confirm-email"].submit()
    both_refuse(browser, link)


def test_an_expired_link_is_as_if_made_up(asked, practice):
    browser, link = asked
    with practice.session() as session:
        session.execute(update(Ticket).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
        session.commit()
    both_refuse(browser, link)


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link[:-1],
        lambda link: link + "x",
        lambda link: link.replace("confirm", "stop"),
        lambda link: link.swapcase().replace("/PROFILE/EMAIL/CONFIRM", "/profile/email/confirm"),
    ],
)
def test_a_tampered_link_is_as_if_made_up(asked, change):
    browser, link = asked
    both_refuse(browser, change(link))


def test_a_second_wish_voids_the_first(asked, addresses, work_off, mails):
    browser, link = asked
    ask_for(browser, addresses[1].replace("new", "newer"))
    both_refuse(browser, link)
    work_off()
    both_refuse(browser, link)


def test_a_new_password_voids_a_waiting_change_of_address(asked):
    browser, link = asked
    change_password(browser)
    both_refuse(browser, link)


def test_the_link_leads_whoever_is_not_signed_in_to_sign_in_first(asked, web):
    assert "/sign-in?next=" in web.get(asked[1]).location


def test_an_account_without_an_address_can_add_one(signed_in, account, practice, work_off, mails, addresses):
    with practice.session() as session:
        session.execute(update(Account).values(email=""))
        session.commit()
    browser = signed_in(account=account)
    ask_for(browser, addresses[1])
    work_off()
    browser.get(link_in(mails, addresses[1], "confirm")).forms["confirm-email"].submit()
    assert email_of(practice, account) == addresses[1]


def test_the_session_keeps_only_a_hash(signed_in, account, practice):
    browser = signed_in(account=account)
    change_password(browser)
    with practice.session() as session:
        rows = session.scalars(select(SignInSession.token_hash)).all()
    assert browser.cookies["cuspid"] not in rows
