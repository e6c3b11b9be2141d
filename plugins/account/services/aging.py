"""How old a debt is, by the field's rule: whatever came off a balance pays the oldest charges first."""

from collections.abc import Sequence
from dataclasses import dataclass

DAYS = (30, 60, 90)
"""The last days of each but the oldest part."""

CHARGES = f"""json_build_array(
    coalesce(sum(amount_cents) filter (where amount_cents > 0 and entered_on >= cast(:today as date) - {DAYS[0]}), 0),
    coalesce(sum(amount_cents) filter (where amount_cents > 0 and entered_on between cast(:today as date) - {DAYS[1]} and cast(:today as date) - {DAYS[0] + 1}), 0),
    coalesce(sum(amount_cents) filter (where amount_cents > 0 and entered_on between cast(:today as date) - {DAYS[2]} and cast(:today as date) - {DAYS[1] + 1}), 0),
    coalesce(sum(amount_cents) filter (where amount_cents > 0 and entered_on < cast(:today as date) - {DAYS[2]}), 0),
    coalesce(-sum(amount_cents) filter (where amount_cents < 0), 0), max(entered_on))"""
"""Of ledger entries: what was charged in each part, the newest first; what came off altogether; and the newest day."""


@dataclass(frozen=True, slots=True)
class Aging:
    """What is owed, in cents, by how many days ago it was charged."""

    days_0_30: int
    days_31_60: int
    days_61_90: int
    over_90: int

    @property
    def parts(self) -> tuple[tuple[str, int], ...]:
        """Each part with its name."""
        names = ("0 to 30 days", "31 to 60 days", "61 to 90 days", "Over 90 days")
        return tuple(zip(names, (self.days_0_30, self.days_31_60, self.days_61_90, self.over_90), strict=True))

    @property
    def total_cents(self) -> int:
        """All of it."""
        return sum(cents for _, cents in self.parts)


def aged(charges: Sequence[int], credits_cents: int) -> Aging:
    """What is left of the charges of each part, the newest part first, when everything that came off has paid the oldest ones."""
    left: list[int] = []
    for charged in reversed(charges):
        paid = min(charged, credits_cents)
        credits_cents -= paid
        left.insert(0, charged - paid)
    return Aging(*left)
