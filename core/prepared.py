"""Statements of every page: put together once, prepared in the database, sent to the driver as they are.

What SQLAlchemy does for each execution (events, conversions, row objects) costs a page more than the database does. A
`Prepared` statement skips it and gives plain tuples, so it is for columns whose values the driver knows by itself: text, whole
numbers, ids, dates, moments, JSON.
"""

from collections.abc import Mapping
from typing import Any

import psycopg
from sqlalchemy import Connection, Executable
from sqlalchemy.dialects.postgresql import psycopg as dialect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

_DIALECT = dialect.dialect()


class Prepared:
    """One statement of a module, with named parameters. Lists of values must stand in it in words: `in_([literal_column("'kept'")])`."""

    def __init__(self, statement: Executable):
        compiled = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
        self._text = str(compiled)
        self._constants = {compiled.bind_names[bind]: bind.effective_value for bind in compiled.bind_names if not bind.required}

    def rows(self, session: Session, parameters: Mapping[str, Any]) -> list[tuple]:
        """All rows. Raises sqlalchemy.exc.OperationalError when the database is away, else the driver's own errors."""
        return self._execute(session, parameters).fetchall()

    def one(self, session: Session, parameters: Mapping[str, Any]) -> tuple:
        """The only row. Raises ValueError when there is none or another."""
        [row] = self.rows(session, parameters)
        return row

    def send(self, session: Session, parameters: Mapping[str, Any]) -> None:
        """Send a statement that gives no rows."""
        session.info["written"] = True
        self._execute(session, parameters)

    def _execute(self, session: Session, parameters: Mapping[str, Any]) -> psycopg.Cursor:
        # Known since the transaction began: asking the session costs as much as the driver's part.
        connection = session.info.get("connection") or session.connection()
        return execute(connection, self._text, {**self._constants, **parameters})


def execute(connection: Connection, statement: str, parameters: Mapping[str, Any] | None = None) -> psycopg.Cursor:
    """Send one statement over the driver's connection; without parameters it may be several, which cost one round trip."""
    cursor = connection.info.get("cursor")
    if cursor is None:
        # One for the life of the connection: making one anew costs a third of a small statement.
        cursor = connection.info["cursor"] = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
    try:
        return cursor.execute(statement, parameters, prepare=parameters is not None)
    except psycopg.OperationalError as error:
        # A lost connection is told as SQLAlchemy tells it, and never used again.
        if cursor.connection.closed:
            connection.invalidate(error)
        raise OperationalError(None, None, error, hide_parameters=True) from error
