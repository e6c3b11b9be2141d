"""Reading what the computation of notices looks at: six statements, however many visits there are."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from core.auth.models import Account
from core.people.models import Patient
from core.people.statuses import QUIET
from core.tenant import Tenant
from core.texting import whole_number
from plugins.appointments.models import Appointment, ConfirmationStatus, Notice, NoticeChoice, NoticeRule, Preference, TextNumber
from plugins.appointments.notices.due import STALE, Book
from plugins.appointments.notices.reaching import ANY_KIND
from plugins.appointments.notices.values import (
    ARRIVAL,
    CHANNELS,
    CONFIRMATION,
    KINDS,
    NEW_THANKS,
    REMINDER,
    THANKS,
    Clock,
    Person,
    Rule,
    Sent,
    Visit,
)
from plugins.appointments.services.statuses import AT_OFFICE

AROUND = timedelta(days=40)
"""Days without messages may let a notice go out so much earlier."""
FIRST_FILL = timedelta(days=2)
"""So long after the first visit of a clinic came from the practice's system, all that come were there before."""
_PREFERS = {"email": "email", "text": "text"}


def rules(session: Session, practice_id: UUID) -> list[NoticeRule]:
    """The rules of a practice, in the order in which they were made."""
    where = (NoticeRule.practice_id == practice_id, NoticeRule.removed_at.is_(None))
    return list(session.scalars(select(NoticeRule).where(*where).order_by(NoticeRule.made_at, NoticeRule.id)))


def rule_of(row: NoticeRule) -> Rule:
    """A rule as the computation knows it."""
    return Rule(
        row.id, row.kind, row.clinic_id, row.lead_days, row.lead_hours, timedelta(hours=row.not_within_hours), tuple(row.send_order), row.send_all,
        row.is_on, row.since, row.mode, row.mode_days,
    )  # fmt: skip


def clock_of(tenant: Tenant) -> Clock:
    """When messages may go out, as one place has set it."""
    values = {name: tenant.settings[f"appointments.{name}"] for name in ("notices_from", "notices_until", "no_notices_on", "no_notices_days")}
    days = frozenset(date.fromisoformat(day) for day in values["no_notices_days"])
    opens, closes = _minutes(values["notices_from"]), _minutes(values["notices_until"])
    to_guarantor = tenant.settings["appointments.notices_to_guarantor"]
    return Clock(tenant.time_zone, opens, closes, frozenset(values["no_notices_on"]), days, to_guarantor)


def clocks(tenants: Any, whole: Tenant) -> dict[UUID | None, Clock]:
    """The clocks of the clinics that have the tab on, and of the practice for visits without a clinic."""
    places: list[UUID | None] = [None, *(clinic.id for clinic in whole.clinics)]
    return {place: clock_of(tenants.current(whole.practice_id, place)) for place in places}


def book(session: Session, tenants: Any, whole: Tenant, found: Collection[NoticeRule], now: datetime, can_text: bool) -> Book:
    """Everything that bears on what is due now. Visits of clinics where the tab is off are not in it."""
    on = {place for place in (None, *(clinic.id for clinic in whole.clinics)) if "appointments" in tenants.current(whole.practice_id, place).plugins}
    seen = [visit for visit in _visits(session, whole.practice_id, found, now) if visit.clinic_id in on]
    unasked = whole.settings["appointments.texts_unasked"]
    everybody = people(session, whole.practice_id, {visit.person_id for visit in seen}, can_text, unasked)
    sent = _sent(session, whole.practice_id, [visit.id for visit in seen])
    return Book([rule_of(row) for row in found], [visit for visit in seen if visit.person_id in everybody], everybody, clocks(tenants, whole), sent)


def people(session: Session, practice_id: UUID, ids: Collection[UUID], can_text: bool, unasked: bool) -> dict[UUID, Person]:
    """Patients and their guarantors, with how they can be reached; the archived and the deceased are left out. `unasked`: whoever has not said yes to texts gets them, too."""
    mine = (Patient.practice_id == practice_id, Patient.id.in_(ids))
    guarantors = select(Patient.guarantor_id).where(*mine)
    about = and_(Preference.practice_id == Patient.practice_id, Preference.patient_id == Patient.id)
    own = and_(Account.practice_id == Patient.practice_id, Account.patient_id == Patient.id, Account.closed_at.is_(None))
    visited = select(func.max(Account.signed_in_at)).where(own).correlate(Patient).scalar_subquery()
    query = select(Patient, Preference, visited).outerjoin(Preference, about)
    rows = session.execute(query.where(Patient.practice_id == practice_id, Patient.status.not_in(QUIET), or_(Patient.id.in_(ids), Patient.id.in_(guarantors)))).all()
    off = _choices(session, practice_id, [patient.id for patient, _, _ in rows])
    stopped = _stopped(session, practice_id, {whole_number(patient.phone) for patient, _, _ in rows})
    return {patient.id: _person(patient, wish, seen, off, stopped, can_text, unasked) for patient, wish, seen in rows}


def _person(
    patient: Patient, wish: Preference | None, visited: datetime | None, off: Mapping[UUID, set], stopped: Mapping[str, bool], can_text: bool, unasked: bool
) -> Person:
    number = whole_number(patient.phone)
    said = patient.text_ok
    yes = not stopped[number] if number in stopped else said if said is not None else unasked
    none = {(ANY_KIND, channel) for channel in (wish.excluded if wish else ())}
    none |= {(ANY_KIND, channel) for channel in CHANNELS} if wish and wish.prefers == "none" else set()
    return Person(
        patient.id, patient.preferred_name or patient.first_name, patient.email, number, patient.language, patient.birthdate, patient.guarantor_id,
        patient.is_confidential, _PREFERS.get(wish.prefers, "") if wish else "", yes and can_text, frozenset(off.get(patient.id, set()) | none), visited,
    )  # fmt: skip


def _choices(session: Session, practice_id: UUID, ids: Collection[UUID]) -> dict[UUID, set]:
    where = (NoticeChoice.practice_id == practice_id, NoticeChoice.patient_id.in_(ids), NoticeChoice.is_on.is_(False))
    off: dict[UUID, set] = {}
    for patient_id, kind, channel in session.execute(select(NoticeChoice.patient_id, NoticeChoice.kind, NoticeChoice.channel).where(*where)):
        off.setdefault(patient_id, set()).add((kind, channel))
    return off


def _stopped(session: Session, practice_id: UUID, numbers: Collection[str]) -> dict[str, bool]:
    where = (TextNumber.practice_id == practice_id, TextNumber.number.in_(numbers))
    return {row.number: row.is_stopped for row in session.scalars(select(TextNumber).where(*where))}


def _visits(session: Session, practice_id: UUID, found: Iterable[NoticeRule], now: datetime) -> list[Visit]:
    """The visits of which a rule that is on may have something to say."""
    longest = max((timedelta(days=row.lead_days, hours=row.lead_hours) for row in found if row.is_on), default=timedelta())
    coming = (Appointment.status == "scheduled", Appointment.starts_at > now)
    soon = and_(*coming, Appointment.starts_at <= now + longest + AROUND)
    new = and_(*coming, Appointment.made_at > now - longest - STALE)
    over = and_(Appointment.status.in_(["scheduled", "complete"]), Appointment.starts_at.between(now - longest - STALE - timedelta(days=1), now))
    status = and_(ConfirmationStatus.practice_id == Appointment.practice_id, ConfirmationStatus.id == Appointment.confirmation_status_id)
    query = select(Appointment, ConfirmationStatus).outerjoin(ConfirmationStatus, status)
    rows = session.execute(query.where(Appointment.practice_id == practice_id, or_(soon, new, over))).all()
    filled = first_fills(session, practice_id)
    return [visit_of(visit, of, filled.get(visit.clinic_id)) for visit, of in rows]


def first_fills(session: Session, practice_id: UUID) -> dict[UUID | None, datetime]:
    """Until when the visits of each clinic came that the practice's system had before."""
    theirs = (Appointment.practice_id == practice_id, Appointment.external_id.is_not(None))
    rows = session.execute(select(Appointment.clinic_id, func.min(Appointment.made_at)).where(*theirs).group_by(Appointment.clinic_id))
    return {clinic_id: first + FIRST_FILL for clinic_id, first in rows}


def visit_of(row: Appointment, status: ConfirmationStatus | None, filled: datetime | None = None) -> Visit:
    """A visit as the computation knows it. `filled` is the end of its clinic's first fill, which counts where nobody says when it was entered."""
    sends = set(KINDS)
    if status:
        sends -= set() if status.sends_confirmation else {CONFIRMATION}
        sends -= set() if status.sends_reminder else {REMINDER}
        sends -= set() if status.sends_thanks else {THANKS}
        sends -= set() if status.sends_new_thanks else {NEW_THANKS}
        sends -= set() if status.sends_arrival else {ARRIVAL}
        sends -= {CONFIRMATION, ARRIVAL} if status.meaning in AT_OFFICE else set()
    return Visit(
        row.id, row.patient_id, row.clinic_id, row.starts_at.astimezone(UTC), row.minutes, (row.entered_at or row.made_at).astimezone(UTC), row.status,
        row.confirmation, frozenset(sends), row.is_new_patient, _is_from_before(row, filled), row.arrived_at is not None,
        row.external_id is not None,
    )  # fmt: skip


def _is_from_before(row: Appointment, filled: datetime | None) -> bool:
    return row.external_id is not None and row.made_by == "office" and row.entered_at is None and filled is not None and row.made_at <= filled


def _sent(session: Session, practice_id: UUID, visit_ids: Collection[UUID]) -> list[Sent]:
    where = (Notice.practice_id == practice_id, Notice.appointment_id.in_(visit_ids), Notice.state != "skipped")
    rows = session.scalars(select(Notice).where(*where))
    return [
        Sent(row.kind, row.rule_id, row.appointment_id, row.starts_at.astimezone(UTC), row.written_at, row.recipient_id, row.channel)
        for row in rows
        if row.appointment_id and row.starts_at
    ]


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
