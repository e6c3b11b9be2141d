"""A patient's dental insurance as the practice's system knows it, what is left of this year's benefits, and the claims."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from plugins.account.models import Claim, Coverage

MOST_CLAIMS = 40
SHOWN_OF_NUMBER = 4


@dataclass(frozen=True, slots=True)
class Share:
    """So much of something that it has an end, in cents: the year's maximum, or the deductible; `used` of it is gone."""

    whole_cents: int
    used_cents: int

    @property
    def left_cents(self) -> int:
        """What is left; never less than nothing."""
        return max(0, self.whole_cents - self.used_cents)

    @property
    def percent_used(self) -> int:
        """How much of it is gone, for a bar."""
        return min(100, self.used_cents * 100 // self.whole_cents) if self.whole_cents else 100


def coverages(session: Session, practice_id: UUID, patient_id: UUID) -> list[Coverage]:
    """The plans of a patient, the primary one first."""
    query = select(Coverage).where(Coverage.practice_id == practice_id, Coverage.patient_id == patient_id)
    return list(session.scalars(query.order_by(Coverage.order, Coverage.id)))


def claims(session: Session, practice_id: UUID, patient_id: UUID) -> list[Claim]:
    """The last claims: those that wait first, then the newest."""
    query = select(Claim).where(Claim.practice_id == practice_id, Claim.patient_id == patient_id)
    ordered = query.order_by((Claim.state == "received"), Claim.sent_on.desc().nulls_first(), Claim.id.desc())
    return list(session.scalars(ordered.limit(MOST_CLAIMS)))


def maximum(coverage: Coverage) -> Share | None:
    """The most that the plan pays in a year, and what it has paid; nothing where the practice's system does not say."""
    return _share(coverage.annual_maximum_cents, coverage.used_cents)


def deductible(coverage: Coverage) -> Share | None:
    """What the patient pays first each year, and what of it is paid."""
    return _share(coverage.deductible_cents, coverage.deductible_met_cents)


def _share(whole: int | None, used: int | None) -> Share | None:
    return None if whole is None else Share(whole, used or 0)


def masked(number: str) -> str:
    """The last four characters of a member number; of a short one less, so that some of it always stays hidden."""
    return number[-min(SHOWN_OF_NUMBER, len(number) // 2) :] if len(number) > 1 else ""
