"""Who may give others access to a record, and how much: a patient who is of age, and the guardian of a child who sees everything.

Nobody gives more than they have, nor for longer. Between the birthday on which a guardian's access narrows and the one on which the
child is of age nobody gives anything here; the office can.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from core.auth.models import Account
from core.people.ages import years
from core.people.family import GIVEN_BY
from core.people.grants import lasts, rights_at
from core.people.models import Grant, Patient

NO_BIRTHDATE = "There is no birthdate in the chart, which others would have to know. Please call us, so that we can enter it."
NOT_OF_AGE = "Until you are {age}, whoever looks after you decides who else may see your record. Please call us if you have a question."


@dataclass(frozen=True)
class Day:
    """Today on the practice's calendar, and the age at which one is of age there."""

    now: datetime
    today: date
    adult_age: int


@dataclass(frozen=True)
class Giver:
    """An account that has a say in who sees a patient's record. `hindrance` says why it can give nothing; empty when it can."""

    account: Account
    patient: Patient
    grants: tuple[Grant, ...]
    hindrance: str

    @property
    def is_self(self) -> bool:
        """Whether it is the patient's own account."""
        return self.account.patient_id == self.patient.id

    def most(self, right: str, until: datetime | None, now: datetime) -> tuple[bool, datetime | None]:
        """Whether this right can be given, and until when at most."""
        own = lasts(self.grants, right, now)
        ends = [end for end in (until, own.until if own else None) if end]
        return own is not None, min(ends, default=None)


def giver_of(session: Session, practice_id: UUID, account_id: UUID, patient_id: UUID, day: Day) -> Giver | None:
    """The account as somebody who has a say; None when it has none."""
    held = and_(Grant.practice_id == practice_id, Grant.account_id == Account.id, Grant.patient_id == patient_id)
    rows = session.execute(
        select(Account, Patient, Grant)
        .select_from(Account)
        .join(Patient, and_(Patient.practice_id == practice_id, Patient.id == patient_id))
        .join(Grant, held)
        .where(Account.practice_id == practice_id, Account.id == account_id, Account.closed_at.is_(None))
    ).all()
    if not rows:
        return None
    account, patient, _ = rows[0]
    is_minor = patient.birthdate is not None and years(patient.birthdate, day.today) < day.adult_age
    grants = tuple(grant for *_, grant in rows if _counts(grant, account.patient_id == patient_id))
    if "*.act" not in rights_at(grants, day.now) or not (account.patient_id == patient_id or is_minor):
        return None
    return Giver(account, patient, grants, _hindrance(account, patient, is_minor, day))


def _counts(grant: Grant, is_self: bool) -> bool:
    """What is given on: the right on the own record, or that of a guardian by the practice's system; never what others have given."""
    return grant.relation == "self" if is_self else (grant.given_by, grant.relation) == (GIVEN_BY, "guardian")


def _hindrance(account: Account, patient: Patient, is_minor: bool, day: Day) -> str:
    if patient.birthdate is None:
        return NO_BIRTHDATE
    return NOT_OF_AGE.format(age=day.adult_age) if is_minor and account.patient_id == patient.id else ""
