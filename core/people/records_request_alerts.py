"""Telling the office that the day comes by which a request for a record must be answered: a week before, and on the day."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import outbox
from core.auth.models import Account
from core.auth.realms import STAFF
from core.auth.roles import permissions_of
from core.people.models import Patient, RecordsRequest
from core.people.records_requests import OPEN, days_left

SETTLE = "office.records_requests.settle"
AHEAD_DAYS = 7


def tell_office(session: Session, practice_id: UUID, now: datetime) -> None:
    """Ask for a mail to everybody who may answer, once a week before the day and once on it; a round that was missed is made up for."""
    open_ = (RecordsRequest.practice_id == practice_id, RecordsRequest.state.in_(OPEN), RecordsRequest.told_last.is_(False))
    near = RecordsRequest.due_on <= now.date() + timedelta(days=AHEAD_DAYS + 1)
    for request in session.scalars(select(RecordsRequest).where(*open_, near).with_for_update(skip_locked=True)).all():
        left = days_left(request, now)
        if left <= 0 or (left <= AHEAD_DAYS and not request.told_ahead):
            request.told_ahead, request.told_last = True, left <= 0
            _ask(session, request)


def _ask(session: Session, request: RecordsRequest) -> None:
    clinic = session.scalar(select(Patient.clinic_id).where(Patient.practice_id == request.practice_id, Patient.id == request.patient_id))
    working = (Account.practice_id == request.practice_id, Account.kind == STAFF, Account.closed_at.is_(None), Account.email != "")
    for one in session.scalars(select(Account).where(*working).order_by(Account.id)):
        if SETTLE in permissions_of(one.kind, one.role) and (not one.clinic_ids or clinic in one.clinic_ids):
            ids = {"request_id": str(request.id), "account_id": str(one.id)}
            outbox.put(session, request.practice_id, "portal.tell_office_of_records_request", ids)
