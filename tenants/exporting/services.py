"""Asking for an export, stopping it, and what becomes of it in the end."""

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit
from core.auth.models import Account
from core.auth.realms import STAFF
from core.auth.staff_rules import ADMIN
from core.db import uuid7
from core.files import PracticeFiles
from core.files.transaction import delete_with
from core.people.finding import seen_at
from core.people.models import Patient
from core.tasks import Work, enqueue, portal_task
from tenants.exporting.archive import ending, pieces
from tenants.exporting.names import BODY, DIRECTORY, LISTING, key_of
from tenants.models import Export

DAYS = 7
"""So long an export is offered."""
SHOWN = 20
UNDER_WAY = "An export is being made already. Wait until it is ready, or stop it."


class CannotExport(Exception):
    """The export cannot be asked for now; the text says why."""


def start(session: Session, practice_id: UUID, by: UUID | None, now: datetime, patient_id: UUID | None = None, days: int = DAYS) -> Export:
    """Ask for an export of the practice, or of one patient. Raises CannotExport while one is being made."""
    people = 1 if patient_id else session.scalar(select(func.count()).select_from(Patient).where(Patient.practice_id == practice_id))
    export = Export(id=uuid7(), practice_id=practice_id, patient_id=patient_id, asked_by=by, asked_at=now, days=days, people=people or 0)
    try:
        with session.begin_nested():
            session.add(export)
    except IntegrityError:
        raise CannotExport(UNDER_WAY) from None
    enqueue(session, "export.make_part", export_id=str(export.id))
    audit.record(session, practice_id, "office.export.start", now, account_id=by, patient_id=patient_id, target_id=export.id)
    return export


def listed(session: Session, practice_id: UUID, clinic_ids: Collection[UUID]) -> list[tuple[Export, Patient | None]]:
    """The latest exports with whose they are; for whoever is limited to clinics those of patients there."""
    mine = (Patient.practice_id == Export.practice_id) & (Patient.id == Export.patient_id)
    query = select(Export, Patient).outerjoin(Patient, mine).where(Export.practice_id == practice_id, Export.tabs.is_(None))
    query = query.where(Patient.id.is_not(None), *seen_at(practice_id, clinic_ids)) if clinic_ids else query
    return [(row[0], row[1]) for row in session.execute(query.order_by(Export.asked_at.desc(), Export.id.desc()).limit(SHOWN))]


def find(session: Session, practice_id: UUID, clinic_ids: Collection[UUID], export_id: UUID) -> Export | None:
    """One export, if it may be seen."""
    export = session.get(Export, (practice_id, export_id))
    if export is None or export.is_own:
        return None
    if not clinic_ids:
        return export
    seen = select(Patient.id).where(*seen_at(practice_id, clinic_ids), Patient.id == export.patient_id)
    return export if session.scalar(seen) else None


def stop(session: Session, practice_id: UUID, export_id: UUID, now: datetime, by: UUID | None) -> None:
    """End an export before its time: what is there of it is erased at once."""
    export = session.get(Export, (practice_id, export_id), with_for_update=True, populate_existing=True)
    if export and export.state in ("running", "ready"):
        export.state = "stopped"
        audit.record(session, practice_id, "office.export.stop", now, account_id=by, patient_id=export.patient_id, target_id=export.id)
        enqueue(session, "export.erase", export_id=str(export.id))


def length(export: Export) -> int:
    """The size of the whole ZIP in bytes."""
    return export.body_size + export.directory_size + len(_ending(export))


def whole(files: PracticeFiles, export: Export) -> Iterator[bytes]:
    """The whole ZIP, piece by piece."""
    for what in (BODY, DIRECTORY):
        for number in range(export.parts):
            yield from pieces(files.open(key_of(export, what, number)))
    yield _ending(export)


def _ending(export: Export) -> bytes:
    return ending(export.files, export.body_size, export.directory_size)


def admins(session: Session, practice_id: UUID) -> list[UUID]:
    """The office admins of the whole practice who can be written to."""
    working = (Account.practice_id == practice_id, Account.kind == STAFF, Account.role == ADMIN, Account.closed_at.is_(None), Account.email != "")
    return list(session.scalars(select(Account.id).where(*working, or_(Account.clinic_ids.is_(None), func.cardinality(Account.clinic_ids) == 0)).order_by(Account.id)))


@portal_task("export.tell", mail="Notice of an export")
def tell(work: Work, export_id: str, account_id: str) -> None:
    """Tell who asked, or the office admins, that an export is ready; the mail does not say whose."""
    export = work.db.get(Export, (work.tenant.practice_id, UUID(export_id)))
    account = work.db.get(Account, (work.tenant.practice_id, UUID(account_id)))
    if export and export.state == "ready" and account and account.email and account.closed_at is None:
        until = export.until.astimezone(work.tenant.time_zone).date() if export.until else None
        template, path = ("mail/record_ready", "/profile/record") if export.is_own else ("mail/export_ready", "/office/exports")
        work.send_mail(account.email, template, {"until": until, "path": path})


@portal_task("export.erase")
def erase(work: Work, export_id: str) -> None:
    """Erase an export whose time is over or that was stopped; that it was made stays known."""
    export = work.db.get(Export, (work.tenant.practice_id, UUID(export_id)), with_for_update=True)
    if export is None or (export.state == "ready" and export.until and export.until > work.now):
        return
    files = work.registry.files.within(export.practice_id)
    # One more than is counted: the last part may have been stored by a worker that was killed.
    for number in range(export.parts + 1):
        for what in (BODY, DIRECTORY, LISTING):
            delete_with(work.db, files, key_of(export, what, number))
    export.state = "stopped" if export.state == "stopped" else "erased"
