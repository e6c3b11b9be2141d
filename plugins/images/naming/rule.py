"""The rule by which images are named: `{patient}/{date:%Y-%m-%d} {title}.{ext}` reads `P1/2026-03-04 Bitewing left.jpg`.

A rule is the end of a path: folders above those that it speaks of do not matter. Where a name can be read in several ways, what stands first is as short as can be.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import pairwise
from pathlib import PurePosixPath

from core.records.importing.readers import WrongChoice

LONGEST_RULE, LONGEST_PATH = 300, 1_000
FIELDS = {
    "patient": "the patient's number", "last": "a last name", "first": "a first name", "born": "a birthdate", "date": "the day on which it was taken", "folder": "a folder",
    "title": "a title", "teeth": "teeth", "type": "what it is", "any": "anything",
}  # fmt: skip
"""What can stand in a rule, and what it is."""
TYPES = {
    **dict.fromkeys(("radiograph", "x-ray", "xray", "x-rays", "xrays", "bitewing", "panoramic", "fmx"), "radiograph"), **dict.fromkeys(("photo", "photos", "picture"), "photo"),
    **dict.fromkeys(("document", "documents", "paper", "letter"), "document"),
}  # fmt: skip
ENDINGS = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".pdf", ".dcm", ".dicom", ".dic"})
_HOLDS = f"A rule holds words and {', '.join(f'{{{field}}}' for field in FIELDS)}; {{date:%d.%m.%Y}} says how days are written, and .{{ext}} stands at the end only."
_DAY = "%Y-%m-%d"
_PARTS = {"%Y": r"\d{4}", "%m": r"\d{1,2}", "%d": r"\d{1,2}", "%y": r"\d{2}", "%b": r"[A-Za-z]{3}", "%B": r"[A-Za-z]{3,9}"}
_PIECE = re.compile(r"\{([a-z]+)(?::([^{}]*))?\}")
_FORMAT = re.compile(r"%.?|[^%]+")


class NoMatch(ValueError):
    """A path is not named by the rule; the text says what was expected, and repeats nothing of the path."""


@dataclass(frozen=True)
class Piece:
    """A part of a rule: words as they stand there, or a field, days with how they are written."""

    field: str = ""
    words: str = ""
    format: str = ""

    @property
    def is_day(self) -> bool:
        """Whether it is a day."""
        return self.field in ("date", "born")

    def told(self) -> str:
        """What is expected here, in words."""
        if not self.field:
            return f"“{self.words}”"
        return FIELDS[self.field] + (f" such as {date(2026, 3, 14).strftime(self.format)}" if self.is_day else "")

    @cached_property
    def _written(self) -> re.Pattern[str]:
        packed = "%Y%m%d" in self.format or "%m%d" in self.format or "%d%m" in self.format
        parts = ((r"\d{2}" if packed and part in ("%m", "%d") else _PARTS[part]) if part in _PARTS else re.escape(part) for part in _FORMAT.findall(self.format))
        return re.compile("".join(parts))

    def ends(self, text: str, start: int, following: str | None) -> list[int]:
        """Where it may end, in a text in which it begins at `start`, the shortest way first. `following`: the words behind it, None at the end."""
        if not self.field:
            return [start + len(self.words)] if text.startswith(self.words, start) else []
        if self.is_day:
            found = self._written.match(text, start)
            return [found.end()] if found and _day(found[0], self.format) else []
        if following is None:
            return [len(text)] if start < len(text) else []
        places, place = [], text.find(following, start + 1)
        while place >= 0:
            places.append(place)
            place = text.find(following, place + 1)
        return places


@dataclass(frozen=True)
class Rule:
    """A rule that can be used: for each folder and for the name of the file its pieces."""

    words: str
    parts: tuple[tuple[Piece, ...], ...]

    @property
    def fields(self) -> frozenset[str]:
        """What it tells of an image."""
        return frozenset(piece.field for part in self.parts for piece in part if piece.field not in ("", "any"))

    def read(self, path: str) -> dict[str, str]:
        """What a path says, days as 2026-03-04. Raises NoMatch."""
        parts = PurePosixPath(path[-LONGEST_PATH:]).parts
        if len(parts) < len(self.parts):
            raise NoMatch(f"The rule {self.words} speaks of {_folders(len(self.parts) - 1)}.")
        found: dict[str, str] = {}
        for place, (part, pieces) in enumerate(zip(parts[-len(self.parts) :], self.parts, strict=True), start=1):
            is_file = place == len(self.parts)
            said = _match(pieces, without_ending(part) if is_file else part)
            if isinstance(said, Piece | None):
                where = "the name of the file" if is_file else "the name of the folder" if len(self.parts) == 2 else f"the name of folder {place} of {len(self.parts) - 1}"
                raise NoMatch(f"The rule {self.words} expects {said.told() if said else 'nothing more'} in {where}.")
            found |= said
        return found

    def write(self, said: Mapping[str, str], ending: str) -> str:
        """The path of an image of which this is to be said."""
        return "/".join("".join(_written(piece, said) for piece in part) for part in self.parts) + ending


def rule_of(words: str) -> Rule:
    """A rule from its words. Raises WrongChoice with what is wrong with it."""
    words = words.strip()
    if not words or len(words) > LONGEST_RULE or not words.isprintable():
        raise WrongChoice(f"A rule says how the files are named, such as {{patient}}/{{date}} {{title}}.{{ext}}; it has at most {LONGEST_RULE} letters.")
    parts = [_pieces(part) for part in words.removesuffix(".{ext}").split("/")]
    if not all(parts):
        raise WrongChoice("Between two strokes of a rule, and at its ends, stands the name of a folder or file.")
    fields = [piece.field for part in parts for piece in part if piece.field and piece.field != "any"]
    if twice := next((field for field in fields if fields.count(field) > 1), ""):
        raise WrongChoice(f"The rule says {{{twice}}} twice.")
    if {"first", "last", "born"} & set(fields) and ("patient" in fields or not {"first", "last", "born"} <= set(fields)):
        raise WrongChoice("A rule names people by {patient}, or else by {last}, {first} and {born}, all three.")
    return Rule(words, tuple(map(tuple, parts)))


def without_ending(name: str) -> str:
    """The name of a file without the ending that says what it is."""
    stem, dot, ending = name.rpartition(".")
    return stem if stem and dot + ending.lower() in ENDINGS else name


def _pieces(part: str) -> list[Piece]:
    pieces: list[Piece] = []
    place = 0
    for found in _PIECE.finditer(part):
        pieces += [_words(part[place : found.start()]), _field(found[1], found[2])]
        place = found.end()
    pieces = [piece for piece in [*pieces, _words(part[place:])] if piece.field or piece.words]
    for one, following in pairwise(pieces):
        if one.field and not one.is_day and following.field:
            raise WrongChoice(f"Something must stand between {{{one.field}}} and {{{following.field}}}, such as a space or _.")
    return pieces


def _words(words: str) -> Piece:
    if "{" in words or "}" in words:
        raise WrongChoice(_HOLDS)
    return Piece(words=words)


def _field(name: str, format_: str | None) -> Piece:
    if name not in FIELDS:
        raise WrongChoice(_HOLDS)
    if name not in ("date", "born"):
        if format_ is not None:
            raise WrongChoice(f"Only days are written in a certain way: {{{name}}} is enough.")
        return Piece(name)
    known = [part for part in _FORMAT.findall(format_ or _DAY) if part.startswith("%")]
    if not set(known) <= set(_PARTS) or sorted({"%y": "%Y", "%b": "%m", "%B": "%m"}.get(part, part) for part in known) != ["%Y", "%d", "%m"]:
        raise WrongChoice(f"{{{name}:…}} needs a day, a month and a year: %d, %m and %Y, with %y for two digits and %b or %B for a month in words.")
    return Piece(name, format=format_ or _DAY)


def _match(pieces: tuple[Piece, ...], text: str) -> dict[str, str] | Piece | None:
    """What a name says; else the piece that was expected where it went wrong, and None where nothing more was."""
    tried: set[tuple[int, int]] = set()

    def way(number: int, start: int) -> list[int] | None:
        """Where each piece from this one on begins, and the last one ends. Each place is tried once for each piece, however odd a name is."""
        if number == len(pieces) or (number, start) in tried:
            tried.add((number, start))
            return [start] if number == len(pieces) and start == len(text) else None
        tried.add((number, start))
        following = pieces[number + 1].words if number + 1 < len(pieces) else None
        ways = (rest for end in pieces[number].ends(text, start, following) if (rest := way(number + 1, end)) is not None)
        rest = next(ways, None)
        return None if rest is None else [start, *rest]

    found = way(0, 0)
    if found is not None:
        return _said(pieces, text, found)
    furthest = max(number for number, _ in tried)
    return pieces[furthest] if furthest < len(pieces) else None


def _said(pieces: tuple[Piece, ...], text: str, ways: list[int]) -> dict[str, str]:
    found = {}
    for piece, (start, end) in zip(pieces, pairwise(ways), strict=True):
        if piece.field and piece.field != "any":
            day = _day(text[start:end], piece.format) if piece.is_day else None
            found[piece.field] = day.isoformat() if day else text[start:end].strip()
    return found


def _day(words: str, format_: str) -> date | None:
    try:
        return datetime.strptime(words, format_).date()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        return None


def _written(piece: Piece, said: Mapping[str, str]) -> str:
    if not piece.field:
        return piece.words
    words = said.get(piece.field, "")
    return date.fromisoformat(words).strftime(piece.format) if piece.is_day else words


def _folders(number: int) -> str:
    return "one folder above the file" if number == 1 else f"{number} folders above the file"
