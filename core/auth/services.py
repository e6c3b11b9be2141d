"""Signing in and out, switching the person in view."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.orm import Session

from core.auth import lockout, offices, tickets
from core.auth.identity import token_hash
from core.auth.known_devices import NOTHING_KNOWN, KnownDevices
from core.auth.limits import Limiter, TooManyAttempts
from core.auth.models import Account, SignInAttempt, SignInSession
from core.auth.one_time import has_ended
from core.auth.passwords import check_password, hash_password, needs_rehash
from core.auth.realms import PORTAL, Realm
from core.people import changes
from core.people.family import refresh_grants_to
from core.people.models import Grant
from core.tasks import enqueue

log = structlog.get_logger("auth")

TOKEN_BYTES = 32


@dataclass(frozen=True)
class Place:
    """Where a session is opened: the network address, what the browser says of itself, and at which of the two sign-ins.

    `since` is when somebody signed in at another office who comes over from there: the session proves nothing, and ends as early as
    that one.
    """

    address: str = ""
    user_agent: str = ""
    realm: str = PORTAL.name
    since: datetime | None = None


NOWHERE = Place()


class WrongCredentials(Exception):
    """The user name and the password do not belong together; which of them is wrong is not said."""


@dataclass(frozen=True)
class Attempt:
    """One try: what was typed, from where, and in a browser that knows which accounts."""

    user_name: str
    password: str
    address: str
    user_agent: str
    at: datetime
    realm: Realm = PORTAL
    devices: KnownDevices = NOTHING_KNOWN


def normal_user_name(user_name: str) -> str:
    """A user name as it is compared: without case and without spaces around it."""
    return user_name.strip().casefold()


def sign_in(session: Session, practice_id: UUID, limiter: Limiter, attempt: Attempt) -> Account:
    """The account whose password was given. Raises WrongCredentials, TooManyAttempts, Busy."""
    name = normal_user_name(attempt.user_name)
    account = find_account(session, practice_id, name, attempt.realm)
    # The same count whether the user name or the e-mail address was typed.
    counted, device = account.user_name_norm if account else name, attempt.devices.of(account)
    counts = lockout.of_password(practice_id, attempt.realm, counted, attempt.address, device)
    try:
        limiter.refuse_when_full(attempt.at, *counts)
    except TooManyAttempts as refusal:
        if "practice" in refusal.full:
            log.warning("sign_ins_slowed", practice=str(practice_id))
        raise
    # A one-time password whose time is over is as wrong as any other, and takes as long.
    right = check_password(account.password_hash if account else None, attempt.password) and not (account and has_ended(account, attempt.at))
    session.add(SignInAttempt(user_name_norm=name, address=attempt.address, attempted_at=attempt.at, succeeded=right))
    if account is None or not right:
        limiter.hit(*counts)
        raise WrongCredentials
    if device:
        limiter.clear(*counts)
    if needs_rehash(account.password_hash):
        account.password_hash = hash_password(attempt.password)
    return account


def keep_refused(session: Session, attempt: Attempt) -> None:
    """Keep a try that was refused without a look at the password."""
    name = normal_user_name(attempt.user_name)
    session.add(SignInAttempt(user_name_norm=name, address=attempt.address, attempted_at=attempt.at, succeeded=False))


def find_account(session: Session, practice_id: UUID, name: str, realm: Realm = PORTAL) -> Account | None:
    """The open account of a user name or an e-mail address. An address that several accounts share finds none: the user name must tell."""
    open_ones = select(Account).where(Account.practice_id == practice_id, Account.closed_at.is_(None), Account.kind.in_(realm.kinds))
    named = session.scalars(open_ones.where(Account.user_name_norm == normal_user_name(name))).one_or_none()
    if "@" not in name:
        return named
    # Asked also when a user name fits, so that the same is asked, and takes as long, whether the name is there or not.
    mailed = session.scalars(open_ones.where(Account.email_norm == normal_user_name(name)).limit(2)).all()
    return named or (mailed[0] if len(mailed) == 1 else None)


def open_session(session: Session, account: Account, now: datetime, place: Place = NOWHERE, stage: str = "", **about: UUID | None) -> str:
    """Open a session for an account that has proven who it is; returns the cookie's token. `stage` is what is still to be done.

    `about` may hold patient_id, the person in view if not the account's own, and support_id, the reason for looking in.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        SignInSession(
            token_hash=token_hash(token),
            account_id=account.id,
            created_at=place.since or now,
            seen_at=now,
            proven_at=None if place.since else now,
            stage=stage,
            address=place.address,
            user_agent=place.user_agent[:200],
            realm=place.realm,
            **{"patient_id": account.patient_id, **about},
        )
    )
    return token


def sign_out(session: Session, practice_id: UUID, session_id: UUID) -> None:
    """Close one session."""
    session.execute(delete(SignInSession).where(SignInSession.practice_id == practice_id, SignInSession.id == session_id))


def sign_out_others(session: Session, practice_id: UUID, account_id: UUID, keep: UUID | None = None) -> int:
    """Close every session of an account but one; returns how many."""
    where = [SignInSession.practice_id == practice_id, SignInSession.account_id == account_id]
    where += [SignInSession.id != keep] if keep else []
    return len(session.execute(delete(SignInSession).where(*where).returning(SignInSession.id)).all())


def set_password(session: Session, account: Account, password: str, now: datetime, keep: UUID | None = None) -> None:
    """A new password that was checked (core/auth/rules.py): every other session ends, open links are void, no other office leads here any
    more, the owner is told by mail."""
    account.password_hash, account.password_changed_at, account.password_ends_at = hash_password(password), now, None
    sign_out_others(session, account.practice_id, account.id, keep)
    tickets.void(session, account.practice_id, now, account_id=account.id)
    offices.forget(session, offices.Holder(account.practice_id, account.id))
    enqueue(session, "auth.tell_of_change", account_id=str(account.id), change="password")


def view_person(session: Session, practice_id: UUID, session_id: UUID, patient_id: UUID) -> None:
    """Put another person's record in view; the caller has made sure that the account may see it."""
    session.execute(
        update(SignInSession).where(SignInSession.practice_id == practice_id, SignInSession.id == session_id).values(patient_id=patient_id)
    )


def create_account(session: Session, patient, user_name: str, password: str, now: datetime) -> Account:
    """Give a patient access: an account, with every right on the patient's own record."""
    account = _add_account(session, user_name, password, now, patient_id=patient.id, email=patient.email)
    open_own_record(session, account, patient, now)
    return account


def open_own_record(session: Session, account: Account, patient, now: datetime) -> None:
    """Let a patient's account see, and act on, the patient's own record and what else the family's rules say."""
    grant(session, account.id, patient.id, "self", now)
    changes.note_of(session, changes.ACCESS, patient.practice_id, patient.id, now)
    refresh_grants_to(session, patient.practice_id, patient.id, now)


def create_representative(session: Session, name: str, email: str, user_name: str, password: str, now: datetime) -> Account:
    """An account for somebody without a chart here, who sees nothing yet."""
    return _add_account(session, user_name, password, now, name=name, email=email)


def _add_account(session: Session, user_name: str, password: str, now: datetime, **owner) -> Account:
    name = {"user_name": user_name.strip(), "user_name_norm": normal_user_name(user_name)}
    account = Account(**name, password_hash=hash_password(password), created_at=now, **owner)
    session.add(account)
    session.flush()
    return account


def sees_somebody(session: Session, account: Account, now: datetime) -> bool:
    """Whether there is a record that the account may see."""
    held = (Grant.practice_id == account.practice_id, Grant.account_id == account.id, Grant.since <= now)
    return bool(session.scalar(select(exists().where(*held, or_(Grant.until.is_(None), Grant.until > now)))))


def grant(
    session: Session,
    account_id: UUID,
    patient_id: UUID,
    relation: str,
    since: datetime,
    plugin: str = "*",
    level: str = "act",
    until: datetime | None = None,
) -> None:
    """Let an account see, or act on, one tab (or every tab) of a patient's record, as the office wishes."""
    given = {"plugin": plugin, "level": level, "relation": relation, "given_by": "office", "since": since, "until": until}
    session.add(Grant(account_id=account_id, patient_id=patient_id, **given))
