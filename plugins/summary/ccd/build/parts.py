"""The small pieces that every part of the document is made of, in the order that the schema wants."""

import re
from datetime import date, datetime
from uuid import UUID, uuid5

from lxml import etree

from core.safety.care_documents import CDA
from plugins.summary.ccd import codes
from plugins.summary.ccd.content import Address

_NAMESPACES: dict[str | None, str] = {None: CDA, "xsi": codes.XSI, "sdtc": codes.SDTC}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_EMAIL = re.compile(r"[A-Za-z0-9._+~!$&'*=-]+@[A-Za-z0-9.-]+")
_TYPE = etree.QName(codes.XSI, "type")

Node = etree._Element


def node(tag: str, *content: "Node | str | None", **attributes: str | None) -> Node:
    """An element. None and empty attributes are left out, `xsi_type` names the data type, characters that XML cannot hold are dropped."""
    return _fill(etree.Element(etree.QName(CDA, tag)), content, attributes)


def root(tag: str, *content: "Node | str | None") -> Node:
    """The outermost element, which declares the namespaces of all."""
    element = etree.Element(etree.QName(CDA, tag), nsmap=_NAMESPACES)  # type: ignore[arg-type]  # the stubs lack the default namespace
    return _fill(element, content, {})


def _fill(element: Node, content, attributes) -> Node:
    for name, value in attributes.items():
        if value and (cleaned := clean(value)):
            element.set(_TYPE if name == "xsi_type" else name, cleaned)
    for part in content:
        if isinstance(part, str):
            _add_text(element, clean(part))
        elif part is not None:
            element.append(part)
    return element


def _add_text(element: Node, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def clean(text: str) -> str:
    """The text without the characters that XML 1.0 does not allow."""
    return _NOT_XML.sub("", text)


def templates(template: str, extension: str | None, bare: bool = True) -> list[Node]:
    """The template's id with its date and without: R2.1 asks for the first, receivers of R1.1 look for the second."""
    dated = [node("templateId", root=template, extension=extension)] if extension else []
    return dated + ([node("templateId", root=template)] if bare else [])


def code(value: str, system: str, name: str | None = None, *content: Node | None, tag: str = "code", xsi_type: str | None = None) -> Node:
    """A code of a code system."""
    return node(tag, *content, xsi_type=xsi_type, code=value, codeSystem=system, displayName=name)


def code_or_text(value: str, system: str, text: str, tag: str = "code", xsi_type: str | None = None, anchor: str = "") -> Node:
    """The code where there is one of the right form, else the words alone, or `anchor`, where they stand; nothing is invented."""
    original = node("originalText", node("reference", value="#" + anchor) if anchor else text)
    if codes.fits(value, system):
        return code(value, system, text or None, original if anchor else None, tag=tag, xsi_type=xsi_type)
    return node(tag, original, nullFlavor="OTH", xsi_type=xsi_type)


def identifier(row_id: UUID, part: str = "") -> Node:
    """The id of an entry: the row's own, and for a part of it one that is derived from it, so that editions agree."""
    return node("id", root=str(uuid5(row_id, part) if part else row_id))


def pointer(anchor: str) -> Node:
    """The reference from an entry to the words that people read."""
    return node("text", node("reference", value="#" + anchor))


def day(value: date) -> str:
    """A date as HL7 writes it."""
    return value.isoformat().replace("-", "")


def moment(value: datetime) -> str:
    """A moment to the second with its offset, as HL7 writes it."""
    return value.strftime("%Y%m%d%H%M%S%z")[:19]


def since(start: date | None, end: date | None = None, ended: bool = False, xsi_type: str | None = None) -> Node:
    """A time span: from `start` (unknown if None), and to `end` when it is over."""
    high = _bound("high", end) if ended else None
    return node("effectiveTime", _bound("low", start), high, xsi_type=xsi_type)


def at(value: str | None) -> Node:
    """A single time."""
    return node("effectiveTime", value=value) if value else node("effectiveTime", nullFlavor="UNK")


def _bound(tag: str, value: date | None) -> Node:
    return node(tag, value=day(value)) if value else node(tag, nullFlavor="UNK")


def address(value: Address, use: str) -> Node:
    """A postal address; an incomplete one is told as unknown rather than half."""
    if not value.complete:
        return node("addr", nullFlavor="UNK")
    lines = [node("streetAddressLine", line) for line in value.lines[:4]]
    city, state = node("city", value.city), node("state", value.state)
    return node("addr", *lines, city, state, node("postalCode", value.postal_code), node("country", "US"), use=use)


def telecoms(phone: str, email: str, use: str) -> list[Node]:
    """The ways to reach someone: telephone and e-mail, or one that says that none is known."""
    digits = re.sub(r"[^0-9+]", "", phone)
    ways = [node("telecom", use=use, value=_telephone(digits))] if digits else []
    ways += [node("telecom", value="mailto:" + email)] if _EMAIL.fullmatch(email) else []
    return ways or [node("telecom", nullFlavor="UNK")]


def _telephone(digits: str) -> str:
    match = re.fullmatch(r"\+?1?([0-9]{3})([0-9]{3})([0-9]{4})", digits)
    return "tel:+1({}){}-{}".format(*match.groups()) if match else "tel:" + digits
