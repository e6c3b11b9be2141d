"""The four logins of the database, made once by its administrator.

| role | what for |
|---|---|
| `cuspid_owner` | owns database and tables; nobody signs in as it |
| `cuspid_migrate` | migrates: becomes the owner to change tables, itself (past the wall) to change rows |
| `cuspid_app` | web and workers: reads and writes rows, owns nothing, cannot pass the wall |
| `cuspid_backup` | reads everything, for `pg_dump` |
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

OWNER, MIGRATE, APP, BACKUP = "cuspid_owner", "cuspid_migrate", "cuspid_app", "cuspid_backup"

_ATTRIBUTES = {
    OWNER: "NOLOGIN NOBYPASSRLS",
    MIGRATE: "LOGIN BYPASSRLS",
    APP: "LOGIN NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT",
    BACKUP: "LOGIN BYPASSRLS",
}
# On the role, because a connection pooler in front does not pass options on.
_LIMITS = {"statement_timeout": "15s", "idle_in_transaction_session_timeout": "30s", "lock_timeout": "5s"}


class CannotMakeRoles(Exception):
    """The administrator's login lacks a right; the text names it."""


@dataclass(frozen=True)
class Logins:
    """The addresses of one database for the portal, for migrations and for backups. They hold passwords."""

    app_url: str
    migrate_url: str
    backup_url: str


def prepare_roles(admin_url: str, secret: str | None = None) -> Logins:
    """Make the roles and give them the database of this address; run again, it sets the same right anew.

    Passwords come from `secret`, so that a second run with the same one gives the same addresses; without it they are new.
    Raises CannotMakeRoles.
    """
    seed = (secret or secrets.token_urlsafe(36)).encode()
    passwords = {role: hmac.new(seed, role.encode(), hashlib.sha256).hexdigest() for role in (MIGRATE, APP, BACKUP)}
    try:
        with psycopg.connect(admin_url, autocommit=True) as connection, connection.transaction():
            _make_roles(connection, passwords)
            _hand_over(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise CannotMakeRoles(f"The database login may not set up the portal's roles: {error.diag.message_primary}.") from None
    return Logins(*(_as_role(admin_url, role, passwords[role]) for role in (APP, MIGRATE, BACKUP)))


def may_make_roles(url: str) -> bool:
    """Whether this login can make roles: a superuser, or one with CREATEROLE and BYPASSRLS."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT rolsuper OR (rolcreaterole AND rolbypassrls) FROM pg_roles WHERE rolname = current_user").fetchone()
    return bool(row and row[0])


def _make_roles(connection: psycopg.Connection, passwords: dict[str, str]) -> None:
    # Two commands that start at the same time would both find a role missing.
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('cuspid_roles'))")
    for role, attributes in _ATTRIBUTES.items():
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        _run(connection, ("ALTER" if exists else "CREATE") + " ROLE {} " + attributes, sql.Identifier(role))
        if role in passwords:
            _run(connection, "ALTER ROLE {} PASSWORD {}", sql.Identifier(role), sql.Literal(passwords[role]))
    for name, value in _LIMITS.items():
        _run(connection, f"ALTER ROLE {APP} SET {name} = {{}}", sql.Literal(value))
    connection.execute(f"GRANT {OWNER} TO {MIGRATE}")
    connection.execute(f"GRANT {OWNER} TO CURRENT_USER")
    connection.execute(f"GRANT pg_read_all_data TO {BACKUP}")


def _hand_over(connection: psycopg.Connection) -> None:
    database = sql.Identifier(connection.info.dbname)
    _run(connection, f"ALTER DATABASE {{}} OWNER TO {OWNER}", database)
    _run(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", database)
    _run(connection, f"GRANT CONNECT ON DATABASE {{}} TO {MIGRATE}, {APP}, {BACKUP}", database)
    # The schema goes along into copies of this database, whose owner may be somebody else.
    connection.execute(f"ALTER SCHEMA public OWNER TO {OWNER}")
    connection.execute(f"GRANT USAGE ON SCHEMA public TO {APP}")
    for rights, things in (("SELECT, INSERT, UPDATE, DELETE", "TABLES"), ("USAGE, SELECT", "SEQUENCES")):
        connection.execute(f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT {rights} ON {things} TO {APP}")


def _run(connection: psycopg.Connection, statement: str, *parts: sql.Composable) -> None:
    connection.execute(sql.SQL(statement).format(*parts))


def _as_role(url: str, role: str, password: str) -> str:
    address = urlsplit(url)
    host = address.netloc.rpartition("@")[2]
    return urlunsplit(address._replace(netloc=f"{role}:{password}@{host}"))
