"""Who may change whose access to the office, and how far: nobody one's own, nobody beyond one's own, and an office keeps an admin."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import Account
from core.auth.realms import STAFF
from core.auth.roles import ROLES

ADMIN = "office_admin"


class CannotChangeStaff(Exception):
    """This cannot be done; the text says why and what to do."""


@dataclass(frozen=True)
class Giver:
    """Somebody of the office who changes the access of others: what that person may do, and at which clinics (none: all)."""

    account_id: UUID
    permissions: frozenset[str]
    clinic_ids: frozenset[UUID] = frozenset()


def check_giver(giver: Giver | None, account: Account | None, role: str = "", clinic_ids: Collection[UUID] | None = None) -> None:
    """Whether the giver may change this account, and give this role and these clinics; a command of the operator (None) may. Raises
    CannotChangeStaff."""
    if giver is None:
        return
    if account is not None and account.id == giver.account_id:
        raise CannotChangeStaff("Somebody else has to change your own access.")
    if role and not ROLES[role].permissions <= giver.permissions:
        raise CannotChangeStaff("This role may do more than you may. Ask an office admin.")
    # A closed account is nobody's until it is invited anew.
    had = account.clinic_ids if account and account.closed_at is None else None
    if not all(clinics is None or is_within(clinics, giver.clinic_ids) for clinics in (had, clinic_ids)):
        raise CannotChangeStaff("You look after those who work at your own clinics only. Choose among these, or ask an admin of all clinics.")


def is_within(clinic_ids: Collection[UUID], limits: Collection[UUID]) -> bool:
    """Whether these clinics (none: all) lie within those (none: all)."""
    return not limits or (bool(clinic_ids) and set(clinic_ids) <= set(limits))


def refuse_last_admin(session: Session, account: Account, role: str, clinic_ids: Collection[UUID] = ()) -> None:
    """An office without an admin of all its clinics could never give itself one again. Raises CannotChangeStaff."""
    was_admin = account.role == ADMIN and account.closed_at is None
    if not was_admin or (role == ADMIN and (not clinic_ids or account.clinic_ids)):
        return
    where = (Account.practice_id == account.practice_id, Account.kind == STAFF, Account.role == ADMIN, Account.closed_at.is_(None))
    # Locked: two admins who take the role from each other come one after the other.
    admins = session.scalars(select(Account).where(*where).order_by(Account.id).with_for_update()).all()
    # Who has never come in yet may never come.
    others = [admin for admin in admins if admin.id != account.id and admin.password_hash and not (admin.clinic_ids and not account.clinic_ids)]
    if not others:
        raise CannotChangeStaff("This is the only office admin. Make somebody else an office admin first.")
