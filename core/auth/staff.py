"""Who works in the office: inviting them, their first sign-in, their role, and taking access away."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from core import audit
from core.auth import services, tickets
from core.auth.email_change import check_email
from core.auth.models import Account, Passkey, Ticket
from core.auth.realms import STAFF
from core.auth.roles import ROLES
from core.auth.rules import check_new_password, words_about
from core.auth.user_names import check_user_name, free_user_name, rename
from core.tasks import Work, enqueue, portal_task

INVITATION = "staff"
INVITATION_LIVES = timedelta(days=7)
LONGEST_NAME = 100
ADMIN = "office_admin"


class CannotChangeStaff(Exception):
    """This cannot be done; the text says why and what to do."""


@dataclass(frozen=True)
class Member:
    """One line of the list of staff. `state` is `open`, `invited`, `second step to come` or `closed`."""

    id: UUID
    name: str
    email: str
    role: str
    clinic_ids: tuple[UUID, ...]
    state: str
    signed_in_at: datetime | None


@dataclass(frozen=True)
class Wish:
    """Who is to work here: name, address, role, and the clinics that count (none: all)."""

    name: str
    email: str
    role: str
    clinic_ids: tuple[UUID, ...] = ()


def invite(session: Session, practice_id: UUID, wish: Wish, now: datetime, by: UUID | None = None, kind: str = STAFF) -> Account:
    """Ask for an invitation to be sent to somebody who is to work here, or who lost the password; a closed account is open again.

    Inviting again sets name, role and clinics anew; password and second step stay until the link is used. Raises CannotChangeStaff.
    """
    name, email = _checked(wish, kind)
    account = session.scalars(_of_kind(practice_id, kind).where(func.lower(Account.email) == email.lower())).one_or_none()
    if account is None:
        given = {"user_name": free_user_name(session, practice_id, name), "email": email, "kind": kind, "created_at": now}
        account = Account(patient_id=None, password_hash="", is_first=True, **given)  # no password opens it yet
        account.user_name_norm = services.normal_user_name(account.user_name)
        session.add(account)
    else:
        _refuse_last_admin(session, account, wish.role)
    account.name, account.role, account.clinic_ids, account.closed_at = name, wish.role, list(wish.clinic_ids), None
    session.flush()
    enqueue(session, "auth.send_staff_invitation", account_id=str(account.id))
    audit.record(session, practice_id, "office.staff.invite", now, account_id=by, target_id=account.id)
    return account


def close(session: Session, practice_id: UUID, account_id: UUID, now: datetime, by: UUID | None = None, kind: str = STAFF) -> Account:
    """Take somebody's access to the office away: sessions and links end at once. Raises CannotChangeStaff."""
    account = session.scalars(_of_kind(practice_id, kind).where(Account.id == account_id, Account.closed_at.is_(None))).one_or_none()
    if account is None:
        raise CannotChangeStaff("Nobody who works here has this access.")
    _refuse_last_admin(session, account, "")
    account.closed_at = now
    services.sign_out_others(session, practice_id, account.id)
    tickets.void(session, practice_id, now, account_id=account.id)
    audit.record(session, practice_id, "office.staff.close", now, account_id=by, target_id=account.id)
    return account


def find(session: Session, practice_id: UUID, email: str, kind: str = STAFF) -> Account:
    """Somebody of the office by the mail address. Raises CannotChangeStaff."""
    account = session.scalars(_of_kind(practice_id, kind).where(func.lower(Account.email) == email.strip().lower())).one_or_none()
    if account is None:
        raise CannotChangeStaff(f"Nobody here has the e-mail address {email}.")
    return account


def members(session: Session, practice_id: UUID, kind: str = STAFF) -> list[Member]:
    """Everybody who works here, or did, by name."""
    keys = exists().where(Passkey.practice_id == practice_id, Passkey.account_id == Account.id)
    rows = session.execute(_of_kind(practice_id, kind).add_columns(keys).order_by(Account.closed_at.is_not(None), Account.name))
    return [_member(account, has_key) for account, has_key in rows]


def open_invitation(session: Session, practice_id: UUID, token: str, now: datetime) -> Account:
    """Whose invitation a link is; looking at it does not use it up. Raises BadTicket."""
    return _invited(session, tickets.open_link(session, practice_id, INVITATION, token, now))


def accept(session: Session, practice_id: UUID, token: str, user_name: str, password: str, now: datetime) -> Account:
    """Use the invitation up: a password of one's own, and a user name if one likes. Raises BadTicket, WeakPassword, WrongUserName."""
    account = open_invitation(session, practice_id, token, now)
    name = check_user_name(user_name) if user_name else account.user_name
    check_new_password(password, [name, *words_about(account, None)])
    if name != account.user_name:
        rename(session, account, name)
    tickets.use_link(session, practice_id, INVITATION, token, now)
    account.is_first = False
    services.set_password(session, account, password, now)
    return account


@portal_task("auth.send_staff_invitation")
def send_staff_invitation(work: Work, account_id: str) -> None:
    """Make the link here and put it into the mail, nowhere else."""
    account = work.db.get(Account, (work.tenant.practice_id, UUID(account_id)))
    if account is None or account.closed_at:
        return
    token = tickets.issue_link(work.db, INVITATION, work.now, INVITATION_LIVES, account.email, account_id=account.id)
    work.send_mail(account.email, "mail/staff_invitation", {"path": f"/office/invitation/{token}", "days": INVITATION_LIVES.days})


def _of_kind(practice_id: UUID, kind: str):
    return select(Account).where(Account.practice_id == practice_id, Account.kind == kind)


def _checked(wish: Wish, kind: str) -> tuple[str, str]:
    name = " ".join(wish.name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise CannotChangeStaff(f"Give the name of the person, up to {LONGEST_NAME} characters.")
    if kind == STAFF and wish.role not in ROLES:
        raise CannotChangeStaff(f"There is no role called {wish.role!r}; there are {', '.join(ROLES)}.")
    try:
        return name, check_email(wish.email)
    except ValueError as wrong:
        raise CannotChangeStaff(str(wrong)) from None


def _refuse_last_admin(session: Session, account: Account, role: str) -> None:
    """An office without an admin could never give itself one again."""
    if account.role != ADMIN or role == ADMIN or account.closed_at:
        return
    # Locked: two admins who take the role from each other come one after the other.
    admins = _of_kind(account.practice_id, STAFF).where(Account.role == ADMIN, Account.closed_at.is_(None)).with_for_update()
    if len(session.scalars(admins).all()) < 2:
        raise CannotChangeStaff("This is the only office admin. Make somebody else an office admin first.")


def _invited(session: Session, ticket: Ticket) -> Account:
    account = session.get(Account, (ticket.practice_id, ticket.account_id)) if ticket.account_id else None
    if account is None or account.closed_at or account.email != ticket.email:
        raise tickets.BadTicket
    return account


def _member(account: Account, has_key: bool) -> Member:
    if account.closed_at:
        state = "closed"
    elif not account.password_hash:
        state = "invited"
    else:
        state = "open" if account.totp_secret or has_key else "second step to come"
    return Member(account.id, account.name, account.email, account.role, tuple(account.clinic_ids), state, account.signed_in_at)
