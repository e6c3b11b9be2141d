"""What the connector keeps: how an office's Open Dental is reached, and when it may be asked next."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class Connection(TenantScoped, Base):
    """How the Open Dental of a practice is reached; one for each practice.

    `way` is over Open Dental's own service (`remote`), over the API Service on the office's server (`service`) or over the program at a
    workstation (`local`); the last two have an `address`. `level` is what the office's key allows: reading only, writing, or Enterprise; it decides how
    often may be asked. `customer_key` is the office's key, encrypted. `hook_secret` stands in the address at which Open Dental reports, encrypted;
    `workstation` is the machine that reports.
    `next_at` is when the next request may leave: all processes share it.
    `is_running` says whether the office lets it pull and push; `choices` is what it has chosen on its page. `run_id` is the round that goes on or
    was the last, `ended_at` when it ended. `skew_seconds` is how far the clock over there is ahead of ours, `problem` why nothing goes on.
    """

    __tablename__ = "opendental_connection"
    __table_args__ = (
        unique_in_practice(),
        CheckConstraint("way in ('remote', 'service', 'local')", name="way"),
        CheckConstraint("level in ('read', 'write', 'enterprise')", name="level"),
        CheckConstraint("(way = 'remote') = (address = '')", name="address_of_way"),
    )

    way: Mapped[str] = mapped_column(default="remote")
    address: Mapped[str] = mapped_column(default="")
    level: Mapped[str] = mapped_column(default="write")
    customer_key: Mapped[str]
    hook_secret: Mapped[str]
    workstation: Mapped[str] = mapped_column(default="", server_default="")
    next_at: Mapped[datetime | None]
    is_running: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    choices: Mapped[dict] = mapped_column(server_default=text("'{}'"), default=dict)
    run_id: Mapped[UUID | None]
    run_started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    loaded_at: Mapped[datetime | None]
    skew_seconds: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    problem: Mapped[str] = mapped_column(server_default="", default="")
    problem_at: Mapped[datetime | None]
    is_whole: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    """Everything is asked for in this round, so that what was deleted over there is found out."""
    compared_at: Mapped[datetime | None]
    busy_until: Mapped[datetime | None]
    """One worker at a time pulls and pushes; until then the one that has begun may go on."""
    signed_in_since: Mapped[datetime | None]
    """Whoever has signed in after that was not looked for yet."""
    looked_at: Mapped[datetime | None]
    """When the connection was last tried out."""
    counts: Mapped[dict] = mapped_column(server_default=text("'{}'"), default=dict)
    """How many rows each of their tables had when the office looked, for the time that the first load takes."""
    reporting_since: Mapped[datetime | None]
    """When Open Dental was last asked to report changes by itself, `heard_at` when it last did, `reporting_problem` why it would not be asked."""
    heard_at: Mapped[datetime | None]
    reporting_problem: Mapped[str] = mapped_column(server_default="", default="")
    files_problem: Mapped[str] = mapped_column(server_default="", default="")
    """Why no files come, empty where they do; after so many `files_attempts` it is tried again at `files_next_at`."""
    files_attempts: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    files_next_at: Mapped[datetime | None]


class Cursor(TenantScoped, Base):
    """How far the pull of one of their tables has come. It moves in the transaction in which the rows are taken in, so that nothing is lost or passed over.

    A pass belongs to a round (`run_id`) and asks for what changed since `since`, for everything where that is empty; `next_since` is for the pass after it.
    `taken` rows of it are in, up to the one with the number `last`; of these, `deferred` waited for others that come later, so that a second time (`turn`)
    is needed. `kept` are columns that other rows are read with, `coming` those of the pass that goes on.
    """

    __tablename__ = "opendental_cursor"
    __table_args__ = (unique_in_practice("resource"),)

    resource: Mapped[str]
    run_id: Mapped[UUID | None]
    is_done: Mapped[bool] = mapped_column(default=False)
    since: Mapped[str] = mapped_column(default="")
    next_since: Mapped[str] = mapped_column(default="")
    taken: Mapped[int] = mapped_column(BigInteger, default=0)
    last: Mapped[str] = mapped_column(default="")
    turn: Mapped[int] = mapped_column(default=1)
    deferred: Mapped[int] = mapped_column(default=0)
    kept: Mapped[list] = mapped_column(JSONB, default=list)
    coming: Mapped[list] = mapped_column(JSONB, default=list)
    loaded_at: Mapped[datetime | None]
    pulled_at: Mapped[datetime | None]


class Chart(TenantScoped, Base):
    """The number of a chart over there. `is_gone`: it is not to be in the portal. `detailed_at` is when what can only be asked for patient by patient was
    pulled last; `wanted_at` is set when somebody signs in to see it.
    """

    __tablename__ = "opendental_chart"
    __table_args__ = (unique_in_practice("number"), index_in_practice("detailed_at"))

    number: Mapped[str]
    is_gone: Mapped[bool] = mapped_column(default=False)
    detailed_at: Mapped[datetime | None]
    wanted_at: Mapped[datetime | None]


class Push(TenantScoped, Base):
    """One change of the portal on its way to Open Dental. `number` is its place in the line of changes, `change_id` the change.

    It is `waiting`, `sent`, `stuck` (a person of the office must look, `problem` says why), or `passed` (there is nothing to send). `begun_at` is set before
    a call that must not be made twice; what was made is looked up before it is tried again. `theirs` is the number of what was made over there,
    `receipt` the receipt number of a payment. `what` is the change as it was handed out.
    """

    __tablename__ = "opendental_push"
    __table_args__ = (
        unique_in_practice("change_id"),
        index_in_practice("state", "number"),
        index_in_practice("theirs"),
        index_in_practice("patient_id"),
        belongs_to("patient"),
        CheckConstraint("state in ('waiting', 'sent', 'stuck', 'passed')", name="state"),
    )

    change_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    patient_id: Mapped[UUID | None]
    target_id: Mapped[UUID]
    what: Mapped[dict] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="waiting")
    problem: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    noted_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    theirs: Mapped[str] = mapped_column(default="")
    receipt: Mapped[str] = mapped_column(default="")


class WantedFile(TenantScoped, Base):
    """The file of a statement or an image. It is of the record `kind` and `external_id`, lies there as the document `document`, and concerns the chart `chart`.

    It is `waiting`, `asked` for (Open Dental writes it, or has written it, to the drop), `done`, or `refused` (`problem` says why). `stamp` is when it was last
    changed over there: only then it is wanted again. `record` is what it belongs to, until it is in; `folder` the folder of an image. `name` is what it is called
    in the drop, as long as it may lie there.
    """

    __tablename__ = "opendental_file"
    __table_args__ = (
        unique_in_practice("kind", "external_id"),
        index_in_practice("chart"),
        Index("ix_opendental_file_open", "practice_id", "dated_on", postgresql_where=text("state in ('waiting', 'asked')")),
        Index("ix_opendental_file_left", "practice_id", postgresql_where=text("name <> ''")),
        CheckConstraint("state in ('waiting', 'asked', 'done', 'refused')", name="state"),
    )

    kind: Mapped[str]
    external_id: Mapped[str]
    document: Mapped[str]
    chart: Mapped[str]
    folder: Mapped[str] = mapped_column(default="")
    dated_on: Mapped[date]
    stamp: Mapped[str]
    record: Mapped[dict] = mapped_column(JSONB, default=dict)
    state: Mapped[str] = mapped_column(default="waiting")
    name: Mapped[str] = mapped_column(default="")
    problem: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
