"""Accounts of one person at several offices: circles that stay whole, whoever comes and goes, also many at once."""

import secrets
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from core.auth import hand_over, offices
from core.auth.offices import Holder, LinkedAccount
from core.auth.tickets import BadTicket
from core.db import SessionFactory
from tenants import practices

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def places(registry) -> list:
    """Five practices: a circle knows nothing more of one than that it is there."""
    with SessionFactory(bind=registry.engine) as session:
        made = [practices.create(session, f"c{secrets.token_hex(6)}", "Circle", "America/New_York", NOW).id for _ in range(5)]
        session.commit()
    return made


@pytest.fixture
def session(registry):
    with SessionFactory(bind=registry.engine) as session:
        yield session


def _reached(session, holder: Holder) -> set[Holder]:
    return {Holder(one.practice_id, one.account_id) for one in offices.others(session, holder)}


def _kept(session, people: list[Holder]) -> list[set[Holder]]:
    """The circles as they stand in the table; one of a single account would be a fault."""
    circles = defaultdict(set)
    for row in session.scalars(select(LinkedAccount).where(LinkedAccount.account_id.in_([person.account_id for person in people]))):
        circles[row.circle].add(Holder(row.practice_id, row.account_id))
    return list(circles.values())


class Circles:
    """The obvious model: a list of sets."""

    def __init__(self):
        self.sets: list[set[Holder]] = []

    def of(self, holder: Holder) -> set[Holder]:
        return next((one for one in self.sets if holder in one), {holder})

    def join(self, one: Holder, other: Holder) -> set[Holder] | None:
        if other in self.of(one):
            return set()
        both = self.of(one) | self.of(other)
        if len({holder.practice_id for holder in both}) < len(both):
            return None
        self.sets = [kept for kept in self.sets if not kept & both] + [both]
        return both - {one}

    def forget(self, holder: Holder) -> None:
        self.sets = [left for one in self.sets if len(left := one - {holder}) > 1]


STEPS = st.lists(st.tuples(st.sampled_from(["join", "join", "forget", "unlink"]), st.integers(0, 9), st.integers(0, 9)), max_size=14)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(steps=STEPS)
def test_circles_are_what_the_obvious_model_says(session, places, steps):
    people = [Holder(place, uuid4()) for place in places for _ in range(2)]
    model = Circles()
    for what, first, second in steps:
        one, other = people[first], people[second]
        if what == "join" and one != other:
            expected = model.join(one, other)
            if expected is None:
                with pytest.raises(offices.TwoAccountsAtOneOffice):
                    offices.join(session, one, other, NOW)
            else:
                assert set(offices.join(session, one, other, NOW)) == expected
        elif what == "forget":
            offices.forget(session, one)
            model.forget(one)
        elif what == "unlink":
            link = next((link for link in offices.others(session, one) if link.account_id == other.account_id), None)
            assert offices.unlink(session, one, link.id if link else uuid4()) == (other if link else None)
            if link:
                model.forget(other)
        assert sorted(map(sorted, _kept(session, people))) == sorted(map(sorted, model.sets))
    assert {person: _reached(session, person) for person in people} == {person: model.of(person) - {person} for person in people}
    session.rollback()


def test_many_who_tie_accounts_at_the_same_moment_end_in_one_circle(registry, places):
    people = [Holder(place, uuid4()) for place in places]

    def tie(pair: tuple[Holder, Holder]) -> None:
        with SessionFactory(bind=registry.engine) as session:
            offices.join(session, *pair, NOW)
            session.commit()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(tie, pairwise(people)))
    with SessionFactory(bind=registry.engine) as session:
        assert [_reached(session, person) for person in people] == [set(people) - {person} for person in people]


def test_an_account_that_is_forgotten_while_it_is_tied_is_tied_to_nothing_or_wholly(registry, places):
    one, other = Holder(places[0], uuid4()), Holder(places[1], uuid4())

    def act(what) -> None:
        with SessionFactory(bind=registry.engine) as session:
            offices.forget(session, one) if what == "forget" else offices.join(session, one, other, NOW)
            session.commit()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(act, ["join", "forget"] * 6))
    with SessionFactory(bind=registry.engine) as session:
        assert (_reached(session, one), _reached(session, other)) in ((set(), set()), ({other}, {one}))


def test_what_was_to_tie_an_account_is_called_off_when_it_is_forgotten(session, places):
    one, other = Holder(places[0], uuid4()), Holder(places[1], uuid4())
    asked = hand_over.give(session, hand_over.LINK, one, places[2], None, NOW, NOW)
    agreed = hand_over.give(session, hand_over.ANSWER, other, *one, NOW, NOW)
    session.flush()
    offices.forget(session, one)
    for token, holder in ((asked, Holder(places[2], uuid4())), (agreed, one)):
        with pytest.raises(BadTicket):
            hand_over.look_at_link(session, holder, token, NOW)


def test_a_practice_that_is_erased_is_on_nobodys_list(registry, places, migrate_url):
    with SessionFactory(bind=registry.engine) as session:
        erased = practices.create(session, f"c{secrets.token_hex(6)}", "Erased", "America/New_York", NOW).id
        one, other, gone = Holder(places[0], uuid4()), Holder(places[1], uuid4()), Holder(erased, uuid4())
        offices.join(session, one, other, NOW)
        offices.join(session, one, gone, NOW)
        hand_over.give(session, hand_over.ENTER, gone, *one, NOW, NOW)
        session.commit()
    with psycopg.connect(migrate_url) as connection:
        connection.execute("delete from practice where id = %s", [erased])
    with SessionFactory(bind=registry.engine) as session:
        assert _reached(session, one) == {other}
        assert session.execute(text("select count(*) from hand_over where from_practice_id = :id"), {"id": erased}).scalar_one() == 0
