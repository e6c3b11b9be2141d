"""Statements for many accounts: made by the worker, some at a time. Each step is one transaction that also says how far it came, so a worker that
dies repeats nothing and leaves nothing out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.auth.models import Account
from core.people.models import Patient
from core.people.told import accounts_told
from core.tasks import Work, enqueue
from core.tenant import Tenant
from plugins.account.models import Statement, StatementBatch
from plugins.account.services import owing, pay_requests, statements
from plugins.account.services.owing import Filters

log = structlog.get_logger("account")

AT_ONCE = 40
MOST_NAMED = 200
OPEN = ("waiting", "running")
NOBODY_SEES = "nobody_sees"
SKIPPED = {NOBODY_SEES: "Nobody has access to the record in the portal."}
"""Why an account gets no statement although it fits."""


@dataclass(frozen=True)
class Delivery:
    """What happens with each statement, and what all of them say."""

    publish: bool = True
    notify: bool = True
    unseen: bool = False
    note: str = ""
    ask: str = ""


def begin(
    session: Session, practice_id: UUID, filters: Filters, delivery: Delivery, total: int, form_nonce: str, by: UUID, clinic_ids: tuple[UUID, ...], now: datetime
) -> UUID:
    """Begin a batch; the same form sent again gives the same batch. `clinic_ids` are those to which whoever begins it is limited."""
    where = (StatementBatch.practice_id == practice_id, StatementBatch.form_nonce == form_nonce)
    before: UUID | None = session.scalar(select(StatementBatch.id).where(*where))
    if before:
        return before
    kept = filters.model_dump(mode="json") | {"clinic_ids": [str(one) for one in clinic_ids]}
    batch = StatementBatch(filters=kept, deliver=vars(delivery), form_nonce=form_nonce, total=total, made_by=by, made_at=now)
    session.add(batch)
    session.flush()
    enqueue(session, "account.make_statements", batch_id=str(batch.id))
    return batch.id


def stop(session: Session, practice_id: UUID, batch_id: UUID, now: datetime) -> bool:
    """Make no more; what was made stays. False when it had ended."""
    where = (StatementBatch.practice_id == practice_id, StatementBatch.id == batch_id, StatementBatch.state.in_(OPEN))
    return session.execute(update(StatementBatch).where(*where).values(state="stopped", ended_at=now).returning(StatementBatch.id)).first() is not None


def latest(session: Session, practice_id: UUID, most: int = 20) -> list[StatementBatch]:
    """The batches that were begun last."""
    query = select(StatementBatch).where(StatementBatch.practice_id == practice_id).order_by(StatementBatch.made_at.desc(), StatementBatch.id).limit(most)
    return list(session.scalars(query))


def go_on(work: Work, batch_id: UUID) -> None:
    """Make the next statements of a batch, and ask for the ones after."""
    practice_id = work.tenant.practice_id
    mine = select(StatementBatch).where(StatementBatch.practice_id == practice_id, StatementBatch.id == batch_id)
    batch = work.db.scalars(mine.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if batch is None or batch.state not in OPEN:
        return
    filters, reach = Filters.model_validate(batch.filters), [UUID(one) for one in batch.filters.get("clinic_ids", ())]
    today = work.now.astimezone(work.tenant.time_zone).date()
    found = owing.owing(work.db, practice_id, filters, today, reach, batch.reached, AT_ONCE)
    if not found:
        batch.state, batch.ended_at = "done", work.now
        return
    batch.state = "running"
    seen = accounts_told(work.db, practice_id, [one.head_id for one in found], "account", work.now)
    for one in found:
        _make(work, batch, filters, one.head_id, one.head_id in seen)
    batch.reached = found[-1].head_id
    enqueue(work.db, "account.make_statements", batch_id=str(batch.id))


def _make(work: Work, batch: StatementBatch, filters: Filters, head_id: UUID, is_seen: bool) -> None:
    """One statement, counted; one that cannot be made does not hold up the others."""
    if not (is_seen or batch.deliver["unseen"]):
        batch.skipped, batch.report = batch.skipped + 1, _counted(batch.report, "skipped", NOBODY_SEES)
        return
    try:
        with work.db.begin_nested():
            _one(work, batch, filters, head_id)
    except (DBAPIError, ValueError, TypeError) as error:
        log.error("statement_failed", batch=str(batch.id), patient=str(head_id), error=type(error).__name__)
        batch.failed, batch.report = batch.failed + 1, _named(batch.report, head_id)
    else:
        batch.made += 1


def _one(work: Work, batch: StatementBatch, filters: Filters, head_id: UUID) -> None:
    patient = work.db.get_one(Patient, (work.tenant.practice_id, head_id))
    tenant = work.registry.tenants.current(work.tenant.practice_id, patient.clinic_id)
    zone: ZoneInfo = tenant.time_zone
    wish = statements.wish_of(tenant, filters.scope, batch.deliver["note"])
    made = statements.compose(work.db, work.tenant.practice_id, patient, wish, work.now.astimezone(zone).date(), zone)
    made.batch, made.made_by = batch.id, batch.made_by
    work.db.add(made)
    work.db.flush()
    if batch.deliver["publish"]:
        statements.publish(made, work.now)
        if batch.deliver["notify"]:
            statements.notify(work.db, made, work.now)
    if batch.deliver.get("ask") and made.amount_due_cents:
        _ask(work, batch, made, patient, tenant)


def _ask(work: Work, batch: StatementBatch, made: Statement, patient: Patient, tenant: Tenant) -> None:
    """Ask to pay it, by a mail or text message to whoever pays for the patient, where there is such an address."""
    channel, person = batch.deliver["ask"], pay_requests.recipient_of(work.db, patient, made.sent_on)
    if pay_requests.address_of(person, channel):
        message = pay_requests.written(tenant, person, made.amount_due_cents, channel, work.registry.portal.address(tenant.host))
        scope: statements.Scope = "family" if made.scope == "family" else "patient"
        pay_requests.ask(work.db, patient, made, scope, message, made.amount_due_cents, batch.made_by, work.now, batch.id)


def _counted(report: Mapping[str, Any], what: str, why: str) -> dict[str, Any]:
    counts = dict(report.get(what, {}))
    return {**report, what: counts | {why: counts.get(why, 0) + 1}}


def _named(report: Mapping[str, Any], head_id: UUID) -> dict[str, Any]:
    return {**report, "failed": [*report.get("failed", []), str(head_id)][:MOST_NAMED]}


def made_by(session: Session, batch: StatementBatch, page: int, most: int = 50) -> list[tuple[Statement, Patient]]:
    """The statements of a batch with whom they are for."""
    join = (Patient.practice_id == Statement.practice_id) & (Patient.id == Statement.patient_id)
    query = select(Statement, Patient).join(Patient, join).where(Statement.practice_id == batch.practice_id, Statement.batch == batch.id)
    rows = session.execute(query.order_by(Statement.id).limit(most + 1).offset((page - 1) * most)).all()
    return [(row[0], row[1]) for row in rows]


def name_of(session: Session, batch: StatementBatch) -> str:
    """Who began a batch."""
    account = session.get(Account, (batch.practice_id, batch.made_by)) if batch.made_by else None
    return account.name if account else ""
