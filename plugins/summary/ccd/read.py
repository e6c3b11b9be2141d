"""What a received document says about itself: whose it is, who wrote it and when, and its sections."""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from lxml import etree
from markupsafe import Markup, escape

from core.safety.care_documents import CDA, kind_of, parse
from plugins.summary.ccd import codes
from plugins.summary.ccd.narrative import Narrative
from plugins.summary.ccd.times import as_date, in_words
from plugins.summary.ccd.words import all_text, honest, line

_NS = {"c": CDA}
_MOST_WORDS = 200
_AUTHORS = ("c:assignedPerson/c:name", "c:representedOrganization/c:name", "c:assignedAuthoringDevice/c:softwareName")


@dataclass(frozen=True)
class StatedPatient:
    """The person whom a document names, in its own words; empty where it says nothing."""

    given: tuple[str, ...] = ()
    family: str = ""
    birthdate: date | None = None

    @property
    def name(self) -> str:
        """Given names and family name."""
        return " ".join((*self.given, self.family)).strip()


@dataclass(frozen=True)
class Reading:
    """The head of a received document. `kind` is ccd, document, attachment or ccr; `created` is its date in words."""

    kind: str
    title: str
    root: str = ""
    extension: str = ""
    version: str = ""
    created: str = ""
    created_on: date | None = None
    author: str = ""
    custodian: str = ""
    patient: StatedPatient | None = None


@dataclass(frozen=True)
class Section:
    """One section of a received document, ready to be shown. `depth` is 0 for a section, 1 and more for parts of one."""

    anchor: str
    code: str
    title: str
    html: Markup
    depth: int = 0


def read(data: bytes) -> Reading:
    """The head of a document. Raises `Refused` for what is not a care document or dangerous to read."""
    root = parse(data)
    kind = kind_of(root)
    if kind == "ccr":
        return Reading(kind, "Continuity of Care Record")
    return Reading(
        kind=kind,
        title=_title(root),
        **_identity(root),
        created=in_words(_value(root, "c:effectiveTime")),
        created_on=as_date(_value(root, "c:effectiveTime")),
        author=_author(root),
        custodian=_words(root, "c:custodian/c:assignedCustodian/c:representedCustodianOrganization/c:name"),
        patient=_patient(root),
    )


def sections(data: bytes) -> list[Section]:
    """The sections of a document in their order, as HTML of our own making. Raises `Refused`."""
    root = parse(data)
    narrative = Narrative()
    found = [_section(number, element, depth, narrative) for number, (element, depth) in enumerate(_walk(root), start=1)]
    return found or _attached_text(root)


def _walk(root: etree._Element) -> Iterator[tuple[etree._Element, int]]:
    body = root.find("c:component/c:structuredBody", _NS)
    for part in body.findall("c:component/c:section", _NS) if body is not None else ():
        for section in part.iter(f"{{{CDA}}}section"):
            yield section, sum(outer.tag == part.tag for outer in section.iterancestors())


def _section(number: int, element: etree._Element, depth: int, narrative: Narrative) -> Section:
    text, code = element.find("c:text", _NS), _attribute(element, "c:code", "code")
    html = narrative.html(text) if text is not None else Markup()
    title = _words(element, "c:title") or codes.SECTION_TITLES.get(code) or line(_attribute(element, "c:code", "displayName"))
    return Section(f"section-{number}", code, _calm(title) or "Section without a title", html, depth)


def _calm(title: str) -> str:
    """Headings in capitals alone are hard to read: they get one at their beginning."""
    return title.capitalize() if title.isupper() and len(title) > 4 else title


def _attached_text(root: etree._Element) -> list[Section]:
    """A document whose body is one plain text: its lines."""
    text = root.find("c:component/c:nonXMLBody/c:text", _NS)
    if text is None or text.get("mediaType") != "text/plain":
        return []
    words = "".join(map(str, text.itertext()))
    lines = honest(_decoded(words) if text.get("representation") == "B64" else words).strip().splitlines()
    return [Section("section-1", "", "Text", Markup("<p>%s</p>") % Markup("<br>").join(escape(one) for one in lines))]


def _decoded(words: str) -> str:
    try:
        return base64.b64decode("".join(words.split()), validate=True).decode("utf-8", errors="replace")
    except ValueError:
        return ""


def _identity(root: etree._Element) -> dict[str, str]:
    names = {"root": "root", "extension": "extension"}
    number = {name: _attribute(root, "c:id", attribute)[:_MOST_WORDS] for name, attribute in names.items()}
    return number | {"version": _value(root, "c:versionNumber")[:20]}


def _title(root: etree._Element) -> str:
    return _words(root, "c:title") or line(_attribute(root, "c:code", "displayName"))[:_MOST_WORDS] or "Care document"


def _author(root: etree._Element) -> str:
    author = root.find("c:author/c:assignedAuthor", _NS)
    if author is None:
        return ""
    return next(filter(None, (_words(author, path) for path in _AUTHORS)), "")


def _patient(root: etree._Element) -> StatedPatient | None:
    """The one person of the document; None when it names nobody, or several."""
    roles = root.findall("c:recordTarget/c:patientRole", _NS)
    if len(roles) != 1:
        return None
    role, name = roles[0], _legal_name(roles[0])
    return StatedPatient(
        given=_some(all_text(part) for part in name.findall("c:given", _NS)) if name is not None else (),
        family=_words(name, "c:family") if name is not None else "",
        birthdate=as_date(_value(role, "c:patient/c:birthTime")),
    )


def _some(values: Iterable[str]) -> tuple[str, ...]:
    """The first ten that say something, each at most 200 characters long."""
    return tuple(value[:_MOST_WORDS] for value in values if value)[:10]


def _legal_name(role: etree._Element) -> etree._Element | None:
    names = role.findall("c:patient/c:name", _NS)
    return next((name for name in names if "L" in (name.get("use") or "").split()), names[0] if names else None)


def _words(element: etree._Element, path: str) -> str:
    found = element.find(path, _NS)
    return all_text(found)[:_MOST_WORDS] if found is not None else ""


def _attribute(element: etree._Element, path: str, name: str) -> str:
    found = element.find(path, _NS)
    return (found.get(name) or "").strip() if found is not None else ""


def _value(element: etree._Element, path: str) -> str:
    return _attribute(element, path, "value")
