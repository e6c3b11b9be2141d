"""How somebody on the list is told of an opening: by mail to the accounts that look after them, or to the address on file; by text message."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, any_, func, literal, select
from sqlalchemy.orm import Session, aliased

from core.people.ages import years
from core.people.models import Patient
from core.people.told import accounts_told
from core.plugins import NoticeKind
from core.texting import whole_number
from plugins.appointments.models import Offer, Preference
from plugins.appointments.notices import loading as notices
from plugins.appointments.notices import values as notices_kinds
from plugins.appointments.notices.reaching import wants

OFFER = NoticeKind("appointments.offer", "Earlier times", "A time has come open that suits what you wait for.", "clock-history")
EMAIL, TEXT = "email", "text"
ADULT = 18


@dataclass(frozen=True)
class Reach:
    """How one patient can be reached: accounts to mail to, else the address on file, a number for texts, how many of them went out today."""

    accounts: tuple[UUID, ...] = ()
    email: str = ""
    number: str = ""
    prefers: str = ""
    may_text: bool = False
    excluded: frozenset[str] = frozenset()
    texts_today: int = 0

    def channels(self) -> tuple[str, ...]:
        """The ways that there are. Whoever prefers a call or nothing at all is left to the office."""
        if self.prefers in ("phone", "none"):
            return ()
        mail = bool(self.accounts or self.email) and EMAIL not in self.excluded
        text = bool(self.number) and TEXT not in self.excluded and self.may_text
        if mail and text and self.prefers in (EMAIL, TEXT):
            return (self.prefers,)
        return tuple(channel for channel, can in ((EMAIL, mail), (TEXT, text)) if can)

    def now(self, texts_open: bool, most_texts: int) -> tuple[str, ...]:
        """Of these, the ways that are open at this moment: texts in the sending window only, and so many a day."""
        may_text = texts_open and self.texts_today < most_texts
        return tuple(channel for channel in self.channels() if channel == EMAIL or may_text)


def reach(session: Session, practice_id: UUID, patient_ids: Collection[UUID], now: datetime, zone: ZoneInfo, unasked: bool) -> dict[UUID, Reach]:
    """How each of these patients can be reached. `unasked`: whoever has not said yes to text messages gets them, too; nobody who said STOP does."""
    today = now.astimezone(zone).date()
    accounts, texts = accounts_told(session, practice_id, patient_ids, "appointments", now, ("act",)), _texts(session, practice_id, patient_ids, today, zone)
    found, persons = {}, notices.people(session, practice_id, patient_ids, True, unasked)
    for patient, guarantor, wishes in session.execute(_people(practice_id, patient_ids)):
        who = contact(patient, guarantor, today)
        prefers, excluded = (wishes.prefers, frozenset(wishes.excluded)) if wishes else ("", frozenset())
        own = tuple(accounts.get(patient.id, ()))
        # An account has its own choice (core/auth/notices.py); the address on file is turned off by the link in the mail, or by the office.
        email = who.email.strip() if wants(notices_kinds.OFFER, EMAIL, persons[who.id]) else ""
        may_text = wants(notices_kinds.OFFER, TEXT, persons[who.id])
        found[patient.id] = Reach(own, email, whole_number(who.phone), prefers, may_text, excluded, texts.get(patient.id, 0))
    return found


def contact(patient: Patient, guarantor: Patient | None, today: date) -> Patient:
    """Whose address is used: a child's guarantor where the child has none, and nobody else's where the record is confidential."""
    is_child = patient.birthdate is not None and years(patient.birthdate, today) < ADULT
    return guarantor if guarantor and is_child and not patient.is_confidential and not (patient.email or patient.phone) else patient


def _people(practice_id: UUID, patient_ids: Collection[UUID]):
    guarantor = aliased(Patient)
    return (
        select(Patient, guarantor, Preference)
        .outerjoin(guarantor, and_(guarantor.practice_id == practice_id, guarantor.id == Patient.guarantor_id))
        .outerjoin(Preference, and_(Preference.practice_id == practice_id, Preference.patient_id == Patient.id))
        .where(Patient.practice_id == practice_id, Patient.id.in_(patient_ids))
    )


def _texts(session: Session, practice_id: UUID, patient_ids: Collection[UUID], today: date, zone: ZoneInfo) -> dict[UUID, int]:
    midnight = datetime.combine(today, time(), zone)
    asked = (Offer.practice_id == practice_id, Offer.patient_id.in_(patient_ids), Offer.asked_at >= midnight, literal(TEXT) == any_(Offer.channels))
    rows = session.execute(select(Offer.patient_id, func.count()).where(*asked).group_by(Offer.patient_id))
    return {row[0]: row[1] for row in rows}
