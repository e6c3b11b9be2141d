"""A patient's dental insurance as the practice's system knows it, what is left of this year's benefits, and the claims."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from plugins.account.models import Claim, Coverage

MOST_CLAIMS = 40
MOST_CARRIERS = 10
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


def carriers(session: Session, practice_id: UUID, since: date) -> list[tuple[str, int]]:
    """The ten insurances that came most: by claims sent since a day, then by coverages; with how many there are of both. One name, however it is written."""
    sent = select(Claim.carrier.label("carrier"), func.count().label("claims"), func.count().label("number")).where(
        Claim.practice_id == practice_id, Claim.sent_on >= since, Claim.carrier != ""
    )
    held = select(Coverage.carrier, func.count() * 0, func.count()).where(Coverage.practice_id == practice_id, Coverage.carrier != "")
    both = union_all(sent.group_by(Claim.carrier), held.group_by(Coverage.carrier)).subquery()
    claims_, number = func.sum(both.c.claims), func.sum(both.c.number)
    name = func.min(both.c.carrier)
    query = select(name, number).group_by(func.lower(both.c.carrier)).order_by(claims_.desc(), number.desc(), name).limit(MOST_CARRIERS)
    return [(carrier, int(count)) for carrier, count in session.execute(query)]


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
