"""Somebody of the office looks at the portal as a patient sees it: with a reason, for half an hour at most, and changes nothing.

What makes it so: the session has its reason (`support_access`) and a grant that only sees (core/auth/identity.py), everything that a request of it
writes is undone but the audit (core/db.py, `only_look`), and core/auth/looking_views.py refuses whatever acts or is saved as a file.

With a draft it is a preview: the session, and nobody else, sees the portal as it would be with what the office has not saved yet, as a patient or as
one who is made up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, update
from sqlalchemy.orm import Session

from core import audit
from core.auth import services
from core.auth.identity import NOBODY, token_hash
from core.auth.models import Account, SignInSession, SupportAccess
from core.auth.realms import OFFICE, PORTAL
from core.people.models import Patient

LASTS = timedelta(minutes=30)
SHORTEST_REASON, LONGEST_REASON = 10, 500
LEVEL = "see"
TRIES_OUT = "Preview of the tabs before saving"
"""The reason of a look with a draft, as the office reads it."""


@dataclass(frozen=True)
class Draft:
    """What is tried out: settings (clinic or None for the practice, name, value), and the clinic of the patient who is made up."""

    clinic_id: UUID | None
    changes: Sequence[tuple[UUID | None, str, Any]]

    def to_json(self) -> dict[str, Any]:
        """As it is kept with the reason."""
        changes = [[_text(clinic_id), name, value] for clinic_id, name, value in self.changes]
        return {"clinic": _text(self.clinic_id), "changes": changes}


def _text(id_: UUID | None) -> str | None:
    return str(id_) if id_ else None


def begin(session: Session, account: Account, patient: Patient, reason: str, now: datetime, place: services.Place) -> str:
    """Open the portal as this patient sees it; returns the cookie's token. What the account had open like this before ends."""
    end(session, account.practice_id, account.id, now)
    return _open(session, account, SupportAccess(patient_id=patient.id, reason=reason), now, place)


def try_out(session: Session, account: Account, patient: Patient | None, draft: Draft, now: datetime, place: services.Place) -> str:
    """Open the portal as it would be with a draft, as this patient sees it or as one who is made up; returns the cookie's token."""
    end(session, account.practice_id, account.id, now)
    access = SupportAccess(patient_id=patient.id if patient else None, reason=TRIES_OUT, draft=draft.to_json())
    return _open(session, account, access, now, place)


def _open(session: Session, account: Account, access: SupportAccess, now: datetime, place: services.Place) -> str:
    access.account_id, access.level, access.began_at, access.until = account.id, LEVEL, now, now + LASTS
    session.add(access)
    session.flush()
    whose = {"account_id": account.id, "patient_id": access.patient_id, "support_id": access.id}
    audit.record(session, account.practice_id, "office.view_as.begin" if access.patient_id else "office.tabs.try_out", now, **whose)
    at_portal = services.Place(place.address, place.user_agent, PORTAL.name)
    return services.open_session(session, account, now, at_portal, patient_id=access.patient_id, support_id=access.id)


def end(session: Session, practice_id: UUID, account_id: UUID, now: datetime) -> None:
    """Nobody looks with this account any more, in whatever browser."""
    _end(session, practice_id, account_id, now, or_(SupportAccess.patient_id.is_not(None), SupportAccess.draft.is_not(None)))


def end_drafts(session: Session, practice_id: UUID, account_id: UUID, now: datetime) -> None:
    """Nobody looks at a draft with this account any more: it has been saved."""
    _end(session, practice_id, account_id, now, SupportAccess.draft.is_not(None))


def _end(session: Session, practice_id: UUID, account_id: UUID, now: datetime, which: ColumnElement[bool]) -> None:
    open_ones = (which, SupportAccess.ended_at.is_(None), SupportAccess.until > now)
    mine = (SupportAccess.practice_id == practice_id, SupportAccess.account_id == account_id, *open_ones)
    ended = update(SupportAccess).where(*mine).values(ended_at=now).returning(SupportAccess.id, SupportAccess.patient_id)
    for support_id, patient_id in session.execute(ended).all():
        if patient_id is None:
            continue
        whose = {"account_id": account_id, "patient_id": patient_id, "support_id": support_id}
        audit.record(session, practice_id, "office.view_as.end", now, **whose)


def leave_portal(session: Session, practice_id: UUID, token: str) -> None:
    """Close what a browser had open at the portal before somebody looks at it as a patient."""
    where = (SignInSession.practice_id == practice_id, SignInSession.token_hash == token_hash(token), SignInSession.realm == PORTAL.name)
    session.execute(delete(SignInSession).where(*where))


def looks(request) -> bool:
    """Whether this request is of somebody who looks at the portal as a patient; it asks the database nothing."""
    identity = request.__dict__.get("identity_of_visitor")
    return identity is not None and identity.support is not None and request.realm is PORTAL


def page_at_office(patient_id: UUID | None) -> str:
    """Where one came from: the patient's page at the office, or the tabs."""
    if patient_id == NOBODY:
        return f"{OFFICE.root}/tabs"
    return f"{OFFICE.root}/patients/{patient_id}" if patient_id else OFFICE.home
