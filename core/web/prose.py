"""Longer texts that an office writes: paragraphs, headings and lists, as Markdown marks them. Nothing else in them means anything."""

import re
from itertools import groupby

from markupsafe import Markup, escape

_HEADING = re.compile(r"#{1,6}\s+(.*?)[\s#]*")
_ITEM = re.compile(r"[-*•]\s+(.*)")
_GOES_ON = re.compile(r"(?<=\S)\n[ \t]+(?=\S)(?![-*•]\s)")
_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")


def prose(text: str, level: int = 3) -> Markup:
    """Template filter: a text as HTML, its headings of this level. `# ` begins a heading, `- ` an item, whose further lines are set in; `**stars**` make words strong."""
    lines = (line.strip() for line in _GOES_ON.sub(" ", text).splitlines())
    runs = ((kind, [words for _, words in run]) for kind, run in groupby(map(_read, lines), key=lambda line: line[0]))
    return Markup("\n").join(_headings(words, level) if kind == "heading" else _SHOW[kind](words) for kind, words in runs if kind)


def _read(line: str) -> tuple[str, Markup]:
    """What a line is, and its words; nothing for one that only parts others."""
    for kind, pattern in (("heading", _HEADING), ("item", _ITEM)):
        if found := pattern.fullmatch(line):
            return kind, _words(found[1])
    return ("paragraph" if line else ""), _words(line)


def _words(line: str) -> Markup:
    return Markup(_STRONG.sub(r"<strong>\1</strong>", str(escape(line))))  # noqa: S704  (escaped just here)


def _headings(words: list[Markup], level: int) -> Markup:
    return Markup("\n").join(Markup("<h{0}>{1}</h{0}>").format(level, one) for one in words)


def _items(words: list[Markup]) -> Markup:
    return Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(one) for one in words))


def _paragraph(words: list[Markup]) -> Markup:
    return Markup("<p>{}</p>").format(Markup("<br>\n").join(words))


_SHOW = {"item": _items, "paragraph": _paragraph}
