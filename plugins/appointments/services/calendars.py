"""The private address at which a calendar program reads the visits of everyone whom an account may see, as they are at that moment."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.auth.identity import token_hash
from core.auth.models import Account
from core.auth.tickets import LINK_BYTES
from core.db import uuid7
from core.people.models import Grant, Patient
from plugins.appointments.models import Appointment, Calendar

BACK = timedelta(days=90)
MOST = 500
_SHOWN = ("scheduled", "complete", "broken", "unscheduled")


def of_account(session: Session, practice_id: UUID, account_id: UUID) -> Calendar | None:
    """The calendar of an account, if it has one."""
    where = (Calendar.practice_id == practice_id, Calendar.account_id == account_id)
    return session.scalars(select(Calendar).where(*where)).one_or_none()


def make(session: Session, practice_id: UUID, account_id: UUID, with_names: bool, with_procedures: bool, now: datetime) -> str:
    """A new address, to be shown once; the one before is nobody's any more. The answer is its secret."""
    token = secrets.token_urlsafe(LINK_BYTES)
    values = {"token_hash": token_hash(token), "with_names": with_names, "with_procedures": with_procedures, "made_at": now}
    new = insert(Calendar).values(practice_id=practice_id, id=uuid7(), account_id=account_id, **values)
    session.execute(new.on_conflict_do_update(index_elements=["practice_id", "account_id"], set_=values))
    return token


def end(session: Session, practice_id: UUID, account_id: UUID) -> bool:
    """Nobody reads visits at the address any more; whether there was one."""
    gone = delete(Calendar).where(Calendar.practice_id == practice_id, Calendar.account_id == account_id).returning(Calendar.id)
    return session.execute(gone).first() is not None


def opened_by(session: Session, practice_id: UUID, token: str) -> Calendar | None:
    """The calendar that an address opens, of an account that is open."""
    account = and_(Account.practice_id == Calendar.practice_id, Account.id == Calendar.account_id, Account.closed_at.is_(None))
    where = (Calendar.practice_id == practice_id, Calendar.token_hash == token_hash(token))
    return session.scalars(select(Calendar).join(Account, account).where(*where)).one_or_none()


def people_of(session: Session, practice_id: UUID, account_id: UUID, now: datetime) -> list[tuple[Patient, frozenset[str]]]:
    """Whom the account may see now, and with which rights."""
    holds = (Grant.practice_id == practice_id, Grant.account_id == account_id, Grant.since <= now, or_(Grant.until.is_(None), Grant.until > now))
    rights = select(Grant.patient_id, func.array_agg(Grant.plugin + "." + Grant.level).label("rights")).where(*holds).group_by(Grant.patient_id).subquery()
    rows = select(Patient, rights.c.rights).join(rights, rights.c.patient_id == Patient.id).where(Patient.practice_id == practice_id)
    return [(patient, frozenset(names)) for patient, names in session.execute(rows.order_by(Patient.birthdate, Patient.id))]


def visits_of(session: Session, practice_id: UUID, people: Mapping[UUID, object], now: datetime) -> Sequence[Appointment]:
    """Their visits, from three months ago on, also those that were called off: programs that have them already must be told."""
    mine = (Appointment.practice_id == practice_id, Appointment.patient_id.in_(people), Appointment.starts_at > now - BACK)
    shown = select(Appointment).where(*mine, Appointment.status.in_(_SHOWN)).order_by(Appointment.starts_at, Appointment.id).limit(MOST)
    return session.scalars(shown).all()
