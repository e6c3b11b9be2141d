"""Teeth as outlines: what radiographs and photos of the demo are drawn with. Nothing here is traced from a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, sin

Point = tuple[float, float]

# Half the width of a tooth at heights from the biting surface (0) to the tips of the roots (1), as parts of the crown's width.
_CROWN = ((0.0, 0.36), (0.02, 0.43), (0.1, 0.49), (0.2, 0.5), (0.3, 0.46), (0.38, 0.41), (0.42, 0.4))
_ROOT = ((0.26, 0.3), (0.34, 0.39), (0.42, 0.39), (0.55, 0.36), (0.7, 0.28), (0.85, 0.18), (0.95, 0.1), (1.0, 0.03))
_PULP = ((0.19, 0.06), (0.25, 0.1), (0.34, 0.09), (0.45, 0.06), (0.7, 0.035), (0.92, 0.015))
_ENAMEL_ENDS = 0.4


def rounded(outline: Sequence[Point], times: int = 2) -> list[Point]:
    """An outline with its corners cut, again and again (Chaikin's way), so that it looks grown."""
    for _ in range(times):
        pairs = zip(outline, [*outline[1:], outline[0]], strict=True)
        outline = [between(*pair, part) for pair in pairs for part in (0.25, 0.75)]
    return list(outline)


def between(one: Point, other: Point, part: float) -> Point:
    """The point that lies so far on the way from one to the other."""
    return one[0] + (other[0] - one[0]) * part, one[1] + (other[1] - one[1]) * part


@dataclass(frozen=True)
class Tooth:
    """A tooth at a place: the middle of its biting surface, its width and length, the angle of its roots (0 points down), and how many."""

    x: float
    y: float
    width: float
    length: float
    angle: float = 0.0
    roots: int = 1

    def at(self, across: float, along: float) -> Point:
        """The point that lies so far across (parts of the width) and along (parts of the length)."""
        dx, dy = across * self.width, along * self.length
        return self.x + dx * cos(self.angle) - dy * sin(self.angle), self.y + dx * sin(self.angle) + dy * cos(self.angle)

    def crown(self, inset: float = 0.0) -> list[Point]:
        """The outline of the crown; `inset` leaves the enamel away, as a part of the width."""
        top = inset * self.width / self.length
        profile = [(along + top * (1 - along / _ENAMEL_ENDS), half - inset) for along, half in _CROWN]
        if inset:
            profile.append((_CROWN[-1][0] + 0.07, _CROWN[-1][1] - inset))
        return self._outline(profile, cusps=self.roots > 1 and not inset)

    def root_outlines(self) -> list[list[Point]]:
        """The outlines of the roots; they begin inside the crown, so that nothing shows between the two."""
        if self.roots == 1:
            return [self._outline(_ROOT)]
        return [[self.at(*point) for point in self._half_root(side)] for side in (-1, 1)]

    def _half_root(self, side: int) -> list[Point]:
        outer = [(side * 0.3, 0.26), *((side * (0.4 - 0.05 * step), 0.36 + 0.15 * step) for step in range(5))]
        inner = [(side * (0.13 - 0.02 * step), 0.98 - 0.11 * step) for step in range(4)]
        return [*outer, (side * 0.15, 1.0), *inner, (side * -0.06, 0.56), (side * -0.06, 0.26)]

    def pulps(self) -> list[list[Point]]:
        """The chamber and the canals."""
        if self.roots == 1:
            return [self._outline(_PULP)]
        chamber = [(-0.22, 0.25), (-0.1, 0.28), (0.1, 0.28), (0.22, 0.25), (0.26, 0.42), (0.1, 0.39), (-0.1, 0.39), (-0.26, 0.42)]
        canals = [[(side * 0.25, 0.38), (side * 0.17, 0.38), (side * 0.185, 0.9), (side * 0.2, 0.9)] for side in (-1, 1)]
        return [[self.at(*point) for point in outline] for outline in (chamber, *canals)]

    def filling(self, depth: float = 0.16, width: float = 0.24) -> list[Point]:
        """A filling in the biting surface."""
        return [self.at(*point) for point in ((-width, 0.0), (width, 0.0), (width * 0.8, depth), (-width * 0.7, depth * 1.1))]

    def _outline(self, profile: Sequence[Point], cusps: bool = False) -> list[Point]:
        left = [self.at(-half, along) for along, half in profile]
        right = [self.at(half, along) for along, half in reversed(profile)]
        top = [self.at(0.28, -0.015), self.at(0.0, 0.045), self.at(-0.28, -0.015)] if cusps else []
        return left + right + top
