"""A record that somebody takes along without asking the office: one's own, or one of which everything may be seen. In it is what the pages of the portal
show: the tabs that are on, unless the office has switched off that it is downloaded.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit
from core.audit import AuditEvent
from core.auth.models import Account
from core.db import uuid7
from core.people.grants import rights_at
from core.people.models import Grant
from core.tasks import enqueue
from core.tenant import Tenant
from tenants.exporting.services import DAYS, CannotExport
from tenants.models import Export

MOST_A_DAY = 5
UNDER_WAY = "A record is being put together already. Wait until it is ready, or stop it."
TOO_OFTEN = f"A record was put together {MOST_A_DAY} times since yesterday. Please come back tomorrow."
OWN_ONLY = frozenset({"accounts", "notice-choices"})
"""How the patient signs in and what the patient wants to hear of is nobody else's to take along."""
TO_ACT = frozenset({"access", "records-requests", "records-request-steps"})
"""What only those see who may also do everything."""
_PARTED = exists().where(
    AuditEvent.practice_id == Export.practice_id, AuditEvent.patient_id == Export.patient_id, AuditEvent.action == "office.patients.unmerge",
    AuditEvent.happened_at >= Export.asked_at,
)  # fmt: skip
"""What is in it has turned out since to be of two people (core/people/unmerging.py)."""


def may_take(rights: Collection[str]) -> bool:
    """Whether who has these rights on a record may take it along: only who may see all of it."""
    return not {"*.see", "*.act"}.isdisjoint(rights)


def tabs_of(tenant: Tenant, tabs: Collection[str]) -> list[str]:
    """Those of the tabs that are in it, as patients of this clinic have them."""
    return sorted(name for name in tenant.plugins & set(tabs) if f"{name}.download" not in tenant.acts_off)


def start(session: Session, practice_id: UUID, account_id: UUID, patient_id: UUID, tabs: list[str], now: datetime) -> Export:
    """Ask for it; one that was made before goes. Raises CannotExport."""
    asked = select(func.count()).select_from(Export).where(*_by(practice_id, account_id), Export.asked_at > now - timedelta(days=1))
    if (session.scalar(asked) or 0) >= MOST_A_DAY:
        raise CannotExport(TOO_OFTEN)
    export = Export(id=uuid7(), practice_id=practice_id, patient_id=patient_id, asked_by=account_id, asked_at=now, days=DAYS, people=1, tabs=tabs)
    try:
        with session.begin_nested():
            session.add(export)
    except IntegrityError:
        raise CannotExport(UNDER_WAY) from None
    earlier = select(Export).where(*_by(practice_id, account_id), Export.patient_id == patient_id, Export.state == "ready")
    for one in session.scalars(earlier.with_for_update()):
        _stop(session, one)
    enqueue(session, "export.make_part", export_id=str(export.id))
    audit.record(session, practice_id, "portal.record.ask", now, account_id=account_id, patient_id=patient_id, target_id=export.id)
    return export


def latest(session: Session, practice_id: UUID, account_id: UUID, patient_id: UUID) -> Export | None:
    """The one that is being made or offered."""
    mine = (*_by(practice_id, account_id), Export.patient_id == patient_id, Export.state.in_(("running", "ready")), ~_PARTED)
    return session.scalars(select(Export).where(*mine).order_by(Export.asked_at.desc(), Export.id.desc()).limit(1)).one_or_none()


def stop(session: Session, export: Export, now: datetime) -> None:
    """End it before its time: what is there of it is erased at once."""
    session.refresh(export, with_for_update=True)
    if export.state in ("running", "ready"):
        _stop(session, export)
        audit.record(session, export.practice_id, "portal.record.stop", now, account_id=export.asked_by, patient_id=export.patient_id, target_id=export.id)


def _stop(session: Session, export: Export) -> None:
    export.state = "stopped"
    enqueue(session, "export.erase", export_id=str(export.id))


def left_out(session: Session, export: Export, now: datetime) -> frozenset[str] | None:
    """The lists that who asked may not take along; None when the whole record is not open to them any more."""
    parted = select(Export.id).where(Export.practice_id == export.practice_id, Export.id == export.id, _PARTED)
    account = session.get(Account, (export.practice_id, export.asked_by))
    mine = (Grant.practice_id == export.practice_id, Grant.account_id == export.asked_by, Grant.patient_id == export.patient_id)
    rights = rights_at(session.scalars(select(Grant).where(*mine)), now)
    if account is None or account.closed_at or not may_take(rights) or session.scalar(parted):
        return None
    return (frozenset() if account.patient_id == export.patient_id else OWN_ONLY) | (frozenset() if "*.act" in rights else TO_ACT)


def _by(practice_id: UUID, account_id: UUID) -> tuple:
    return Export.practice_id == practice_id, Export.asked_by == account_id, Export.tabs.is_not(None)
