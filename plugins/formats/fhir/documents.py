"""Documents that lie in the file itself. What lies at an address is never fetched."""

import base64
import binascii
from collections.abc import Iterator

from core.records.importing.found import NotTaken, Record, Unusable, WithFile, deleted
from plugins.formats.fhir.about import About
from plugins.formats.fhir.dates import as_text, when
from plugins.formats.fhir.plain import Resource, concept, part, parts, text

CARE, IMAGE = "care_document", "image"
FOLDER = "documents"
_CARE = ("application/xml", "text/xml", "application/cda+xml", "application/hl7-cda+xml")
_IMAGES = ("application/pdf", "image/jpeg", "image/png", "image/webp")
AT_AN_ADDRESS = "Its file lies at an address, and nothing is fetched from there: export it with its files inside, or import them by themselves."


def document(about: About) -> Iterator[Record | WithFile]:
    """A care document, or a paper that is seen under Images. Raises NotTaken for what was replaced, and for other sorts of files."""
    resource = about.resource
    if about.status == "entered-in-error":
        yield from (deleted(kind, about.references.external(about.id)) for kind in (CARE, IMAGE))
        return
    if about.status == "superseded":
        raise NotTaken("DocumentReference that was replaced")
    patient = about.patient("subject")
    for count, one in enumerate(parts(resource, "content")):
        attachment, pointer = part(one, "attachment"), f"/content/{count}/attachment"
        kind = _kind(attachment)
        data, record = _data(about, attachment, pointer), about.record(kind, patient=patient)
        if count:
            record["external_id"] += f".{count}"
        if kind == IMAGE:
            yield {"kind": "image_folder", "external_id": about.references.external(FOLDER), "name": "Documents", "shared": True}
            record |= _told(about, attachment, pointer)
        yield WithFile(record, "application/xml" if kind == CARE else _type(attachment), data)


def _type(attachment: Resource) -> str:
    return text(attachment, "contentType").partition(";")[0].strip().lower()


def _kind(attachment: Resource) -> str:
    found = _type(attachment)
    if found not in (*_CARE, *_IMAGES):
        raise NotTaken("DocumentReference to another sort of file")
    return CARE if found in _CARE else IMAGE


def _data(about: About, attachment: Resource, pointer: str) -> bytes:
    """The bytes: in the attachment, or in a Binary that is contained. Raises Unusable."""
    written = text(attachment, "data")
    if not written:
        written = text(about.references.find(about.resource, {"reference": attachment.get("url")}), "data")
    if not written:
        raise Unusable(f"{pointer}/url", AT_AN_ADDRESS if text(attachment, "url") else "It has no file.")
    try:
        return base64.b64decode("".join(written.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unusable(f"{pointer}/data", "Its file is damaged: this is no base64.") from None


def _told(about: About, attachment: Resource, pointer: str) -> Record:
    resource = about.resource
    taken = when(text(attachment, "creation")).day or when(text(resource, "date")).day or when(text(part(resource, "context", "period"), "start")).day
    if taken is None:
        raise Unusable(f"{pointer}/creation", "It has no date that is told to the day.")
    words = text(attachment, "title") or text(resource, "description") or concept(resource, "type").words
    return {"folder": about.references.external(FOLDER), "taken_on": as_text(taken), "type": "document", "description": words}
