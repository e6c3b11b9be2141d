"""Whether two sets of times could be one: medians, quartiles and the rank test of Mann and Whitney."""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

CHANCE = 0.01
"""How seldom chance alone may bring about a difference before it counts as one."""
ALIKE = 0.05
"""A difference of medians, as a share, that nobody can make use of over a network."""


@dataclass(frozen=True)
class Comparison:
    """Two sets of times: lower quartile, median and upper quartile of each, the difference of the medians as a share of the first, and how
    often chance alone would set two sets that are alike so far apart."""

    first: tuple[float, float, float]
    second: tuple[float, float, float]
    difference: float
    chance: float

    @property
    def overlap(self) -> bool:
        """Whether the two cannot be told apart."""
        return self.chance > CHANCE or abs(self.difference) <= ALIKE


def compare(first: Sequence[float], second: Sequence[float]) -> Comparison:
    """Compare two sets of at least two times each."""
    ours, theirs = quartiles(first), quartiles(second)
    return Comparison(ours, theirs, theirs[1] / ours[1] - 1, chance_of(first, second))


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Lower quartile, median, upper quartile."""
    lower, middle, upper = statistics.quantiles(values, n=4, method="inclusive")
    return lower, middle, upper


def chance_of(first: Sequence[float], second: Sequence[float]) -> float:
    """The two-sided p of Mann and Whitney's test, by the normal approximation with ties; good from about 20 values each on."""
    count, total = len(first), len(first) + len(second)
    both = Counter([*first, *second])
    ranks, below = {}, 0
    for value in sorted(both):
        ranks[value] = below + (both[value] + 1) / 2
        below += both[value]
    rank_sum = sum(ranks[value] for value in first) - count * (count + 1) / 2
    middle = count * len(second) / 2
    ties = sum(number**3 - number for number in both.values()) / (total * (total - 1))
    spread = math.sqrt(middle / 6 * (total + 1 - ties))
    # The half is for a sum that moves in steps.
    return math.erfc(max(0.0, abs(rank_sum - middle) - 0.5) / spread / math.sqrt(2)) if spread else 1.0
