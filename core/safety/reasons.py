"""Why a file was refused, in words for whoever sent it."""

from core.safety.limits import MOST_PAGES, MOST_PIXELS, MOST_SIDE

TAKEN = "JPEG, PNG, WebP and PDF files can be taken"
IMAGES_TAKEN = "JPEG, PNG, WebP, PDF and DICOM files can be taken"

# The child answers with one of these words only, so that nothing a file contains can reach a page or a log.
WORDS = {
    "damaged": "It is damaged or cut off, so it cannot be opened.",
    "moving": "It is a moving picture; save a single picture and send that.",
    "costly": "It takes more time or memory to open than is safe.",
    "password": "It asks for a password; save it without one and send it again.",
    "no_pages": "It has no pages.",
    "no_picture": "It is a DICOM file without a picture, such as a report or a directory.",
    "frames": "It is a DICOM file with several pictures, such as a volume or a film; export the ones to be seen as single pictures.",
    "coding": "It is a DICOM file whose picture is stored in a way that is not read here; export it uncompressed, or as JPEG or PNG.",
    "no_drawing": "It is no drawing that can be shown: photos inside a drawing are left out. Save it as PNG and send that.",
    "no_size": "The drawing does not say how large it is; save it as PNG and send that.",
    "document_type": "It begins with a document type, which a drawing does not need; save it as “plain SVG” or as PNG and send that.",
}


class UnsafeFile(Exception):
    """A file that cannot be taken in. `reason` is a sentence for whoever sent it, without the file's name or content."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def too_big(size: int | None, most: int) -> UnsafeFile:
    """More bytes than can be taken; the size is not known when it came as a stream."""
    limit = f"{most // 2**20} MB"
    if size is None:
        return UnsafeFile(f"It is larger than {limit}, the most that can be taken.")
    return UnsafeFile(f"It has {max(1, round(size / 2**20)):,} MB; at most {limit} can be taken.")


def too_many_pixels(width: int, height: int) -> UnsafeFile:
    """More pixels than can be taken."""
    limit = f"{MOST_PIXELS // 1_000_000} million pixels and {MOST_SIDE:,} a side"
    return UnsafeFile(f"It is a picture of {width:,} by {height:,} pixels; at most {limit} can be taken.")


def too_many_pages(pages: int) -> UnsafeFile:
    """More pages than can be taken."""
    return UnsafeFile(f"It has {pages:,} pages; at most {MOST_PAGES:,} can be taken.")
