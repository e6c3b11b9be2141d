"""What is kept of records that came in: each run, when each kind last came, what was refused and why."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice, uuid7

SOURCE = "^[a-z][a-z0-9._-]{0,39}$"
"""What a sender of records may be called, such as `opendental`."""


class RecordsRun(TenantScoped, Base):
    """One run of a source: `counts` has how many records of each kind had each outcome; those of no kind that is known here stand under "".

    Where its source sends all that it has of some kinds, they stand in `snapshot`. `heard_at` is when its last batch was written. Without `ended_at` it goes on, or broke off; `failure` says why it failed as a whole.
    """

    __tablename__ = "records_run"
    __table_args__ = (CheckConstraint(f"source ~ '{SOURCE}'", name="source"), index_in_practice("started_at"))

    source: Mapped[str]
    started_at: Mapped[datetime]
    heard_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    counts: Mapped[dict] = mapped_column(default=dict)
    failure: Mapped[str] = mapped_column(default="")
    snapshot: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)


class RecordsOrigin(TenantScoped, Base):
    """Where a record has come from, and when it last came in anew or changed.

    `gone_at` is when its source said, or showed by sending all that it has, that it is there no more. `seen_by` is the last run of such
    a kind that brought it.
    """

    __tablename__ = "records_origin"
    __table_args__ = (unique_in_practice("kind", "external_id"),)

    kind: Mapped[str]
    external_id: Mapped[str]
    source: Mapped[str]
    came_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    seen_by: Mapped[UUID | None]


class RecordsArrival(TenantScoped, Base):
    """When a source last brought a kind of record, or said that nothing of it has changed. `ages`: see `core.records.RecordKind`."""

    __tablename__ = "records_arrival"
    __table_args__ = (unique_in_practice("source", "kind"),)

    source: Mapped[str]
    kind: Mapped[str]
    came_at: Mapped[datetime]
    ages: Mapped[bool]


class RecordsRefusal(TenantScoped, Base):
    """A record that was refused and has not been taken in since: which, why, how often, and in `content` what it said when it came last.

    `content` is empty where that was too long to be kept, or no text. `is_second`: its source is another system than the practice's.
    `missing_kind` and `missing_id` say what it names that was not there. From `again_at` on it waits to be tried again.
    """

    __tablename__ = "records_refusal"
    __table_args__ = (unique_in_practice("source", "kind", "external_id"), index_in_practice("last_at"))

    source: Mapped[str]
    kind: Mapped[str]
    external_id: Mapped[str]
    reason: Mapped[str]
    content: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    is_second: Mapped[bool] = mapped_column(server_default="false", default=False)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int]
    missing_kind: Mapped[str] = mapped_column(server_default="", default="")
    missing_id: Mapped[str] = mapped_column(server_default="", default="")
    again_at: Mapped[datetime | None]


class RecordsState(Base):
    """How fresh a practice's records are, in moments and a number, for whoever runs the installation: it stands outside the wall and says nothing else.

    `stale_at` is from when on they are older than the office allows, empty where it does not watch; `refused` how many were refused in the last day.
    """

    __tablename__ = "records_state"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"), unique=True)
    came_at: Mapped[datetime | None]
    stale_at: Mapped[datetime | None]
    refused: Mapped[int]


class RecordsUpload(TenantScoped, Base):
    """A file that a practice's system sends for a record, until a record takes it over: as it was announced, and how far it is.

    It lies in the store under its own id (core/records/uploaded.py). `received` is what came by the portal itself; what was sent to the store by a link
    still says `waiting`. `used_by` is the external id of the record that took it over.
    """

    __tablename__ = "records_upload"
    __table_args__ = (
        index_in_practice("sha256"),
        index_in_practice("expires_at"),
        CheckConstraint("state in ('waiting', 'received', 'used')", name="state"),
        CheckConstraint("(state = 'used') = (used_by is not null)", name="used_by"),
        CheckConstraint("size > 0", name="size"),
    )

    kind: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    state: Mapped[str] = mapped_column(default="waiting")
    used_by: Mapped[str | None]
    begun_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class RecordsImport(TenantScoped, Base):
    """A file that the office takes in, from when it was sent to what came of it. It lies in the store under the id of the row until `until`, or until it is thrown away (`erased_at`).

    `reader`, `choice`, `source`, `is_second` and `mapping` say how it is read. Of a table `headings` are what its columns are called, `columns` which field each of them
    was said to be. It is read from `began_at` on; `heard_at` is when the last was heard of it. `position` is how much of what is in it was taken in, in the transaction
    in which it was; `bytes_read` how much of the file was read for that. `report` is what came of it (core/records/importing/taking.py), `run_id` under which run it is taken in, once it is.
    """

    __tablename__ = "records_import"
    __table_args__ = (
        belongs_to("account", "asked_by_id"),
        index_in_practice("asked_at"),
        index_in_practice("asked_by_id"),
        Index("uq_records_import_at_work", "practice_id", unique=True, postgresql_where=text("state in ('checking', 'taking')")),
        CheckConstraint(f"source ~ '{SOURCE}'", name="source"),
        CheckConstraint("state in ('matching', 'checking', 'checked', 'taking', 'done', 'stopped', 'failed')", name="state"),
        CheckConstraint("size > 0", name="size"),
    )

    reader: Mapped[str]
    choice: Mapped[str] = mapped_column(default="")
    source: Mapped[str]
    is_second: Mapped[bool]
    mapping: Mapped[str] = mapped_column(default="")
    headings: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    columns: Mapped[dict] = mapped_column(default=dict)
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    asked_by_id: Mapped[UUID | None]
    asked_at: Mapped[datetime]
    until: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    state: Mapped[str]
    began_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    run_id: Mapped[UUID | None]
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes_read: Mapped[int] = mapped_column(BigInteger, default=0)
    report: Mapped[dict] = mapped_column(default=dict)
    failure: Mapped[str] = mapped_column(default="")
