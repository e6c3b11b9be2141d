"""The office's rules: adding, changing, switching and removing them, and what one says in a few words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from plugins.appointments.models import NoticeRule
from plugins.appointments.notices import words
from plugins.appointments.notices.kinds import MODES, SAMPLES
from plugins.appointments.notices.values import BEFORE, EMAIL, INVITATION, INVITATION_AFTER, PREFERRED, RECALL, TEXT

MOST = 40
CHANNEL_WORDS = {PREFERRED: "what the patient prefers", TEXT: "text", EMAIL: "e-mail"}
ORDERS = {
    "preferred,text,email": "What the patient prefers, else text, else e-mail", "preferred,email,text": "What the patient prefers, else e-mail, else text",
    "text,email": "Text, else e-mail", "email,text": "E-mail, else text", "text": "Text only", "email": "E-mail only",
}  # fmt: skip
"""In which order the channels are tried, as they are kept, and in words."""


class NoSuchRule(Exception):
    """There is no such rule, or it was removed."""


class TooMany(Exception):
    """The practice has as many rules as there may be."""


def add(session: Session, practice_id: UUID, kind: str, clinic_id: UUID | None, values: Mapping[str, Any], now: datetime) -> NoticeRule:
    """Add a rule; it is off until somebody switches it on, unless the values say otherwise. Raises TooMany."""
    there = select(func.count()).where(NoticeRule.practice_id == practice_id, NoticeRule.removed_at.is_(None))
    if (session.scalar(there) or 0) >= MOST:
        raise TooMany
    row = NoticeRule(kind=kind, clinic_id=clinic_id, made_at=now, words={}, **SAMPLES[kind] | dict(values))
    row.since = now if row.is_on else None
    session.add(row)
    session.flush()
    return row


def found(session: Session, practice_id: UUID, rule_id: UUID, lock: bool = False) -> NoticeRule:
    """A rule. Raises NoSuchRule."""
    query = select(NoticeRule).where(NoticeRule.practice_id == practice_id, NoticeRule.id == rule_id, NoticeRule.removed_at.is_(None))
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NoSuchRule
    return row


def switch(row: NoticeRule, on: bool, now: datetime) -> bool:
    """Switch a rule on or off; what was booked before it was on gets no thanks. Returns whether this changed anything."""
    changed = row.is_on != on
    if changed:
        row.is_on, row.since = on, now if on else row.since
    return changed


def write_words(row: NoticeRule, language: str, typed: Mapping[str, str]) -> None:
    """Keep what the office has written in a language; a part that is as ours is not kept, so that it stays ours."""
    own = {part: text for part, text in typed.items() if text and text != words.template(row.kind, {}, language, part)}
    row.words = {tongue: parts for tongue, parts in row.words.items() if tongue != language} | ({language: own} if own else {})


def when(row: NoticeRule) -> str:
    """When it goes out: "2 days before the visit"."""
    span = " and ".join(part for part in (_count(row.lead_days, "day"), _count(row.lead_hours, "hour")) if part)
    if row.kind == RECALL:
        return "When a visit is due"
    if row.kind in BEFORE:
        return f"{span} before the visit" if span else "At the time of the visit"
    what = "the visit" if row.kind == INVITATION_AFTER else "booking"
    return f"{span} after {what}" if span else f"Shortly after {what}"


def how(row: NoticeRule) -> str:
    """By which channels, and to whom."""
    order = [CHANNEL_WORDS[channel] for channel in row.send_order]
    ways = " and ".join(word for channel, word in zip(row.send_order, order, strict=True) if channel != PREFERRED) if row.send_all else ", else ".join(order)
    if row.kind in (INVITATION, INVITATION_AFTER):
        return MODES[row.mode] if row.mode != 3 else f"When the patient has not been in the portal for {_count(row.mode_days, 'day')}"
    return ways[:1].upper() + ways[1:]


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s") if number else ""
