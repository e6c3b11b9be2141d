"""Closing a practice: its office takes everything along, then it is erased. Until it is being erased it can be opened again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from core import audit, outbox
from core.auth.realms import OPERATOR
from core.db import SessionFactory, bind_tenant
from core.tenant import touch
from tenants.exporting import services
from tenants.models import Export, Practice
from tenants.practices import CLOSING, ERASING, OPEN, SUSPENDED

WAITING_DAYS = 30
"""Between closing a practice and erasing it, unless the operator says otherwise."""
LINK_DAYS = 30


class CannotClose(Exception):
    """The practice cannot be closed, opened again or erased as asked; the text says why."""


@dataclass(frozen=True)
class Closing:
    """How far a practice is that is being closed. `export` is that of the practice, if there is one."""

    state: str
    closing_at: datetime | None
    erase_after: datetime | None
    export: Export | None


def close(session: Session, practice_id: UUID, now: datetime, waiting_days: int = WAITING_DAYS) -> datetime:
    """Begin to close a practice that is bound to the session: from the next request on nobody gets in but its office admins, for the export that is
    made of it. Returns when it may be erased. Raises CannotClose."""
    practice = session.get_one(Practice, practice_id, with_for_update=True, populate_existing=True)
    if practice.state not in (OPEN, SUSPENDED):
        raise CannotClose(f"{practice.name} is being closed already.")
    practice.state, practice.closing_at, practice.erase_after = CLOSING, now, now + timedelta(days=waiting_days)
    touch(session, practice_id)
    outbox.wake(session, practice_id)
    _export(session, practice_id, now)
    audit.record(session, practice_id, "office.practice.close", now)
    return practice.erase_after


def _export(session: Session, practice_id: UUID, now: datetime) -> None:
    """Have everything exported for the office admins; what is being made already of the whole practice may be it."""
    where = (Export.practice_id == practice_id, Export.state == "running", Export.tabs.is_(None))
    running = session.scalars(select(Export).where(*where).with_for_update()).one_or_none()
    if running is not None:
        services.stop(session, practice_id, running.id, now, None)
        session.flush()
    services.start(session, practice_id, None, now, days=LINK_DAYS)


def reopen(session: Session, practice_id: UUID, now: datetime) -> None:
    """Open a practice again that was being closed. Raises CannotClose."""
    practice = session.get_one(Practice, practice_id, with_for_update=True, populate_existing=True)
    if practice.state != CLOSING:
        raise CannotClose("Only a practice that is being closed, and is not being erased yet, can be opened again.")
    practice.state, practice.closing_at, practice.erase_after = OPEN, None, None
    touch(session, practice_id)
    audit.record(session, practice_id, "office.practice.reopen", now)


def how_far(session: Session, practice_id: UUID) -> Closing:
    """How far it is, for the operator: that there is an export and how many people are done, never what is in it."""
    practice = session.get_one(Practice, practice_id)
    newest = select(Export).where(Export.practice_id == practice_id, Export.patient_id.is_(None)).order_by(Export.asked_at.desc(), Export.id.desc())
    return Closing(practice.state, practice.closing_at, practice.erase_after, session.scalars(newest.limit(1)).one_or_none())


def due(session: Session, now: datetime) -> list[str]:
    """The addresses of practices whose waiting time is over, or whose erasing broke off."""
    over = (Practice.state == CLOSING) & (Practice.erase_after <= now)
    return list(session.scalars(select(Practice.slug).where(over | (Practice.state == ERASING)).order_by(Practice.slug)))


def note_at_operators_place(engine: Engine, action: str, practice_id: UUID, now: datetime) -> None:
    """Write down at the operator's place, if there is one, what a command did with a practice: its own log is erased with it."""
    with SessionFactory(bind=engine) as session:
        place = session.scalar(select(Practice.id).where(Practice.kind == OPERATOR))
        if place:
            bind_tenant(session, place)
            audit.record(session, place, action, now, target_id=practice_id)
            session.commit()
