"""How much a file from outside may cost."""

MOST_BYTES = 40 * 1024 * 1024
MOST_PIXELS = 50_000_000
"""A 48-megapixel telephone and every dental sensor are below; a picture of this size costs about 200 MB to open, in the child."""
MOST_SIDE = 16_000
MOST_PAGES = 2_000

DISPLAY_PIXELS = 2_000
"""The longer side of the picture that a page shows."""
THUMBNAIL_PIXELS = 480

MEMORY_BYTES = 768 * 1024 * 1024
CPU_SECONDS = 20
WALL_SECONDS = 40
WRITTEN_BYTES = 2 * MOST_BYTES
OPEN_FILES = 32
