"""The database: whether it answers, whether the wall stands, whether the tables are those of this version."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import psycopg

from core import migrations
from core.config import Settings
from core.database_roles import OWNER
from core.doctor import Finding, care, right, wrong
from core.plans import read_plans

OLDEST = 15
"""PostgreSQL's first version with views that respect row security of the caller."""

_POWERS = """
    SELECT rolsuper, rolbypassrls, rolcreaterole,
           EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relnamespace = 'public'::regnamespace),
           EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)
    FROM pg_roles WHERE rolname = current_user
"""
_UNPROTECTED = """
    SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'practice_id'
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)
      AND EXISTS (SELECT FROM pg_index WHERE indrelid = pg_class.oid AND indisprimary AND pg_attribute.attnum = ANY (indkey))
"""
_MIGRATOR = "SELECT rolbypassrls OR rolsuper, pg_has_role(current_user, %s, 'MEMBER') FROM pg_roles WHERE rolname = current_user"
_WAITING = """
    SELECT count(*) FILTER (WHERE dead_at IS NOT NULL), count(*) FILTER (WHERE available_at < now() - interval '10 minutes')
    FROM outbox WHERE done_at IS NULL AND dealt_at IS NULL
"""
_AUDIT_RIGHTS = """
    SELECT bool_or(has_table_privilege(name, 'UPDATE, DELETE, TRUNCATE')) FROM unnest(ARRAY['audit_event', 'audit_seal']) AS name
"""
_FED = """
    SELECT slug, coalesce(stale_at <= now(), false), refused FROM records_state JOIN practice ON practice.id = practice_id WHERE state = 'open' ORDER BY slug
"""
_CONNECTIONS = """
    SELECT count(*), current_setting('max_connections')::int, coalesce(extract(epoch FROM max(now() - xact_start) FILTER (WHERE pid <> pg_backend_pid()))::int, 0)
    FROM pg_stat_activity WHERE backend_type = 'client backend'
"""
OPEN_TOO_LONG = 600
"""Seconds: no request and no task runs as long."""
_UNREACHABLE = {
    "password authentication failed": "the password in the address is not the login's",
    "Connection refused": "no server listens there",
    "does not exist": "the database or the login is not there; `cuspid migrate --roles` makes the logins",
    "Name or service not known": "the host's name is not known",
    "timeout": "nothing answers there",
}


def database(settings: Settings) -> Finding:
    """Whether the application's login gets in, to a server that is new enough."""
    try:
        with _connect(settings.database_url) as connection:
            version = connection.info.server_version // 10000
    except psycopg.OperationalError as error:
        return wrong("database", f"CUSPID_DATABASE_URL: {_place(settings.database_url)} cannot be reached: {_reason(error)}.")
    if version < OLDEST:
        return wrong("database", f"PostgreSQL {version} is too old: use {OLDEST} or newer.")
    return right("database", f"PostgreSQL {version} at {_place(settings.database_url)}")


def wall(settings: Settings) -> Finding:
    """Whether the application's login could see past row security, and whether every table has it."""
    with _connect(settings.database_url) as connection:
        powers = _row(connection.execute(_POWERS))
        unprotected = [name for (name,) in connection.execute(_UNPROTECTED)]
        user = connection.info.user
    names = ("is a superuser", "bypasses row security", "may make roles", "owns tables", "is a member of other roles")
    held = [name for name, has in zip(names, powers, strict=True) if has]
    if held:
        return wrong("wall", f"the login {user} {', '.join(held)}: use the one that `cuspid migrate --roles` makes.")
    if unprotected:
        return wrong("wall", f"row security is not forced on {', '.join(unprotected)}: run `cuspid migrate`, then mend their migrations.")
    return right("wall", f"the login {user} cannot see past row security, and every practice's table has it")


def tables(settings: Settings) -> Finding:
    """Whether the tables are those of the installed version."""
    missing = migrations.behind(settings.database_url)
    if missing:
        return wrong("tables", f"{', '.join(sorted(missing))} is not applied: run `cuspid migrate`.")
    return right("tables", "up to date")


def connections(settings: Settings) -> Finding:
    """Whether connections run out, and whether a transaction stays open: it keeps the database from clearing up behind it."""
    with _connect(settings.database_url) as connection:
        used, most, oldest = _row(connection.execute(_CONNECTIONS))
    words = f"{used} of {most} connections; the oldest transaction began {oldest} s ago"
    if used > most * 0.8:
        return care("connections", f"{words}: raise max_connections, or run fewer processes.")
    if oldest > OPEN_TOO_LONG:
        return care("connections", f"{words}: find it in pg_stat_activity, and end it.")
    return right("connections", words)


def migrating(settings: Settings) -> Finding:
    """Whether the login for migrations can become the owner of the tables."""
    if not settings.migrate_url:
        return care("migrating", "CUSPID_MIGRATE_URL is not set; only `cuspid migrate` needs it.")
    try:
        with _connect(settings.migrate_url) as connection:
            bypasses, member = _row(connection.execute(_MIGRATOR, [OWNER]))
    except psycopg.OperationalError as error:
        return wrong("migrating", f"CUSPID_MIGRATE_URL: {_place(settings.migrate_url)} cannot be reached: {_reason(error)}.")
    if not (bypasses and member):
        return wrong("migrating", f"the login in CUSPID_MIGRATE_URL needs BYPASSRLS and membership of {OWNER}: `cuspid migrate --roles` makes one.")
    return right("migrating", "the login can change tables and rows")


def outbox(settings: Settings) -> Finding:
    """Whether work was given up or waits for too long."""
    with _connect(settings.database_url) as connection:
        dead, late = _row(connection.execute(_WAITING))
    if dead:
        return care("outbox", f"{dead} tasks failed too often and wait for a person; the log has their reasons.")
    if late:
        return care("outbox", f"{late} tasks wait for more than ten minutes: is a worker running?")
    return right("outbox", "nothing is left behind")


def audit(settings: Settings) -> Finding:
    """Whether the audit log's entries are sealed in time, and the application's login cannot change them."""
    from core import sealing
    from core.db import SessionFactory, bind_tenant, make_engine

    with _connect(settings.database_url) as connection:
        practices = [practice_id for (practice_id,) in connection.execute("SELECT id FROM practice")]
        (able,) = _row(connection.execute(_AUDIT_RIGHTS))
    if able:
        return wrong("audit", "the application's login may change or delete audit entries: revoke UPDATE, DELETE, TRUNCATE on audit_event, audit_seal.")
    engine, late = make_engine(settings.database_url, pool_size=1), 0
    for practice_id in practices:
        with SessionFactory(bind=engine) as session:
            bind_tenant(session, practice_id)
            since = sealing.waiting_since(session, practice_id)
            late += bool(since and datetime.now(UTC) - since > sealing.LATE)
    engine.dispose()
    if late:
        return care("audit", f"entries of {late} practices wait for more than an hour to be sealed: is a worker running with --beat?")
    return right("audit", "the log only grows, and its entries are sealed")


def plans(settings: Settings) -> Finding:
    """Whether every practice has a plan that is offered, as it is offered."""
    offered = read_plans(settings.plans)
    with _connect(settings.database_url) as connection:
        booked = connection.execute("SELECT slug, plan, plan_limits FROM practice WHERE plan <> '' AND state <> 'erased' ORDER BY slug").fetchall()
    other = [slug for slug, name, limits in booked if offered.get(name) != limits]
    if other:
        return care("plans", f"{_few(other)}: the plan is not as CUSPID_PLANS has it now. It counts as it was booked; set it again with `cuspid practice plan`.")
    return right("plans", f"{', '.join(offered)}; {len(booked)} practices have one, as it is offered")


def records(settings: Settings) -> Finding:
    """Whether the records of practices that a system feeds are as fresh as their offices want them."""
    with _connect(settings.database_url) as connection:
        fed = connection.execute(_FED).fetchall()
    if not fed:
        return right("records", "no practice is fed by a system")
    are = "practice is" if len(fed) == 1 else "practices are"
    words = f"{len(fed)} {are} fed by a system; records refused in the last day: {sum(refused for *_, refused in fed)}"
    if stale := [slug for slug, is_stale, _ in fed if is_stale]:
        return care("records", f"{words}. Out of date at {_few(stale)}: look whether their systems still send.")
    return right("records", f"{words}; none is out of date")


CHECKS = (database, connections, wall, tables, migrating, outbox, audit, plans, records)


def _few(names: list[str]) -> str:
    return f"{', '.join(names[:5])}{' …' if len(names) > 5 else ''}"


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url, connect_timeout=5, autocommit=True)


def _row(cursor: psycopg.Cursor) -> tuple:
    row = cursor.fetchone()
    if row is None:
        raise LookupError("the database does not know its own login")
    return row


def _reason(error: psycopg.OperationalError) -> str:
    text = str(error).strip()
    return next((reason for sign, reason in _UNREACHABLE.items() if sign in text), text.splitlines()[-1] if text else "no reason was given")


def _place(url: str) -> str:
    # Without the password: this is for the screen.
    address = urlsplit(url)
    return f"{address.hostname or 'localhost'}:{address.port or 5432}{address.path}"
