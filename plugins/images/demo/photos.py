"""A picture like a photo of a mouth from the front, drawn from outlines, with or without braces."""

from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from plugins.images.demo.label import label
from plugins.images.demo.shapes import Point, between, rounded

SIZE = (1200, 840)
_GUM, _DEEP, _WARM, _BRIGHT = (196, 104, 108), (70, 24, 32), (222, 208, 178), (246, 241, 228)
# Half a row of teeth, from the middle outwards: width and height of each, seen from the front.
_UPPER = ((112, 158), (90, 140), (86, 158), (70, 132), (56, 122), (44, 108))
_LOWER = ((74, 112), (78, 116), (86, 128), (72, 116), (60, 106), (48, 96))


def smile(draw: Random, note: str, braces: bool = False) -> Image.Image:
    """Both rows of teeth with their gums."""
    image = _mouth()
    upper, lower = _row(draw, 300, _UPPER, 1), _row(draw, 452, _LOWER, -1)
    for teeth in (lower, upper):
        image = _teeth(image, teeth)
    for teeth in (upper, lower) if braces else ():
        image = _braces(image, teeth)
    noise = Image.merge("RGB", [Image.effect_noise(SIZE, 7)] * 3)
    return label(ImageChops.add(image, noise, scale=1, offset=-128), note)


def _fill(image: Image.Image, outlines: list[list[Point]], color: tuple[int, int, int], blur: float) -> Image.Image:
    mask = Image.new("L", image.size, 0)
    pen = ImageDraw.Draw(mask)
    for outline in outlines:
        pen.polygon(rounded(outline), fill=255)
    return Image.composite(Image.new("RGB", image.size, color), image, mask.filter(ImageFilter.BoxBlur(blur)))


def _mouth() -> Image.Image:
    """Lips at the edges, gums above and below, dark where the mouth opens."""
    image = Image.new("RGB", SIZE, (146, 62, 66))
    image = _fill(image, [[(30, 420), (130, 120), (600, 20), (1070, 120), (1170, 420), (1070, 720), (600, 820), (130, 720)]], _GUM, 26)
    return _fill(image, [[(130, 400), (330, 330), (600, 300), (870, 330), (1070, 400), (900, 540), (600, 580), (300, 540)]], _DEEP, 14)


def _row(draw: Random, line: float, sizes: tuple[tuple[int, int], ...], down: int) -> list[list[Point]]:
    """The outlines of a row of teeth whose necks stand on `line`; the row bends up towards the sides."""
    found = []
    for side in (-1, 1):
        edge = 0.0
        for width, height in sizes:
            middle = 600 + side * (edge + width / 2)
            neck = line - ((middle - 600) / 190) ** 2 * 4 + draw.uniform(-4, 4) + (0 if down > 0 else 130)
            found.append(_front(middle, neck, width * 0.985, height * down * draw.uniform(0.97, 1.02)))
            edge += width
    return sorted(found)


def _front(x: float, neck: float, width: float, height: float) -> list[Point]:
    half = width / 2
    left = [(-0.5, -0.04), (-0.88, 0.12), (-0.99, 0.5), (-0.97, 0.9), (-0.84, 1.0)]
    profile = [*left, *((-across, along) for across, along in reversed(left))]
    return [(x + across * half, neck + along * height) for across, along in profile]


def _teeth(image: Image.Image, teeth: list[list[Point]]) -> Image.Image:
    """Shadow, the tooth, a lighter front and a gleam."""
    image = _fill(image, [_shrunk(tooth, -0.05) for tooth in teeth], (112, 48, 52), 5)
    image = _fill(image, teeth, _WARM, 1.5)
    image = _fill(image, [_shrunk(tooth, 0.2) for tooth in teeth], _BRIGHT, 12)
    return _fill(image, [_shrunk(_shrunk(tooth, 0.55), 0.2, (0.3, 0.35)) for tooth in teeth], (255, 255, 252), 7)


def _shrunk(outline: list[Point], part: float, toward: Point = (0.5, 0.5)) -> list[Point]:
    left, right = min(x for x, _ in outline), max(x for x, _ in outline)
    top, bottom = min(y for _, y in outline), max(y for _, y in outline)
    center = (left + (right - left) * toward[0], top + (bottom - top) * toward[1])
    return [between(point, center, part) for point in outline]


def _braces(image: Image.Image, teeth: list[list[Point]]) -> Image.Image:
    """A bracket in the middle of each tooth and the wire through them."""
    boxes = [(min(x for x, _ in tooth), max(x for x, _ in tooth), sum(y for _, y in tooth) / len(tooth)) for tooth in teeth]
    wire = [((left + right) / 2, y - 3) for left, right, y in boxes] + [((left + right) / 2, y + 3) for left, right, y in reversed(boxes)]
    plates = [_plate((left + right) / 2, y, (right - left) * 0.2) for left, right, y in boxes]
    image = _fill(image, plates, (150, 156, 166), 1)
    image = _fill(image, [_shrunk(plate, 0.3, (0.4, 0.3)) for plate in plates], (222, 226, 232), 2)
    return _fill(image, [wire], (120, 126, 136), 0.5)


def _plate(x: float, y: float, half: float) -> list[Point]:
    return [(x - half, y - 17), (x + half, y - 17), (x + half, y + 17), (x - half, y + 17)]
