"""What part of a payment pays which charge: the oldest first, those of a chosen visit or statement before, what is left is a prepayment.

Nothing here asks a database; cents are neither lost nor made, and no charge gets more than is open of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge of which something may be open."""

    entry_id: UUID
    patient_id: UUID
    entered_on: date
    open_cents: int
    visit: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a payment: for a charge, or (without one) a prepayment of this patient."""

    patient_id: UUID
    entry_id: UUID | None
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What the payer chose: a patient, a visit, or what was charged until the day of a statement. These are paid before anything else."""

    patient_id: UUID
    visit: str | None = None
    until: date | None = None

    def rank(self, charge: Charge) -> int:
        """How much this charge is meant: what was chosen, then the patient's own, then the rest of the family's."""
        if charge.patient_id != self.patient_id and not (self.until and self._in_time(charge)):
            return 2
        chosen = charge.visit == self.visit if self.visit else self._in_time(charge)
        return 0 if chosen else 1

    def _in_time(self, charge: Charge) -> bool:
        return self.until is not None and charge.entered_on <= self.until


def in_order(charges: Iterable[Charge]) -> list[Charge]:
    """The oldest first; of one day in the order of their ids."""
    return sorted(charges, key=lambda charge: (charge.entered_on, charge.entry_id.hex))


def reduce(charges: Sequence[Charge], paid: dict[UUID, int], pool_cents: dict[UUID, int]) -> list[Charge]:
    """The charges of which something is still open: `paid` comes off by charge, the pool of each patient (credits, adjustments, what insurance and
    others have paid) off that patient's oldest."""
    pool, found = dict(pool_cents), []
    for charge in charges:
        # What was paid of a charge beyond it is as good as any other credit.
        beyond = max(0, paid.get(charge.entry_id, 0) - charge.open_cents)
        pool[charge.patient_id] = pool.get(charge.patient_id, 0) + beyond
    for charge in in_order(charges):
        left = max(0, charge.open_cents - paid.get(charge.entry_id, 0))
        taken = min(left, max(0, pool.get(charge.patient_id, 0)))
        pool[charge.patient_id] = pool.get(charge.patient_id, 0) - taken
        if left > taken:
            found.append(replace(charge, open_cents=left - taken))
    return found


def allocate(cents: int, charges: Iterable[Charge], wish: Wish) -> list[Part]:
    """The parts of a payment of so many cents; together they are the whole of it."""
    parts = []
    for charge in sorted(in_order(charges), key=wish.rank):
        part = min(cents, charge.open_cents)
        if part > 0:
            parts.append(Part(charge.patient_id, charge.entry_id, part))
            cents -= part
    return [*parts, Part(wish.patient_id, None, cents)] if cents else parts


def kept(parts: Sequence[Part], back_cents: int) -> list[Part]:
    """What is left of the parts of a payment when so much of it was given back: prepayments go first, then what was paid last."""
    found: list[Part] = []
    for part in sorted(parts, key=lambda part: part.entry_id is None)[::-1]:
        taken = min(back_cents, part.amount_cents)
        back_cents -= taken
        if part.amount_cents > taken:
            found.append(replace(part, amount_cents=part.amount_cents - taken))
    return found[::-1]
