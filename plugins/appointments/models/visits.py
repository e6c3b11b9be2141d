"""Visits, the time that each holds, and what patients ask the office about them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.range import TimestamptzRange
from sqlalchemy import ARRAY, CheckConstraint, Index, Text, literal_column, text
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice
from plugins.appointments.models.chairs import PATTERN


class ConfirmationStatus(TenantScoped, Base):
    """A confirmation status as the office calls it; `meaning` is what sets it here: a request was sent, accepted, not accepted, failed, a
    patient booked, or says to be here. Who is `seated` or `dismissed` the office says. The rest says what happens to visits that have it.
    """

    __tablename__ = "appointments_confirmation_status"
    __table_args__ = (
        unique_in_practice("external_id"),
        CheckConstraint("meaning in ('', 'sent', 'accepted', 'not_accepted', 'failed', 'booked', 'arrived', 'seated', 'dismissed')", name="meaning"),
        Index("uq_appointments_confirmation_status_meaning", "practice_id", "meaning", unique=True, postgresql_where=text("meaning <> ''")),
    )

    external_id: Mapped[str | None]
    name: Mapped[str]
    meaning: Mapped[str] = mapped_column(default="")
    sends_confirmation: Mapped[bool] = mapped_column(default=True)
    may_change: Mapped[bool] = mapped_column(default=True)
    """Whether an answer of the patient changes it to another one."""
    sends_reminder: Mapped[bool] = mapped_column(default=True)
    sends_thanks: Mapped[bool] = mapped_column(default=True)
    sends_new_thanks: Mapped[bool] = mapped_column(server_default="true", default=True)
    sends_arrival: Mapped[bool] = mapped_column(server_default="true", default=True)
    position: Mapped[int] = mapped_column(default=0)
    is_hidden: Mapped[bool] = mapped_column(default=False)
    own: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)


class Appointment(TenantScoped, Base):
    """One visit of a patient. `minutes` is its length; `confirmation` is the patient's answer, `confirmation_status_id` the office's word for it.

    Its provider's own time is the `X` of `pattern` (all of it, where there is none): the hygienist's when the visit `is_hygiene`.
    `ended_…` say who called it off: it is `broken` then, as one that the patient missed. `note` is what the patient wrote when booking; `made_by` is where it was made.
    """

    __tablename__ = "appointments_appointment"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("provider"),
        belongs_to("provider", "hygienist_id"),
        belongs_to("clinic"),
        belongs_to("appointments_operatory", "operatory_id"),
        belongs_to("appointments_type", "appointment_type_id"),
        belongs_to("appointments_recall_type", "recall_type_id"),
        belongs_to("appointments_confirmation_status", "confirmation_status_id"),
        belongs_to("account", "confirmed_by"),
        belongs_to("account", "ended_by"),
        belongs_to("account", "made_by_id"),
        unique_in_practice("external_id"),
        index_in_practice("patient_id", "starts_at"),
        index_in_practice("starts_at"),
        Index("ix_appointments_appointment_came", "practice_id", "clinic_id", "made_at", postgresql_where=text("external_id is not null")),
        CheckConstraint("status in ('scheduled', 'complete', 'broken', 'planned', 'unscheduled')", name="status"),
        CheckConstraint("confirmation in ('unconfirmed', 'asked', 'confirmed', 'callback', 'failed')", name="confirmation"),
        CheckConstraint("minutes between 5 and 720", name="minutes"),
        CheckConstraint(f"pattern ~ '{PATTERN}'", name="pattern"),
        CheckConstraint("made_by in ('office', 'recall', 'existing', 'new', 'waiting')", name="made_by"),
    )

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    provider_id: Mapped[UUID | None]
    clinic_id: Mapped[UUID | None]
    starts_at: Mapped[datetime]
    minutes: Mapped[int]
    status: Mapped[str] = mapped_column(default="scheduled")
    confirmation: Mapped[str] = mapped_column(default="unconfirmed")
    reason: Mapped[str] = mapped_column(default="")
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None]
    hygienist_id: Mapped[UUID | None]
    is_hygiene: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    operatory_id: Mapped[UUID | None]
    appointment_type_id: Mapped[UUID | None]
    recall_type_id: Mapped[UUID | None]
    confirmation_status_id: Mapped[UUID | None]
    pattern: Mapped[str] = mapped_column(server_default="", default="")
    arrive_at: Mapped[datetime | None]
    """When the patient is asked to be there, where that is not `starts_at`."""
    procedures: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"), default=list)
    """What will be done: {"code": "D1110", "words": "Cleaning"}."""
    note: Mapped[str] = mapped_column(server_default="", default="")
    wants_earlier: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    """The patient asked to be told of an earlier time (the field's ASAP)."""
    is_new_patient: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    made_by: Mapped[str] = mapped_column(server_default="office", default="office")
    made_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    made_by_id: Mapped[UUID | None]
    entered_at: Mapped[datetime | None]
    """When it was entered in the practice's system, where that says so; `made_at` is when it came."""
    arrived_at: Mapped[datetime | None]
    """When the patient said to be here; it counts on the day of the visit only."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    end_reason: Mapped[str] = mapped_column(server_default="", default="")
    ended_recalls: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"), default=list)
    """The recalls that became due again when the patient called it off: {"id": …, "scheduled_on": …}, so that it can be taken back."""
    moved_from: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"), default=dict)
    """How it was confirmed, and whether it was on the wait list, before the patient moved it last: {"confirmation": …}, so that it can be taken back."""
    revision: Mapped[int] = mapped_column(server_default="0", default=0, onupdate=literal_column("revision + 1"))
    """Counts every change of the row: a calendar program takes the copy with the higher number."""


class Hold(TenantScoped, Base):
    """Time that a visit holds in its operatory, or of its provider (`resource_id`): the database refuses a second one that overlaps.

    A practice's own system may book twice on purpose, so not every visit that comes in from there holds its time; what patients book does.
    What was given up a moment ago is kept until `kept_until`, so that it can be taken back.
    """

    __tablename__ = "appointments_hold"
    __table_args__ = (
        belongs_to("appointments_appointment", "appointment_id"),
        index_in_practice("appointment_id"),
        Index("ix_appointments_hold_kept", "practice_id", "kept_until", postgresql_where=text("kept_until is not null")),
        CheckConstraint("not isempty(span)", name="span"),
        ExcludeConstraint(
            (text("appointments_uuidrange(practice_id, practice_id, '[]')"), "&&"), (text("appointments_uuidrange(resource_id, resource_id, '[]')"), "&&"),
            ("span", "&&"), name="ex_appointments_hold_overlap", using="gist",
        ),
    )  # fmt: skip

    appointment_id: Mapped[UUID]
    resource_id: Mapped[UUID]
    span: Mapped[TimestamptzRange] = mapped_column(TSTZRANGE)
    kept_until: Mapped[datetime | None]


class Request(TenantScoped, Base):
    """What a patient asks the office: to call back, to call a visit off, to move it, or for a visit. `wanted` are such as days and times.

    `answer` is what the office says; `seen_at` is when the patient has read it.
    """

    __tablename__ = "appointments_request"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("account"),
        belongs_to("account", "answered_by"),
        belongs_to("appointments_appointment", "appointment_id"),
        belongs_to("clinic"),
        index_in_practice("patient_id"),
        Index("ix_appointments_request_waiting", "practice_id", "made_at", postgresql_where=text("state = 'waiting'")),
        CheckConstraint("kind in ('callback', 'cancel', 'move', 'visit')", name="kind"),
        CheckConstraint("state in ('waiting', 'accepted', 'declined', 'withdrawn')", name="state"),
    )

    patient_id: Mapped[UUID]
    account_id: Mapped[UUID | None]
    """Who asked; none when it came by a link that needs no sign-in."""
    appointment_id: Mapped[UUID | None]
    clinic_id: Mapped[UUID | None]
    kind: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    wanted: Mapped[dict] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="waiting")
    made_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]
    answer: Mapped[str] = mapped_column(default="")
    seen_at: Mapped[datetime | None]
