"""Pictures like radiographs, drawn from outlines: two rows of back teeth, and both jaws in one picture."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import pi, sin
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from plugins.images.demo.label import label
from plugins.images.demo.shapes import Point, Tooth, rounded


@dataclass
class Plate:
    """A gray picture in the making."""

    width: int
    height: int
    soft: float
    """How blurred the edges of teeth are, in dots."""

    def __post_init__(self) -> None:
        self.image = Image.new("L", (self.width, self.height), 12)

    def shade(self, outlines: Iterable[Sequence[Point]], gray: int, blur: float, lighten: bool = True, grown: int = 2) -> None:
        """Lay outlines over the picture, where they are lighter than what is there (or darker); `grown` is how round they are."""
        layer = Image.new("L", self.image.size, 0 if lighten else 255)
        pen = ImageDraw.Draw(layer)
        for outline in outlines:
            pen.polygon(rounded(outline, grown), fill=gray)
        layer = layer.filter(ImageFilter.BoxBlur(blur))
        self.image = (ImageChops.lighter if lighten else ImageChops.darker)(self.image, layer)

    def grain(self, region: Sequence[Point], gray: int, coarse: int) -> None:
        """Bone: a cloudy gray within a region."""
        small = (self.image.width // coarse, self.image.height // coarse)
        cloud = Image.effect_noise(small, 60).resize(self.image.size, Image.Resampling.BICUBIC)
        cloud = cloud.point(lambda value: max(0, min(255, gray + (value - 128) // 4)))
        mask = Image.new("L", self.image.size, 0)
        ImageDraw.Draw(mask).polygon(list(region), fill=255)
        self.image = Image.composite(cloud, self.image, mask.filter(ImageFilter.BoxBlur(7)))

    def teeth(self, teeth: Sequence[Tooth]) -> None:
        """Teeth: roots and dentin gray, enamel nearly white, the pulp dark."""
        self.shade((outline for tooth in teeth for outline in tooth.root_outlines()), 138, self.soft)
        self.shade((tooth.crown() for tooth in teeth), 208, self.soft)
        self.shade((tooth.crown(inset=0.11) for tooth in teeth), 146, self.soft * 1.6, lighten=False)
        self.shade((outline for tooth in teeth for outline in tooth.pulps()), 92, self.soft * 1.3, lighten=False)

    def finished(self, note: str) -> Image.Image:
        """The picture with the grain of a sensor and its mark."""
        noise = Image.effect_noise(self.image.size, 14)
        return label(ImageChops.add(self.image, noise, scale=1, offset=-128), note)


def back_teeth(draw: Random, note: str, filled: frozenset[int] = frozenset()) -> Image.Image:
    """Upper and lower back teeth biting together; `filled` counts teeth from the left, the lower row from 4 on."""
    plate = Plate(960, 720, 2.6)
    rows = [*_row(draw, 344, pi), *_row(draw, 366, 0.0)]
    plate.grain(_bone(plate, 0, 172, draw), 96, 9)
    plate.grain(_bone(plate, plate.height, 546, draw), 92, 9)
    plate.teeth(rows)
    plate.shade((rows[place].filling(draw.uniform(0.14, 0.19)) for place in sorted(filled)), 250, 1.0, grown=1)
    return plate.finished(note)


def _row(draw: Random, bite: float, angle: float) -> list[Tooth]:
    """Two premolars and two molars, from left to right, side by side."""
    found, edge = [], draw.uniform(20, 50)
    for width, roots in ((176, 1), (182, 1), (266, 2), (258, 2)):
        level = bite + 14 * sin(pi * edge / 900)
        lean, length = angle + draw.uniform(-0.03, 0.03), draw.uniform(430, 460)
        found.append(Tooth(edge + width / 2, level, width * 1.02, length, lean, roots))
        edge += width
    return found


def _bone(plate: Plate, far: float, crest: float, draw: Random) -> list[Point]:
    """A region from the picture's edge to a crest that rises between the teeth."""
    toward = 16 if far else -16
    line = [(x, crest - toward * sin(x / 33) + draw.uniform(-5, 5)) for x in range(0, plate.width + 1, 24)]
    return [(0, far), *line, (plate.width, far)]


def both_jaws(
    draw: Random, note: str, missing: frozenset[int] = frozenset(), implant: int | None = None, braces: bool = False
) -> Image.Image:
    """All teeth in one picture. Teeth are counted as dentists do, 1 to 16 above from the left, 17 to 32 below from the right."""
    plate = Plate(1500, 760, 1.4)
    _skull(plate, draw)
    teeth = _arches(draw)
    plate.teeth([tooth for number, tooth in teeth.items() if number not in missing])
    if implant:
        plate.shade([_screw(teeth[implant])], 252, 0.8)
        plate.shade([teeth[implant].crown()], 240, 1.0)
    if braces:
        for numbers in (range(2, 16), range(18, 32)):
            plate.shade(_braces([teeth[number] for number in numbers]), 252, 0.6, grown=0)
    return plate.finished(note)


_WIDTHS = (62, 70, 74, 52, 52, 54, 46, 58)


def _arches(draw: Random) -> dict[int, Tooth]:
    """Upper teeth from 1, lower teeth from 32 down, along two smiling curves."""
    widths = [*_WIDTHS, *reversed(_WIDTHS)]
    found, edge = {}, 750 - sum(widths) / 2
    for place, width in enumerate(widths):
        middle, roots = edge + width / 2, 2 if width >= 62 else 1
        edge += width
        part = (middle - 750) / 470
        bow, length = 70 * part * part, draw.uniform(158, 172) if roots == 2 else draw.uniform(176, 192)
        found[place + 1] = Tooth(middle, 390 - bow, width * 1.03, length, pi + 0.26 * part, roots)
        found[32 - place] = Tooth(middle, 396 - bow, width * 1.01, length, -0.3 * part, roots)
    return found


def _skull(plate: Plate, draw: Random) -> None:
    """What is behind the teeth: the spine's shadow in the middle, the sinuses, the lower jaw."""
    plate.shade([[(640, 0), (860, 0), (880, 760), (620, 760)]], 46, 60)
    plate.grain([(190, 60), (560, 110), (750, 150), (940, 110), (1310, 60), (1260, 330), (750, 395), (240, 330)], 74, 8)
    edge: list[Point] = [(170, 470), (370, 640), (750, 722), (1130, 640), (1330, 470)]
    inner = [(1390, 90), (1285, 110), (1240, 330), (1080, 425), (750, 470), (420, 425), (260, 330), (215, 110), (110, 90)]
    plate.grain([*edge, *inner], 88, 8)
    plate.shade([[*edge, *((x, y + 22) for x, y in reversed(edge))]], 158, 6)
    for side in (-1, 1):
        plate.shade([[(750 + side * x, y) for x, y in ((150, 100), (400, 60), (470, 150), (330, 205), (170, 190))]], 34, 10, lighten=False)
        plate.shade([[(750 + side * (230 + 5 * step + draw.uniform(-1, 1)), 560 - 2 * step) for step in range(3)]], 60, 4, lighten=False)


def _screw(tooth: Tooth) -> list[Point]:
    """An implant: a screw in place of a root."""
    left = [(-0.26 - 0.05 * (step % 2) + 0.008 * step, 0.42 + 0.045 * step) for step in range(13)]
    return [tooth.at(*point) for point in [*left, *((-across, along) for across, along in reversed(left))]]


def _braces(teeth: Sequence[Tooth]) -> list[list[Point]]:
    """A bracket on each tooth and the wire that goes through them."""
    brackets = [[tooth.at(*point) for point in ((-0.18, 0.17), (0.18, 0.17), (0.18, 0.27), (-0.18, 0.27))] for tooth in teeth]
    wire = [tooth.at(0, 0.21) for tooth in teeth] + [tooth.at(0, 0.23) for tooth in reversed(teeth)]
    return [*brackets, wire]
