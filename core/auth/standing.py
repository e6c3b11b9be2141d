"""How access to a record stands: the patient's own account, an open invitation, signed-in devices, and everybody who may see the record."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from core.auth.access import state_of, usable_invitations
from core.auth.devices import Device, from_kept, kept_devices
from core.auth.models import Account, Ticket
from core.people.finding import seen_at
from core.people.models import Grant, MergedChart, Patient

NONE, INVITED, OPEN, CLOSED = "none", "invited", "open", "closed"


@dataclass(frozen=True)
class Standing:
    """The patient's own access. `state` is `none`, `invited`, `first sign-in to come`, `password ended`, `open` or `closed`; `devices` are
    signed in now; `language` is the one that the patient asks for in the portal, if any."""

    state: str
    user_name: str = ""
    signed_in_at: datetime | None = None
    devices: Sequence[Device] = ()
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
) -> tuple[Patient, Standing, int] | None:
    """A patient, if a clinic that counts is theirs, how things stand with the patient's own access, and how many charts have become part of this one;
    in one statement."""
    own = and_(Account.practice_id == practice_id, Account.patient_id == Patient.id)
    invited = select(func.max(Ticket.expires_at)).where(Ticket.practice_id == practice_id, Ticket.patient_id == Patient.id)
    merged = select(func.count()).where(MergedChart.practice_id == practice_id, MergedChart.patient_id == Patient.id).scalar_subquery()
    row = session.execute(
        select(Patient, merged, Account, kept_devices(practice_id, now, idle), invited.where(*usable_invitations(now)).scalar_subquery())
        .outerjoin(Account, own)
        .where(*seen_at(practice_id, clinic_ids), Patient.id == patient_id)
        .order_by(Account.closed_at.is_not(None), Account.created_at)
        .limit(1)
    ).one_or_none()
    return (row[0], _standing(now, *row[2:]), row[1]) if row else None


def _standing(now: datetime, account: Account | None, kept: list | None, invited_until: datetime | None) -> Standing:
    if account is None:
        return Standing(INVITED if invited_until else NONE, invited_until=invited_until)
    return Standing(state_of(account, now), account.user_name, account.signed_in_at, from_kept(kept), language=account.language)


def holders(session: Session, practice_id: UUID, patient_id: UUID) -> list[Holder]:
    """Everybody else to whom the record was opened, those of today first; what was granted together stands together."""
    rows = _rows(session, practice_id, Grant.patient_id == patient_id)
    return _holders(rows, patient_id, _givers(session, practice_id, rows))


def both_ways(session: Session, practice_id: UUID, patient_id: UUID, now: datetime) -> tuple[list[Holder], list[Holder]]:
    """The same, and the other way round in the same statement: the records of others that the patient may see, or will. There `who` and
    `account_id` stand for whose each is."""
    theirs = select(Grant.id).where(Grant.practice_id == practice_id, Grant.patient_id == patient_id)
    mine = (Grant.practice_id == practice_id, Account.practice_id == practice_id, Account.id == Grant.account_id)
    own = select(Grant.id).where(*mine, Account.patient_id == patient_id, Account.closed_at.is_(None))
    # Two questions by index, not one with an "or", which would read every grant.
    rows = _rows(session, practice_id, Grant.id.in_(union_all(theirs.correlate(None), own.correlate(None))))
    names = _givers(session, practice_id, rows)
    others = (row for row in rows if row.whose.id != patient_id and (row.grant.until is None or row.grant.until > now))
    return _holders(rows, patient_id, names), [replace(_holder([replace(row, owner=row.whose)], names), account_id=row.whose.id) for row in others]


@dataclass(frozen=True)
class _Row:
    """A grant, the account that has it, whose account that is, and whose record it opens."""

    grant: Grant
    account: Account
    owner: Patient | None
    whose: Patient


def _rows(session: Session, practice_id: UUID, which: ColumnElement[bool]) -> list[_Row]:
    owner, whose = aliased(Patient), aliased(Patient)
    rows = session.execute(
        select(Grant, Account, owner, whose)
        .join(Account, and_(Account.practice_id == practice_id, Account.id == Grant.account_id))
        .outerjoin(owner, and_(owner.practice_id == practice_id, owner.id == Account.patient_id))
        .join(whose, and_(whose.practice_id == practice_id, whose.id == Grant.patient_id))
        .where(Grant.practice_id == practice_id, which)
        .where(or_(Account.patient_id.is_(None), Account.patient_id != Grant.patient_id))
        .order_by(Grant.until.is_not(None), Grant.until.desc(), Grant.since, Account.id, Grant.relation, Grant.given_by, Grant.giver_id, whose.id)
    )
    return [_Row(*row) for row in rows]


def _givers(session: Session, practice_id: UUID, rows: list[_Row]) -> dict[UUID | None, str]:
    others = {other for row in rows for other in (row.grant.giver_id, row.grant.ended_by_id) if other}
    return names_of(session, practice_id, others) if others else {}


def _holders(rows: list[_Row], patient_id: UUID, names: Mapping[UUID | None, str]) -> list[Holder]:
    of_patient = (row for row in rows if row.whose.id == patient_id)
    return [_holder(list(together), names) for _, together in groupby(of_patient, lambda row: _occasion(row.grant))]


def names_of(session: Session, practice_id: UUID, account_ids: Collection[UUID]) -> dict[UUID | None, str]:
    """What the owners of accounts are called."""
    own = and_(Patient.practice_id == practice_id, Patient.id == Account.patient_id)
    query = select(Account, Patient).outerjoin(Patient, own).where(Account.practice_id == practice_id, Account.id.in_(account_ids))
    return {account.id: _name(account, patient) for account, patient in session.execute(query)}


def _name(account: Account, patient: Patient | None) -> str:
    return patient.name if patient else account.name or account.user_name


def _occasion(grant: Grant) -> tuple:
    return grant.until, grant.since, grant.account_id, grant.relation, grant.given_by, grant.giver_id


def _holder(rows: list[_Row], names: Mapping[UUID | None, str]) -> Holder:
    first, grant = rows[0], rows[0].grant
    rights = frozenset(f"{row.grant.plugin}.{row.grant.level}" for row in rows)
    who, giver, ended_by = _name(first.account, first.owner), names.get(grant.giver_id, ""), names.get(grant.ended_by_id, "")
    whom = (grant.id, first.account.id, who, grant.relation, rights, grant.since, grant.until, grant.given_by, first.account.patient_id)
    return Holder(*whom, grant.giver_id, giver, grant.ended_by_id, ended_by)
