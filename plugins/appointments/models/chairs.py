"""What a practice's book is made of: operatories, hours of providers, blockouts, and the types of appointment.

What comes from a practice's system has an `external_id`; what the office has entered here has none. Columns named in `own` were set on the
office's own pages: records that come in leave them as they are.
"""

from datetime import date
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice

PATTERN = "^[X/]*$"
"""A time pattern: each sign is five minutes, `X` of the provider's own time, `/` of other time."""


class Worked(Protocol):
    """What has a provider and a hygienist."""

    @property
    def provider_id(self) -> UUID | None:
        """The dentist."""

    @property
    def hygienist_id(self) -> UUID | None:
        """The hygienist."""

    @property
    def is_hygiene(self) -> bool:
        """Whether the hygienist treats."""


def worker_of(one: Worked) -> UUID | None:
    """Whose own time it takes: the hygienist's where it is for hygiene, else the provider's."""
    return one.hygienist_id if one.is_hygiene and one.hygienist_id else one.provider_id


class Operatory(TenantScoped, Base):
    """A chair of a clinic. `position` counts from the left; its visits are the hygienist's when it `is_hygiene`, else the provider's.

    `takes_recalls` opens it for recall visits that patients book, `appointment_type_ids` for those types of appointment.
    """

    __tablename__ = "appointments_operatory"
    __table_args__ = (belongs_to("clinic"), belongs_to("provider"), belongs_to("provider", "hygienist_id"), unique_in_practice("external_id"))

    external_id: Mapped[str | None]
    name: Mapped[str]
    abbreviation: Mapped[str] = mapped_column(default="")
    clinic_id: Mapped[UUID | None]
    provider_id: Mapped[UUID | None]
    hygienist_id: Mapped[UUID | None]
    is_hygiene: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    is_hidden: Mapped[bool] = mapped_column(default=False)
    takes_recalls: Mapped[bool] = mapped_column(default=False)
    appointment_type_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    own: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)


class BlockoutType(TenantScoped, Base):
    """A sort of blockout: time that is kept for something. Patients may book over it only where it `is_open_to_web`, or their type or recall allows it."""

    __tablename__ = "appointments_blockout_type"
    __table_args__ = (unique_in_practice("external_id"),)

    external_id: Mapped[str | None]
    name: Mapped[str]
    is_open_to_web: Mapped[bool] = mapped_column(default=False)
    is_hidden: Mapped[bool] = mapped_column(default=False)
    own: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)


class AppointmentType(TenantScoped, Base):
    """A reason for a visit that patients may choose: `words` is what they read, nothing there means that it is not offered.

    `procedures` are such as {"code": "D0140", "words": "Exam of one problem"}; `instructions_before`, `instructions_after` and `bring` are
    Markdown for the patient; `forms` are such as {"title": …, "address": …}. Ages are in years, both included. It may be booked over
    `blockout_type_ids` too, or, when `only_in_blockouts`, over nothing else.
    """

    __tablename__ = "appointments_type"
    __table_args__ = (
        unique_in_practice("external_id"),
        CheckConstraint(f"pattern ~ '{PATTERN}'", name="pattern"),
        CheckConstraint("min_age between 0 and 150 and max_age between 0 and 150", name="ages"),
    )

    external_id: Mapped[str | None]
    name: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    pattern: Mapped[str] = mapped_column(server_default="", default="")
    procedures: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    for_existing: Mapped[bool] = mapped_column(default=True)
    for_new: Mapped[bool] = mapped_column(default=False)
    min_age: Mapped[int | None]
    max_age: Mapped[int | None]
    blockout_type_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    only_in_blockouts: Mapped[bool] = mapped_column(default=False)
    instructions_before: Mapped[str] = mapped_column(default="")
    instructions_after: Mapped[str] = mapped_column(default="")
    bring: Mapped[str] = mapped_column(default="")
    forms: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    position: Mapped[int] = mapped_column(default=0)
    is_hidden: Mapped[bool] = mapped_column(default=False)
    own: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)


class AppointmentRule(TenantScoped, Base):
    """Procedures, by the range of their CDT numbers, during which their provider sees nobody else; the office reads `name` as the reason.

    What that adds to a provider's own time, which is always kept apart, is told in slots/book.py.
    """

    __tablename__ = "appointments_rule"
    __table_args__ = (unique_in_practice("external_id"), CheckConstraint("first_code <= last_code", name="codes"))

    external_id: Mapped[str | None]
    name: Mapped[str]
    first_code: Mapped[str] = mapped_column(Text(collation="C"))
    last_code: Mapped[str] = mapped_column(Text(collation="C"))
    is_enabled: Mapped[bool] = mapped_column(server_default=text("true"), default=True)
    own: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)


class ScheduleBlock(TenantScoped, Base):
    """Hours of a provider, or else a blockout, on one day; `starts` and `ends` are minutes from midnight by the clinic's clock.

    It counts in these operatories only; without any, a provider's hours open every operatory that is theirs, and a blockout closes all of
    the clinic (of the practice, where it names no clinic).
    """

    __tablename__ = "appointments_schedule"
    __table_args__ = (
        belongs_to("provider"),
        belongs_to("clinic"),
        belongs_to("appointments_blockout_type", "blockout_type_id"),
        unique_in_practice("external_id"),
        index_in_practice("held_on"),
        CheckConstraint("starts >= 0 and starts < ends and ends <= 1440", name="times"),
        CheckConstraint("(provider_id is null) <> (blockout_type_id is null)", name="what"),
    )

    external_id: Mapped[str | None]
    held_on: Mapped[date]
    starts: Mapped[int]
    ends: Mapped[int]
    provider_id: Mapped[UUID | None]
    blockout_type_id: Mapped[UUID | None]
    clinic_id: Mapped[UUID | None]
    operatory_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"), default=list)
    note: Mapped[str] = mapped_column(default="")
