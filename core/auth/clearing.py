"""Clearing away what nobody needs any more: links and codes, sessions, attempts to sign in, and requests for access that are settled.

The audit log names tickets and sessions by their ids only, so it loses nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.orm import Session

from core.auth.identity import LONGEST
from core.auth.models import Registration, SignInAttempt, SignInSession, Ticket

TICKETS_KEPT = timedelta(days=30)
CHALLENGES_KEPT = timedelta(days=1)
ATTEMPTS_KEPT = timedelta(days=180)
SETTLED_KEPT, WAITING_KEPT = timedelta(days=90), timedelta(days=365)
CHALLENGES = ("passkey", "passkey_new")
"""The kinds of ticket with which a browser is asked for a key (core/auth/passkeys.py): most are never answered."""
BATCH, MOST_BATCHES = 1000, 20


def clear_away(session: Session, practice_id: UUID, now: datetime) -> None:
    """Delete what has ended long enough ago, a thousand rows at a time; what is left after twenty times waits for the next round."""
    for model, due in _due(now):
        clear_rows(session, model, practice_id, due)


def clear_rows(session: Session, model, practice_id: UUID, due: ColumnElement[bool]) -> None:
    """Delete the rows of one table that are due, in batches."""
    for _ in range(MOST_BATCHES):
        if _clear(session, model, practice_id, due) < BATCH:
            break


def _due(now: datetime) -> Iterator[tuple[type, ColumnElement[bool]]]:
    ended = func.least(Ticket.used_at, Ticket.expires_at)
    yield Ticket, and_(Ticket.kind.in_(CHALLENGES), ended <= now - CHALLENGES_KEPT)
    yield Ticket, ended <= now - TICKETS_KEPT
    yield SignInSession, SignInSession.created_at <= now - LONGEST
    yield SignInAttempt, SignInAttempt.attempted_at <= now - ATTEMPTS_KEPT
    yield Registration, Registration.settled_at <= now - SETTLED_KEPT
    yield Registration, and_(Registration.settled_at.is_(None), Registration.asked_at <= now - WAITING_KEPT)


def _clear(session: Session, model, practice_id: UUID, due: ColumnElement[bool]) -> int:
    """Delete one batch, and let go of it: a long transaction would keep others waiting. Returns how many rows there were."""
    # Not a plain subquery: a nested loop would look for a batch once for each row, and delete them all.
    batch = select(model.id).where(model.practice_id == practice_id, due).limit(BATCH).with_for_update(skip_locked=True).cte("batch")
    chosen = (model.practice_id == practice_id, model.id.in_(select(batch.c.id)))
    gone = session.execute(delete(model).where(*chosen).returning(model.id)).all()
    session.commit()
    return len(gone)
