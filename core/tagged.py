"""Texts with tags: what an office wrote, with a word in brackets wherever something is put in that is not known yet, such as [NameF]."""

import re
from collections.abc import Mapping

from markupsafe import Markup, escape

TAG = re.compile(r"\[([A-Za-z]+)\]")
_GSM = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")
_GSM_TWICE = set("^{}\\[~]|€")


def tongues(language: str) -> list[str]:
    """A language, without its country, and English: the first that has words is taken."""
    return list(dict.fromkeys([language, language.split("-")[0], "en"]))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Text with what its tags stand for."""
    return TAG.sub(lambda tag: values.get(tag[1], ""), text)


def fill_subject(text: str, values: Mapping[str, str]) -> str:
    """A subject: one line."""
    return " ".join(fill(text, values).split())


def fill_html(text: str, values: Mapping[str, str], brand: str, named: Mapping[str, str]) -> Markup:
    """The same as paragraphs of a mail. An address that stands alone becomes a button in the brand's color, others become links; without a
    color they lead nowhere. `named` is what `links` says."""
    parts = (part.strip() for part in re.split(r"\n\s*\n", text.replace("\r", "")))
    return Markup("\n").join(_paragraph(part, values, brand, named) for part in parts if part)


def fill_line(text: str, values: Mapping[str, str], named: Mapping[str, str], leads: bool = True) -> Markup:
    """One line of a mail, with links."""
    # Escaped first: what stands in the place of a tag is escaped by itself.
    filled = TAG.sub(lambda tag: str(_value(tag[1], values, named, leads)), str(escape(text)))
    return Markup(filled.strip().replace("\n", "<br>"))  # noqa: S704  (both parts were escaped above)


def segments(text: str) -> int:
    """As how many text messages a text is billed: of 160 letters, or of 70 when it holds letters that phones write in another way."""
    if not text:
        return 0
    if all(letter in _GSM or letter in _GSM_TWICE for letter in text):
        length, one, more = sum(2 if letter in _GSM_TWICE else 1 for letter in text), 160, 153
    else:
        length, one, more = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= one else -(-length // more)


def _paragraph(text: str, values: Mapping[str, str], brand: str, named: Mapping[str, str]) -> Markup:
    alone = TAG.fullmatch(text)
    if alone and alone[1] in named:
        return _button(values.get(alone[1], ""), named[alone[1]], brand)
    return Markup("<p>{}</p>").format(fill_line(text, values, named, bool(brand)))


def _value(name: str, values: Mapping[str, str], named: Mapping[str, str], leads: bool) -> Markup:
    value = values.get(name, "")
    if isinstance(value, Markup):
        return value
    if name in named and value:
        if not leads:
            return Markup('<span class="letter__link">{}</span>').format(named[name])
        return Markup('<a href="{}">{}</a>').format(value, named[name])
    return Markup("<br>").join(escape(line) for line in value.split("\n"))


def _button(address: str, words: str, brand: str) -> Markup:
    if not address:
        return Markup("")
    if not brand:
        return Markup('<p><span class="letter__button">{}</span></p>').format(words)
    style = f"display:inline-block;padding:12px 22px;border-radius:6px;border:2px solid {brand};color:#1f2933;text-decoration:none;font-weight:600"
    return Markup('<p style="margin:24px 0"><a href="{}" style="{}">{}</a></p>').format(address, style, words)
