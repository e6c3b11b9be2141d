"""The words of notices: parts of a template, the tags that stand for what is known of a visit, and putting one in place of the other.

Nothing here says anything of somebody's health: there is no tag for what will be done.
"""

import re
from collections.abc import Mapping

from markupsafe import Markup, escape

from plugins.appointments.notices.default_words import DEFAULTS, LINKS
from plugins.appointments.notices.values import ARRIVAL, CONFIRMATION, INVITATION, INVITATION_AFTER, NEW_THANKS, RECALL, REMINDER, THANKS

SUBJECT, BODY, TEXT, LINE, MANY_SUBJECT, MANY_BODY, MANY_TEXT, REPLY = (
    "subject", "body", "text", "line", "many_subject", "many_body", "many_text", "reply",
)  # fmt: skip
_ONE, _MANY = (SUBJECT, BODY, TEXT), (MANY_SUBJECT, MANY_BODY, MANY_TEXT, LINE)
PARTS = {
    REMINDER: (*_ONE, *_MANY), CONFIRMATION: (*_ONE, *_MANY, REPLY), ARRIVAL: (*_ONE, *_MANY, REPLY), THANKS: (*_ONE, *_MANY), NEW_THANKS: (*_ONE, *_MANY),
    RECALL: (*(f"{part}{number}" for number in ("", "_2", "_3") for part in _ONE), *_MANY), INVITATION: (SUBJECT, BODY), INVITATION_AFTER: (SUBJECT, BODY),
}  # fmt: skip
"""Which parts the template of a kind has. Of recall notices the second and third have their own; later ones are as the third."""
_OFFICE = ("ClinicName", "ClinicPhone", "OfficeName", "OfficePhone", "PracticeName", "PracticePhone", "PatientPortalURL")
_OF_ONE = ("NameF", "NamePreferredOrFirst")
_VISIT = ("ApptDate", "ApptTime", "ApptTimeAskedArrive", "ProvName", "AddToCalendar")
_ANSWER, _HERE = ("ConfirmURL", "ConfirmCode"), ("ArriveURL", "ArriveCode")
_RECALL = ("DueDate", "URL")
_TAG = re.compile(r"\[([A-Za-z]+)\]")
_GSM = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")
_GSM_TWICE = set("^{}\\[~]|€")


def tags(kind: str, part: str) -> tuple[str, ...]:
    """The tags that may stand in a part."""
    of_one = {RECALL: _RECALL, INVITATION: (), INVITATION_AFTER: (), CONFIRMATION: (*_VISIT, *_ANSWER), ARRIVAL: (*_VISIT, *_HERE)}.get(kind, _VISIT)
    if part == LINE:
        return (*_OF_ONE, *of_one)
    if part in (MANY_SUBJECT, MANY_BODY, MANY_TEXT):
        together = {CONFIRMATION: _ANSWER[1:], ARRIVAL: _HERE}.get(kind, ())
        return ("Appts", *_OF_ONE, *together, *(() if kind == RECALL else ("ApptDate",)), *_OFFICE)
    return (*_OF_ONE, *(() if part == REPLY else of_one), *_OFFICE)


def wrong_tags(kind: str, part: str, text: str) -> list[str]:
    """Tags that nobody knows here, as they were typed."""
    known = tags(kind, part)
    return [f"[{name}]" for name in dict.fromkeys(_TAG.findall(text)) if name not in known]


def template(kind: str, words: Mapping[str, Mapping[str, str]], language: str, part: str) -> str:
    """A part of a template in a language: the office's own words, else ours; where neither are in that language the English ones."""
    for tongue in tongues(language):
        found = words.get(tongue, {}).get(part) or DEFAULTS[kind].get(tongue, {}).get(part)
        if found:
            return found
    earlier = {"_3": "_2", "_2": ""}.get(part[-2:])
    return template(kind, words, language, part[:-2] + earlier) if earlier is not None else ""


def tongues(language: str) -> list[str]:
    """A language, without its country, and English: the first that has words is taken."""
    return list(dict.fromkeys([language, language.split("-")[0], "en"]))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Text with what its tags stand for."""
    return _TAG.sub(lambda tag: values.get(tag[1], ""), text)


def fill_subject(text: str, values: Mapping[str, str]) -> str:
    """A subject: one line."""
    return " ".join(fill(text, values).split())


def links(language: str) -> dict[str, str]:
    """The tags that stand for an address, with what their links say in a language."""
    return next(LINKS[tongue] for tongue in tongues(language) if tongue in LINKS)


def fill_html(text: str, values: Mapping[str, str], brand: str, named: Mapping[str, str]) -> Markup:
    """The same as paragraphs of a mail. An address that stands alone becomes a button in the brand's color, others become links; without a
    color they lead nowhere. `named` is what `links` says."""
    parts = (part.strip() for part in re.split(r"\n\s*\n", text.replace("\r", "")))
    return Markup("\n").join(_paragraph(part, values, brand, named) for part in parts if part)


def fill_line(text: str, values: Mapping[str, str], named: Mapping[str, str], leads: bool = True) -> Markup:
    """One line of a mail, with links."""
    # Escaped first: what stands in the place of a tag is escaped by itself.
    filled = _TAG.sub(lambda tag: str(_value(tag[1], values, named, leads)), str(escape(text)))
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
    alone = _TAG.fullmatch(text)
    if alone and alone[1] in named:
        return _button(values.get(alone[1], ""), named[alone[1]], brand)
    return Markup("<p>{}</p>").format(fill_line(text, values, named, bool(brand)))


def _value(name: str, values: Mapping[str, str], named: Mapping[str, str], leads: bool) -> Markup:
    value = values.get(name, "")
    if isinstance(value, Markup):
        return value
    if name in named and value:
        if not leads:
            return Markup('<span class="appointments-letter__link">{}</span>').format(named[name])
        return Markup('<a href="{}">{}</a>').format(value, named[name])
    return Markup("<br>").join(escape(line) for line in value.split("\n"))


def _button(address: str, words: str, brand: str) -> Markup:
    if not address:
        return Markup("")
    if not brand:
        return Markup('<p><span class="appointments-letter__button">{}</span></p>').format(words)
    style = f"display:inline-block;padding:12px 22px;border-radius:6px;border:2px solid {brand};color:#1f2933;text-decoration:none;font-weight:600"
    return Markup('<p style="margin:24px 0"><a href="{}" style="{}">{}</a></p>').format(address, style, words)
