"""Inviting many patients: who is meant, who is left out and why, and working it off a few at a time.

A batch is a row with one row for each patient. A task takes a few of these, asks for each invitation through the outbox in the same transaction,
and asks for itself again; so a worker that dies loses nothing and invites nobody twice.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, exists, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from core import allowance, audit
from core.auth import access
from core.auth.models import Account, InvitationBatch, InvitationRow, Ticket
from core.db import uuid7
from core.outbox import OutboxRow
from core.people.finding import seen_at
from core.people.models import Patient
from core.people.statuses import QUIET
from core.tasks import Work, enqueue, portal_task
from core.tenant import hold

AT_ONCE, PAUSE = 20, timedelta(seconds=10)
"""So many invitations of a practice leave in so long: mail servers take a flood for one."""
RUNNING, STOPPED, DONE = "running", "stopped", "done"
ASKED = "asked"
WHY = {
    "": "Will be invited", "no_email": "No e-mail address in the chart", "no_birthdate": "No birthdate in the chart, which the invitation asks for",
    "has_access": "Has access already", "closed": "Access was taken away", "put_away": "Archived or deceased in the practice’s system", "invited": "Has an invitation that can still be used",
    "gone": "The chart was merged or changed since",
}  # fmt: skip
"""Why somebody is left out, in words."""


class CannotInvite(Exception):
    """The batch can't be begun; the text says why and what to do."""


@dataclass(frozen=True)
class Choice:
    """Who is meant: of one clinic, born from when until when. With `invited_before` also those whose invitation is older than that and was never
    used; without it nobody who has one."""

    clinic_id: UUID | None = None
    born_from: date | None = None
    born_until: date | None = None
    invited_before: datetime | None = None


@dataclass(frozen=True)
class Report:
    """How far a batch is: how many there are, and how many of them were sent, wait, failed; and who was left out, by reason."""

    total: int
    sent: int
    waiting: int
    failed: int
    left_out: dict[str, int]

    @property
    def done(self) -> int:
        """How many need nothing more."""
        return self.total - self.waiting


def _reason(now: datetime, invited_before: datetime | None) -> Any:
    """Why a patient is left out; empty for who is invited."""
    mine = (Account.practice_id == Patient.practice_id, Account.patient_id == Patient.id)
    open_ones = (Ticket.practice_id == Patient.practice_id, Ticket.patient_id == Patient.id, *access.usable_invitations(now))
    newer = (*open_ones, Ticket.created_at >= invited_before) if invited_before else open_ones
    asked = (
        InvitationRow.practice_id == Patient.practice_id, InvitationRow.patient_id == Patient.id, InvitationRow.outcome == ASKED,
        InvitationRow.task_id.in_(select(OutboxRow.id).where(OutboxRow.practice_id == Patient.practice_id, OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None))),
    )  # fmt: skip
    return case(
        (exists().where(*mine, Account.closed_at.is_(None)), "has_access"),
        (exists().where(*mine), "closed"),
        (Patient.status.in_(QUIET), "put_away"),
        (Patient.email == "", "no_email"),
        (Patient.birthdate.is_(None), "no_birthdate"),
        (or_(exists().where(*newer), exists().where(*asked)), "invited"),
        else_="",
    )


def _meant(practice_id: UUID, choice: Choice, clinic_ids: tuple[UUID, ...], now: datetime) -> Select:
    where = [*seen_at(practice_id, clinic_ids)]
    where += [Patient.clinic_id == choice.clinic_id] if choice.clinic_id else []
    where += [Patient.birthdate >= choice.born_from] if choice.born_from else []
    where += [Patient.birthdate <= choice.born_until] if choice.born_until else []
    return select(Patient.id, _reason(now, choice.invited_before).label("reason")).where(*where)


def preview(session: Session, practice_id: UUID, choice: Choice, clinic_ids: tuple[UUID, ...], now: datetime) -> dict[str, int]:
    """How many would be invited (under the empty reason), and how many left out for which reason."""
    meant = _meant(practice_id, choice, clinic_ids, now).subquery()
    rows = session.execute(select(meant.c.reason, func.count()).group_by(meant.c.reason)).all()
    return {row[0]: row[1] for row in rows}


def begin(session: Session, practice_id: UUID, choice: Choice, clinic_ids: tuple[UUID, ...], now: datetime, by: UUID | None) -> UUID:
    """Begin to invite whom the choice means. Raises CannotInvite while another batch runs, and when there is nobody."""
    # One after the other: of two who begin at the same moment one is told.
    hold(session, practice_id)
    if session.scalar(select(InvitationBatch.id).where(InvitationBatch.practice_id == practice_id, InvitationBatch.state == RUNNING)):
        raise CannotInvite("Invitations are being sent already. Wait until they are done, or stop them.")
    try:
        allowance.need_room(session, practice_id, "patients")
    except allowance.Full as full:
        raise CannotInvite(str(full)) from None
    batch = InvitationBatch(id=uuid7(), made_at=now, made_by_id=by, invited_before=choice.invited_before, state=RUNNING)
    session.add(batch)
    session.flush()
    meant = _meant(practice_id, choice, clinic_ids, now).subquery()
    columns = ["practice_id", "id", "batch_id", "patient_id", "outcome", "reason"]
    outcome = case((meant.c.reason == "", ""), else_="left_out")
    rows = select(literal(practice_id), func.gen_random_uuid(), literal(batch.id), meant.c.id, outcome, meant.c.reason)
    session.execute(insert(InvitationRow).from_select(columns, rows))
    if not session.scalar(select(InvitationRow.id).where(*_of(batch), InvitationRow.outcome == "").limit(1)):
        raise CannotInvite("Nobody is left to invite. Choose more patients.")
    enqueue(session, "auth.work_off_invitations", batch_id=str(batch.id))
    audit.record(session, practice_id, "access.many_invited", now, account_id=by, target_id=batch.id)
    return batch.id


def stop(session: Session, practice_id: UUID, batch_id: UUID, now: datetime, by: UUID | None) -> None:
    """Send no more of them; those that were asked for leave."""
    mine = (InvitationBatch.practice_id == practice_id, InvitationBatch.id == batch_id, InvitationBatch.state == RUNNING)
    if session.scalar(update(InvitationBatch).where(*mine).values(state=STOPPED, ended_at=now).returning(InvitationBatch.id)):
        audit.record(session, practice_id, "access.many_stopped", now, account_id=by, target_id=batch_id)


def batches(session: Session, practice_id: UUID, most: int = 20) -> list[InvitationBatch]:
    """The latest ones, the newest first."""
    mine = select(InvitationBatch).where(InvitationBatch.practice_id == practice_id)
    return list(session.scalars(mine.order_by(InvitationBatch.made_at.desc()).limit(most)))


def report(session: Session, batch: InvitationBatch) -> Report:
    """How far it is, in one statement."""
    counted: dict[str, int] = {}
    left_out: dict[str, int] = {}
    rows = _outcomes(batch).subquery()
    for outcome, reason, number in session.execute(select(rows.c.outcome, rows.c.reason, func.count()).group_by(rows.c.outcome, rows.c.reason)):
        counted[outcome] = counted.get(outcome, 0) + number
        if outcome == "left_out":
            left_out[reason] = number
    waiting = counted.get("waiting", 0) if batch.state != STOPPED else 0
    return Report(sum(counted.values()), counted.get("sent", 0), waiting + counted.get("on_its_way", 0), counted.get("failed", 0), left_out)


def lines(session: Session, batch: InvitationBatch) -> list[tuple]:
    """Each patient with outcome and reason, by name."""
    chart = and_(Patient.practice_id == InvitationRow.practice_id, Patient.id == InvitationRow.patient_id)
    named = _outcomes(batch, Patient.external_id, Patient.last_name, Patient.first_name).join(Patient, chart)
    return [tuple(row) for row in session.execute(named.order_by(Patient.last_name, Patient.first_name, Patient.id))]


def _outcomes(batch: InvitationBatch, *more: Any) -> Select:
    known = case(
        (InvitationRow.outcome == "", "waiting"),
        (InvitationRow.outcome == "left_out", "left_out"),
        (OutboxRow.dead_at.is_not(None), "failed"),
        (OutboxRow.done_at.is_(None), "on_its_way"),
        else_="sent",
    )
    task = and_(OutboxRow.practice_id == InvitationRow.practice_id, OutboxRow.id == InvitationRow.task_id)
    return select(known.label("outcome"), InvitationRow.reason.label("reason"), *more).outerjoin(OutboxRow, task).where(*_of(batch))


def _of(batch: InvitationBatch) -> tuple:
    return InvitationRow.practice_id == batch.practice_id, InvitationRow.batch_id == batch.id


@portal_task("auth.work_off_invitations")
def work_off(work: Work, batch_id: str) -> None:
    """Ask for the next few invitations of a batch, and for the next round; everybody is looked at once more."""
    db, practice_id = work.db, work.tenant.practice_id
    batch = db.scalars(select(InvitationBatch).where(InvitationBatch.practice_id == practice_id, InvitationBatch.id == UUID(batch_id)).with_for_update()).one_or_none()
    if batch is None or batch.state != RUNNING:
        return
    rows = db.scalars(select(InvitationRow).where(*_of(batch), InvitationRow.outcome == "").order_by(InvitationRow.id).limit(AT_ONCE).with_for_update()).all()
    ids = [row.patient_id for row in rows]
    # Locked, in the order of their ids: whoever lets one of them in at this moment comes before or after.
    patients = db.execute(
        select(Patient, _reason(work.now, batch.invited_before)).where(Patient.practice_id == practice_id, Patient.id.in_(ids)).order_by(Patient.id).with_for_update(of=Patient)
    )
    reasons = {patient.id: reason for patient, reason in patients}
    for row in rows:
        row.reason = reasons.get(row.patient_id, "gone")
        row.outcome = "left_out" if row.reason else ASKED
        row.task_id = None if row.reason else enqueue(db, "auth.send_invitation", patient_id=str(row.patient_id))
        if not row.reason:
            audit.record(db, practice_id, "access.invited", work.now, account_id=batch.made_by_id, patient_id=row.patient_id)
    if len(rows) < AT_ONCE:
        batch.state, batch.ended_at = DONE, work.now
    else:
        enqueue(db, "auth.work_off_invitations", at=work.now + PAUSE, batch_id=batch_id)
