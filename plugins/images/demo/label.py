"""The mark that every picture of the demo bears."""

from PIL import Image, ImageDraw, ImageFont


def label(image: Image.Image, note: str) -> Image.Image:
    """Write DEMO and a note into the lower left corner; returns the picture."""
    size = max(16, image.height // 32)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size)
    words = f"DEMO  {note}"
    box = pen.textbbox((size, image.height - 2 * size), words, font=font)
    dark, light = (0, 235) if image.mode == "L" else ((20, 20, 24), (240, 240, 244))
    pen.rectangle((box[0] - size // 2, box[1] - size // 3, box[2] + size // 2, box[3] + size // 3), fill=dark)
    pen.text((size, image.height - 2 * size), words, font=font, fill=light)
    return image
