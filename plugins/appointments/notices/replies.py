"""Text messages that come in: a code confirms, STOP ends, START begins again, HELP says whom to call. None is dealt with twice."""

import re
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import audit
from core.db import uuid7
from core.people import changes
from core.people.models import Patient
from core.tenant import Tenant
from core.texting import codes, stops
from plugins.appointments.models import Appointment, NoticeRule, TextAnswer
from plugins.appointments.notices import letters, stopping
from plugins.appointments.notices.answers import patients_at
from plugins.appointments.notices.letters import Letter, Told
from plugins.appointments.notices.values import ARRIVAL, CONFIRMATION
from plugins.appointments.services import arriving, confirming

STOP = frozenset({"STOP", "END", "QUIT", "UNSUBSCRIBE", "STOPALL", "CANCEL", "OPTOUT", "REVOKE"})
"""Those of the model, and those that carriers heed as well."""
START = frozenset({"START", "OPTIN", "UNSTOP"})
HELP = frozenset({"HELP", "INFO"})
_CODE, _HERE = re.compile(r"C[0-9]{0,3}"), re.compile(r"A[0-9]{0,3}")
_NOTHING = ""


def take_in(session: Session, tenant: Tenant, address: str, number: str, number_key: str, body: str, reference: str, now: datetime) -> str:
    """Deal with a text message from a number; returns what is sent back, nothing for none, and for one that came before.

    STOP and START go to the sender, which all practices have in common: they hold for all that it sends (core/texting/stops.py). The practice to which
    the gateway reports notes that, by the `number_key`, which is empty for the others.
    """
    word = _word(body)
    meaning = _meaning(word)
    if not _is_new(session, tenant.practice_id, reference, meaning, now):
        return _NOTHING
    if meaning == "help":
        return f"{tenant.name}: {_call(tenant)} Text messages are about your visits. Reply STOP to end."
    ids = patients_at(session, tenant.practice_id, number)
    if meaning in ("stop", "start"):
        if number_key:
            stops.heed(session, number_key, meaning == "stop", now)
        return _heed(session, tenant, number, ids, meaning == "stop", now)
    if meaning == "code":
        return _confirm(session, tenant, address, ids, word, now)
    if meaning == "here":
        return _arrive(session, tenant, address, ids, now)
    return f"{tenant.name}: Nobody reads what is sent to this number. {_call(tenant)}" if ids else _NOTHING


def practices_for(session: Session, practice_id: UUID, number_key: str, body: str) -> list[UUID]:
    """Which practices a text message means: the one that has asked the number for this code; with STOP or START all that have asked it for one.

    `practice_id` is the one to whose address the gateway reports; it is the last of several, and the only one where nothing else is known.
    """
    word = _word(body)
    meaning = _meaning(word)
    if meaning in ("code", "here"):
        return [codes.practice_of(session, number_key, word) or practice_id]
    others = codes.practices_of(session, number_key) - {practice_id} if meaning in ("stop", "start") else set()
    return [*sorted(others), practice_id]


def _word(body: str) -> str:
    return re.sub(r"\s+", "", body[:1000]).strip(".!\"'").upper()


def _meaning(word: str) -> str:
    if word in STOP:
        return "stop"
    if word in START:
        return "start"
    if word in HELP:
        return "help"
    return "code" if _CODE.fullmatch(word) else "here" if _HERE.fullmatch(word) else "other"


def _is_new(session: Session, practice_id: UUID, reference: str, meaning: str, now: datetime) -> bool:
    row = insert(TextAnswer).values(id=uuid7(), practice_id=practice_id, reference=reference, meaning=meaning, came_at=now)
    return session.scalar(row.on_conflict_do_nothing().returning(TextAnswer.id)) is not None


def _heed(session: Session, tenant: Tenant, number: str, ids: Collection[UUID], is_stopped: bool, now: datetime) -> str:
    if not ids:
        return _NOTHING  # the gateway keeps count of numbers that nobody has here
    stopping.stop_texts(session, tenant.practice_id, number, is_stopped, now)
    for patient_id in sorted(ids):
        changes.note_of(session, changes.TEXTS, tenant.practice_id, patient_id, now, changes.TextDetails(phone=number, may_text=not is_stopped))
        audit.record(session, tenant.practice_id, f"appointments.text.{'stop' if is_stopped else 'start'}", now, patient_id=patient_id)
    # After STOP carriers let nothing more through.
    return _NOTHING if is_stopped else f"{tenant.name}: You get text messages about your visits again. Reply STOP to end."


def _confirm(session: Session, tenant: Tenant, address: str, ids: Collection[UUID], code: str, now: datetime) -> str:
    found = confirming.answer_code(session, tenant, ids, code, now)
    confirmed = [one.visit for one in found if one.state == "confirmed"]
    for visit in confirmed:
        audit.record(session, tenant.practice_id, "appointments.text.confirm", now, patient_id=visit.patient_id, target_id=visit.id)
    if not confirmed:
        return f"{tenant.name}: This code fits no visit that waits for an answer. {_call(tenant)}" if ids else _NOTHING
    return _thank(session, tenant, address, CONFIRMATION, confirmed)


def _arrive(session: Session, tenant: Tenant, address: str, ids: Collection[UUID], now: datetime) -> str:
    here = arriving.arrive_by_text(session, tenant.practice_id, ids, now)
    for visit in here:
        audit.record(session, tenant.practice_id, "appointments.text.arrive", now, patient_id=visit.patient_id, target_id=visit.id)
    if not here:
        return f"{tenant.name}: No visit waits for this answer now. {_call(tenant)}" if ids else _NOTHING
    return _thank(session, tenant, address, ARRIVAL, here)


def _thank(session: Session, tenant: Tenant, address: str, kind: str, visits: Collection[Appointment]) -> str:
    first = min(visits, key=lambda visit: visit.starts_at)
    patient = session.get_one(Patient, (tenant.practice_id, first.patient_id))
    told = Told(patient.preferred_name or patient.first_name, first.starts_at, first.arrive_at, clinic_id=first.clinic_id)
    return letters.reply(Letter(kind, _words(session, tenant, kind, first.clinic_id), patient.language, told.name, [told]), tenant, address)


def _words(session: Session, tenant: Tenant, kind: str, clinic_id: UUID | None) -> dict:
    """The words of the rule of a clinic, else of the practice."""
    where = (NoticeRule.practice_id == tenant.practice_id, NoticeRule.kind == kind, NoticeRule.removed_at.is_(None), NoticeRule.is_on)
    rules = session.scalars(select(NoticeRule).where(*where).order_by(NoticeRule.made_at)).all()
    return next((rule.words for place in (clinic_id, None) for rule in rules if rule.clinic_id == place), {})


def _call(tenant: Tenant) -> str:
    return f"Please call {tenant.contact.phone}." if tenant.contact and tenant.contact.phone else "Please call the office."
