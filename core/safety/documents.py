"""PDFs, in the child: count the pages and draw the first one."""

from typing import BinaryIO

import pypdfium2 as pdfium

from core.safety import limits
from core.safety.pictures import write_shown
from core.safety.refusal import Refusal

_ASKS_FOR_PASSWORD = 4  # FPDF_ERR_PASSWORD of fpdfview.h


def read_document(content_type: str, data: bytes, clean: BinaryIO, display: BinaryIO, thumbnail: BinaryIO) -> dict:
    """Write the PDF as it is, and pictures of its first page. Raises Refusal, or what the library raises."""
    document = _opened(data)
    pages = len(document)
    if pages == 0:
        raise Refusal("no_pages")
    if pages > limits.MOST_PAGES:
        raise Refusal("pages", pages=pages)
    write_shown(_first_page(document), display, thumbnail)
    clean.write(data)
    return {"pages": pages, "gray": False}


def _opened(data: bytes) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        raise Refusal("password" if error.err_code == _ASKS_FOR_PASSWORD else "damaged") from None


def _first_page(document: pdfium.PdfDocument):
    page = document[0]
    # Scaled to the picture that is wanted, a page of a mile costs no more than one of a foot.
    scale = limits.DISPLAY_PIXELS * 0.8 / max(*page.get_size(), 1)
    return page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
