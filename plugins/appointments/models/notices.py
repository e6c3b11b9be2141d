"""Notices about visits: the office's rules, what was written by them, and who wants none."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice

_KINDS = "('reminder', 'confirmation', 'thanks', 'new_thanks', 'recall', 'invitation', 'invitation_after', 'arrival')"
_CHOSEN = _KINDS.replace(")", ", 'offer')")


class NoticeRule(TenantScoped, Base):
    """When a kind of notice goes out, and in which words (plugins/appointments/notices/values.py says what each number means).

    Without a clinic it holds wherever a clinic has no rule of this kind of its own. `words` holds what the office has written itself, by
    language and part, such as {"en": {"subject": …}}; the rest is ours. One that was `removed_at` stays, for what was written by it.
    """

    __tablename__ = "appointments_notice_rule"
    __table_args__ = (
        belongs_to("clinic"),
        CheckConstraint(f"kind in {_KINDS}", name="kind"),
        CheckConstraint("lead_days between 0 and 366 and lead_hours between 0 and 72 and not_within_hours between 0 and 720", name="times"),
        CheckConstraint("mode between 1 and 3 and mode_days between 1 and 3650", name="mode"),
        CheckConstraint("send_order <@ '{preferred,text,email}'::text[] and cardinality(send_order) > 0", name="send_order"),
    )

    kind: Mapped[str]
    clinic_id: Mapped[UUID | None]
    is_on: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime | None]
    lead_days: Mapped[int] = mapped_column(default=0)
    lead_hours: Mapped[int] = mapped_column(default=0)
    not_within_hours: Mapped[int] = mapped_column(default=0)
    send_order: Mapped[list[str]] = mapped_column(ARRAY(Text))
    send_all: Mapped[bool] = mapped_column(default=False)
    mode: Mapped[int] = mapped_column(default=1)
    mode_days: Mapped[int] = mapped_column(default=30)
    words: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    made_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class Notice(TenantScoped, Base):
    """One notice of a rule about one visit or recall, by one channel. Its `key` is why it goes out once (plugins/appointments/notices/due.py).

    Those with one `message_id` go out as one message: it is the id of the task that sends it. `recipient_id` is to whom: for a child it may
    be the guarantor. `starts_at` is when the visit was to be. One that was not sent says why in `reason`.
    """

    __tablename__ = "appointments_notice"
    __table_args__ = (
        belongs_to("appointments_notice_rule", "rule_id"),
        belongs_to("patient"),
        belongs_to("patient", "recipient_id"),
        belongs_to("appointments_appointment", "appointment_id"),
        belongs_to("appointments_recall", "recall_id"),
        unique_in_practice("key"),
        index_in_practice("patient_id", "written_at"),
        index_in_practice("recipient_id"),
        index_in_practice("written_at"),
        index_in_practice("message_id"),
        Index("ix_appointments_notice_waiting", "practice_id", "written_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_appointments_notice_appointment", "practice_id", "appointment_id", postgresql_where=text("appointment_id is not null")),
        Index("ix_appointments_notice_recall", "practice_id", "recall_id", postgresql_where=text("recall_id is not null")),
        CheckConstraint(f"kind in {_KINDS}", name="kind"),
        CheckConstraint("channel in ('', 'email', 'text')", name="channel"),
        CheckConstraint("state in ('waiting', 'sent', 'failed', 'skipped')", name="state"),
    )

    key: Mapped[str]
    kind: Mapped[str]
    rule_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    recipient_id: Mapped[UUID]
    appointment_id: Mapped[UUID | None]
    recall_id: Mapped[UUID | None]
    starts_at: Mapped[datetime | None]
    due_on: Mapped[date | None]
    number: Mapped[int] = mapped_column(default=1)
    channel: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    state: Mapped[str] = mapped_column(default="waiting")
    reason: Mapped[str] = mapped_column(default="")
    message_id: Mapped[UUID | None]
    written_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class NoticeChoice(TenantScoped, Base):
    """Whether a patient wants a kind of notice, or offers to the wait list, by a channel; without a row they do. `by` is who said so: the patient, or the office for them."""

    __tablename__ = "appointments_notice_choice"
    __table_args__ = (
        belongs_to("patient"),
        unique_in_practice("patient_id", "kind", "channel"),
        CheckConstraint(f"kind in {_CHOSEN}", name="kind"),
        CheckConstraint("channel in ('email', 'text')", name="channel"),
        CheckConstraint("by in ('patient', 'office')", name="by"),
    )

    patient_id: Mapped[UUID]
    kind: Mapped[str]
    channel: Mapped[str]
    is_on: Mapped[bool]
    by: Mapped[str]
    changed_at: Mapped[datetime]


class TextNumber(TenantScoped, Base):
    """A telephone number from which STOP was sent, or START: only whoever has it can say so."""

    __tablename__ = "appointments_text_number"
    __table_args__ = (unique_in_practice("number"),)

    number: Mapped[str]
    is_stopped: Mapped[bool]
    changed_at: Mapped[datetime]


class TextAnswer(TenantScoped, Base):
    """A text message that came in, by what the gateway calls it: none is dealt with twice. What it said is not kept."""

    __tablename__ = "appointments_text_answer"
    __table_args__ = (unique_in_practice("reference"),)

    reference: Mapped[str]
    meaning: Mapped[str]
    came_at: Mapped[datetime]
