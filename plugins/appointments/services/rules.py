"""Appointment rules where no time is looked for in the book: offers of the wait list, what the office places, and what is taken back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.tenant import Tenant
from plugins.appointments.models import Appointment, worker_of
from plugins.appointments.offering import codes_of
from plugins.appointments.slots import Beside, Rule

_BESIDE = text("""
select
    (select json_agg(json_build_array(first_code, last_code, name) order by name, id) from appointments_rule where practice_id = :practice_id and is_enabled),
    (select json_agg(jsonb_path_query_array(procedures, '$[*].code')) from appointments_appointment
        where practice_id = :practice_id and id is distinct from cast(:without as uuid) and status in ('scheduled', 'complete')
        and starts_at > :starts_at - interval '12 hours' and starts_at < :starts_at + :minutes * interval '1 minute'
        and starts_at + minutes * interval '1 minute' > :starts_at
        and case when is_hygiene and hygienist_id is not null then hygienist_id else provider_id end = :worker_id)
""")


class Forbidden(Exception):
    """An appointment rule, whose name is the text, lets nobody else be seen at that time."""


def beside(session: Session, practice_id: UUID, worker_id: UUID | None, starts_at: datetime, minutes: int, without: UUID | None = None) -> Beside:
    """What a provider does at that time, but for one visit; one statement."""
    if worker_id is None:
        return Beside()
    about = {"practice_id": practice_id, "worker_id": worker_id, "starts_at": starts_at, "minutes": minutes, "without": without}
    rules, visits = session.execute(_BESIDE, about).one()
    return Beside(tuple(Rule(*row) for row in rules or ()), tuple(tuple(codes) for codes in visits or ()))


def check(session: Session, visit: Appointment) -> None:
    """Whether a visit may be beside the others of its provider. Raises Forbidden."""
    there = beside(session, visit.practice_id, worker_of(visit), visit.starts_at, visit.minutes, visit.id)
    if (name := there.forbids(codes_of(visit.procedures))) is not None:
        raise Forbidden(name)


def takes_whole(session: Session, place: Tenant, visit: Appointment) -> bool:
    """Whether a visit takes all of its provider's time, not the own time only."""
    if place.settings["appointments.prevent_double_booking"]:
        return True
    there = beside(session, visit.practice_id, worker_of(visit), visit.starts_at, visit.minutes, visit.id)
    return any(rule.covers(codes_of(visit.procedures)) for rule in there.rules)
