"""Typed amounts and their limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.web.formats import money
from plugins.account.amounts import LARGEST_PAYMENT_CENTS, AmountRefused, check_amount, parse_amount


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("12", 1200),
        ("12.5", 1250),
        ("12.50", 1250),
        ("$12", 1200),
        ("$ 12.00 ", 1200),
        ("1,234.5", 123450),
        ("1,234,567.89", 123456789),
        (".50", 50),
        ("7.", 700),
        ("007", 700),
        ("0", 0),
        ("1 234.50", 123450),
    ],
)
def test_what_people_type_is_read(typed, cents):
    assert parse_amount(typed) == cents


@pytest.mark.parametrize(
    "typed",
    ["", "  ", "$", ".", "12.345", "1.234,50", "12,5", "1,23.40", "1,2345", ",100", "1e5", "0x10", "twelve", "12 dollars", "-5", "−5", "(5)", "+5", "١٢", "1_000", "NaN", "inf", "$$5", "1.2.3", "12\x00", "½"],
)  # fmt: skip
def test_what_is_not_an_amount_is_refused_with_words(typed):
    with pytest.raises(AmountRefused) as refusal:
        parse_amount(typed)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("typed", ["9" * 13, "9" * 40, "999,999,999,999,999"])
def test_a_huge_amount_is_refused_and_the_largest_is_named(typed):
    with pytest.raises(AmountRefused, match=r"\$50,000\.00"):
        parse_amount(typed)


@given(st.integers(0, 10**11 - 1))
def test_an_amount_reads_as_it_is_written(cents):
    assert parse_amount(money(cents)) == cents
    assert parse_amount(f"{cents // 100}.{cents % 100:02}") == cents


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_and_nothing_else(typed):
    try:
        cents = parse_amount(typed)
    except AmountRefused:
        return
    assert 0 <= cents < 10**11


@given(st.integers(-(10**12), 10**12), st.integers(50, LARGEST_PAYMENT_CENTS))
def test_only_amounts_between_the_smallest_and_the_largest_can_be_paid(cents, minimum):
    try:
        check_amount(cents, minimum)
    except AmountRefused:
        assert not minimum <= cents <= LARGEST_PAYMENT_CENTS
    else:
        assert minimum <= cents <= LARGEST_PAYMENT_CENTS
