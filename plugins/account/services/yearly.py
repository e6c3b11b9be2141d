"""What was paid in a year, by whom for whom, and what was done: for taxes, a health account of an employer, or another insurance."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from plugins.account.services.ledger import provider_name

# Neither an entry that was taken back nor the one that takes it back; and payments that are not in the books yet.
_LINES = text("""
select e.id, e.patient_id, e.entered_on, e.entry_type, e.description, e.amount_cents, e.code, e.tooth, false as pending,
    p.title, p.first_name, p.last_name, p.preferred_name, p.suffix
from account_entry e left join provider p on p.practice_id = :practice_id and p.id = e.provider_id
where e.practice_id = :practice_id and e.patient_id = any(cast(:people as uuid[])) and e.entered_on between :first and :last
    and e.voids_id is null and not exists (select from account_entry v where v.practice_id = :practice_id and v.voids_id = e.id)
union all
select id, patient_id, (created_at at time zone :zone)::date, 'payment', 'Payment in the portal, ' || card, -amount_cents, '', '', true,
    null, null, null, null, null
from account_payment p where practice_id = :practice_id and patient_id = any(cast(:people as uuid[])) and state = 'succeeded'
    and (created_at at time zone :zone)::date between :first and :last
    and not exists (select from account_entry e where e.practice_id = :practice_id and e.receipt_number = p.receipt_number)
order by 3, 1""")
_FIRST_YEAR = text("""select min(entered_on) from account_entry where practice_id = :practice_id and patient_id = any(cast(:people as uuid[]))""")


@dataclass(frozen=True, slots=True)
class YearLine:
    """A line of the year's ledger. A payment that the office has not entered yet is `pending`."""

    patient_id: UUID
    entered_on: date
    entry_type: str
    description: str
    amount_cents: int
    code: str
    tooth: str
    provider: str
    pending: bool


@dataclass(frozen=True, slots=True)
class Year:
    """The lines of a year with their sums, in cents: what was paid and what insurance paid as positive amounts."""

    year: int
    lines: tuple[YearLine, ...]

    @property
    def paid_cents(self) -> int:
        """What was paid, less what was given back."""
        return self._off("payment")

    @property
    def insurance_cents(self) -> int:
        """What insurance paid."""
        return self._off("insurance_payment")

    @property
    def adjusted_cents(self) -> int:
        """What the office took off."""
        return self._off("adjustment")

    @property
    def charged_cents(self) -> int:
        """What was done cost."""
        return -self._off("charge")

    @property
    def payments(self) -> list[YearLine]:
        """What was paid, in order."""
        return [line for line in self.lines if line.entry_type == "payment"]

    @property
    def charges(self) -> list[YearLine]:
        """What was done, in order."""
        return [line for line in self.lines if line.entry_type == "charge"]

    def of(self, patient_id: UUID) -> "Year":
        """The same for one of the patients."""
        return Year(self.year, tuple(line for line in self.lines if line.patient_id == patient_id))

    def _off(self, entry_type: str) -> int:
        return -sum(line.amount_cents for line in self.lines if line.entry_type == entry_type)


def year_of(session: Session, practice_id: UUID, people: Collection[UUID], year: int, zone: ZoneInfo) -> Year:
    """The year of these patients: nobody else is in it."""
    asked = {"practice_id": practice_id, "people": list(people), "first": date(year, 1, 1), "last": date(year, 12, 31), "zone": zone.key}
    return Year(year, tuple(_lines(session.execute(_LINES, asked))))


def first_year(session: Session, practice_id: UUID, people: Collection[UUID], today: date) -> int:
    """The first year in which there is anything."""
    first = session.scalar(_FIRST_YEAR, {"practice_id": practice_id, "people": list(people)})
    return min(first.year if first else today.year, today.year)


def _lines(rows: Iterable[Any]) -> Iterable[YearLine]:
    for row in rows:
        provider = provider_name(row.title, row.first_name, row.last_name, row.preferred_name, row.suffix)
        yield YearLine(row.patient_id, row.entered_on, row.entry_type, row.description, row.amount_cents, row.code, row.tooth, provider, row.pending)
