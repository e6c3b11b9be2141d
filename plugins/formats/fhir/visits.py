"""Appointments, and encounters for which there is none."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from core.records.importing.found import NotTaken, Record, Unusable
from plugins.formats.fhir.about import NO_PATIENT, About
from plugins.formats.fhir.dates import when
from plugins.formats.fhir.plain import concept, concepts, number, part, parts, text

_APPOINTMENTS = {
    "proposed": "unscheduled", "pending": "scheduled", "booked": "scheduled", "arrived": "scheduled", "checked-in": "scheduled", "fulfilled": "complete",
    "cancelled": "broken", "noshow": "broken", "waitlist": "unscheduled",
}  # fmt: skip
_ENCOUNTERS = {
    "planned": "scheduled", "arrived": "scheduled", "triaged": "scheduled", "in-progress": "scheduled", "onleave": "scheduled", "finished": "complete",
    "cancelled": "broken",
}  # fmt: skip
_CAME = ("arrived", "checked-in", "fulfilled")
_MOST = timedelta(hours=12)
UNKNOWN = "Its status is none of those that there are."


def appointment(about: About) -> Iterator[Record]:
    """A visit as it was agreed on."""
    resource = about.resource
    status = _known(_APPOINTMENTS, about.status)
    starts, ends = when(text(resource, "start")).moment, when(text(resource, "end")).moment
    minutes = number(resource, "minutesDuration")
    length = timedelta(minutes=int(minutes)) if minutes is not None and 0 < minutes < 100_000 else None
    reason = concept(resource, "appointmentType").words or concept(resource, "serviceType").words
    reason = reason or text(resource, "description") or next((one.words for one in concepts(resource, "reasonCode")), "")
    confirmed = "confirmed" if about.status in _CAME else "unconfirmed"
    fields = _visit(about, starts, ends, length) | {"status": status, "confirmation": confirmed, "reason": reason}
    yield about.record("appointment", patient=_who(about), **fields)


def encounter(about: About) -> Iterator[Record]:
    """A visit as it took place. Raises NotTaken for one that belongs to an appointment, and for stays at a hospital."""
    resource = about.resource
    if parts(resource, "appointment"):
        raise NotTaken("Encounter of an appointment")
    status = _known(_ENCOUNTERS, about.status)
    period = part(resource, "period")
    starts, ends = when(text(period, "start")).moment, when(text(period, "end")).moment
    if text(part(resource, "class"), "code") in ("IMP", "ACUTE", "NONAC", "EMER") or (starts and ends and ends - starts > _MOST):
        raise NotTaken("Encounter at a hospital")
    reason = concept(resource, "type").words or concept(resource, "reasonCode").words
    confirmed = "confirmed" if status == "complete" else "unconfirmed"
    fields = _visit(about, starts, ends, None) | {"status": status, "confirmation": confirmed, "reason": reason}
    yield about.record("appointment", patient=about.patient("subject"), **fields) | {"external_id": about.references.external(f"encounter.{about.id}")}


def _visit(about: About, starts: datetime | None, ends: datetime | None, length: timedelta | None) -> dict[str, Any]:
    if starts is None:
        raise Unusable("/start" if about.resource.get("resourceType") == "Appointment" else "/period/start", "It does not say at what time it begins.")
    lasts = length or (ends - starts if ends and ends > starts else None)
    if lasts is None:
        raise Unusable("/end" if about.resource.get("resourceType") == "Appointment" else "/period/end", "It does not say how long it takes.")
    seen_by = next(about.references.practitioners(about.resource), "")
    provider = about.references.external(seen_by) if seen_by else None
    return {"starts_at": starts.isoformat(), "minutes": max(5, round(lasts.total_seconds() / 60)), "provider": provider}


def _who(about: About) -> str:
    ids = [about.references.id(about.resource, part(one, "actor"), "Patient") for one in parts(about.resource, "participant")]
    found = [id_ for id_ in ids if id_]
    if not found:
        raise Unusable("/participant", NO_PATIENT)
    if len(set(found)) > 1:
        raise Unusable("/participant", "It is of several patients; a visit here is of one.")
    return about.references.external(found[0])


def _known(statuses: dict[str, str], status: str) -> str:
    if status not in statuses:
        raise Unusable("/status", UNKNOWN)
    return statuses[status]


