"""From the bytes of a file to its resources, one after the other: no file, however large, is in memory as a whole."""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO

from core.records.importing.found import Fault
from plugins.formats.fhir.plain import Resource, part, text

LONGEST = 48 * 1024 * 1024
"""The longest resource that is read, in characters; a document of 32 MB within one has that length in base64."""
_CHUNK = 256 * 1024
_SPACE = re.compile(r"[ \t\r\n]*")
_TOO_LONG = f"It is longer than {LONGEST // 2**20} MB."
NO_FHIR = "This is not FHIR in JSON: a bundle, a resource, or one resource on each line."
_XML = "This is XML. FHIR is read as JSON; most systems write that, too. A care document (C-CDA) is read by its own reader."


@dataclass(frozen=True)
class Frame:
    """One resource with its place in the file, and its full address where a bundle gives one. `is_deleted`: only its type and id are told."""

    place: str
    resource: Resource
    address: str = ""
    is_deleted: bool = False


class _Wrong(Exception):
    """The JSON goes no further."""


class TooManyDigits(ValueError):
    """A number has more digits than any that was measured."""


def _decimal(written: str) -> Decimal:
    if len(written) > 60:
        raise TooManyDigits
    return Decimal(written)


def _whole(written: str) -> int:
    if len(written) > 60:
        raise TooManyDigits
    return int(written)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number in JSON")


_DECODER = json.JSONDecoder(parse_float=_decimal, parse_int=_whole, parse_constant=_no_number)


def frames(file: BinaryIO, only: re.Pattern[bytes] | None = None) -> Iterator[Frame | Fault]:
    """All resources of a file, from its beginning. Lines of a bulk export in which `only` is not found are passed over."""
    file.seek(0)
    start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in start:
        yield Fault("line 1", "It is not in UTF-8.")
        return
    file.seek(3 if start.startswith(codecs.BOM_UTF8) else 0)
    begin = file.tell()
    first = _first_line(file)
    if first.lstrip().startswith(b"<"):
        yield Fault("line 1", _XML)
        return
    reader = _lines(file, only) if _is_line(first, file) else _document(file)
    file.seek(begin)
    yield from reader


def _first_line(file: BinaryIO) -> bytes:
    while (line := file.readline(LONGEST)) and not line.strip():
        pass
    return line


def _is_line(first: bytes, file: BinaryIO) -> bool:
    """Whether the first line is a resource of its own, and no bundle: then so are the others."""
    if len(first) >= LONGEST:
        return False
    after = bool(file.read(_CHUNK).strip())
    found = _object(first)
    return isinstance(found, dict) and (after or text(found, "resourceType") != "Bundle")


def _object(line: bytes) -> Any:
    try:
        return json.loads(line, parse_float=_decimal, parse_int=_whole, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _lines(file: BinaryIO, only: re.Pattern[bytes] | None) -> Iterator[Frame | Fault]:
    number = 0
    while line := file.readline(LONGEST):
        number += 1
        place = f"line {number}"
        if not line.endswith(b"\n") and len(line) >= LONGEST:
            while (rest := file.readline(_CHUNK)) and not rest.endswith(b"\n"):
                pass
            yield Fault(place, _TOO_LONG)
        elif line.strip() and (only is None or only.search(line)):
            found = _object(line)
            yield from _unfold(place, found) if isinstance(found, dict) else [Fault(place, "This is no object in JSON.")]


def _unfold(place: str, found: dict[str, Any]) -> Iterator[Frame | Fault]:
    if text(found, "resourceType") != "Bundle":
        yield Frame(place, found)
        return
    entries = found.get("entry")
    for count, entry in enumerate(entries if isinstance(entries, list) else []):
        yield _entry(f"{place} /entry/{count}", entry)


def _entry(place: str, entry: Any) -> Frame | Fault:
    """One entry of a bundle: a resource, or the word that one was deleted."""
    if not isinstance(entry, dict):
        return Fault(place, "This is no object in JSON.")
    asked = part(entry, "request")
    gone = re.search(r"(?:^|/)([A-Za-z]+)/([^/?#]+)$", text(asked, "url"))
    if text(asked, "method") == "DELETE" and gone:
        return Frame(place, {"resourceType": gone[1], "id": gone[2]}, is_deleted=True)
    resource = entry.get("resource")
    if not isinstance(resource, dict):
        return Fault(f"{place}/resource", "There is no resource in this entry.")
    return Frame(f"{place}/resource", resource, text(entry, "fullUrl"))


def _document(file: BinaryIO) -> Iterator[Frame | Fault]:
    window = _Window(codecs.getreader("utf-8")(file))
    try:
        yield from _entries(window)
    except UnicodeDecodeError:
        yield Fault(window.place, "It is not in UTF-8.")
    except RecursionError:
        yield Fault(window.place, "Its parts lie too deep in each other.")
    except TooManyDigits:
        yield Fault(window.place, "A number has too many digits.")
    except (_Wrong, ValueError) as wrong:
        yield Fault(window.place, str(wrong) if isinstance(wrong, _Wrong) else "It is cut off here, or not JSON any more.")


def _entries(window: "_Window") -> Iterator[Frame | Fault]:
    """The entries of a bundle as they come; a single resource when there are none."""
    others: dict[str, Any] = {}
    has_entries = False
    window.take("{", NO_FHIR)
    while window.sign() != "}":
        name = window.value()
        if not isinstance(name, str):
            raise _Wrong(NO_FHIR)
        window.take(":")
        if name == "entry" and others.get("resourceType", "Bundle") == "Bundle" and window.sign() == "[":
            has_entries = True
            for count, entry in enumerate(window.items()):
                yield _entry(f"/entry/{count}", entry)
        else:
            others[name] = window.value()
        if window.sign() != "}":
            window.take(",")
    if not has_entries and others.get("resourceType") != "Bundle":
        yield Frame("/", others)


class _Window:
    """What of a long JSON text is looked at."""

    def __init__(self, reader: codecs.StreamReader):
        self._reader, self._text, self._at, self._ended, self._passed = reader, "", 0, False, 0

    @property
    def place(self) -> str:
        """Where in the file this is, roughly."""
        return f"character {self._passed + self._at + 1}"

    def sign(self) -> str:
        """The next sign that is no space; nothing at the end."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text) or self._ended:
                return self._text[self._at : self._at + 1]
            self._more(_CHUNK)

    def take(self, sign: str, reason: str = "It is cut off here, or not JSON any more.") -> None:
        """Go past a sign that must stand here."""
        if self.sign() != sign:
            raise _Wrong(reason)
        self._at += 1

    def value(self) -> Any:
        """The value that stands here, and go past it."""
        self.sign()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
                if end < len(self._text) or self._ended:
                    self._at = end
                    return found
            except TooManyDigits:
                raise
            except ValueError:
                if self._ended:
                    raise
            if len(self._text) - self._at > LONGEST:
                raise _Wrong(_TOO_LONG)
            self._more(max(_CHUNK, len(self._text) - self._at))

    def items(self) -> Iterator[Any]:
        """The items of a list, one by one."""
        self.take("[")
        while self.sign() != "]":
            yield self.value()
            if self.sign() != "]":
                self.take(",")
        self._at += 1

    def _more(self, size: int) -> None:
        found = self._reader.read(size)
        self._ended = not found
        self._passed += self._at
        self._text, self._at = self._text[self._at :] + found, 0
