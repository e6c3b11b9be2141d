"""What the benchmark says of two sets of times."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.comparing import Comparison, chance_of, compare, quartiles

times = st.lists(st.integers(1, 40).map(float), min_size=2, max_size=30)


# Worked out with another program (two-sided, normal approximation with ties and continuity).
@pytest.mark.parametrize("first, second, chance", [
    ([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 0.012185780355344),
    ([1, 2, 2, 3, 5, 8], [2, 3, 4, 4, 9, 9, 10], 0.149158822970),
    ([3, 3, 3], [3, 3, 3], 1.0),
])  # fmt: skip
def test_the_rank_test_gives_the_figures_of_the_books(first, second, chance):
    assert chance_of(first, second) == pytest.approx(chance, rel=1e-6)


@given(times, times)
def test_it_does_not_matter_which_set_is_named_first_nor_in_which_unit(first, second):
    chance = chance_of(first, second)
    assert 0 <= chance <= 1
    assert chance_of(second, first) == pytest.approx(chance)
    assert chance_of([3 * value for value in first], [3 * value for value in second]) == pytest.approx(chance)


def test_sets_that_are_alike_overlap_and_sets_that_are_apart_differ():
    made = random.Random(7)
    known, unknown = ([made.gauss(80, 5) for _ in range(200)] for _ in range(2))
    assert compare(known, unknown).overlap
    slower = compare(known, [value + 8 for value in unknown])
    assert not slower.overlap
    assert slower.difference == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("difference, chance, overlap", [(0.5, 0.02, True), (0.04, 1e-9, True), (0.06, 1e-9, False), (-0.06, 1e-9, False)])
def test_a_difference_counts_when_it_is_neither_chance_nor_small(difference, chance, overlap):
    assert Comparison((0, 1, 2), (0, 1, 2), difference, chance).overlap is overlap


def test_quartiles_are_of_the_values_themselves():
    assert quartiles([5, 1, 3, 2, 4]) == (2, 3, 4)
