"""Writing down what is due, and asking for it to be sent, in one transaction: what is on record is not written again."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import allowance
from core.db import uuid7
from core.outbox import OutboxRow
from core.tasks import Work, enqueue
from core.tenant import hold
from plugins.appointments.models import Notice, NoticeRule
from plugins.appointments.notices import loading, recalling
from plugins.appointments.notices.due import due
from plugins.appointments.notices.pausing import paused_since
from plugins.appointments.notices.values import EMAIL, TEXT, Message, Skip
from plugins.appointments.services import confirming

TASKS = {EMAIL: "appointments.send_notice", TEXT: "appointments.text_notice"}
WHY = {
    "no_address": "No address or number to send it to",
    "unwanted": "Does not want it",
    "changed": "The visit changed before it could be sent",
    "off": "The rule was switched off before it could be sent",
    "unknown": "The gateway did not say whether it took it, so it is not sent again",
}
"""Why a notice was not sent, or may not have been, in words for the office."""


def write_due(work: Work) -> int:
    """Look what is due, write it down and ask for it to be sent; returns how many messages there are. Two at once come one after the other."""
    practice_id = work.tenant.practice_id
    found = loading.rules(work.db, practice_id)
    settle_failed(work.db, practice_id, work.now)
    if not any(row.is_on for row in found):
        return 0
    hold(work.db, practice_id)
    texts = _texts_left(work)
    tenants: Any = work.registry.tenants
    is_paused = paused_since(work.db, work.tenant, work.now) is not None
    book = replace(loading.book(work.db, tenants, work.tenant, found, work.now, texts > 0), is_paused=is_paused)
    plan = due(book, work.now)
    messages = within(plan.messages, texts)
    for message in messages:
        write(work.db, message, work.now)
    _note_skips(work.db, practice_id, plan.skips, work.now)
    texts -= sum(message.channel == TEXT for message in messages)
    # Whoever is due may have been booked meanwhile, where nobody here knows of it.
    return len(messages) + (0 if is_paused else recalling.write_due(work, found, texts))


def within(messages: tuple[Message, ...], texts: int) -> list[Message]:
    """The messages that the plan of the practice has room for: the rest goes out by mail on the next round."""
    kept = []
    for message in messages:
        texts -= message.channel == TEXT
        if message.channel != TEXT or texts >= 0:
            kept.append(message)
    return kept


def write(session: Session, message: Message, now: datetime) -> UUID:
    """One message: a row for each visit that it tells of, and the task that sends it. A key that is there already stops all of it."""
    message_id = enqueue(session, TASKS[message.channel], patient_id=str(message.recipient_id))
    about = {
        "kind": message.rule.kind, "rule_id": message.rule.id, "recipient_id": message.recipient_id, "channel": message.channel,
        "language": message.language, "message_id": message_id, "written_at": now,
    }  # fmt: skip
    session.add_all(
        Notice(key=item.key, patient_id=item.visit.person_id, appointment_id=item.visit.id, starts_at=item.visit.starts_at, **about) for item in message.items
    )
    session.flush()
    return message_id


def _note_skips(session: Session, practice_id: UUID, skips: tuple[Skip, ...], now: datetime) -> None:
    """Keep, once, what is due and reaches nobody: the office sees it with the visit."""
    rows = [
        {
            "practice_id": practice_id, "id": uuid7(), "key": skip.key, "kind": skip.rule.kind, "rule_id": skip.rule.id, "patient_id": skip.visit.person_id,
            "recipient_id": skip.visit.person_id, "appointment_id": skip.visit.id, "starts_at": skip.visit.starts_at, "state": "skipped",
            "reason": skip.why, "written_at": now, "number": 1, "channel": "", "language": "",
        }
        for skip in skips
    ]  # fmt: skip
    if rows:
        session.execute(insert(Notice).on_conflict_do_nothing(), rows)


def settle_failed(session: Session, practice_id: UUID, now: datetime) -> None:
    """Notices whose sending was given up have failed, those that were dropped are skipped; a visit that should have been confirmed says so, too."""
    waiting = (Notice.practice_id == practice_id, Notice.state == "waiting")
    task = (OutboxRow.id == Notice.message_id, OutboxRow.practice_id == practice_id)
    dropped = exists().where(*task, OutboxRow.dropped)
    session.execute(update(Notice).where(*waiting, dropped).values(state="skipped", reason="off", done_at=now).execution_options(synchronize_session=False))
    dead = exists().where(*task, OutboxRow.dead_at.is_not(None))
    failed = update(Notice).where(*waiting, dead).values(state="failed", done_at=now).returning(Notice)
    for notice in session.scalars(failed.execution_options(synchronize_session=False)).all():
        if notice.kind == "confirmation" and notice.appointment_id and not _reached_otherwise(session, notice):
            _mark_failed(session, notice, now)


def _reached_otherwise(session: Session, notice: Notice) -> bool:
    same = (Notice.practice_id == notice.practice_id, Notice.appointment_id == notice.appointment_id, Notice.kind == notice.kind)
    return bool(session.scalar(select(exists().where(*same, Notice.starts_at == notice.starts_at, Notice.state.in_(["sent", "waiting"])))))


def _mark_failed(session: Session, notice: Notice, now: datetime) -> None:
    assert notice.appointment_id
    try:
        asked = confirming.ask(session, notice.practice_id, notice.appointment_id, now)
    except (confirming.CannotConfirm, confirming.NoSuchVisit):
        return
    confirming.failed(session, notice.practice_id, asked.id, now)


def _texts_left(work: Work) -> int:
    """How many text messages may still go out this month; none where nobody sends them."""
    if work.registry.texts is None:
        return 0
    left = allowance.room_left(work.db, work.tenant.practice_id, "texts")
    return 10_000 if left is None else left


def rule_at(session: Session, practice_id: UUID, rule_id: UUID) -> NoticeRule | None:
    """A rule that was not removed."""
    where = (NoticeRule.practice_id == practice_id, NoticeRule.id == rule_id, NoticeRule.removed_at.is_(None))
    return session.scalars(select(NoticeRule).where(*where)).one_or_none()
