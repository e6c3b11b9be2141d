"""The wait list: who would rather come earlier, the times that come open, and who was asked about them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Integer, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice
from plugins.appointments.models.chairs import PATTERN

DAY = 24 * 60
_WAITS = text("ended_at is null")


class WaitListEntry(TenantScoped, Base):
    """A patient who wants to be told of open times: for a visit that they have, for a recall that is due, or for a reason.

    `days` are weekdays (Monday is 0) and `earliest` to `latest` minutes from midnight by the clinic's clock, between which a visit begins;
    `notice` is how many minutes ahead they want to know. Without `clinic_ids` every clinic suits, without `provider_id` every provider.
    `asked_at` is when they were last asked about an opening: who was not asked lately comes first. `account_id` is who asked for it, none
    when the office did.
    """

    __tablename__ = "appointments_wait"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("account"),
        belongs_to("account", "ended_by"),
        belongs_to("provider"),
        belongs_to("appointments_appointment", "appointment_id"),
        belongs_to("appointments_recall", "recall_id"),
        belongs_to("appointments_type", "appointment_type_id"),
        index_in_practice("patient_id"),
        Index("uq_appointments_wait_appointment", "practice_id", "appointment_id", unique=True, postgresql_where=_WAITS),
        Index("uq_appointments_wait_recall", "practice_id", "recall_id", unique=True, postgresql_where=_WAITS),
        Index("uq_appointments_wait_type", "practice_id", "patient_id", "appointment_type_id", unique=True, postgresql_where=_WAITS),
        CheckConstraint("num_nonnulls(appointment_id, recall_id, appointment_type_id) <= 1", name="what"),
        CheckConstraint(f"0 <= earliest and earliest < latest and latest <= {DAY}", name="hours"),
        CheckConstraint("days <@ array[0, 1, 2, 3, 4, 5, 6] and cardinality(days) > 0", name="days"),
        CheckConstraint("notice between 0 and 20160", name="notice"),
        CheckConstraint("end_reason in ('', 'patient', 'office', 'booked', 'declined', 'over')", name="end_reason"),
    )

    patient_id: Mapped[UUID]
    account_id: Mapped[UUID | None]
    appointment_id: Mapped[UUID | None]
    recall_id: Mapped[UUID | None]
    appointment_type_id: Mapped[UUID | None]
    clinic_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    provider_id: Mapped[UUID | None]
    days: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default="{0,1,2,3,4,5,6}", default=lambda: list(range(7)))
    earliest: Mapped[int] = mapped_column(server_default="0", default=0)
    latest: Mapped[int] = mapped_column(server_default=str(DAY), default=DAY)
    notice: Mapped[int] = mapped_column(default=60)
    is_priority: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    end_reason: Mapped[str] = mapped_column(default="")


class Opening(TenantScoped, Base):
    """A time that came open. `next_at` is when the next patients are asked, never where it is None until the office says so; `appointment_id` is the visit that it was before, if any.

    It ends filled (somebody on the list took it), taken (it is booked otherwise), expired (too little time is left), or stopped by the office.
    """

    __tablename__ = "appointments_opening"
    __table_args__ = (
        belongs_to("clinic"),
        belongs_to("provider"),
        belongs_to("provider", "hygienist_id"),
        belongs_to("appointments_operatory", "operatory_id"),
        belongs_to("appointments_appointment", "appointment_id"),
        belongs_to("account", "made_by"),
        index_in_practice("starts_at"),
        Index("ix_appointments_opening_next", "practice_id", "next_at", postgresql_where=text("state = 'open'")),
        Index("uq_appointments_opening_time", "practice_id", "operatory_id", "starts_at", unique=True, postgresql_where=text("state = 'open'")),
        CheckConstraint("cause in ('called_off', 'moved', 'office')", name="cause"),
        CheckConstraint("state in ('open', 'filled', 'taken', 'expired', 'stopped')", name="state"),
        CheckConstraint("minutes between 5 and 720", name="minutes"),
        CheckConstraint(f"pattern ~ '{PATTERN}'", name="pattern"),
    )

    clinic_id: Mapped[UUID | None]
    operatory_id: Mapped[UUID]
    provider_id: Mapped[UUID | None]
    hygienist_id: Mapped[UUID | None]
    is_hygiene: Mapped[bool] = mapped_column(default=False)
    starts_at: Mapped[datetime]
    minutes: Mapped[int]
    pattern: Mapped[str] = mapped_column(server_default="", default="")
    appointment_id: Mapped[UUID | None]
    cause: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
    next_at: Mapped[datetime | None]
    in_hours: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    """Whether it was within hours when it came open: then it is offered only as long as that is so."""
    asked_all_at: Mapped[datetime | None]
    """Since when nobody is left to ask."""
    ended_at: Mapped[datetime | None]


class Offer(TenantScoped, Base):
    """A patient was asked about an opening. `channels` are those that it goes out by.

    `viewed but taken` is `too_late`. The link's secret is kept as its hash only.
    """

    __tablename__ = "appointments_offer"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("account"),
        belongs_to("appointments_opening", "opening_id"),
        belongs_to("appointments_wait", "entry_id"),
        unique_in_practice("opening_id", "entry_id"),
        unique_in_practice("token_hash"),
        index_in_practice("patient_id", "asked_at"),
        CheckConstraint("channels <@ '{email,text}'::text[]", name="channels"),
        CheckConstraint(
            "state in ('asked', 'sent', 'failed', 'viewed', 'accepted', 'chose_other', 'too_late', 'declined', 'expired')", name="state"
        ),
    )

    opening_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    account_id: Mapped[UUID | None]
    """Whose answer it is, where somebody was signed in."""
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    token_hash: Mapped[str]
    state: Mapped[str] = mapped_column(default="asked")
    asked_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    text_sent_at: Mapped[datetime | None]
    viewed_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
