"""The way from one office to another: once, in time, to where it was meant, by whom it was meant for; everything else has the same answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.auth import hand_over, offices
from core.auth.hand_over import ANSWER, ENTER, LINK, LIVES
from core.auth.offices import HandOver, Holder
from core.auth.tickets import BadTicket

NOW = datetime.now(UTC)
SINCE = NOW - timedelta(hours=1)


@pytest.fixture
def here(practice) -> Holder:
    return Holder(practice.id, uuid4())


@pytest.fixture
def there(other_practice) -> Holder:
    return Holder(other_practice.id, uuid4())


def _give(session, kind: str, sender: Holder, to: Holder) -> str:
    if kind == ENTER:
        offices.join(session, sender, to, NOW)
    token = hand_over.give(session, kind, sender, to.practice_id, None if kind == LINK else to.account_id, SINCE, NOW)
    session.commit()
    return token


def _use(session, kind: str, to: Holder, token: str, now: datetime = NOW) -> hand_over.Arrival:
    return hand_over.use_entry(session, to.practice_id, token, now) if kind == ENTER else hand_over.use_link(session, to, token, now)


def _look(session, kind: str, to: Holder, token: str, now: datetime = NOW) -> hand_over.Arrival:
    return hand_over.look_at_entry(session, to.practice_id, token, now) if kind == ENTER else hand_over.look_at_link(session, to, token, now)


each_kind = pytest.mark.parametrize("kind", [LINK, ANSWER, ENTER])


@each_kind
def test_a_hand_over_is_looked_at_often_and_used_once(db, here, there, kind):
    token = _give(db, kind, here, there)
    for act in (_look, _look, _use):
        arrival = act(db, kind, there, token)
        assert (arrival.kind, arrival.sender, arrival.signed_in_at) == (kind, here, SINCE)
        assert arrival.account_id == (None if kind == LINK else there.account_id)
    for act in (_look, _use):
        with pytest.raises(BadTicket):
            act(db, kind, there, token)


@each_kind
def test_it_ends_with_its_time_at_another_practice_and_for_another_purpose(db, here, there, kind):
    token, stranger = _give(db, kind, here, there), Holder(there.practice_id, uuid4())
    others = [(other, there, NOW) for other in (LINK, ENTER) if (other == ENTER) != (kind == ENTER)]
    others += [(kind, there, NOW + LIVES[kind]), (kind, here, NOW)]
    others += [(ANSWER, stranger, NOW)] if kind == ANSWER else []
    for act in (_look, _use):
        for wrong in others:
            with pytest.raises(BadTicket):
                act(db, *wrong[:2], token, wrong[2])
    assert _use(db, kind, there, token, NOW + LIVES[kind] - timedelta(seconds=1))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.text(max_size=80), st.integers(0, 42), st.sampled_from([LINK, ANSWER, ENTER]))
def test_one_that_was_changed_anywhere_opens_nothing(db, here, there, changed, place, kind):
    token = _give(db, kind, here, there)
    other = token[:place] + changed + token[place + 1 :]
    if other != token:
        with pytest.raises(BadTicket):
            _use(db, kind, there, other)


@each_kind
def test_of_eight_who_come_at_the_same_moment_one_gets_in(practice, db, here, there, kind):
    token = _give(db, kind, here, there)

    def come(_) -> bool:
        with practice.session() as session:
            try:
                _use(session, kind, there, token)
            except BadTicket:
                return False
            finally:
                session.commit()
            return True

    with ThreadPoolExecutor(8) as people:
        assert sum(people.map(come, range(8))) == 1


def test_nobody_enters_an_account_that_was_unlinked_meanwhile(db, practice, here, there):
    token = _give(db, ENTER, here, there)
    # The second: whoever pressed the button a moment before somebody else unlinked.
    offices.forget(db, there)
    later = hand_over.give(db, ENTER, here, *there, SINCE, NOW)
    for gone in (token, later):
        with pytest.raises(BadTicket):
            _use(db, ENTER, there, gone)


def test_a_second_one_of_its_kind_voids_the_first_and_clears_away_what_has_expired(db, here, there):
    first, other = _give(db, ENTER, here, there), _give(db, LINK, here, there)
    second = hand_over.give(db, ENTER, here, *there, SINCE, NOW)
    with pytest.raises(BadTicket):
        _use(db, ENTER, there, first)
    assert _look(db, ENTER, there, second)
    assert _look(db, LINK, there, other)
    hand_over.give(db, ANSWER, there, *here, SINCE, NOW + timedelta(hours=1))
    mine = select(func.count()).select_from(HandOver).where(HandOver.from_account_id == here.account_id)
    assert db.scalar(mine) == 0
    db.rollback()


def test_the_row_holds_no_secret(db, here, there):
    token = _give(db, LINK, here, there)
    row = db.scalars(select(HandOver).where(HandOver.from_account_id == here.account_id)).one()
    assert token not in str(vars(row))


def test_an_office_is_not_linked_with_itself(db, here):
    token = hand_over.give(db, LINK, Holder(here.practice_id, uuid4()), here.practice_id, None, SINCE, NOW)
    with pytest.raises(BadTicket):
        _use(db, LINK, here, token)
