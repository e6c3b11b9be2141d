"""Who works in the office: inviting them, their first sign-in, their role, and taking access away."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import audit
from core.auth import second, services, tickets
from core.auth.email_change import check_email
from core.auth.models import Account, Passkey, Ticket
from core.auth.realms import STAFF
from core.auth.roles import ROLES
from core.auth.rules import check_new_password, words_about
from core.auth.staff_rules import CannotChangeStaff, Giver, check_giver, refuse_last_admin
from core.auth.user_names import check_user_name, free_user_name, rename
from core.tasks import Work, enqueue, portal_task

INVITATION = "staff"
INVITATION_LIVES = timedelta(days=7)
LONGEST_NAME = 100

@dataclass(frozen=True)
class Member:
    """One line of the list of staff. `state` is `open`, `invited`, `second step to come` or `closed`; `has_app` and `keys` are the second step."""

    id: UUID
    name: str
    email: str
    role: str
    clinic_ids: tuple[UUID, ...]
    state: str
    signed_in_at: datetime | None
    user_name: str
    has_app: bool
    keys: int


@dataclass(frozen=True)
class Place:
    """What somebody does in the office, and at which clinics (none: all)."""

    role: str
    clinic_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class Wish:
    """Who is to work here: name, address, role, and the clinics that count (none: all)."""

    name: str
    email: str
    role: str
    clinic_ids: tuple[UUID, ...] = ()


def invite(session: Session, practice_id: UUID, wish: Wish, now: datetime, by: Giver | None = None, kind: str = STAFF) -> Account:
    """Ask for an invitation to be sent to somebody who is to work here, or who lost the password; a closed account is open again.

    Inviting again sets name, role and clinics anew; password and second step stay until the link is used. Raises CannotChangeStaff.
    """
    name, email = _checked(wish, kind)
    account = session.scalars(_of_kind(practice_id, kind).where(Account.email_norm == email.lower())).one_or_none()
    check_giver(by, account, wish.role, wish.clinic_ids)
    if account is None:
        given = {"user_name": free_user_name(session, practice_id, name), "email": email, "kind": kind, "created_at": now}
        account = Account(patient_id=None, password_hash="", is_first=True, **given)  # no password opens it yet
        account.user_name_norm = services.normal_user_name(account.user_name)
        session.add(account)
    else:
        refuse_last_admin(session, account, wish.role, wish.clinic_ids)
    account.name, account.role, account.clinic_ids, account.closed_at = name, wish.role, list(wish.clinic_ids), None
    session.flush()
    enqueue(session, "auth.send_staff_invitation", account_id=str(account.id))
    audit.record(session, practice_id, "office.staff.invite", now, account_id=_id(by), target_id=account.id)
    return account


def close(session: Session, practice_id: UUID, account_id: UUID, now: datetime, by: Giver | None = None, kind: str = STAFF) -> Account:
    """Take somebody's access to the office away: sessions and links end at once. Raises CannotChangeStaff."""
    account = _open(session, practice_id, account_id, kind)
    check_giver(by, account)
    refuse_last_admin(session, account, "")
    account.closed_at = now
    services.sign_out_others(session, practice_id, account.id)
    tickets.void(session, practice_id, now, account_id=account.id)
    audit.record(session, practice_id, "office.staff.close", now, account_id=_id(by), target_id=account.id)
    return account


def change(session: Session, practice_id: UUID, account_id: UUID, place: Place, now: datetime, by: Giver | None = None) -> Account:
    """Give somebody another role or other clinics; whatever is signed in ends, so that nobody goes on with rights of before. Raises
    CannotChangeStaff."""
    account = _open(session, practice_id, account_id, STAFF)
    if place.role not in ROLES:
        raise CannotChangeStaff("Choose a role from the list.")
    check_giver(by, account, place.role, place.clinic_ids)
    refuse_last_admin(session, account, place.role, place.clinic_ids)
    account.role, account.clinic_ids = place.role, list(place.clinic_ids)
    services.sign_out_others(session, practice_id, account.id)
    audit.record(session, practice_id, "office.staff.change", now, account_id=_id(by), target_id=account.id)
    return account


def forget_second(session: Session, practice_id: UUID, account_id: UUID, now: datetime, by: Giver | None = None) -> Account:
    """A lost phone: the second step is set up anew at the next sign-in, after the password; what is open ends. Raises CannotChangeStaff."""
    account = _open(session, practice_id, account_id, STAFF)
    check_giver(by, account)
    second.forget(session, account)
    services.sign_out_others(session, practice_id, account.id)
    audit.record(session, practice_id, "office.staff.forget_second", now, account_id=_id(by), target_id=account.id)
    return account


def find(session: Session, practice_id: UUID, email: str, kind: str = STAFF) -> Account:
    """Somebody of the office by the mail address. Raises CannotChangeStaff."""
    account = session.scalars(_of_kind(practice_id, kind).where(Account.email_norm == email.strip().lower())).one_or_none()
    if account is None:
        raise CannotChangeStaff(f"Nobody here has the e-mail address {email}.")
    return account


def members(session: Session, practice_id: UUID, kind: str = STAFF) -> list[Member]:
    """Everybody who works here, or did, by name."""
    rows = session.execute(_with_keys(practice_id, kind).order_by(Account.closed_at.is_not(None), Account.name, Account.id))
    return [_member(account, keys) for account, keys in rows]


def member(session: Session, practice_id: UUID, account_id: UUID) -> Member | None:
    """One of those who work here, or did."""
    row = session.execute(_with_keys(practice_id, STAFF).where(Account.id == account_id)).one_or_none()
    return _member(*row) if row else None


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


@portal_task("auth.send_staff_invitation", mail="Invitation of staff")
def send_staff_invitation(work: Work, account_id: str) -> None:
    """Make the link here and put it into the mail, nowhere else."""
    account = work.db.get(Account, (work.tenant.practice_id, UUID(account_id)))
    if account is None or account.closed_at:
        return
    token = tickets.issue_link(work.db, INVITATION, work.now, INVITATION_LIVES, account.email, account_id=account.id)
    work.send_mail(account.email, "mail/staff_invitation", {"path": f"/office/invitation/{token}", "days": INVITATION_LIVES.days})


def _id(giver: Giver | None) -> UUID | None:
    return giver.account_id if giver else None


def _open(session: Session, practice_id: UUID, account_id: UUID, kind: str) -> Account:
    account = session.scalars(_of_kind(practice_id, kind).where(Account.id == account_id, Account.closed_at.is_(None))).one_or_none()
    if account is None:
        raise CannotChangeStaff("Nobody who works here has this access.")
    return account


def _of_kind(practice_id: UUID, kind: str):
    return select(Account).where(Account.practice_id == practice_id, Account.kind == kind)


def _with_keys(practice_id: UUID, kind: str):
    keys = select(func.count()).select_from(Passkey).where(Passkey.practice_id == practice_id, Passkey.account_id == Account.id)
    return _of_kind(practice_id, kind).add_columns(keys.scalar_subquery())


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


def _invited(session: Session, ticket: Ticket) -> Account:
    account = session.get(Account, (ticket.practice_id, ticket.account_id)) if ticket.account_id else None
    if account is None or account.closed_at or account.email != ticket.email:
        raise tickets.BadTicket
    return account


def _member(account: Account, keys: int) -> Member:
    if account.closed_at:
        state = "closed"
    elif not account.password_hash:
        state = "invited"
    else:
        state = "open" if account.totp_secret or keys else "second step to come"
    place = (account.role, tuple(account.clinic_ids), state, account.signed_in_at)
    return Member(account.id, account.name, account.email, *place, account.user_name, bool(account.totp_secret), keys)
