"""What treatment costs and who pays it, in cents."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Amounts:
    """A fee, what insurance and discounts are expected to take off it, and through `patient` what is left to pay."""

    fee: int = 0
    primary: int = 0
    secondary: int = 0
    discount: int = 0

    @property
    def insurance(self) -> int:
        """Both insurances together."""
        return self.primary + self.secondary

    @property
    def patient(self) -> int:
        """The patient's part; below zero when the estimates are higher than the fee."""
        return self.fee - self.primary - self.secondary - self.discount

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.fee + other.fee, self.primary + other.primary, self.secondary + other.secondary, self.discount + other.discount)


def total(amounts: Iterable[Amounts]) -> Amounts:
    """The sum, column by column; nothing at all is zero."""
    return sum(amounts, Amounts())
