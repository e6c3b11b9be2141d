"""What a patient wants to be told of, as their own page has it: a switch for each kind and way. Welcome goes with the thanks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.plugins import NoticeSwitch
from plugins.appointments.notices import stopping
from plugins.appointments.notices.kinds import ICONS, TITLES
from plugins.appointments.notices.stopping import Stop
from plugins.appointments.notices.values import ARRIVAL, CHANNELS, CONFIRMATION, NEW_THANKS, RECALL, REMINDER, THANKS

TEXTS = {
    REMINDER: "When and where your next visit is.",
    CONFIRMATION: "We ask whether you are coming.",
    ARRIVAL: "On the day of your visit: you tell us when you are here.",
    THANKS: "When a visit was booked.",
    RECALL: "When it is time for your next visit.",
}
"""What patients read, by the kinds that they can turn off."""


def switches(session: Session, practice_id: UUID, patient_id: UUID) -> list[NoticeSwitch]:
    """How each kind stands; one statement."""
    off = stopping.off(session, practice_id, [patient_id])
    return [
        NoticeSwitch(f"appointments.{kind}", TITLES[kind], text, ICONS[kind], tuple((way, Stop(patient_id, kind, way) not in off) for way in CHANNELS))
        for kind, text in TEXTS.items()
    ]


def turn(session: Session, practice_id: UUID, patient_id: UUID, name: str, channel: str, on: bool, now: datetime) -> bool:
    """Turn a kind on or off in one way; returns whether this changed anything."""
    kind = name.partition(".")[2]
    kinds = (THANKS, NEW_THANKS) if kind == THANKS else (kind,)
    changed = [stopping.choose(session, practice_id, Stop(patient_id, one, channel), on, "patient", now) for one in kinds]
    return any(changed)
