"""What people see and change of their own account: user name, password, and the proof that it is still they."""

import secrets
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.auth import services
from core.auth.identity import token_hash
from core.auth.limits import Limiter
from core.auth.models import Account, SignInSession
from core.auth.rules import check_new_password, words_about
from core.auth.user_names import rename
from core.people.models import Patient
from core.tasks import enqueue


class SamePassword(Exception):
    """The new password is the old one."""


class Own(NamedTuple):
    """An account and the patient it belongs to, if there is one."""

    account: Account
    patient: Patient | None


def own(session: Session, practice_id: UUID, account_id: UUID) -> Own:
    """The account and its patient, in one statement."""
    same_patient = (Patient.practice_id == Account.practice_id) & (Patient.id == Account.patient_id)
    where = (Account.practice_id == practice_id, Account.id == account_id)
    account, patient = session.execute(select(Account, Patient).outerjoin(Patient, same_patient).where(*where)).one()
    return Own(account, patient)


def language_of(account: Account, patient: Patient | None) -> str:
    """The language to speak and write to somebody in: their own wish, else what the chart says; a tag, empty when neither tells."""
    return account.language or (patient.language if patient else "")


def prove(session: Session, practice_id: UUID, limiter: Limiter, account_id: UUID, attempt: services.Attempt) -> None:
    """The password once more; tries count together with those at sign-in. Raises WrongCredentials, TooManyAttempts, Busy."""
    if services.sign_in(session, practice_id, limiter, attempt).id != account_id:
        raise services.WrongCredentials


def rotate_session(session: Session, practice_id: UUID, session_id: UUID, now: datetime) -> str:
    """A new token for a session that has just been proven; the old one opens nothing any more."""
    token = secrets.token_urlsafe(services.TOKEN_BYTES)
    where = (SignInSession.practice_id == practice_id, SignInSession.id == session_id)
    session.execute(update(SignInSession).where(*where).values(token_hash=token_hash(token), proven_at=now, seen_at=now))
    return token


def stay(session: Session, practice_id: UUID, session_id: UUID, now: datetime) -> None:
    """Somebody is still there: the time without a click begins anew."""
    where = (SignInSession.practice_id == practice_id, SignInSession.id == session_id)
    session.execute(update(SignInSession).where(*where).values(seen_at=now))


def change_password(session: Session, mine: Own, old: str, new: str, now: datetime, session_id: UUID) -> None:
    """Set a new password, by whoever has proven the old one; all other sessions end. Raises WeakPassword, SamePassword."""
    if new == old:
        raise SamePassword
    check_new_password(new, words_about(*mine))
    services.set_password(session, mine.account, new, now, keep=session_id)


def change_user_name(session: Session, account: Account, user_name: str) -> None:
    """Take another user name; the owner is told. Raises WrongUserName, also when somebody was quicker."""
    rename(session, account, user_name)
    enqueue(session, "auth.tell_of_change", account_id=str(account.id), change="user_name")
