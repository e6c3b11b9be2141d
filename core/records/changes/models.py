"""What happened in the portal that a practice's system should know, and how far each of those who read it has come."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
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
