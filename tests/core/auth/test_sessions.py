"""How long a session opens anything, to the second, and what ends it; a token that opens nothing any more is as one that was made up."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from core.auth import profile, services, staff
from core.auth.identity import IDLE, LONGEST, find_visitor
from core.auth.realms import OFFICE, PORTAL
from core.testing import browser
from tenants import settings

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
MADE_UP = "x" * 43
TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')
REALMS = pytest.mark.parametrize("realm", [PORTAL, OFFICE], ids=["portal", "office"])


@pytest.fixture
def clock(monkeypatch):
    """What the application takes for now: a minute from now, and moved by hand."""
    found = SimpleNamespace(at=datetime.now(UTC) + MINUTE)
    monkeypatch.setattr("core.web.request.datetime", SimpleNamespace(now=lambda zone: found.at))
    return found


@pytest.fixture
def opened(db, make, clock):
    """`opened(realm, account)`: the token of a session that was opened now."""

    def open_one(realm=PORTAL, account=None) -> str:
        account = account or _somebody(make, realm)
        token = services.open_session(db, account, clock.at, services.Place(realm=realm.name))
        db.commit()
        return token

    return open_one


@pytest.fixture
def answers(portal, practice):
    """`answers(token, realm)`: all that can be told from what the pages answer to a token."""

    def ask(token: str, realm=PORTAL, office=practice) -> list[tuple]:
        app = browser(portal, office)
        app.set_cookie(realm.cookie, token)
        pages = [app.get(path, status="*") for path in (realm.home, f"{realm.root}/profile", f"{realm.root}/sign-in")]
        pages.append(app.post(f"{realm.root}/sign-out", status="*"))
        return [(page.status_int, sorted(map(_plain, page.headerlist)), TOKEN.sub("", page.text)) for page in pages]

    return ask


def _plain(header: tuple[str, str]) -> tuple[str, str]:
    name, value = header
    return name, value.partition("=")[0] if name == "Set-Cookie" else value


def _somebody(make, realm):
    return make.staff() if realm is OFFICE else make.account(make.patient())


@REALMS
@pytest.mark.parametrize("minutes", [5, None, 60])
def test_a_session_lives_to_the_last_second_of_the_offices_minutes(db, practice, registry, clock, opened, answers, realm, minutes):
    if minutes:
        settings.change(db, registry.plugins, practice.id, None, "portal.idle_minutes", minutes, "test", clock.at)
    idle = minutes * MINUTE if minutes else IDLE
    first, other = opened(realm), opened(realm)
    clock.at += idle - SECOND
    assert answers(first, realm)[0][0] == 200
    clock.at += SECOND
    assert answers(other, realm) == answers(MADE_UP, realm)
    clock.at += idle - 2 * SECOND
    assert answers(first, realm)[0][0] == 200, "the click has begun the minutes anew"


@REALMS
def test_whoever_never_rests_is_out_after_twelve_hours_to_the_second(clock, opened, answers, realm):
    token, end = opened(realm), clock.at + LONGEST
    assert timedelta(hours=12) == LONGEST
    while clock.at < end - SECOND:
        clock.at = min(clock.at + IDLE - SECOND, end - SECOND)
        assert answers(token, realm)[0][0] == 200
    clock.at = end
    assert answers(token, realm) == answers(MADE_UP, realm)


def _signed_out(there) -> None:
    services.sign_out(there.db, there.practice.id, there.session_id)


def _rotated(there) -> None:
    profile.rotate_session(there.db, there.practice.id, there.session_id, there.at)


def _signed_out_everywhere(there) -> None:
    services.sign_out_others(there.db, there.practice.id, there.account.id)


def _new_password(there) -> None:
    services.set_password(there.db, there.account, "Violet-Harbor-91 lake", there.at)


def _closed(there) -> None:
    there.account.closed_at = there.at


def _another_role(there) -> None:
    if there.realm is OFFICE:
        there.make.staff()  # there is always an office admin
        staff.change(there.db, there.practice.id, there.account.id, staff.Place("billing"), there.at)
    else:
        _rotated(there)


ENDS = [_signed_out, _rotated, _signed_out_everywhere, _new_password, _closed, _another_role]


@REALMS
@pytest.mark.parametrize("end", ENDS, ids=[end.__name__.strip("_") for end in ENDS])
def test_what_has_ended_is_answered_as_what_was_made_up(db, practice, make, clock, opened, answers, realm, end):
    account = _somebody(make, realm)
    token = opened(realm, account)
    assert answers(token, realm)[0][0] == 200
    session_id = find_visitor(db, practice.id, token, clock.at, realm=realm).row.id
    end(SimpleNamespace(db=db, practice=practice, make=make, at=clock.at, account=account, session_id=session_id, realm=realm))
    db.commit()
    assert answers(token, realm) == answers(MADE_UP, realm)


@REALMS
def test_a_token_of_another_practice_or_of_the_other_sign_in_is_as_made_up(opened, answers, other_practice, realm):
    token, elsewhere = opened(realm), OFFICE if realm is PORTAL else PORTAL
    assert answers(token, realm, other_practice) == answers(MADE_UP, realm, other_practice)
    assert answers(token, elsewhere) == answers(MADE_UP, elsewhere)
    assert answers(token, realm)[0][0] == 200


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.text(st.characters(codec="ascii", categories=["L", "N"]) | st.sampled_from("-_"), min_size=1, max_size=1), st.integers(0, 42))
def test_a_token_with_another_letter_anywhere_opens_nothing(db, practice, opened, clock, account_of_nobody_else, letter, place):
    token = opened(PORTAL, account_of_nobody_else)
    other = token[:place] + letter + token[place + 1 :]
    assert (find_visitor(db, practice.id, other, clock.at).row is None) == (other != token)


@dataclass
class Expected:
    """What is known of a session: when it began, when it was last seen to be used, and whether it was ended."""

    token: str
    began: datetime
    seen: datetime
    ended: bool = False

    def opens(self, now: datetime) -> bool:
        return not self.ended and now - self.seen < IDLE and now - self.began < LONGEST


WAITS = st.sampled_from([SECOND, MINUTE, MINUTE + SECOND, IDLE - SECOND, IDLE, timedelta(hours=11)]) | st.integers(0, 1000).map(lambda n: n * SECOND)
STEPS = st.one_of(
    WAITS, st.tuples(st.sampled_from(["click", "sign_out", "rotate", "keep_only"]), st.integers(0, 3)), st.sampled_from(["sign_in", "everywhere"])
)


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_whatever_happens_in_whatever_order_exactly_the_live_sessions_open(practice, account_of_nobody_else, steps):
    """Against a model that is small enough to be seen to be right."""
    account, now = account_of_nobody_else, datetime.now(UTC)
    with practice.session() as session:
        world: list[Expected] = [Expected(services.open_session(session, account, now), now, now)]
        session.flush()
        for step in steps:
            if isinstance(step, timedelta):
                now += step
            elif step == "sign_in":
                world.append(Expected(services.open_session(session, account, now), now, now))
            elif step == "everywhere":
                services.sign_out_others(session, practice.id, account.id)
                for one in world:
                    one.ended = True
            else:
                _act(session, practice, account, world, step, now)
            session.flush()
        for one in world:
            assert (find_visitor(session, practice.id, one.token, now).row is not None) == one.opens(now)
        session.rollback()


@pytest.fixture
def account_of_nobody_else(make):
    return make.account(make.patient())


def _act(session, practice, account, world: list[Expected], step: tuple[str, int], now: datetime) -> None:
    """Somebody does something with a token, an old one perhaps; who is not in does nothing."""
    act, one = step[0], world[step[1] % len(world)]
    session.flush()
    row = find_visitor(session, practice.id, one.token, now).row
    assert (row is not None) == one.opens(now)
    if row is None:
        return
    if now - one.seen > MINUTE:
        one.seen = now
    if act == "sign_out":
        services.sign_out(session, practice.id, row.id)
        one.ended = True
    elif act == "rotate":
        world.append(Expected(profile.rotate_session(session, practice.id, row.id, now), one.began, now))
        one.ended = True
    elif act == "keep_only":
        services.sign_out_others(session, practice.id, account.id, keep=row.id)
        for other in world:
            other.ended = other.ended or other is not one
