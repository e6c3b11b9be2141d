"""Saying that notices of a kind are not wanted: by the link at the foot of a mail, at the office, or by a text message."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from core.people.models import Patient
from plugins.appointments.models import NoticeChoice, TextNumber
from plugins.appointments.notices.values import CHANNELS, KINDS

SIGNATURE_BYTES = 16
TOKEN_LENGTH = 43
"""Sixteen bytes of the patient's id and sixteen of signature, without padding."""


class Stop(NamedTuple):
    """What a link turns off: a kind and a channel, for whoever gets them."""

    patient_id: UUID
    kind: str
    channel: str


def path(secret_key: str, practice_id: UUID, patient_id: UUID, kind: str, channel: str) -> str:
    """Where the mail leads. Neither a name nor what the notice is about can be read from it."""
    return f"/hooks/appointments/unsubscribe/{_token(secret_key, practice_id, Stop(patient_id, kind, channel))}"


def read(session: Session, secret_key: str, practice_id: UUID, token: str) -> Stop | None:
    """What a token turns off; None for one of another practice, one that was changed, or one of a patient who is not here any more."""
    patient_id = _patient_in(token)
    if patient_id is None:
        return None
    stops = (Stop(patient_id, kind, channel) for kind in KINDS for channel in CHANNELS)
    # The kind is not in the token, it is in what was signed: there are only a few to try.
    found = next((stop for stop in stops if hmac.compare_digest(_token(secret_key, practice_id, stop), token)), None)
    here = select(Patient.id).where(Patient.practice_id == practice_id, Patient.id == patient_id)
    return found if found and session.scalar(here) else None


def _patient_in(token: str) -> UUID | None:
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return None
    try:
        return UUID(bytes=urlsafe_b64decode(f"{token}=")[:16])
    except (Error, ValueError):
        return None


def _token(secret_key: str, practice_id: UUID, stop: Stop) -> str:
    signed = b"appointments.unsubscribe:" + practice_id.bytes + stop.patient_id.bytes + f"{stop.kind} {stop.channel}".encode()
    signature = hmac.digest(secret_key.encode(), signed, "sha256")[:SIGNATURE_BYTES]
    return urlsafe_b64encode(stop.patient_id.bytes + signature).decode().rstrip("=")


def choose(session: Session, practice_id: UUID, stop: Stop, on: bool, by: str, now: datetime) -> bool:
    """Turn a kind of notice on or off for a patient; returns whether this changed anything."""
    key = {"practice_id": practice_id, "patient_id": stop.patient_id, "kind": stop.kind, "channel": stop.channel}
    values = {"is_on": on, "by": by, "changed_at": now}
    if on and stop not in off(session, practice_id, [stop.patient_id]):
        return False
    row = insert(NoticeChoice).values(id=uuid7(), **key, **values)
    kept = row.on_conflict_do_update(index_elements=list(key), set_=values, where=NoticeChoice.is_on.is_distinct_from(on))
    return session.scalar(kept.returning(NoticeChoice.id)) is not None


def off(session: Session, practice_id: UUID, patient_ids: Iterable[UUID]) -> set[Stop]:
    """What these patients do not want."""
    where = (NoticeChoice.practice_id == practice_id, NoticeChoice.patient_id.in_(list(patient_ids)), NoticeChoice.is_on.is_(False))
    return {Stop(*row) for row in session.execute(select(NoticeChoice.patient_id, NoticeChoice.kind, NoticeChoice.channel).where(*where))}


def stop_texts(session: Session, practice_id: UUID, number: str, is_stopped: bool, now: datetime) -> None:
    """Whoever has this number wants no texts any more, or wants them again."""
    values = {"is_stopped": is_stopped, "changed_at": now}
    row = insert(TextNumber).values(id=uuid7(), practice_id=practice_id, number=number, **values)
    session.execute(row.on_conflict_do_update(index_elements=["practice_id", "number"], set_=values))


def is_stopped(session: Session, practice_id: UUID, number: str) -> bool | None:
    """Whether STOP was the last that came from a number; None when neither STOP nor START ever came."""
    return session.scalar(select(TextNumber.is_stopped).where(TextNumber.practice_id == practice_id, TextNumber.number == number))
