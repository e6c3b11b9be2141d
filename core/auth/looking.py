"""Somebody of the office looks at the portal as a patient sees it: with a reason, for half an hour at most, and changes nothing.

What makes it so: the session has its reason (`support_access`) and a grant that only sees (core/auth/identity.py), everything that a request of it
writes is undone but the audit (core/db.py, `only_look`), and core/auth/looking_views.py refuses whatever acts or is saved as a file.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from core import audit
from core.auth import services
from core.auth.identity import token_hash
from core.auth.models import Account, SignInSession, SupportAccess
from core.auth.realms import OFFICE, PORTAL
from core.people.models import Patient

LASTS = timedelta(minutes=30)
SHORTEST_REASON, LONGEST_REASON = 10, 500
LEVEL = "see"


def begin(session: Session, account: Account, patient: Patient, reason: str, now: datetime, place: services.Place) -> str:
    """Open the portal as this patient sees it; returns the cookie's token. What the account had open like this before ends."""
    end(session, account.practice_id, account.id, now)
    about = {"account_id": account.id, "patient_id": patient.id, "reason": reason, "level": LEVEL}
    access = SupportAccess(began_at=now, until=now + LASTS, **about)
    session.add(access)
    session.flush()
    whose = {"account_id": account.id, "patient_id": patient.id, "support_id": access.id}
    audit.record(session, account.practice_id, "office.view_as.begin", now, **whose)
    at_portal = services.Place(place.address, place.user_agent, PORTAL.name)
    return services.open_session(session, account, now, at_portal, patient_id=patient.id, support_id=access.id)


def end(session: Session, practice_id: UUID, account_id: UUID, now: datetime) -> None:
    """Nobody looks with this account any more, in whatever browser."""
    open_ones = (SupportAccess.patient_id.is_not(None), SupportAccess.ended_at.is_(None), SupportAccess.until > now)
    mine = (SupportAccess.practice_id == practice_id, SupportAccess.account_id == account_id, *open_ones)
    ended = update(SupportAccess).where(*mine).values(ended_at=now).returning(SupportAccess.id, SupportAccess.patient_id)
    for support_id, patient_id in session.execute(ended).all():
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
    """Where one came from: the patient's page at the office."""
    return f"{OFFICE.root}/patients/{patient_id}" if patient_id else OFFICE.home
