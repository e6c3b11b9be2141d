"""Saying that notices of a kind are not wanted: by the link at the foot of a mail, at the office, or by a text message."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from core.people import changes
from core.people.models import Patient
from plugins.appointments.models import NoticeChoice, TextNumber
from plugins.appointments.notices import signed
from plugins.appointments.notices.values import CHANNELS, CHOSEN


class Stop(NamedTuple):
    """What a link turns off: a kind and a channel, for whoever gets them."""

    patient_id: UUID
    kind: str
    channel: str


def path(secret_key: str, practice_id: UUID, patient_id: UUID, kind: str, channel: str) -> str:
    """Where the mail leads."""
    return f"/hooks/appointments/unsubscribe/{signed.sign(secret_key, practice_id, patient_id, f'{kind} {channel}')}"


def read(session: Session, secret_key: str, practice_id: UUID, token: str) -> Stop | None:
    """What a token turns off; None for one of another practice, one that was changed, or one of a patient who is not here any more."""
    patient_id = signed.row_in(token)
    if patient_id is None:
        return None
    # The kind is not in the token, it is in what was signed: there are only a few to try.
    stops = (Stop(patient_id, kind, channel) for kind in CHOSEN for channel in CHANNELS)
    found = next((stop for stop in stops if signed.is_for(secret_key, practice_id, token, f"{stop.kind} {stop.channel}")), None)
    here = select(Patient.id).where(Patient.practice_id == practice_id, Patient.id == patient_id)
    return found if found and session.scalar(here) else None


def choose(session: Session, practice_id: UUID, stop: Stop, on: bool, by: str, now: datetime) -> bool:
    """Turn a kind of notice on or off for a patient; returns whether this changed anything."""
    key = {"practice_id": practice_id, "patient_id": stop.patient_id, "kind": stop.kind, "channel": stop.channel}
    values = {"is_on": on, "by": by, "changed_at": now}
    if on and stop not in off(session, practice_id, [stop.patient_id]):
        return False
    row = insert(NoticeChoice).values(id=uuid7(), **key, **values)
    kept = row.on_conflict_do_update(index_elements=list(key), set_=values, where=NoticeChoice.is_on.is_distinct_from(on))
    has_changed = session.scalar(kept.returning(NoticeChoice.id)) is not None
    if has_changed:
        details = changes.NoticeDetails(what=stop.kind, channel=stop.channel, is_on=on)
        changes.note_of(session, changes.NOTICE, practice_id, stop.patient_id, now, details)
    return has_changed


def off(session: Session, practice_id: UUID, patient_ids: Iterable[UUID]) -> set[Stop]:
    """What these patients do not want."""
    where = (NoticeChoice.practice_id == practice_id, NoticeChoice.patient_id.in_(list(patient_ids)), NoticeChoice.is_on.is_(False))
    return {Stop(*row) for row in session.execute(select(NoticeChoice.patient_id, NoticeChoice.kind, NoticeChoice.channel).where(*where))}


def stop_texts(session: Session, practice_id: UUID, number: str, is_stopped: bool, now: datetime) -> None:
    """Whoever has this number wants no texts any more, or wants them again."""
    values = {"is_stopped": is_stopped, "changed_at": now}
    row = insert(TextNumber).values(id=uuid7(), practice_id=practice_id, number=number, **values)
    session.execute(row.on_conflict_do_update(index_elements=["practice_id", "number"], set_=values))
