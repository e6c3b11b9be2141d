"""What happened in the portal that a practice's system should know, and how far each of those who read it has come."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class RecordsChange(TenantScoped, Base):
    """One thing that somebody did here. Its `id` stays; its `number` is given when it is first handed out, so that none is passed over.

    `target_id` is the row that it is about, in `target_table`, which readers know as `target_kind`; `data` is what else they need.
    """

    __tablename__ = "records_change"
    __table_args__ = (
        belongs_to("patient"),
        unique_in_practice("number"),
        index_in_practice("patient_id"),
        Index("ix_records_change_waiting", "practice_id", "id", postgresql_where=text("number is null")),
    )

    number: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str]
    patient_id: Mapped[UUID | None]
    target_kind: Mapped[str]
    target_table: Mapped[str]
    target_id: Mapped[UUID]
    data: Mapped[dict] = mapped_column(default=dict)
    at: Mapped[datetime]


class RecordsChangeLine(TenantScoped, Base):
    """The line in which the changes of a practice stand: its last number. Whoever gives numbers holds it."""

    __tablename__ = "records_change_line"
    __table_args__ = (unique_in_practice(),)

    last_number: Mapped[int] = mapped_column(BigInteger, default=0)


class RecordsChangeReader(TenantScoped, Base):
    """Somebody who reads the changes, such as the connector `opendental`, and up to which number that is done."""

    __tablename__ = "records_change_reader"
    __table_args__ = (unique_in_practice("name"),)

    name: Mapped[str]
    acknowledged: Mapped[int] = mapped_column(BigInteger, default=0)
    since: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]


class RecordsWebhook(TenantScoped, Base):
    """Where a practice wants to be told that changes wait. `secret` signs what is sent, encrypted; `old_secret` signs it, too, until `old_until`.

    `told_until` is the last number that was told. `failing_since` is when it began that nothing gets through; when that lasts, nothing more is sent (`paused_at`).
    """

    __tablename__ = "records_webhook"
    __table_args__ = (unique_in_practice(),)

    address: Mapped[str]
    secret: Mapped[str]
    old_secret: Mapped[str] = mapped_column(default="")
    old_until: Mapped[datetime | None]
    made_at: Mapped[datetime]
    told_until: Mapped[int] = mapped_column(BigInteger, default=0)
    failing_since: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]


class RecordsWebhookDelivery(TenantScoped, Base):
    """Something that is sent to the address: that changes wait, up to number `until`, or a test. Its id goes along, the same with every attempt.

    `attempts` says of each when it was made and what came of it: {"at": …, "status": 200, "words": ""}. What is `replaced` was not sent any more, as later changes wait.
    """

    __tablename__ = "records_webhook_delivery"
    __table_args__ = (
        index_in_practice("made_at"),
        CheckConstraint("kind in ('changes.waiting', 'test')", name="kind"),
        CheckConstraint("state in ('waiting', 'delivered', 'failed', 'replaced')", name="state"),
    )

    kind: Mapped[str]
    until: Mapped[int] = mapped_column(BigInteger, default=0)
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    made_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="waiting")
    next_at: Mapped[datetime | None]
    attempts: Mapped[list[Any]] = mapped_column(JSONB, default=list)
