"""The demo's part of this tab: rules of notices, some of them on, and what an office has to do: requests, a wait list with a time to offer, somebody new who
booked on the public page, and how visits were made. All of it is of somebody without access to the portal, so that whoever signs in finds only what is theirs.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import uuid7
from core.people import by_hand
from core.people.models import Patient
from plugins.appointments.models import Appointment, AppointmentType, NoticeRule, Offer, Opening, Operatory
from plugins.appointments.notices import ruling
from plugins.appointments.notices.values import ARRIVAL, CONFIRMATION, INVITATION, RECALL, REMINDER, THANKS
from plugins.appointments.services import requests
from plugins.appointments.waiting import joining
from plugins.appointments.waiting.joining import Asker, What, Wish

_RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    (REMINDER, {"is_on": True}),
    (CONFIRMATION, {"is_on": True}),
    (CONFIRMATION, {"is_on": True, "lead_days": 7, "send_order": ["email"]}),
    (ARRIVAL, {}),
    (THANKS, {"is_on": True}),
    (RECALL, {}),
    (INVITATION, {}),
)
WAITING = "SUN-1005"
"""Of the patient who asks and waits."""
_WAYS = ("office", "recall", "office", "existing", "recall", "office", "new")
DAY = timedelta(days=1)


def make(db: Session, registry, practice_id: UUID, patients: Mapping[str, Patient], now: datetime) -> None:
    """Add the rules; what is due by them goes out from the first look on."""
    del registry
    for kind, values in _RULES:
        rule: NoticeRule = ruling.add(db, practice_id, kind, None, values, now)
        # The visits of the demo are all made at this moment: nobody is thanked for those.
        rule.since = now + timedelta(minutes=1)
    _say_how_visits_were_made(db, practice_id, now)
    if WAITING in patients:
        _ask(db, patients[WAITING], now)
        _wait(db, patients[WAITING], now)
        _come_anew(db, patients[WAITING], now)


def _say_how_visits_were_made(db: Session, practice_id: UUID, now: datetime) -> None:
    """Some of the visits of these months were booked in the portal, so that there is something to count."""
    around = (Appointment.starts_at > now - 60 * DAY, Appointment.starts_at < now + 60 * DAY)
    found = db.scalars(select(Appointment).where(Appointment.practice_id == practice_id, *around).order_by(Appointment.starts_at, Appointment.id))
    for place, visit in enumerate(found):
        visit.made_by = _WAYS[place % len(_WAYS)]
        visit.made_at = min(visit.starts_at, now) - (3 + place) * DAY


def _ask(db: Session, patient: Patient, now: datetime) -> None:
    """A request that waits for the office, and one that was answered."""
    whose = patient.practice_id, patient.id, None
    answered = requests.ask(db, requests.Wish(*whose, kind="callback", words="Do you take my new insurance?", clinic_id=patient.clinic_id), now - 9 * DAY)
    answered.state, answered.answered_at, answered.answer = "accepted", now - 8 * DAY, "Yes, we do. See you soon."
    wanted = {"days": [0, 2, 4], "times": ["morning"]}
    words = "A crown feels loose. Mornings are best for me."
    requests.ask(db, requests.Wish(*whose, kind="visit", words=words, wanted=wanted, clinic_id=patient.clinic_id), now - timedelta(hours=5))


def _wait(db: Session, patient: Patient, now: datetime) -> None:
    """Somebody waits, and there is a time of which the office says whether it is offered."""
    practice_id = patient.practice_id
    types = db.scalars(joining.open_types(practice_id)).all()
    chair = db.scalars(select(Operatory).where(Operatory.practice_id == practice_id).order_by(Operatory.position)).first()
    if not types or chair is None:
        return
    entry_id = joining.join(db, practice_id, patient.id, What("type", types[0]), Asker(None), now - 4 * DAY, Wish(days=(0, 1, 2, 3), latest=12 * 60))
    begins = (now + 12 * DAY).replace(hour=16, minute=0, second=0, microsecond=0)
    time = {"clinic_id": chair.clinic_id, "operatory_id": chair.id, "provider_id": chair.provider_id, "starts_at": begins, "minutes": 60}
    opening = Opening(practice_id=practice_id, id=uuid7(), cause="called_off", made_at=now - timedelta(hours=2), **time)
    db.add(opening)
    db.flush()
    about = {"opening_id": opening.id, "entry_id": entry_id, "patient_id": patient.id, "asked_at": now - timedelta(hours=1), "token_hash": opening.id.hex}
    db.add(Offer(practice_id=practice_id, channels=["email"], state="declined", **about))


def _come_anew(db: Session, near: Patient, now: datetime) -> None:
    """Somebody who was never here has booked at the clinic of `near`: the office has still to give the chart a number."""
    practice_id = near.practice_id
    kind = db.scalars(select(AppointmentType).where(AppointmentType.practice_id == practice_id, AppointmentType.for_new).order_by(AppointmentType.position)).first()
    mine = (Operatory.practice_id == practice_id, Operatory.clinic_id == near.clinic_id)
    chair = db.scalars(select(Operatory).where(*mine).order_by(Operatory.position)).first()
    if kind is None or chair is None:
        return
    who = by_hand.Written("Imani", "Castellanos", "", date(1991, 8, 19), "303-555-0188", "imani.castellanos@example.test", near.clinic_id)
    patient = by_hand.add_from_web(db, practice_id, who, now - timedelta(hours=3))
    db.add(Appointment(
        practice_id=practice_id, id=uuid7(), patient_id=patient.id, clinic_id=near.clinic_id, operatory_id=chair.id, provider_id=chair.provider_id,
        starts_at=_free_morning(db, chair, now), minutes=5 * len(kind.pattern), pattern=kind.pattern, reason=kind.words, procedures=kind.procedures,
        appointment_type_id=kind.id, status="scheduled", confirmation="unconfirmed", is_new_patient=True, made_by="new", made_at=now - timedelta(hours=3),
        note=f"{kind.words}\nInsurance: Lakeshore Dental Plan\nI have not seen a dentist for two years.",
    ))  # fmt: skip
    db.flush()


def _free_morning(db: Session, chair: Operatory, now: datetime) -> datetime:
    """Ten days from now or soon after, on a working day on which nobody is in that chair."""
    days = [(now + number * DAY).replace(hour=15, minute=0, second=0, microsecond=0) for number in range(10, 40)]
    taken = set(db.scalars(select(Appointment.starts_at).where(Appointment.practice_id == chair.practice_id, Appointment.operatory_id == chair.id)))
    busy = {moment.date() for moment in taken}
    return next((day for day in days if day.weekday() < 5 and day.date() not in busy), days[-1])
