from hypothesis import given
from hypothesis import strategies as st

from plugins.plan.amounts import Amounts, total
from plugins.plan.services.reading import Procedure, Stage, stages_of

CENTS = st.integers(min_value=0, max_value=100_000_000_00)
AMOUNTS = st.builds(Amounts, CENTS, CENTS, CENTS, CENTS)
PROCEDURES = st.lists(
    st.builds(
        Procedure,
        priority=st.sampled_from(["", "1", "2", " 2", "Next"]),
        tooth=st.just("14"),
        surface=st.just(""),
        code=st.just("D2740"),
        description=st.just("Crown"),
        amounts=AMOUNTS,
    )
)


@given(AMOUNTS)
def test_the_parts_make_up_the_fee(amounts):
    assert amounts.patient + amounts.insurance + amounts.discount == amounts.fee


@given(st.lists(AMOUNTS))
def test_a_total_is_the_sum_of_each_column_and_keeps_making_up_the_fee(many):
    whole = total(many)
    assert whole.fee == sum(one.fee for one in many)
    assert whole.insurance == sum(one.insurance for one in many)
    assert whole.discount == sum(one.discount for one in many)
    assert whole.patient == sum(one.patient for one in many)


@given(PROCEDURES)
def test_stages_hold_every_procedure_once_and_add_up_to_the_whole(procedures):
    stages = stages_of(procedures)
    assert sorted(map(id, (p for stage in stages for p in stage.procedures))) == sorted(map(id, procedures))
    assert total(stage.amounts for stage in stages) == total(p.amounts for p in procedures)
    assert len({stage.title for stage in stages}) == len(stages)


def test_stages_come_in_the_order_in_which_the_office_put_their_first_procedure():
    procedures = [Procedure(priority, "", "", "", "Filling", Amounts(100)) for priority in ("2", "1", "2", "")]
    assert [(stage.title, len(stage.procedures)) for stage in stages_of(procedures)] == [
        ("Priority 2", 2),
        ("Priority 1", 1),
        ("No set order", 1),
    ]


def test_nothing_costs_nothing():
    assert Stage("", ()).amounts.patient == 0
