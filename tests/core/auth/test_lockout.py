"""Strangers try what they like: the owner gets in all the same, and few of their guesses are looked at."""

from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.auth import resetting, services, tickets
from core.auth.known_devices import NOTHING_KNOWN
from core.auth.limits import Limiter, TooManyAttempts
from core.auth.models import Account
from tests.core.auth.conftest import Clock

PRACTICE, RIGHT = UUID(int=1), "Correct-horse-7"
HOME = "203.0.113.9"
NAMES = ["robin", "robin@example.test", "ROBIN ", "nobody"]
PLACES = [HOME, "203.0.113.200", "198.51.100.1", "2001:db8::1", "2001:db8::2", "anywhere"]
SCHEDULES = st.lists(
    st.tuples(st.sampled_from([1, 4, 11, 22]), st.sampled_from([0, 1, 7, 61, 301, 901]), st.sampled_from(NAMES), st.sampled_from(PLACES)),
    min_size=1,
    max_size=8,
)


class OneStore(Limiter):
    """Counts in one place: what the two of a real one do is not asked here."""

    def __init__(self):
        super().__init__("memory://")

    def _ask(self, *_):
        return None


class Office:
    """Sign-in without a database and without Argon2: `looked_at` counts the passwords that would have been worked through."""

    def __init__(self, clock: Clock):
        self.clock, self.limiter, self.looked_at, self.fresh = clock, OneStore(), 0, count()
        self.rows, self.info = [], {"practice_id": PRACTICE}
        self.add = self.rows.append
        self.account = Account(practice_id=PRACTICE, id=uuid4(), user_name_norm="robin", email="robin@example.test", password_hash="x")

    def scalars(self, _):
        return SimpleNamespace(all=lambda: [self.account])

    def find(self, _, __, name, ___):
        return self.account if services.normal_user_name(name) in ("robin", "robin@example.test") else None

    def check(self, kept, typed):
        self.looked_at += 1
        return kept is not None and typed == RIGHT

    def place(self, name: str) -> str:
        return f"10.{next(self.fresh) // 250 % 250}.{next(self.fresh) % 250}.1" if name == "anywhere" else name

    def sign_in(self, name: str, password: str, address: str, devices=NOTHING_KNOWN) -> str:
        attempt = services.Attempt(name, password, self.place(address), "", self.clock.now(), devices=devices)
        try:
            services.sign_in(self, PRACTICE, self.limiter, attempt)
        except services.WrongCredentials:
            return "wrong"
        except TooManyAttempts as refusal:
            return f"wait {refusal.seconds}"
        return "in"

    def ask(self, how, name: str, address: str, devices=NOTHING_KNOWN) -> str:
        try:
            how(self, PRACTICE, self.limiter, resetting.Asked(name, self.place(address), self.clock.now(), devices))
        except TooManyAttempts as refusal:
            return f"wait {refusal.seconds}"
        return "mailed"

    def links_that_work(self, name: str) -> list[timedelta]:
        """For how long the links still work that were asked for with this name."""
        asked = [row for row in self.rows if isinstance(row, tickets.Ticket) and row.kind == resetting.LINK]
        mine = [
            row.expires_at - self.clock.now() for row in asked if services.normal_user_name(row.email) == services.normal_user_name(name)
        ]
        return [left for left in mine if left > timedelta(0)]


@pytest.fixture
def office(clock, monkeypatch):
    """`office()`: a new one, which sign-in then goes by."""

    def make() -> Office:
        made = Office(clock)
        monkeypatch.setattr(services, "find_account", made.find)
        monkeypatch.setattr(services, "check_password", made.check)
        monkeypatch.setattr(services, "needs_rehash", lambda _: False)
        monkeypatch.setattr(resetting, "enqueue", lambda *_, **__: None)
        return made

    return make


@settings(max_examples=25, suppress_health_check=["function_scoped_fixture"])
@given(SCHEDULES)
def test_whatever_strangers_do_the_owner_gets_in_at_once_on_a_known_device(office, clock, schedule):
    one = office()
    devices = NOTHING_KNOWN.with_account(one.account, clock.now())
    for times, gap, name, address in schedule:
        for _ in range(times):
            one.sign_in(name, "guess", address)
            one.ask(resetting.ask_link, name, address)
            one.ask(resetting.ask_code, name, address)
            clock.at += gap
        assert one.sign_in("robin", RIGHT, address, devices) == "in"
    assert one.ask(resetting.ask_link, "robin", HOME, devices) == "mailed"
    assert one.ask(resetting.ask_code, "Robin@example.test", HOME, devices) == "mailed"


@settings(max_examples=25, suppress_health_check=["function_scoped_fixture"])
@given(SCHEDULES, st.sampled_from(["robin", "robin@example.test"]))
def test_on_a_new_device_a_link_that_works_is_in_the_mailbox_whatever_strangers_do(office, clock, schedule, name):
    one = office()
    for times, gap, typed, address in schedule:
        for _ in range(times):
            one.ask(resetting.ask_link, typed, address)
            clock.at += gap
        one.ask(resetting.ask_link, name, "192.0.2.1")
        assert max(one.links_that_work(name)) >= timedelta(minutes=5)
        clock.at += 600  # the owner's own tries at a clean address do not fill the address up


@settings(max_examples=25, suppress_health_check=["function_scoped_fixture"])
@given(SCHEDULES)
def test_a_name_that_exists_and_one_that_does_not_have_the_same_answers(office, clock, schedule):
    seen, begin = [], clock.at + 100_000
    for known in ("robin", "nobody"):
        one, clock.at = office(), begin
        seen.append([])
        for times, gap, _, address in schedule:
            for _ in range(times):
                seen[-1] += [
                    one.sign_in(known, "guess", address),
                    one.ask(resetting.ask_link, known, address),
                    one.ask(resetting.ask_code, known, address),
                ]
                clock.at += gap
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("address", "hours", "most"), [("anywhere", 0, 100), ("anywhere", 1, 500), ("anywhere", 24, 2000), ("one network", 1, 240)]
)
def test_of_ten_guesses_at_a_thousand_accounts_few_are_looked_at(office, clock, address, hours, most):
    one = office()
    devices = NOTHING_KNOWN.with_account(one.account, clock.now())
    for number in range(10_000):
        one.sign_in(f"patient{number % 1000}", "guess", f"198.51.100.{number % 250}" if address == "one network" else address)
        clock.at += hours * 3600 / 10_000
    assert most / 2 < one.looked_at <= most
    assert one.sign_in("robin", RIGHT, "198.51.100.1", devices) == "in"
    assert one.ask(resetting.ask_link, "robin", "192.0.2.1") == "mailed"


def test_somebody_who_guesses_on_a_known_device_has_to_wait_and_nobody_else(office, clock):
    one = office()
    devices, others = NOTHING_KNOWN.with_account(one.account, clock.now()), NOTHING_KNOWN.with_account(one.account, clock.now())
    answers = [one.sign_in("robin", "guess", HOME, devices) for _ in range(6)]
    assert answers[:5] == ["wrong"] * 5
    assert answers[5].startswith("wait")
    assert one.sign_in("robin", RIGHT, HOME, devices).startswith("wait")
    assert one.sign_in("robin", RIGHT, HOME, others) == "in"
    assert one.sign_in("robin", RIGHT, HOME) == "in"


def test_a_known_device_of_somebody_else_is_a_stranger(office, clock):
    one = office()
    other = Account(practice_id=PRACTICE, id=uuid4(), user_name_norm="sam", email="", password_hash="y")
    devices = NOTHING_KNOWN.with_account(other, clock.now())
    answers = [one.sign_in("robin", "guess", HOME, devices) for _ in range(6)]
    assert answers[5].startswith("wait")
    assert one.sign_in("robin", RIGHT, HOME).startswith("wait")
