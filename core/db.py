"""The database: declarative base, the mixin of every table behind the wall, and the session of a request, a task or a command.

Row level security is the wall: a table that is TenantScoped shows only the rows of the practice that `bind_tenant` set for the
running transaction, and none at all when nobody set one.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

from psycopg.pq import TransactionStatus
from pyramid_retry import mark_error_retryable
from sqlalchemy import (
    BigInteger,
    DateTime,
    Engine,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Text,
    UniqueConstraint,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from zope.sqlalchemy.datamanager import STATUS_CHANGED, join_transaction

from core.prepared import execute

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Cents = Annotated[int, mapped_column(BigInteger)]
"""Money in integer cents; never a float, never numeric (its comparison is not leakproof, so row security would skip the index)."""

Json = Annotated[dict, mapped_column(JSONB)]


class ForeignRow(Exception):
    """A row of one practice was written while another practice is bound."""


class ChangedRows(Exception):
    """Rows were changed by what was only asked a question."""


def uuid7() -> UUID:
    """A new row id: time-ordered, so that rows made together lie together in the index (RFC 9562, version 7).

    After the milliseconds come twelve bits of the rest of the time: rows of one batch keep its order, too.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    chance = int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (rest * 4096 // 1_000_000 << 64) | (0x2 << 62) | chance)


def first_id_at(moment: datetime) -> UUID:
    """No row that `uuid7` gave its id after this moment has a lower one."""
    return UUID(int=(int(moment.timestamp() * 1000) << 80) | (0x7 << 76) | (0x2 << 62))


class Base(DeclarativeBase):
    """Every table of the portal and of its plugins."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: DateTime(timezone=True), str: Text, dict: JSONB}


class TenantScoped:
    """A table behind the wall: its rows belong to one practice, and its key begins with it."""

    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)


def belongs_to(table: str, column: str | None = None) -> ForeignKeyConstraint:
    """A reference to a row of the same practice. Foreign keys look past row security, so the practice is part of the key."""
    return ForeignKeyConstraint(["practice_id", column or f"{table}_id"], [f"{table}.practice_id", f"{table}.id"])


def unique_in_practice(*columns: str) -> UniqueConstraint:
    """Unique within a practice; across practices it would tell one office what another holds."""
    return UniqueConstraint("practice_id", *columns)


def index_in_practice(*columns: str) -> Index:
    """An index that begins with the practice, as every query does."""
    return Index(None, "practice_id", *columns)


class PortalSession(Session):
    """A session whose transactions begin with the practice that is bound to it, if any."""


SessionFactory = sessionmaker(class_=PortalSession, expire_on_commit=False)


@event.listens_for(PortalSession, "after_begin")
def _begin(session, transaction, connection):
    """Begin, set the practice and mark a savepoint in one message: one round trip; a sharding proxy forwards only a literal SET."""
    if not transaction.nested:
        _join(session)
        session.info["written"], session.info["connection"] = False, connection
        try:
            execute(connection, f"BEGIN{_set_practice(session.info.get('practice_id'))}; SAVEPOINT portal")
        except OperationalError as error:
            # A server that was started anew has cut this connection and those that wait. Nothing has been done, so a request may begin again.
            connection.engine.dispose()
            mark_error_retryable(error)
            raise


@event.listens_for(PortalSession, "after_transaction_end")
def _forget_connection(session, transaction):
    if transaction.parent is None:
        session.info.pop("connection", None)


def _join(session: Session) -> None:
    """Let the request's transaction commit the session; also after a view has committed and begun again."""
    manager = session.info.get("transaction_manager")
    if manager is not None:
        # Changed from the start: Core writes and audit rows of a page that only reads must be committed too.
        join_transaction(session, STATUS_CHANGED, manager)


@event.listens_for(PortalSession, "after_commit")
def _call_back(session):
    """Tell whoever waits for the commit, such as the queue's nudges; the end of a savepoint is none."""
    if session.in_nested_transaction():
        return
    for function in session.info.pop("after_commit", []):
        function()


def after_commit(session: Session, function: Callable[[], None]) -> None:
    """Call this once the session's rows are committed; never when they are rolled back."""
    session.info.setdefault("after_commit", []).append(function)


@event.listens_for(PortalSession, "after_rollback")
def _forget_callbacks(session):
    if not session.in_nested_transaction():
        session.info.pop("after_commit", None)


@event.listens_for(PortalSession, "do_orm_execute")
def _note_statement(state):
    if not state.is_select:
        state.session.info["written"] = True


@event.listens_for(PortalSession, "after_flush")
def _note_flush(session, context):
    session.info["written"] = True


@event.listens_for(PortalSession, "before_flush")
def _stamp(session, context, instances):
    """New rows get the practice that is bound; a row of another one is refused."""
    if session.info.get("only_reading"):
        raise ChangedRows
    bound = session.info.get("practice_id")
    for row in session.new:
        if isinstance(row, TenantScoped):
            row.practice_id = row.practice_id or bound
    for row in session.new | session.dirty:
        if isinstance(row, TenantScoped) and row.practice_id != bound:
            raise ForeignRow(f"{type(row).__name__} belongs to another practice than the one that is bound")


def bind_tenant(session: Session, practice_id: UUID) -> None:
    """Set the practice for this transaction of the session and for those that follow. Nothing else does."""
    session.info["practice_id"] = practice_id
    if session.in_transaction():
        # Marked anew: who mends the transaction after a failed statement must not return to where no practice was bound.
        execute(session.connection(), f"{_set_practice(practice_id).lstrip('; ')}; SAVEPOINT portal")
        session.info["written"] = False


def only_look(session: Session) -> None:
    """From here on this transaction only looks: whatever it writes is undone at its end, apart from the audit (core/audit.py)."""
    execute(session.connection(), "SAVEPOINT looking")
    # The point to which a page's fault returns must come after this one.
    session.info["looking"] = session.info["written"] = True


def write_again(session: Session) -> None:
    """This once more is kept than the audit: that somebody who only looked goes."""
    session.info["looking"] = False


def undo_if_looking(session: Session) -> None:
    """At the end of a transaction that only looked: forget what it wrote, and whoever waits for its commit."""
    if session.info.pop("looking", False):
        session.expunge_all()
        session.info.pop("after_commit", None)
        execute(session.connection(), "ROLLBACK TO SAVEPOINT looking")


def mark_savepoint(session: Session) -> None:
    """Mark the point to which `mend_transaction` returns; what was written before it stays, whatever is asked after it."""
    if session.info.get("written", True):
        execute(session.connection(), "SAVEPOINT portal")
        session.info["written"] = False


def mend_transaction(session: Session) -> None:
    """After a failed statement: return to the marked point, so that the rest of the page can be made."""
    driver = session.connection().connection.driver_connection
    if driver is not None and driver.info.transaction_status == TransactionStatus.INERROR:
        execute(session.connection(), "ROLLBACK TO SAVEPOINT portal")


@contextmanager
def only_reading(session: Session) -> Iterator[None]:
    """Inside, nothing is written through the session: rows wait, and whoever asked throws them away (`forget_changes`)."""
    before = session.info.get("only_reading", False), session.autoflush
    session.info["only_reading"], session.autoflush = True, False
    try:
        yield
    finally:
        session.info["only_reading"], session.autoflush = before


def forget_changes(session: Session) -> bool:
    """Throw away the changes that wait to be written; whether there were any."""
    new, dirty, deleted = session.new, session.dirty, session.deleted
    for row in list(new):
        session.expunge(row)
    for row in list(dirty):
        session.expire(row)
    for row in list(deleted):
        session.add(row)
    return bool(new or dirty or deleted)


def _set_practice(practice_id: UUID | None) -> str:
    # UUID() proves the value, so it can stand in the statement as a literal.
    return f"; SET LOCAL cuspid.practice_id = '{UUID(str(practice_id))}'" if practice_id else ""


def make_engine(url: str, pool_size: int = 4) -> Engine:
    """The connections of one process. The driver commits by itself; a session begins its transactions in `_begin`.

    `pool_size` is the number of requests that one process answers at a time.
    """
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(
        url, isolation_level="AUTOCOMMIT", hide_parameters=True, pool_size=pool_size, max_overflow=4, pool_timeout=5, pool_use_lifo=True,
        pool_reset_on_return=None,
    )  # fmt: skip
    event.listen(engine, "reset", _reset)
    return engine


def _reset(driver, record, state) -> None:
    """A connection goes back to the pool without a transaction; the usual way asks for a rollback even when there is none."""
    if driver.info.transaction_status != TransactionStatus.IDLE:
        driver.rollback()


def request_session(request) -> Session:
    """`request.db`: one transaction, joined to the request's, with the practice of the address bound."""
    return session_at(request, request.practice_id)


def session_at(request, practice_id: UUID) -> Session:
    """A session of the request's transaction in which this practice is bound: what it writes is kept, or not, with all the rest."""
    session = SessionFactory(bind=request.registry.engine)
    # Not `zope.sqlalchemy.register`: that hangs seven listeners on each session, which costs more than its SQL.
    session.info["transaction_manager"] = request.tm
    # What every audit entry of this request says, also one that a service makes.
    session.info["origin"] = {"address": request.remote_addr or "", "request_id": request.id}
    # Before joining, which begins the transaction: so that the practice goes with BEGIN.
    bind_tenant(session, practice_id)
    _join(session)
    request.add_finished_callback(lambda _: session.close())
    return session


def includeme(config) -> None:
    """Add `registry.engine` and `request.db`."""
    config.registry.engine = make_engine(config.registry.portal.database_url)
    config.add_request_method(request_session, "db", reify=True)
