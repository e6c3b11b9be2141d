"""How long the password on a sheet opens anything."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from core.auth import access, one_time, services
from core.auth.limits import Limiter
from core.auth.models import Account, SignInAttempt
from core.auth.services import Attempt, WrongCredentials
from core.auth.sheet import make_sheet
from tenants import settings as office_settings

SECOND = timedelta(seconds=1)
NOON = datetime(2026, 3, 1, 17, tzinfo=UTC)  # in New York, where the practice is
LAST_DAY = date(2026, 3, 31)
ENDS = datetime(2026, 4, 1, 4, tzinfo=UTC)  # midnight there; the clock has been put forward since


@pytest.fixture
def choose(db, registry, practice):
    """`choose(days)`: the office sets for how many days one-time passwords can be used."""

    def choose(days: int) -> None:
        office_settings.change(db, registry.plugins, practice.id, None, "portal.one_time_password_days", days, "test", NOON)
        db.commit()

    return choose


@pytest.fixture
def sign_in(db, practice):
    """`sign_in(credentials, at)`: whether they open the account at this moment."""

    def sign_in(credentials, at: datetime) -> bool:
        attempt = Attempt(credentials.user_name, credentials.password, "192.0.2.1", "", at)
        try:
            return services.sign_in(db, practice.id, Limiter("memory://"), attempt).user_name == credentials.user_name
        except WrongCredentials:
            return False

    return sign_in


def test_it_can_be_used_until_the_end_of_its_last_day_on_the_practices_calendar(db, practice, make, sign_in):
    credentials = access.give(db, practice.id, make.patient().external_id, NOON)
    assert credentials.last_day == LAST_DAY
    assert sign_in(credentials, ENDS - SECOND)
    assert not sign_in(credentials, ENDS)
    assert not sign_in(credentials, ENDS + timedelta(days=1000))


def test_afterwards_it_is_as_wrong_as_any_other(db, practice, make, web, statements):
    credentials = access.give(db, practice.id, make.patient().external_id, NOON - timedelta(days=5 * 365))
    db.commit()
    assert credentials.last_day < datetime.now(UTC).date()
    seen = []
    for password in (credentials.password, credentials.password + "x"):
        form = web.get("/sign-in").forms["sign-in"]
        form["user_name"], form["password"] = credentials.user_name, password
        with statements() as said:
            answer = form.submit(expect_errors=True)
        seen.append((answer.status_int, answer.text.replace(answer.forms["sign-in"]["csrf_token"].value, ""), said))
    assert seen[0] == seen[1]
    assert seen[0][0] == 422
    succeeded = db.scalars(select(SignInAttempt.succeeded).where(SignInAttempt.practice_id == practice.id)).all()
    assert succeeded == [False, False]


def test_an_office_can_do_without_an_end(db, practice, make, choose, sign_in):
    choose(0)
    credentials = access.give(db, practice.id, make.patient().external_id, NOON)
    assert credentials.last_day is None
    assert sign_in(credentials, NOON + timedelta(days=10_000))


def test_what_stands_on_a_sheet_holds_whatever_the_office_chooses_later(db, practice, make, choose, sign_in):
    early = access.give(db, practice.id, make.patient().external_id, NOON)
    choose(1)
    late = access.give(db, practice.id, make.patient().external_id, NOON)
    assert (early.last_day, late.last_day) == (LAST_DAY, date(2026, 3, 2))
    assert sign_in(early, ENDS - SECOND)
    assert not sign_in(late, ENDS - SECOND)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(now=st.datetimes(datetime(2024, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)))
def test_whatever_day_it_is_the_last_day_is_a_whole_one(db, practice, now):
    ends = one_time.end_of(db, practice.id, now)
    assert timedelta(days=30, hours=-1) < ends - now <= timedelta(days=31, hours=1)  # the clock may be put forward or back
    account = Account(practice_id=practice.id, password_ends_at=ends.astimezone(UTC))
    zone = ends.tzinfo
    assert (ends - SECOND).astimezone(zone).date() == one_time.last_day_of(db, account) == now.astimezone(zone).date() + timedelta(days=30)


@pytest.mark.parametrize("act", ["a password of one's own", "a new sheet"])
def test_what_comes_after_it_has_an_end_of_its_own(db, practice, make, sign_in, act):
    patient = make.patient()
    credentials = access.give(db, practice.id, patient.external_id, NOON)
    account = access.account_of(db, practice.id, patient.id)
    if act == "a new sheet":
        again = access.give(db, practice.id, patient.external_id, ENDS)
        assert again.last_day == LAST_DAY + timedelta(days=31)
        assert sign_in(again, ENDS)
    else:
        services.set_password(db, account, "Violet-Harbor-91", ENDS)
        assert account.password_ends_at is None
        assert sign_in(access.Credentials(credentials.user_name, "Violet-Harbor-91"), ENDS + timedelta(days=1000))
    assert not sign_in(credentials, ENDS)


def test_the_office_sees_that_it_has_ended_and_makes_no_sheet_of_it_any_more(db, practice, make):
    patient = make.patient()
    given_ = access.give(db, practice.id, patient.external_id, NOON)
    for at, state in ((ENDS - SECOND, "first sign-in to come"), (ENDS, "password ended")):
        [entry] = access.entries(db, practice.id, at)
        assert entry.state == state
        unused = access.unused(db, practice.id, patient.id, given_.user_name, given_.password, at)
        assert unused == (given_ if at < ENDS else None)
    db.execute(update(Account).where(Account.practice_id == practice.id).values(is_first=False, password_ends_at=None))
    db.expire_all()
    assert access.unused(db, practice.id, patient.id, given_.user_name, given_.password, NOON) is None


def test_the_sheet_says_until_when(db, practice, registry):
    tenant = registry.tenants.current(practice.id)
    assert "March 31, 2026" in make_sheet(registry, tenant, access.Credentials("Mary33403", "Abc", LAST_DAY))
    assert "can be used until" not in make_sheet(registry, tenant, access.Credentials("Mary33403", "Abc"))
