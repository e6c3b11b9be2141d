"""Care documents (HL7 CDA): from bytes that nobody here wrote to a tree, with every dangerous feature of XML refused.

The order matters: the size is judged before anything is read, the document type before anything inside it, the depth before
anything walks the tree. Nothing is fetched: schema locations, style sheets and inclusions that a document names are ignored.
"""

from xml.parsers import expat

from lxml import etree

CDA = "urn:hl7-org:v3"

MAX_BYTES = 20 * 1024 * 1024
"""The largest document that is taken, in bytes; the largest of 401 real ones that were measured has 0.4 MB."""

MAX_DEPTH = 100
"""How deep elements may lie in each other; 16 in real documents."""

MAX_PARTS = 200_000
"""How many elements and attributes a document may have together; about 15,000 in the largest real ones."""


REASONS = {
    "empty": "It is empty.",
    "too_big": f"It is larger than {MAX_BYTES // 2**20} MB, the most that a care document may have.",
    "not_xml": "It is not an XML document that can be read.",
    "damaged": "It is damaged or cut off: its XML is not well-formed.",
    "document_type": "It declares a document type, which care documents never do. It was not read any further.",
    "shape": "It is built as no care document is: too many parts, or parts too deep in each other.",
    "not_care": "It is XML, but not a care document (HL7 CDA).",
}
"""Why a document is not taken, in words for whoever sent it; nothing of its content is repeated."""


class Refused(Exception):
    """A document is not taken. `word` is one of `REASONS`, `line` where that was seen, if it is a place."""

    def __init__(self, word: str, line: int = 0):
        super().__init__(REASONS[word])
        self.word, self.line = word, line


class _DocumentType(Exception):
    """The parser has come to a document type."""


class _FirstElement(Exception):
    """The parser has come to the first element: what stands before it holds no document type."""


def parse(data: bytes) -> etree._Element:
    """The root of a document. Raises Refused."""
    check_size(len(data))
    _refuse_document_type(data)
    root = _read(data)
    document = root.getroottree().docinfo
    if document.internalDTD is not None or document.doctype:
        raise Refused("document_type")
    _check_shape(root)
    return root


def check_size(size: int) -> None:
    """Raise Refused for a file that is empty or larger than any care document."""
    if size == 0:
        raise Refused("empty")
    if size > MAX_BYTES:
        raise Refused("too_big")


def _refuse_document_type(data: bytes) -> None:
    # A parser of its own looks at the head only: it stops at the words "<!DOCTYPE", before an entity is even declared.
    # What it cannot read (a rare encoding, no XML at all) is refused as well, so that no disguise reaches the second parser.
    reader = expat.ParserCreate()
    reader.StartDoctypeDeclHandler = _stop_at_document_type
    reader.StartElementHandler = _stop_at_element
    try:
        reader.Parse(data, True)
    except _FirstElement:
        return
    except _DocumentType:
        raise Refused("document_type", reader.CurrentLineNumber) from None
    except (expat.ExpatError, ValueError, LookupError):
        raise Refused("not_xml", 1) from None
    raise Refused("not_xml", 1)


def _stop_at_document_type(*_) -> None:
    raise _DocumentType


def _stop_at_element(*_) -> None:
    raise _FirstElement


def _parser(recover: bool = False) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, load_dtd=False, dtd_validation=False, no_network=True, huge_tree=False,
        remove_comments=True, remove_pis=True, recover=recover,
    )  # fmt: skip


def _read(data: bytes) -> etree._Element:
    parser = _parser()
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        # Some systems write xmlns:schemaLocation="urn:hl7-org:v3 CDA.xsd". It is legal XML, but not a usable namespace.
        if any(entry.type_name != "WAR_NS_URI" for entry in parser.error_log) or not len(parser.error_log):
            raise Refused("damaged", error.lineno or 0) from None
    return _read_in_spite_of_warnings(data)


def _read_in_spite_of_warnings(data: bytes) -> etree._Element:
    root = etree.fromstring(data, _parser(recover=True))
    if root is None:
        raise Refused("damaged")
    return root


def _check_shape(root: etree._Element) -> None:
    depth = parts = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        parts += 1 + len(element.attrib) if event == "start" else 0
        if depth > MAX_DEPTH or parts > MAX_PARTS:
            raise Refused("shape", element.sourceline or 0)


def kind_of(root: etree._Element) -> str:
    """What a parsed document is: ccd, document (another kind of clinical document), attachment or ccr. Raises Refused."""
    if root.tag == "{urn:astm-org:CCR}ContinuityOfCareRecord":
        return "ccr"
    if root.tag != f"{{{CDA}}}ClinicalDocument":
        raise Refused("not_care")
    if root.find(f"{{{CDA}}}component/{{{CDA}}}structuredBody") is None:
        return "attachment"
    return "ccd" if _is_ccd(root) else "document"


def _is_ccd(root: etree._Element) -> bool:
    from_template = any(element.get("root") == "2.16.840.1.113883.10.20.22.1.2" for element in root.findall(f"{{{CDA}}}templateId"))
    code = root.find(f"{{{CDA}}}code")
    return from_template or (code is not None and code.get("code") == "34133-9")
