"""Databases for tests: fresh ones, and what is said to them."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql


def with_database(url: str, name: str) -> str:
    """The address of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def fresh_database(name: str) -> Iterator[str]:
    """A database copied from the migrated template, for as long as the block runs; gives its whole name."""
    admin, template, name = os.environ["CUSPID_TEST_ADMIN_URL"], os.environ["CUSPID_TEST_TEMPLATE"], f"cuspid_{name}_{secrets.token_hex(4)}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
    yield name
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def noted_statements() -> Iterator[list[str]]:
    """Collects what is sent to the database by this process, but for the words that begin, mark and end a transaction."""
    seen: list[str] = []
    send = psycopg.Cursor.execute

    def note(cursor, query, *arguments, **options):
        if not str(query).startswith(("BEGIN", "SAVEPOINT", "SET LOCAL", "ROLLBACK")):
            seen.append(str(query))
        return send(cursor, query, *arguments, **options)

    psycopg.Cursor.execute = note  # type: ignore[method-assign, assignment]
    try:
        yield seen
    finally:
        psycopg.Cursor.execute = send  # type: ignore[method-assign]
