"""Operators inside a practice: an account that stands in for them behind that practice's wall, and an hour there with a reason.

The stand-in has no password, no address and no factor, and is of a kind that signs in at no practice (core/auth/realms.py). What opens a
session for it is a link that was made at the operator's console, after a second factor and a proof; it works once, for a minute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import audit
from core.auth import tickets
from core.auth.models import Account, SignInSession, SupportAccess
from core.auth.realms import OPERATOR, STAFF
from core.auth.roles import LEVELS
from core.auth.staff_rules import ADMIN
from core.db import uuid7
from core.tasks import Work, enqueue, portal_task

LASTS = timedelta(minutes=60)
LINK, LINK_LIVES = "operator", timedelta(seconds=60)
SHORTEST_REASON, LONGEST_REASON = 10, 500


@dataclass(frozen=True)
class Operator:
    """Who wants to enter: the account at the operator's place, and the name that the practice will read."""

    account_id: UUID
    name: str


class Visit(NamedTuple):
    """An operator in a practice: the account that stands in, and why, how far and until when."""

    account: Account
    access: SupportAccess


def ask(session: Session, practice_id: UUID, operator: Operator, reason: str, level: str, now: datetime) -> str:
    """Write down in the practice who wants to enter and why; gives the secret of the link that lets in. What was open before ends."""
    stand_in = _stand_in(session, practice_id, operator, now)
    end(session, practice_id, now, stand_in)
    about = {"account_id": stand_in, "reason": reason, "level": level, "began_at": now, "until": now + LASTS}
    session.add(SupportAccess(patient_id=None, ended_at=None, **about))
    return tickets.issue_link(session, LINK, now, LINK_LIVES, account_id=stand_in)


def look(session: Session, practice_id: UUID, token: str, now: datetime) -> Visit:
    """Who would enter by a link; looking uses nothing up. Raises BadTicket."""
    return _visit(session, practice_id, tickets.open_link(session, practice_id, LINK, token, now).account_id, now)


def arrive(session: Session, practice_id: UUID, token: str, now: datetime) -> Visit:
    """Use a link up, and ask for a mail to each of the practice's admins. Raises BadTicket."""
    visit = _visit(session, practice_id, tickets.use_link(session, practice_id, LINK, token, now).account_id, now)
    admins = select(Account.id).where(
        Account.practice_id == practice_id, Account.kind == STAFF, Account.role == ADMIN, Account.closed_at.is_(None), Account.email != ""
    )
    for admin in session.scalars(admins):
        enqueue(session, "office.tell_of_operator", support_id=str(visit.access.id), account_id=str(admin))
    return visit


def leave(session: Session, practice_id: UUID, access_id: UUID, now: datetime) -> None:
    """The operator goes: the visit is over, and so is its session."""
    _end(session, practice_id, now, SupportAccess.id == access_id, "office.support.leave")


def end(session: Session, practice_id: UUID, now: datetime, stand_in: UUID) -> None:
    """End what an operator has open in a practice; a link that was not used yet opens nothing any more."""
    tickets.void(session, practice_id, now, LINK, account_id=stand_in)
    _end(session, practice_id, now, SupportAccess.account_id == stand_in)


def end_above(session: Session, practice_id: UUID, allowed: str, now: datetime) -> None:
    """The practice allows less than before: whoever has more is out at once, and does not come back when it is raised again."""
    _end(session, practice_id, now, SupportAccess.level.not_in(LEVELS[: LEVELS.index(allowed) + 1]))


def shut_out(session: Session, practice_id: UUID, operator_id: UUID, now: datetime) -> None:
    """Close the account that stands in for an operator who has no access any more, with all that is open."""
    where = (Account.practice_id == practice_id, Account.kind == OPERATOR, Account.user_name_norm == _name_of(operator_id))
    for stand_in in session.scalars(update(Account).where(*where).values(closed_at=now).returning(Account.id)).all():
        end(session, practice_id, now, stand_in)


def operator_of(stand_in: Account) -> UUID:
    """The account at the operator's place that this one stands in for."""
    return UUID(stand_in.user_name_norm.partition("@")[2])


@portal_task("office.tell_of_operator", mail="Notice that the operator came in")
def tell_of_operator(work: Work, support_id: str, account_id: str) -> None:
    """Tell an admin of the practice that an operator is there, with the reason."""
    practice_id = work.tenant.practice_id
    admin, access = work.db.get(Account, (practice_id, UUID(account_id))), work.db.get(SupportAccess, (practice_id, UUID(support_id)))
    if admin is None or admin.closed_at or not admin.email or access is None:
        return
    name = work.db.get_one(Account, (practice_id, access.account_id)).name
    work.send_mail(admin.email, "mail/operator_entered", {"name": name, "access": access})


def _stand_in(session: Session, practice_id: UUID, operator: Operator, now: datetime) -> UUID:
    """The account in this practice, made or brought up to date; locked, so that of two who ask at once one comes after the other."""
    name = _name_of(operator.account_id)
    names = {"name": operator.name, "user_name": name, "user_name_norm": name}
    given = {"practice_id": practice_id, "id": uuid7(), "kind": OPERATOR, "password_hash": "", "email": "", "created_at": now, **names}
    made = insert(Account).values(**given)
    kept = made.on_conflict_do_update(index_elements=["practice_id", "user_name_norm"], set_={"name": operator.name, "closed_at": None})
    return session.scalars(kept.returning(Account.id)).one()


def _name_of(operator_id: UUID) -> str:
    """A user name that nobody can choose (core/auth/user_names.py), and that tells whom the account stands in for."""
    return f"operator@{operator_id.hex}"


def _visit(session: Session, practice_id: UUID, stand_in: UUID | None, now: datetime) -> Visit:
    account = session.get(Account, (practice_id, stand_in)) if stand_in else None
    where = (SupportAccess.practice_id == practice_id, SupportAccess.account_id == stand_in, *_running(now))
    access = session.scalars(select(SupportAccess).where(*where)).one_or_none()
    if account is None or account.kind != OPERATOR or account.closed_at or access is None:
        raise tickets.BadTicket
    return Visit(account, access)


def _end(session: Session, practice_id: UUID, now: datetime, which: ColumnElement[bool], action: str = "office.support.end") -> None:
    """End visits; what was entered, not only asked for, has its entry in the audit."""
    found = update(SupportAccess).where(SupportAccess.practice_id == practice_id, *_running(now), which).values(ended_at=now)
    for access_id, account_id in session.execute(found.returning(SupportAccess.id, SupportAccess.account_id)).all():
        of_visit = (SignInSession.practice_id == practice_id, SignInSession.support_id == access_id)
        if session.execute(delete(SignInSession).where(*of_visit).returning(SignInSession.id)).first():
            audit.record(session, practice_id, action, now, account_id=account_id, target_id=access_id, support_id=access_id)


def _running(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Operators' visits that are not over; a row with a patient or a draft is somebody of the office who looks at the portal."""
    return SupportAccess.patient_id.is_(None), SupportAccess.draft.is_(None), SupportAccess.ended_at.is_(None), SupportAccess.until > now
