"""Counting: several windows at once, honest waiting times, and which addresses are counted as one."""

from ipaddress import IPv6Address
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.auth.limits import Count, Limiter, TooManyAttempts, windows
from core.auth.lockout import places
from tests.core.auth.conftest import Clock

HERE = UUID(int=1)
GROWING = windows("5 per 1 minute; 10 per 15 minutes; 20 per 1 hour")


def wait(limiter: Limiter, clock: Clock, *counts: Count) -> int:
    try:
        limiter.take(clock.now(), *counts)
    except TooManyAttempts as refusal:
        return refusal.seconds
    return 0


def test_the_delay_grows_with_every_failure(clock):
    limiter, count, waits = Limiter("memory://"), Count(GROWING, HERE, "account", "robin"), []
    for _ in range(25):
        if seconds := wait(limiter, clock, count):
            waits.append(seconds)
            clock.at += seconds
            assert wait(limiter, clock, count) == 0
    assert [seconds // 60 for seconds in waits] == [1, 14, 1, 43]


@settings(max_examples=60)
@given(st.lists(st.floats(0, 2000), min_size=1, max_size=60))
def test_who_waits_as_long_as_was_said_is_let_through(clock, gaps):
    limiter = Limiter("memory://")
    counts = Count(GROWING, HERE, "account", "robin"), Count(windows("8 per 5 minutes"), HERE, "address", "192.0.2.1/32")
    for gap in gaps:
        clock.at += gap
        if seconds := wait(limiter, clock, *counts):
            clock.at += seconds
            assert wait(limiter, clock, *counts) == 0


def test_a_refused_try_counts_nowhere(clock):
    limiter = Limiter("memory://")
    small, large = Count(windows("1 per 1 minute"), HERE, "small"), Count(windows("2 per 1 minute"), HERE, "large")
    assert wait(limiter, clock, small, large) == 0
    for _ in range(5):
        assert wait(limiter, clock, small, large) > 0
    assert wait(limiter, clock, large) == 0


def test_the_refusal_names_what_is_full(clock):
    limiter = Limiter("memory://")
    first, second = Count(windows("1 per 1 minute"), HERE, "first"), Count(windows("2 per 1 minute"), HERE, "second")
    limiter.hit(first, second)
    with pytest.raises(TooManyAttempts) as refused:
        limiter.refuse_when_full(clock.now(), first, second)
    assert refused.value.full == {"first"}


@pytest.mark.parametrize("other", [Count(GROWING, UUID(int=2), "account", "robin"), Count(GROWING, HERE, "device", "robin"), Count(GROWING, HERE, "account", "sam")])  # fmt: skip
def test_practices_purposes_and_people_are_counted_apart(clock, other):
    limiter, count = Limiter("memory://"), Count(GROWING, HERE, "account", "robin")
    for _ in range(6):
        wait(limiter, clock, count)
    assert (wait(limiter, clock, count) > 0, wait(limiter, clock, other)) == (True, 0)


def test_a_store_that_is_away_still_counts_in_this_process(clock):
    limiter, count = Limiter("redis://127.0.0.1:1/0"), Count(windows("2 per 1 minute"), HERE, "account", "robin")
    assert [wait(limiter, clock, count) > 0 for _ in range(3)] == [False, False, True]


@pytest.mark.parametrize(
    ("address", "own", "around"),
    [
        ("192.0.2.77", "192.0.2.77/32", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.77/32", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("", "", ""),
        ("unknown", "unknown", "unknown"),
    ],
)
def test_an_address_is_counted_as_its_household_has_it_and_with_its_network(address, own, around):
    assert places(address) == (own, around)


@given(st.integers(2**125, 2**126 - 1), st.integers(0, 2**64 - 1))
def test_who_has_64_bits_of_the_new_addresses_is_counted_as_one(address, other):
    assert places(str(IPv6Address(address)))[0] == places(str(IPv6Address((address >> 64 << 64) + other)))[0]
