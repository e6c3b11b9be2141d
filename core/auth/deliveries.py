"""Mails and text messages that did not get through: which, to whom, why in plain words, and what becomes of them.

They are rows of the outbox (core/outbox.py) that ended with an error of sending. Other work that failed is the operator's to look at.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, Uuid, and_, bindparam, cast, func, literal_column, select, update
from sqlalchemy.orm import Session

from core.auth.models import Account, Ticket
from core.outbox import OutboxRow
from core.people.models import Patient
from core.plugins.waiting import at_clinics

WHY = {
    "MailRefused": "The mail server refuses the address or the mail for good. Most often the address is wrong.",
    "MailNotSent": "The mail server could not be reached, or did not take the mail.",
    "TextRefused": "The number takes no text messages.",
    "TextStopped": "Whoever has the number has answered STOP, so nothing more goes there.",
    "TextNotSent": "The service that sends text messages could not be reached, or did not take it.",
}
"""The errors with which sending ends (core/mail.py, core/texting), in words for the office."""
FAILING = 3
"""After so many tries in vain it is told that something is still being tried: the first ones follow each other within seconds."""
PAGE = 50


@dataclass(frozen=True)
class Delivery:
    """A mail or text message that did not get through. `patient` or `account` is to whom it went, if that is known here."""

    row: OutboxRow
    account: Account | None
    patient: Patient | None

    @property
    def why(self) -> str:
        """What went wrong."""
        return WHY[self.row.last_error]


def _id_in(*names: str):
    return cast(func.coalesce(*(OutboxRow.ids[name].astext for name in names)), Uuid)


_OF_TICKET = and_(Ticket.practice_id == OutboxRow.practice_id, Ticket.id == _id_in("ticket_id", "ticket"))
_OF_ACCOUNT = and_(Account.practice_id == OutboxRow.practice_id, Account.id == func.coalesce(_id_in("account_id", "account_id"), Ticket.account_id))
_OF_PATIENT = and_(
    Patient.practice_id == OutboxRow.practice_id,
    Patient.id == func.coalesce(_id_in("patient_id", "patient"), Account.patient_id, Ticket.patient_id),
)
# In words: the statement of the first page is prepared (core/prepared.py).
_NOT_SENT = (OutboxRow.last_error.in_([literal_column(f"'{name}'") for name in WHY]), OutboxRow.done_at.is_(None), OutboxRow.dealt_at.is_(None))
_FAILED = (*_NOT_SENT, OutboxRow.dead_at.is_not(None))


def _to_whom(query: Select) -> Select:
    return query.select_from(OutboxRow).outerjoin(Ticket, _OF_TICKET).outerjoin(Account, _OF_ACCOUNT).outerjoin(Patient, _OF_PATIENT)


HOW_MANY = _to_whom(select(func.count())).where(
    OutboxRow.practice_id == bindparam("practice_id"), *_FAILED, at_clinics(Patient.clinic_id),
    OutboxRow.dead_at > bindparam("since"), OutboxRow.dead_at <= bindparam("now"),
)  # fmt: skip
"""How many failed and were not dealt with, for the office's first page (core/plugins/waiting.py)."""


def failed(session: Session, practice_id: UUID, clinic_ids: Collection[UUID], page: int = 1) -> tuple[list[Delivery], bool]:
    """Fifty of those that were given up, the newest first, and whether there are more."""
    newest = _seen(practice_id, clinic_ids).where(*_FAILED).order_by(OutboxRow.dead_at.desc(), OutboxRow.id.desc())
    rows = session.execute(newest.limit(PAGE + 1).offset((page - 1) * PAGE)).all()
    return [Delivery(*row) for row in rows[:PAGE]], len(rows) > PAGE


def trying(session: Session, practice_id: UUID, clinic_ids: Collection[UUID]) -> list[Delivery]:
    """Those that are still being tried, the ones that wait longest first; at most fifty."""
    stuck = (*_NOT_SENT, OutboxRow.dead_at.is_(None), OutboxRow.attempts >= FAILING)
    return [Delivery(*row) for row in session.execute(_seen(practice_id, clinic_ids).where(*stuck).order_by(OutboxRow.id).limit(PAGE))]


def try_again(session: Session, practice_id: UUID, clinic_ids: Collection[UUID], row_id: UUID | None = None) -> list[UUID]:
    """Let one be tried again at once, or all that were given up; returns those that will be."""
    chosen = _held(session, practice_id, clinic_ids, _NOT_SENT if row_id else _FAILED, row_id)
    anew = {"dead_at": None, "attempts": 0, "available_at": func.now(), "text_begun_at": None}
    session.execute(update(OutboxRow).where(OutboxRow.practice_id == practice_id, OutboxRow.id.in_(chosen)).values(**anew))
    return chosen


def deal_with(session: Session, practice_id: UUID, clinic_ids: Collection[UUID], row_id: UUID, now: datetime) -> list[UUID]:
    """Take one that was given up off the list; returns it, nothing when there is none."""
    chosen = _held(session, practice_id, clinic_ids, _FAILED, row_id)
    session.execute(update(OutboxRow).where(OutboxRow.practice_id == practice_id, OutboxRow.id.in_(chosen)).values(dealt_at=now))
    return chosen


def _held(session: Session, practice_id: UUID, clinic_ids: Collection[UUID], state: tuple, row_id: UUID | None) -> list[UUID]:
    query = _seen(practice_id, clinic_ids).where(*state).with_only_columns(OutboxRow.id)
    query = query.where(OutboxRow.id == row_id) if row_id else query
    # One that a worker has in hands is not ours to change.
    return list(session.scalars(query.with_for_update(of=OutboxRow, skip_locked=True)))


def _seen(practice_id: UUID, clinic_ids: Collection[UUID]) -> Select:
    """Those of a practice; whoever is limited to clinics sees what went to patients of these."""
    mine = OutboxRow.practice_id == practice_id
    query = _to_whom(select(OutboxRow, Account, Patient)).where(mine)
    return query.where(Patient.clinic_id.in_(clinic_ids)) if clinic_ids else query
