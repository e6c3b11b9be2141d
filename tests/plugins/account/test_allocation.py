"""What part of a payment pays which charge."""

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.account.services.allocation import Charge, Part, Wish, allocate, in_order, kept, reduce

ROBIN, SAM = UUID(int=1), UUID(int=2)
FIRST = date(2026, 1, 1)


def charge(number, cents, patient=ROBIN, day=0, visit=None):
    return Charge(UUID(int=100 + number), patient, FIRST + timedelta(days=day), cents, visit)


def paid(parts):
    return [(part.entry_id.int - 100 if part.entry_id else None, part.amount_cents) for part in parts]


def test_the_oldest_charge_is_paid_first_and_what_is_left_is_a_prepayment():
    charges = [charge(2, 500, day=9), charge(1, 300, day=2)]
    assert paid(allocate(600, charges, Wish(ROBIN))) == [(1, 300), (2, 300)]
    assert paid(allocate(1000, charges, Wish(ROBIN))) == [(1, 300), (2, 500), (None, 200)]
    assert paid(allocate(100, [], Wish(ROBIN))) == [(None, 100)]


def test_the_patient_comes_before_the_rest_of_the_family_and_a_chosen_visit_before_both():
    charges = [charge(1, 100, SAM), charge(2, 100, ROBIN, 5, "V1"), charge(3, 100, ROBIN, 9, "V2")]
    assert paid(allocate(250, charges, Wish(ROBIN))) == [(2, 100), (3, 100), (1, 50)]
    assert paid(allocate(250, charges, Wish(ROBIN, visit="V2"))) == [(3, 100), (2, 100), (1, 50)]


def test_a_chosen_statement_is_paid_before_what_was_charged_after_it():
    charges = [charge(1, 100, ROBIN, 1), charge(2, 100, SAM, 2), charge(3, 100, ROBIN, 20)]
    assert paid(allocate(250, charges, Wish(ROBIN, until=FIRST + timedelta(days=9)))) == [(1, 100), (2, 100), (3, 50)]


def test_credits_come_off_the_oldest_charges_of_the_same_patient():
    charges = [charge(1, 100, SAM), charge(2, 100, ROBIN, 1), charge(3, 100, ROBIN, 2)]
    assert [(one.entry_id.int - 100, one.open_cents) for one in reduce(charges, {}, {ROBIN: 130})] == [(1, 100), (3, 70)]


def test_what_came_back_comes_off_prepayments_first_then_off_what_was_paid_last():
    parts = [Part(ROBIN, UUID(int=101), 300), Part(ROBIN, UUID(int=102), 200), Part(ROBIN, None, 100)]
    assert paid(kept(parts, 250)) == [(1, 300), (2, 50)]


MONEY = st.integers(1, 10_000)
CHARGES = st.lists(st.tuples(MONEY, st.sampled_from([ROBIN, SAM]), st.integers(0, 5), st.sampled_from([None, "V1", "V2"])), max_size=8).map(
    lambda rows: [charge(number, *row) for number, row in enumerate(rows)]
)
WISHES = st.builds(Wish, st.sampled_from([ROBIN, SAM]), st.sampled_from([None, "V1"]), st.sampled_from([None, FIRST + timedelta(days=2)]))


@settings(max_examples=150)
@given(st.integers(1, 50_000), CHARGES, WISHES, st.integers(0, 60_000))
def test_no_cent_is_lost_and_no_charge_gets_more_than_is_open(cents, charges, wish, back):
    parts = allocate(cents, charges, wish)
    assert sum(part.amount_cents for part in parts) == cents
    assert all(part.amount_cents > 0 for part in parts)
    open_of = {one.entry_id: one.open_cents for one in charges}
    for part in parts:
        assert part.entry_id is None or part.amount_cents <= open_of[part.entry_id]
    assert len({part.entry_id for part in parts}) == len(parts)
    if any(part.entry_id is None for part in parts):
        assert sum(part.amount_cents for part in parts if part.entry_id) == sum(open_of.values())
    assert sum(part.amount_cents for part in kept(parts, back)) == max(0, cents - back)


@settings(max_examples=150)
@given(CHARGES, st.dictionaries(st.sampled_from([ROBIN, SAM]), st.integers(0, 20_000)), st.lists(st.tuples(st.integers(0, 7), MONEY), max_size=5))
def test_what_is_open_is_what_was_charged_less_what_was_paid_for_each_patient(charges, pool, payments):
    paid_of = {}
    for number, cents in payments:
        if number < len(charges):
            paid_of[charges[number].entry_id] = paid_of.get(charges[number].entry_id, 0) + cents
    found = reduce(charges, paid_of, pool)
    assert found == in_order(found)
    for patient in (ROBIN, SAM):
        charged = [one for one in charges if one.patient_id == patient]
        off = pool.get(patient, 0) + sum(paid_of.get(one.entry_id, 0) for one in charged)
        assert sum(one.open_cents for one in found if one.patient_id == patient) == max(0, sum(one.open_cents for one in charged) - off)
