"""What a web process keeps of practices: right, and never more than it may."""

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.kept import Kept

IDS = [UUID(int=number) for number in range(1, 6)]
HOSTS = ["a.test", "b.test", "c.test"]
own = st.frozensets(st.sampled_from(HOSTS))
steps = st.one_of(
    st.tuples(st.just("read"), st.sampled_from(IDS), own),
    st.tuples(st.just("asked"), st.sampled_from(IDS), st.none()),
    st.tuples(st.just("found"), st.sampled_from(IDS), st.sampled_from(HOSTS)),
)


@settings(max_examples=150)
@given(st.lists(steps, max_size=40), st.integers(1, 4))
def test_those_that_were_asked_for_last_are_kept_and_no_host_of_another(taken, most):
    kept: Kept[int] = Kept(most)
    order: list[UUID] = []
    owners: dict[str, UUID] = {}
    values: dict[UUID, int] = {}
    for number, (step, practice, about) in enumerate(taken):
        if step == "found":
            kept.put_owner(about, practice)
            owners[about] = practice
        elif step == "read":
            kept.put_snapshot(practice, number, about)
            values[practice] = number
            order = [other for other in order if other != practice] + [practice]
            order, gone = order[-most:], order[:-most]
            owners = {host: owner for host, owner in owners.items() if owner not in gone and (owner != practice or host in about)}
        else:
            assert kept.snapshot(practice) == (values[practice] if practice in order else None)
            order = [other for other in order if other != practice] + [other for other in order if other == practice]
        assert {host: kept.owner(host) for host in HOSTS} == {host: owners.get(host) for host in HOSTS}
    assert [practice for practice in IDS if kept.snapshot(practice) is not None] == sorted(order)


def test_what_is_forgotten_takes_no_memory():
    kept: Kept[int] = Kept(2)
    for number in range(100):
        practice = UUID(int=number)
        kept.put_owner(f"{number}.test", practice)
        kept.put_snapshot(practice, number, frozenset({f"{number}.test"}))
        kept.put_checked(practice, float(number))
    kept.put_checked(UUID(int=7), 7.0)
    assert (len(kept._owners), len(kept._hosts), len(kept._snapshots), len(kept._checked)) == (2, 2, 2, 2)
    assert kept.checked(UUID(int=99)) == 99.0
    assert kept.checked(UUID(int=7)) < 0
