"""Every attempt to sign in is kept, also for names that do not exist, and stands in the audit log; neither holds what was typed as the password."""

from collections import Counter

import pytest
from sqlalchemy import select, text

from core.audit import AuditEvent
from core.auth.models import SignInAttempt
from core.auth.services import normal_user_name
from core.testing import PASSWORD

PAGE = "/sign-in"


def sign_in(web, user_name: str, password: str = PASSWORD):
    form = web.get(PAGE).forms["sign-in"]
    form["user_name"], form["password"] = user_name, password
    return form.submit(expect_errors=True)


def attempts(practice) -> list[tuple]:
    with practice.session() as session:
        rows = select(SignInAttempt.user_name_norm, SignInAttempt.succeeded).order_by(SignInAttempt.attempted_at, SignInAttempt.id)
        return [tuple(row) for row in session.execute(rows)]


def audited(practice) -> list[tuple]:
    with practice.session() as session:
        rows = select(AuditEvent.action, AuditEvent.account_id).where(AuditEvent.action.startswith("auth.sign_in"))
        return [tuple(row) for row in session.execute(rows.order_by(AuditEvent.happened_at, AuditEvent.id))]


def test_a_right_and_a_wrong_password_are_kept_and_audited(web, make, practice):
    account = make.account(make.patient())
    sign_in(web, account.user_name, "Wrong-meadow-41")
    sign_in(web, account.user_name)
    assert attempts(practice) == [(account.user_name_norm, False), (account.user_name_norm, True)]
    assert audited(practice) == [("auth.sign_in.failed", None), ("auth.sign_in", account.id)]


@pytest.mark.parametrize("name", ["nobody", "  NoBody  ", "nobody@example.test", "nobody\u202e", "\U0001f9b7" * 20, "' or 1=1 --"])
def test_a_name_that_does_not_exist_is_kept_and_audited(web, practice, name):
    sign_in(web, name)
    assert attempts(practice) == [(normal_user_name(name), False)]
    assert audited(practice) == [("auth.sign_in.failed", None)]


def test_a_name_of_another_practice_is_kept_where_it_was_typed(web, other_make, practice, other_practice):
    stranger = other_make.account(other_make.patient())
    sign_in(web, stranger.user_name)
    assert attempts(practice) == [(stranger.user_name_norm, False)]
    assert audited(practice) == [("auth.sign_in.failed", None)]
    assert (attempts(other_practice), audited(other_practice)) == ([], [])


def test_a_known_and_an_unknown_name_leave_the_same(web, make, practice):
    account = make.account(make.patient())
    sign_in(web, account.user_name, "Wrong-meadow-41")
    sign_in(web, "nobody", "Wrong-meadow-41")
    assert [succeeded for _, succeeded in attempts(practice)] == [False, False]
    assert audited(practice) == [("auth.sign_in.failed", None)] * 2


def test_no_password_is_kept(web, make, practice):
    account = make.account(make.patient())
    for name in (account.user_name, "nobody"):
        sign_in(web, name, "Unusual-secret-93")
    with practice.session() as session:
        for statement in ("select t::text from sign_in_attempt t", "select t::text from audit_event t"):
            assert not [row for row in session.scalars(text(statement)) if "Unusual-secret-93" in row]


def test_an_empty_form_is_no_attempt(web, practice):
    sign_in(web, " ", "")
    assert (attempts(practice), audited(practice)) == ([], [])


def test_attempts_that_are_refused_unlooked_at_are_kept_and_audited(web, make, practice):
    account = make.account(make.patient())
    for _ in range(7):
        sign_in(web, account.user_name, "Wrong-meadow-41")
    assert attempts(practice) == [(account.user_name_norm, False)] * 7
    assert Counter(action for action, _ in audited(practice)) == {"auth.sign_in.failed": 5, "auth.sign_in.refused": 2}


def test_a_flood_of_refused_attempts_does_not_fill_the_table(web, practice):
    for _ in range(60):
        sign_in(web, "nobody", "Wrong-meadow-41")
    assert len(attempts(practice)) == 5 + 50
    assert len(audited(practice)) == 5 + 50
