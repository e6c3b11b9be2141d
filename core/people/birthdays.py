"""Telling beforehand that a birthday will narrow or end what representatives see."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import outbox
from core.people.family import GIVEN_BY, refresh_grants
from core.people.grants import rights_at
from core.people.models import Grant

BEFOREHAND = timedelta(days=30)


def tell_beforehand(session: Session, practice_id: UUID, now: datetime) -> None:
    """Ask for a mail to each representative, and one to the patient, about every end by a birthday within thirty days; once for each."""
    # This also lets one round after the other: whoever comes at the same moment finds everybody told.
    refresh_grants(session, practice_id, now)
    ours = (Grant.practice_id == practice_id, Grant.given_by == GIVEN_BY, Grant.until > now, Grant.until <= now + BEFOREHAND)
    grants = session.scalars(select(Grant).where(*ours).order_by(Grant.id)).all()
    told = [grant for grant in grants if grant.told_at]
    for_accounts = {(grant.account_id, grant.patient_id, grant.until) for grant in told}
    for_patients = {(grant.patient_id, grant.until) for grant in told}
    for grant in (grant for grant in grants if not grant.told_at):
        grant.told_at = now
        _ask(session, grant, "family.tell_representative", for_accounts, (grant.account_id, grant.patient_id, grant.until))
        _ask(session, grant, "family.tell_patient", for_patients, (grant.patient_id, grant.until))


def _ask(session: Session, grant: Grant, task: str, told: set[tuple], whom: tuple) -> None:
    # Several tabs end together, and several parents' access: nobody hears of the same day twice.
    if whom not in told:
        told.add(whom)
        outbox.put(session, grant.practice_id, task, {"grant_id": str(grant.id)})


@dataclass(frozen=True)
class Ending:
    """A moment at which a birthday changes rights on a patient's record: `left` is what remains to each account that it concerns."""

    patient_id: UUID
    account_id: UUID
    at: datetime
    left: dict[UUID, frozenset[str]]


def find_ending(session: Session, practice_id: UUID, grant_id: UUID, now: datetime) -> Ending | None:
    """What changes when a grant ends; None when it has ended or was called off in the meantime."""
    grant = session.get(Grant, (practice_id, grant_id))
    if grant is None or grant.until is None or grant.until <= now:
        return None
    where = (Grant.practice_id == practice_id, Grant.patient_id == grant.patient_id, Grant.until.is_(None) | (Grant.until >= grant.until))
    held: dict[UUID, list[Grant]] = {}
    for one in session.scalars(select(Grant).where(*where)):
        held.setdefault(one.account_id, []).append(one)
    before = grant.until - timedelta(microseconds=1)
    left = {account: rights_at(grants, grant.until) for account, grants in held.items() if rights_at(grants, before) != rights_at(grants, grant.until)}
    return Ending(grant.patient_id, grant.account_id, grant.until, left)
