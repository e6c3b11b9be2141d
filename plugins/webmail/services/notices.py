"""Telling the other side that a message waits. A notice names nobody and holds nothing of the message."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select, text, update
from sqlalchemy.orm import Session

from core.people.models import Patient, Provider
from core.people.told import accounts_told
from core.plugins import NoticeKind
from core.tasks import enqueue
from core.tenant import ClinicDetails
from plugins.webmail.models import Message

NEWS_FOR = timedelta(days=3)
"""A message that was older when it came in belongs to a history that is taken over: nobody is told of it."""
HELD_FOR = timedelta(days=90)
"""So long it is held where the tab is off; once that is on again people are told."""
MOST_AT_ONCE = 200


MESSAGE = NoticeKind("webmail.message", "New messages", "The office has written to you.", "envelope")
TEMPLATE = "webmail/mail/notice"


# An id begins with the milliseconds at which the row was made (core/db.py).
_IS_NEWS = text("""webmail_message.id < cast(rpad(lpad(to_hex(cast(extract(epoch from webmail_message.sent_at + :news_for) * 1000 as bigint)), 12, '0'), 32, '0') as uuid)""")


@dataclass(frozen=True, slots=True)
class Notice:
    """Which side to tell, and the clinic of the patient, whose look the mail has; `office_address` is empty for the patient's side."""

    for_office: bool
    office_address: str
    clinic_id: UUID | None


def ask_for_notices(session: Session, practice_id: UUID, now: datetime, off_at: Collection[UUID] = ()) -> int:
    """Ask for a notice to each account that should know of what the office wrote since the last time; returns how many were asked for.

    Messages of patients of the clinics in `off_at`, where the tab is off, wait until it is on.
    """
    patient = and_(Patient.practice_id == practice_id, Patient.id == Message.patient_id)
    news = (Message.practice_id == practice_id, Message.announced_at.is_(None), Message.sent_at > now - HELD_FOR, Message.sent_at <= now)
    query = select(Message.id, Message.patient_id).join(Patient, patient).where(*news, Message.direction == "to_patient", Message.read_at.is_(None))
    query = query.where(_IS_NEWS.bindparams(news_for=NEWS_FOR), or_(Patient.clinic_id.is_(None), Patient.clinic_id.not_in(off_at)))
    rows = session.execute(query.order_by(Message.sent_at).limit(MOST_AT_ONCE).with_for_update(skip_locked=True, of=Message)).all()
    if not rows:
        return 0
    session.execute(
        update(Message).where(Message.practice_id == practice_id, Message.id.in_([row.id for row in rows])).values(announced_at=now)
    )
    readers = accounts_told(session, practice_id, {row.patient_id for row in rows}, "webmail", now)
    asked = [(row.id, account_id) for row in rows for account_id in readers.get(row.patient_id, ())]
    for message_id, account_id in asked:
        enqueue(session, "webmail.send_notice", message_id=str(message_id), account_id=str(account_id))
    return len(asked)


def notice(session: Session, practice_id: UUID, message_id: UUID, clinics: tuple[ClinicDetails, ...]) -> Notice | None:
    """Which side to tell of a message; None when it has been opened in the meantime."""
    row = session.execute(
        select(Message.direction, Patient.clinic_id, Provider.email)
        .join(Patient, and_(Patient.practice_id == practice_id, Patient.id == Message.patient_id))
        .outerjoin(Provider, and_(Provider.practice_id == practice_id, Provider.id == Message.provider_id))
        .where(Message.practice_id == practice_id, Message.id == message_id, Message.read_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    for_office = row.direction == "to_office"
    return Notice(for_office, (row.email or office_address(clinics, row.clinic_id)) if for_office else "", row.clinic_id)


def office_address(clinics: tuple[ClinicDetails, ...], clinic_id: UUID | None) -> str:
    """The e-mail address of the patient's clinic, else of the first clinic that has one."""
    own_first = sorted(clinics, key=lambda clinic: clinic.id != clinic_id)
    return next((clinic.email for clinic in own_first if clinic.email), "")
