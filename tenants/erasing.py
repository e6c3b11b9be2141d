"""Erasing a practice that was closed: every row in whatever table, every file, and in the end its id. What stays is its address, so that nobody takes
it, with those that it had before, and dates.

It may be broken off at any point, and goes on where it was when it is asked for again. What is written by a request or a task that had begun before finds no
practice any more to which it could belong.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from graphlib import TopologicalSorter
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from sqlalchemy.orm import Session

from core.db import SessionFactory, bind_tenant
from core.files import Files
from core.tenant import touch
from tenants import closing
from tenants.closing import CannotClose
from tenants.models import Practice
from tenants.practices import CLOSING, ERASED, ERASING

# Whatever refers to a practice, by a foreign key or by the name of its column: a table that is new is among them.
_HOLDING = """
select c.relname, a.attname from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and (a.attname = 'practice_id' or exists (
    select from pg_constraint k where k.contype = 'f' and k.conrelid = c.oid and k.confrelid = 'practice'::regclass and a.attnum = any(k.conkey)))
"""
_REFERRING = """
select distinct child.relname, parent.relname from pg_constraint k
join pg_class child on child.oid = k.conrelid join pg_class parent on parent.oid = k.confrelid
where k.contype = 'f' and k.connamespace = 'public'::regnamespace and child.oid <> parent.oid
"""
_KEPT = "former_slug"
"""The short addresses that it had before follow the row to its other id: nobody takes them either."""
_TOMBSTONE = """
update practice set id = %s, name = slug, time_zone = 'UTC', withheld = '{}', state = %s, erased_at = %s, version = version + 1 where id = %s
"""


def erase(registry, migrate_url: str, practice_id: UUID, now: datetime, name: str = "") -> int:
    """Erase a practice whose waiting time is over and whose export is ready, or whose name was typed; returns how many rows there were. Raises
    CannotClose."""
    _begin(registry, practice_id, now, name)
    registry.files.delete_all(practice_id)
    rows = _erase_rows(migrate_url, practice_id)
    return rows + _bury(registry.files, migrate_url, practice_id, now)


def _begin(registry, practice_id: UUID, now: datetime, name: str) -> None:
    """See whether it may be erased, have each tab end what it has outside, and let nobody in any more."""
    with SessionFactory(bind=registry.engine) as session:
        bind_tenant(session, practice_id)
        state = _check(session, practice_id, now, name)
        session.commit()
        if state == ERASING:
            return
        _tell(registry, session, practice_id)
        practice = session.get_one(Practice, practice_id, with_for_update=True, populate_existing=True)
        if practice.state != CLOSING:
            raise CannotClose("The practice was opened again in the meantime.")
        practice.state = ERASING
        touch(session, practice_id)
        session.commit()
    closing.note_at_operators_place(registry.engine, "operator.practice.erase", practice_id, now)


def _check(session: Session, practice_id: UUID, now: datetime, name: str) -> str:
    far = closing.how_far(session, practice_id)
    practice = session.get_one(Practice, practice_id)
    if far.state == ERASING:
        return far.state
    if far.state != CLOSING or far.erase_after is None:
        raise CannotClose("Close the practice first: its office needs time to take everything along.")
    if name and name != practice.name:
        raise CannotClose(f"The name does not match. The practice is called {practice.name!r}.")
    if not name and far.erase_after > now:
        raise CannotClose(f"It may be erased from {far.erase_after:%Y-%m-%d %H:%M} UTC on. To erase it sooner, type its name.")
    if not name and (far.export is None or far.export.state != "ready"):
        raise CannotClose("Its export is not there for the office to take along. To erase it all the same, type its name.")
    return far.state


def _tell(registry, session: Session, practice_id: UUID) -> None:
    """Each installed tab ends what it has outside the portal, on or off."""
    for plugin in registry.plugins.plugins.values():
        try:
            list(registry.plugins.only(plugin.name).demand("portal_erase", session, practice_id=practice_id, person_id=None))
            session.commit()
        except Exception as error:
            raise CannotClose(f"The tab {plugin.title} could not end what it has outside the portal, so nothing is erased: {error}") from error


def _erase_rows(migrate_url: str, practice_id: UUID) -> int:
    """Delete table by table, each in a transaction of its own."""
    with _connected(migrate_url) as connection:
        return sum(_delete(connection, table, columns, practice_id) for table, columns in _holding(connection))


def _bury(files: Files, migrate_url: str, practice_id: UUID, now: datetime) -> int:
    """Take the id away in the same transaction in which nothing refers to it any more."""
    with _connected(migrate_url) as connection, connection.transaction():
        # Whoever has written for the practice and not committed yet is waited for.
        connection.execute("select from practice where id = %s for update", [practice_id])
        rows = sum(_delete(connection, table, columns, practice_id) for table, columns in _holding(connection))
        # Once more, for what was stored in between; whatever is stored from here on is taken back, because its row finds no practice.
        files.delete_all(practice_id)
        connection.execute(_TOMBSTONE, [uuid4(), ERASED, now, practice_id])
    return rows


@contextmanager
def _connected(migrate_url: str) -> Iterator[psycopg.Connection]:
    """The login that migrates: it sees past the wall, and may delete what only grows."""
    with psycopg.connect(migrate_url, autocommit=True) as connection:
        yield connection


def _holding(connection: psycopg.Connection) -> list[tuple[str, list[str]]]:
    """The tables with rows of practices and the columns that say whose, those first to which no other refers."""
    columns: dict[str, list[str]] = {}
    for table, column in connection.execute(_HOLDING):
        if table == _KEPT:
            continue
        columns.setdefault(table, []).append(column)
    order: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(columns, ()))
    for table, other in connection.execute(_REFERRING):
        if table in columns and other in columns:
            order.add(other, table)
    return [(table, columns[table]) for table in order.static_order()]


def _delete(connection: psycopg.Connection, table: str, columns: list[str], practice_id: UUID) -> int:
    where = sql.SQL(" or ").join(sql.SQL("{} = {}").format(sql.Identifier(column), sql.Literal(practice_id)) for column in columns)
    return connection.execute(sql.SQL("delete from {} where {}").format(sql.Identifier(table), where)).rowcount
