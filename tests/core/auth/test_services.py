"""Signing in: right, wrong, too often; and what is kept of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, func, select, text

from core.auth import services
from core.auth.identity import IDLE, LONGEST, find_visitor, token_hash
from core.auth.limits import Limiter
from core.auth.models import SignInAttempt, SignInSession
from core.testing import PASSWORD


@pytest.fixture
def limiter():
    return Limiter("memory://")


def _attempt(user_name: str, password: str = PASSWORD, address: str = "192.0.2.1") -> services.Attempt:
    return services.Attempt(user_name, password, address, "test", datetime.now(UTC))


def test_the_user_name_counts_without_case_and_spaces(db, practice, make, limiter):
    make.account(make.patient(), user_name="Mary33403")
    assert services.sign_in(db, practice.id, limiter, _attempt("  mARY33403 "))


def test_the_password_counts_with_case(db, practice, make, limiter):
    account = make.account(make.patient())
    with pytest.raises(services.WrongCredentials):
        services.sign_in(db, practice.id, limiter, _attempt(account.user_name, PASSWORD.lower()))


def test_a_wrong_name_and_a_wrong_password_are_told_alike(db, practice, make, limiter):
    account = make.account(make.patient())
    for attempt in (_attempt("nobody"), _attempt(account.user_name, "wrong")):
        with pytest.raises(services.WrongCredentials):
            services.sign_in(db, practice.id, limiter, attempt)


@pytest.mark.parametrize("typed", ["mary@example.test", "robin@example.test"], ids=["a user name", "an address"])
def test_a_name_with_an_at_sign_is_looked_for_by_the_same_statements_whether_it_is_there_or_not(db, practice, make, statements, typed):
    make.account(make.patient(), user_name="mary@example.test")
    said = {}
    for name in (typed, "nobody@example.test"):
        with statements() as seen:
            services.find_account(db, practice.id, name)
        said[name] = seen
    assert said[typed] == said["nobody@example.test"]
    assert services.find_account(db, practice.id, typed) is not None


def test_an_account_of_another_practice_is_unknown_here(db, practice, other_make, limiter):
    account = other_make.account(other_make.patient(), user_name="Elsewhere1")
    with pytest.raises(services.WrongCredentials):
        services.sign_in(db, practice.id, limiter, _attempt(account.user_name))


def test_the_token_itself_is_not_stored(db, practice, make, limiter):
    account = make.account(make.patient())
    token = services.open_session(db, account, datetime.now(UTC))
    db.flush()
    assert db.scalars(select(SignInSession.token_hash).where(SignInSession.practice_id == practice.id)).all() == [token_hash(token)]


def test_five_failures_slow_down_the_account_from_any_address(db, practice, make, limiter):
    account = make.account(make.patient())
    for count in range(5):
        with pytest.raises(services.WrongCredentials):
            services.sign_in(db, practice.id, limiter, _attempt(account.user_name, "wrong", f"192.0.2.{count}"))
    with pytest.raises(services.TooManyAttempts) as refused:
        services.sign_in(db, practice.id, limiter, _attempt(account.user_name, PASSWORD, "198.51.100.7"))
    assert 0 < refused.value.seconds <= 61


def test_ten_failures_slow_down_the_address_for_any_account(db, practice, make, limiter):
    for count in range(10):
        with pytest.raises(services.WrongCredentials):
            services.sign_in(db, practice.id, limiter, _attempt(f"guess{count}", "wrong"))
    account = make.account(make.patient())
    with pytest.raises(services.TooManyAttempts):
        services.sign_in(db, practice.id, limiter, _attempt(account.user_name))
    assert services.sign_in(db, practice.id, limiter, _attempt(account.user_name, address="198.51.100.7"))


def test_a_flood_at_one_practice_does_not_slow_another(other_db, other_practice, other_make, db, practice, limiter):
    for count in range(10):
        with pytest.raises(services.WrongCredentials):
            services.sign_in(db, practice.id, limiter, _attempt(f"guess{count}", "wrong"))
    account = other_make.account(other_make.patient())
    assert services.sign_in(other_db, other_practice.id, limiter, _attempt(account.user_name))


def test_the_owners_success_gives_strangers_no_more_guesses(db, practice, make, limiter):
    account = make.account(make.patient())
    for count in range(5):
        with pytest.raises(services.WrongCredentials):
            services.sign_in(db, practice.id, limiter, _attempt(account.user_name, "wrong", f"192.0.2.{count}"))
        if count < 4:
            services.sign_in(db, practice.id, limiter, _attempt(account.user_name, address=f"192.0.2.{count}"))
    with pytest.raises(services.TooManyAttempts):
        services.sign_in(db, practice.id, limiter, _attempt(account.user_name, "wrong", "198.51.100.7"))


def test_every_attempt_is_kept_also_for_a_name_that_does_not_exist(db, practice, limiter):
    with pytest.raises(services.WrongCredentials):
        services.sign_in(db, practice.id, limiter, _attempt("nobody"))
    db.flush()
    assert db.scalar(select(func.count()).where(SignInAttempt.user_name_norm == "nobody", ~SignInAttempt.succeeded)) == 1


def test_a_session_ends_when_it_is_idle_and_when_it_is_old(db, practice, make):
    account = make.account(make.patient())
    start = datetime.now(UTC)
    token = services.open_session(db, account, start)
    db.flush()
    assert find_visitor(db, practice.id, token, start + IDLE - timedelta(seconds=1)).row is not None
    assert find_visitor(db, practice.id, token, start + IDLE + IDLE).row is None
    assert find_visitor(db, practice.id, "made-up", start).row is None
    moment = start
    while moment < start + LONGEST - IDLE:
        moment += IDLE / 2
        assert find_visitor(db, practice.id, token, moment).row is not None
    assert find_visitor(db, practice.id, token, start + LONGEST).row is None


def test_who_types_an_address_is_found_from_an_index_of_addresses(db, practice):
    columns = "practice_id, id, user_name, user_name_norm, password_hash, email, created_at"
    values = ":practice, gen_random_uuid(), 'n' || n, 'n' || n, '', 'N' || n || '@Example.test', now()"
    db.execute(text(f"insert into account ({columns}) select {values} from generate_series(1, 3000) n"), {"practice": practice.id})
    asked = []
    event.listen(db.connection(), "before_cursor_execute", lambda _, __, statement, values, *more: asked.append((statement, values)))
    assert services.find_account(db, practice.id, "n77@example.test").user_name == "n77"
    plan = "\n".join(row[0] for row in db.connection().exec_driver_sql(f"explain {asked[1][0]}", asked[1][1]))
    assert "ix_account_practice_id_email_norm" in plan
    assert "email_norm = " in plan.partition("Index Cond")[2].partition("Filter")[0]


def test_who_signs_in_may_type_the_email_address_and_the_tries_count_together(db, practice, make, limiter):
    account = make.account(make.patient())
    account.email = f"{account.user_name}@Example.test"
    db.commit()
    assert services.sign_in(db, practice.id, limiter, _attempt(account.email.upper())).id == account.id
    for count in range(5):
        with pytest.raises(services.WrongCredentials):
            services.sign_in(db, practice.id, limiter, _attempt(account.email if count % 2 else account.user_name, "wrong", f"192.0.2.{count}"))
    with pytest.raises(services.TooManyAttempts):
        services.sign_in(db, practice.id, limiter, _attempt(account.user_name, PASSWORD, "198.51.100.7"))


def test_an_address_that_two_accounts_share_opens_neither(db, practice, make, limiter):
    for _ in range(2):
        make.account(make.patient()).email = "family@example.test"
    db.commit()
    with pytest.raises(services.WrongCredentials):
        services.sign_in(db, practice.id, limiter, _attempt("family@example.test"))


def test_an_account_that_was_closed_opens_nothing_and_its_sessions_end(db, practice, make, limiter):
    account = make.account(make.patient())
    token = services.open_session(db, account, datetime.now(UTC))
    account.closed_at = datetime.now(UTC)
    db.commit()
    assert find_visitor(db, practice.id, token, datetime.now(UTC)).row is None
    with pytest.raises(services.WrongCredentials):
        services.sign_in(db, practice.id, limiter, _attempt(account.user_name))
