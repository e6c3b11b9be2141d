"""Who is told of something in a patient's chart."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from core.auth.models import Account
from core.people.models import Grant, Patient
from core.people.statuses import QUIET

EITHER = ("see", "act")


def accounts_told(
    session: Session, practice_id: UUID, patient_ids: Collection[UUID], plugin: str, now: datetime, levels: Collection[str] = EITHER
) -> dict[UUID, list[UUID]]:
    """Whose open accounts are told, by patient: the patient's own, else those of the people who may see this tab, or act there.

    Of what is new in the charts of the archived and the deceased nobody is told.
    """
    valid = and_(Grant.since <= now, or_(Grant.until.is_(None), Grant.until > now), Grant.plugin.in_(("*", plugin)), Grant.level.in_(levels))
    query = (
        select(Grant.patient_id, Account.id, (Account.patient_id == Grant.patient_id).label("own"))
        .join(Account, and_(Account.practice_id == Grant.practice_id, Account.id == Grant.account_id))
        .join(Patient, and_(Patient.practice_id == Grant.practice_id, Patient.id == Grant.patient_id))
        .where(Grant.practice_id == practice_id, Grant.patient_id.in_(patient_ids), valid, Account.closed_at.is_(None), Patient.status.not_in(QUIET))
        .distinct()
    )
    found: dict[UUID, list] = {}
    for row in session.execute(query):
        found.setdefault(row.patient_id, []).append(row)
    return {patient: [row.id for row in rows if row.own] or [row.id for row in rows] for patient, rows in found.items()}
