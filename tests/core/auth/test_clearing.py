"""Clearing away what nobody needs any more: not a second too early, in small portions, and in one's own practice only."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from core import tasks
from core.auth import clearing, passkeys
from core.auth.identity import LONGEST
from core.auth.models import Registration, SignInAttempt, SignInSession, Ticket

NOW = datetime.now(UTC)
SECOND = timedelta(seconds=1)
LATER = NOW + timedelta(days=30)
TYPED = {"first_name": "Nobody", "last_name": "Vale", "birthdate": date(1985, 4, 12), "contact": "555-0100"}


def ticket(kind: str = "reset", **times) -> Ticket:
    return Ticket(kind=kind, secret_hash="", created_at=NOW, **{"expires_at": LATER} | times)


def attempt(at: datetime) -> SignInAttempt:
    return SignInAttempt(user_name_norm="nobody", address="192.0.2.1", attempted_at=at, succeeded=False)


def registration(asked_at: datetime, settled_at: datetime | None = None) -> Registration:
    return Registration(**TYPED, asked_at=asked_at, settled_at=settled_at, outcome="dismissed" if settled_at else "")


KEPT = {
    "a ticket that has expired": (timedelta(days=30), lambda ended: ticket(expires_at=ended)),
    "a ticket that was used": (timedelta(days=30), lambda ended: ticket(used_at=ended)),
    "an invitation": (timedelta(days=30), lambda ended: ticket("invitation", expires_at=ended, used_at=NOW)),
    "a challenge that nobody answered": (timedelta(days=1), lambda ended: ticket("passkey", expires_at=ended)),
    "a challenge that was answered": (timedelta(days=1), lambda ended: ticket("passkey_new", used_at=ended)),
    "an attempt to sign in": (timedelta(days=180), attempt),
    "a request that was settled": (timedelta(days=90), lambda ended: registration(ended - timedelta(days=300), ended)),
    "a request that nobody settled": (timedelta(days=365), registration),
}


def count(db, practice) -> int:
    models = (Ticket, SignInSession, SignInAttempt, Registration)
    return sum(db.scalar(select(func.count()).select_from(model).where(model.practice_id == practice.id)) for model in models)


@pytest.mark.parametrize("what", KEPT)
def test_it_stays_until_its_time_is_over(db, practice, what):
    kept, make_row = KEPT[what]
    db.add(make_row(NOW - kept + SECOND))
    db.commit()
    clearing.clear_away(db, practice.id, NOW)
    assert count(db, practice) == 1
    clearing.clear_away(db, practice.id, NOW + SECOND)
    assert count(db, practice) == 0


def test_a_session_stays_as_long_as_it_can_be_used(db, practice, make, signed_in):
    app = signed_in(make.patient())
    began = db.scalars(select(SignInSession.created_at).where(SignInSession.practice_id == practice.id)).one()
    clearing.clear_away(db, practice.id, began + LONGEST - SECOND)
    assert app.get("/home").status_int == 200
    clearing.clear_away(db, practice.id, began + LONGEST)
    assert app.get("/home").status_int == 303
    assert count(db, practice) == 0


def test_what_can_still_be_used_stays_however_old_it_is(db, practice):
    db.add_all([ticket("invitation"), ticket("passkey")])
    db.commit()
    clearing.clear_away(db, practice.id, LATER - SECOND)
    assert count(db, practice) == 2


def test_challenges_are_what_passkeys_call_so():
    assert set(clearing.CHALLENGES) == {passkeys.MAKING, passkeys.SHOWING}


def test_a_flood_is_cleared_in_portions_and_the_rest_by_the_next_rounds(db, practice, monkeypatch):
    monkeypatch.setattr(clearing, "BATCH", 3)
    monkeypatch.setattr(clearing, "MOST_BATCHES", 2)
    db.add_all(attempt(NOW - timedelta(days=200)) for _ in range(14))
    db.commit()
    left = []
    for _ in range(3):
        # The plan under which each row would look for a batch of its own.
        db.execute(text("set enable_hashagg = off; set enable_sort = off; set enable_hashjoin = off; set enable_mergejoin = off"))
        clearing.clear_away(db, practice.id, NOW)
        db.execute(text("reset enable_hashagg; reset enable_sort; reset enable_hashjoin; reset enable_mergejoin"))
        left.append(count(db, practice))
    assert left == [8, 2, 0]


def test_it_is_done_in_every_practice_behind_its_own_wall(db, practice, other_practice, other_db, registry, monkeypatch):
    for session in (db, other_db):
        session.add_all([attempt(NOW - timedelta(days=181)), attempt(NOW)])
        session.commit()
    clearing.clear_away(db, other_practice.id, NOW)
    assert (count(db, practice), count(other_db, other_practice)) == (2, 2)
    clearing.clear_away(db, practice.id, NOW)
    assert (count(db, practice), count(other_db, other_practice)) == (1, 2)
    monkeypatch.setattr(registry.tenants, "practice_ids", lambda: [practice.id, other_practice.id])
    tasks.go_round("auth.clear_away")
    assert (count(db, practice), count(other_db, other_practice)) == (1, 1)
    assert "auth.clear_away" in tasks.schedule(registry.plugins)


def test_what_a_request_holds_at_this_moment_waits_for_the_next_round(db, practice):
    db.add(attempt(NOW - timedelta(days=181)))
    db.commit()
    with practice.session() as busy:
        busy.scalars(select(SignInAttempt).where(SignInAttempt.practice_id == practice.id).with_for_update()).one()
        clearing.clear_away(db, practice.id, NOW)
        assert count(db, practice) == 1
        busy.rollback()
    clearing.clear_away(db, practice.id, NOW)
    assert count(db, practice) == 0
