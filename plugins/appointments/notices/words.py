"""The words of notices: parts of a template, the tags that stand for what is known of a visit, and putting one in place of the other.

Nothing here says anything of somebody's health: there is no tag for what will be done.
"""

from collections.abc import Mapping

from core.tagged import TAG, fill, fill_html, fill_line, fill_subject, segments, tongues
from plugins.appointments.notices.default_words import DEFAULTS, LINKS
from plugins.appointments.notices.values import ARRIVAL, CONFIRMATION, INVITATION, INVITATION_AFTER, NEW_THANKS, RECALL, REMINDER, THANKS

__all__ = ["fill", "fill_html", "fill_line", "fill_subject", "segments", "tongues"]

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
    return [f"[{name}]" for name in dict.fromkeys(TAG.findall(text)) if name not in known]


def template(kind: str, words: Mapping[str, Mapping[str, str]], language: str, part: str) -> str:
    """A part of a template in a language: the office's own words, else ours; where neither are in that language the English ones."""
    for tongue in tongues(language):
        found = words.get(tongue, {}).get(part) or DEFAULTS[kind].get(tongue, {}).get(part)
        if found:
            return found
    earlier = {"_3": "_2", "_2": ""}.get(part[-2:])
    return template(kind, words, language, part[:-2] + earlier) if earlier is not None else ""


def links(language: str) -> dict[str, str]:
    """The tags that stand for an address, with what their links say in a language."""
    return next(LINKS[tongue] for tongue in tongues(language) if tongue in LINKS)
