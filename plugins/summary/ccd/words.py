"""Text of received documents, made safe to look at."""

import re

from lxml import etree

# Marks that turn the direction of a line around can make a text read as its opposite; control characters have no use here.
_MISLEADING = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]")


def honest(text: str | None) -> str:
    """The text without what misleads the eye."""
    return _MISLEADING.sub("", text or "")


def line(text: str | None) -> str:
    """The text as one line: nothing misleading, white space put together."""
    return " ".join(honest(text).split())


def all_text(element: etree._Element) -> str:
    """Everything that an element says, as one line."""
    return line(" ".join(map(str, element.itertext())))


def local(element: etree._Element) -> str:
    """The name of an element without its namespace; empty for a comment."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""
