"""Joining the club, greeting members, and finding who is due."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from core.people.models import Patient
from recall_club.models import Member

MONTH = timedelta(days=30)
MEMBERS = select(Member.patient_id).where(
    Member.practice_id == bindparam("practice_id"), Member.patient_id == any_(bindparam("recallclub_people", type_=ARRAY(Uuid)))
)
"""Those of several patients who have joined."""


class NotAMember(Exception):
    """There is no such member."""


def membership(session: Session, practice_id: UUID, patient_id: UUID):
    """When this patient joined and was greeted, or None; one statement."""
    columns = select(Member.id, Member.joined_at, Member.welcomed_at)
    return session.execute(columns.where(Member.practice_id == practice_id, Member.patient_id == patient_id)).one_or_none()


def join(session: Session, practice_id: UUID, patient_id: UUID, now: datetime) -> UUID | None:
    """Make the patient a member; None when that was so before."""
    values = {"practice_id": practice_id, "id": uuid7(), "patient_id": patient_id, "joined_at": now}
    return session.scalar(insert(Member).values(**values).on_conflict_do_nothing().returning(Member.id))


def move(session: Session, practice_id: UUID, kept: UUID, absorbed: UUID) -> None:
    """Two charts became one: the membership goes along, unless there is one already."""
    mine = (Member.practice_id == practice_id, Member.patient_id == absorbed)
    if membership(session, practice_id, kept):
        session.execute(delete(Member).where(*mine))
    else:
        session.execute(update(Member).where(*mine).values(patient_id=kept))


def greet(session: Session, practice_id: UUID, member_id: UUID, now: datetime) -> str:
    """Note that the member was greeted; the address that the greeting goes to. Raises NotAMember."""
    where = (Member.practice_id == practice_id, Member.id == member_id)
    email = session.scalar(
        select(Patient.email).join(Member, (Member.practice_id == Patient.practice_id) & (Member.patient_id == Patient.id)).where(*where)
    )
    if email is None:
        raise NotAMember
    session.execute(update(Member).where(*where).values(welcomed_at=now))
    return email


def count_due(session: Session, practice_id: UUID, months: int, now: datetime) -> int:
    """Mark who has been a member for so many months; how many they are."""
    where = (Member.practice_id == practice_id, Member.due_at.is_(None), Member.joined_at <= now - months * MONTH)
    session.execute(update(Member).where(*where).values(due_at=now))
    return session.scalar(select(func.count()).where(Member.practice_id == practice_id, Member.due_at == now)) or 0
