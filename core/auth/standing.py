"""How access to a record stands: the patient's own account, an open invitation, signed-in devices, and everybody who may see the record."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from core.auth.access import state_of, usable_invitations
from core.auth.identity import LONGEST
from core.auth.models import Account, SignInSession, Ticket
from core.people.finding import seen_at
from core.people.models import Grant, Patient

NONE, INVITED, OPEN, CLOSED = "none", "invited", "open", "closed"


@dataclass(frozen=True)
class Standing:
    """The patient's own access. `state` is `none`, `invited`, `first sign-in to come`, `password ended`, `open` or `closed`; `devices` are
    signed in now; `language` is the one that the patient asks for in the portal, if any."""

    state: str
    user_name: str = ""
    signed_in_at: datetime | None = None
    devices: int = 0
    invited_until: datetime | None = None
    language: str = ""


@dataclass(frozen=True)
class Holder:
    """Somebody who may see the record, did, or will. `rights` are such as `*.act` or `images.see`.

    `giver` and `ended_by` are the names of those who gave it in the portal, and who ended it before its time; `grant_id` is one of its grants.
    """

    grant_id: UUID
    account_id: UUID
    who: str
    relation: str
    rights: frozenset[str]
    since: datetime
    until: datetime | None
    given_by: str
    patient_id: UUID | None
    giver_id: UUID | None = None
    giver: str = ""
    ended_by_id: UUID | None = None
    ended_by: str = ""

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended."""
        return self.until is not None and self.until <= now


def states(session: Session, practice_id: UUID, patient_ids: Collection[UUID], now: datetime) -> dict[UUID, str]:
    """How things stand with each of these patients' own access."""
    asked = (Ticket.practice_id == practice_id, Ticket.patient_id.in_(patient_ids), *usable_invitations(now))
    invited = session.scalars(select(Ticket.patient_id).where(*asked))
    found = dict.fromkeys(patient_ids, NONE) | dict.fromkeys(filter(None, invited), INVITED)
    return found | {account.patient_id: state_of(account, now) for account in own_accounts(session, practice_id, patient_ids) if account.patient_id}


def own_accounts(session: Session, practice_id: UUID, patient_ids: Collection[UUID]) -> list[Account]:
    """The accounts of these patients, those last that count."""
    mine = (Account.practice_id == practice_id, Account.patient_id.in_(patient_ids))
    # Of several accounts the last of these counts: the open one, then the oldest, as `account_of` has it.
    return list(session.scalars(select(Account).where(*mine).order_by(Account.closed_at.is_(None), Account.created_at.desc())))


def patient_and_standing(
    session: Session, practice_id: UUID, patient_id: UUID, clinic_ids: Collection[UUID], now: datetime, idle: timedelta
) -> tuple[Patient, Standing] | None:
    """A patient, if a clinic that counts is theirs, and how things stand with the patient's own access; in one statement."""
    own = and_(Account.practice_id == practice_id, Account.patient_id == Patient.id)
    alive = (SignInSession.seen_at > now - idle, SignInSession.created_at > now - LONGEST)
    devices = select(func.count()).where(SignInSession.practice_id == practice_id, SignInSession.account_id == Account.id, *alive)
    invited = select(func.max(Ticket.expires_at)).where(Ticket.practice_id == practice_id, Ticket.patient_id == Patient.id)
    row = session.execute(
        select(Patient, Account, devices.scalar_subquery(), invited.where(*usable_invitations(now)).scalar_subquery())
        .outerjoin(Account, own)
        .where(*seen_at(practice_id, clinic_ids), Patient.id == patient_id)
        .order_by(Account.closed_at.is_not(None), Account.created_at)
        .limit(1)
    ).one_or_none()
    return (row[0], _standing(now, *row[1:])) if row else None


def _standing(now: datetime, account: Account | None, devices: int, invited_until: datetime | None) -> Standing:
    if account is None:
        return Standing(INVITED if invited_until else NONE, invited_until=invited_until)
    return Standing(state_of(account, now), account.user_name, account.signed_in_at, devices, language=account.language)


def holders(session: Session, practice_id: UUID, patient_id: UUID) -> list[Holder]:
    """Everybody else to whom the record was opened, those of today first; what was granted together stands together."""
    own = and_(Patient.practice_id == practice_id, Patient.id == Account.patient_id)
    rows = session.execute(
        select(Grant, Account, Patient)
        .join(Account, and_(Account.practice_id == practice_id, Account.id == Grant.account_id))
        .outerjoin(Patient, own)
        .where(Grant.practice_id == practice_id, Grant.patient_id == patient_id)
        .where(or_(Account.patient_id.is_(None), Account.patient_id != patient_id))
        .order_by(Grant.until.is_not(None), Grant.until.desc(), Grant.since, Account.id, Grant.relation, Grant.given_by, Grant.giver_id)
    ).all()
    others = {other for grant, *_ in rows for other in (grant.giver_id, grant.ended_by_id) if other}
    names = names_of(session, practice_id, others) if others else {}
    return [_holder([(row[0], row[1], row[2]) for row in together], names) for _, together in groupby(rows, lambda row: _occasion(row[0]))]


def names_of(session: Session, practice_id: UUID, account_ids: Collection[UUID]) -> dict[UUID | None, str]:
    """What the owners of accounts are called."""
    own = and_(Patient.practice_id == practice_id, Patient.id == Account.patient_id)
    query = select(Account, Patient).outerjoin(Patient, own).where(Account.practice_id == practice_id, Account.id.in_(account_ids))
    return {account.id: _name(account, patient) for account, patient in session.execute(query)}


def _name(account: Account, patient: Patient | None) -> str:
    return patient.name if patient else account.name or account.user_name


def _occasion(grant: Grant) -> tuple:
    return grant.until, grant.since, grant.account_id, grant.relation, grant.given_by, grant.giver_id


def _holder(rows: list[tuple[Grant, Account, Patient | None]], names: Mapping[UUID | None, str]) -> Holder:
    grant, account, patient = rows[0]
    rights = frozenset(f"{one.plugin}.{one.level}" for one, _, _ in rows)
    who, giver, ended_by = _name(account, patient), names.get(grant.giver_id, ""), names.get(grant.ended_by_id, "")
    whom = (grant.id, account.id, who, grant.relation, rights, grant.since, grant.until, grant.given_by, account.patient_id)
    return Holder(*whom, grant.giver_id, giver, grant.ended_by_id, ended_by)

