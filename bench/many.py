"""Practices by the thousand: one is made as always, the others are copies of its rows with ids, looks and hours of their own."""

from datetime import timedelta

import psycopg
from psycopg import sql

from bench.office import Measured
from core.testing import with_database
from tenants import settings
from tenants.models import Branding

AHEAD = timedelta(minutes=20)
"""How far ahead the sessions were last seen, so that no request has to write that down: the rounds would measure it by chance."""
LEFT_OUT = ("outbox", "audit_event", "audit_seal", "setting_change", "domain", "former_slug")
"""What a practice gets by living; and what it has none of."""
CHOSEN = {"images": False, "portal.self_registration": True, "portal.sign_in_links": True, "portal.adult_age": 21}
"""Settings of which each practice has its own."""
SLUG = "b{}"
_OWN_ID = "md5({column}::text || n)::uuid"
_OTHERWISE = {
    ("practice", "slug"): "'b' || n",
    ("practice", "name"): "t.name || ' ' || n",
    ("branding", "theme"): "t.theme || jsonb_build_object('brand', '#' || lpad(to_hex(n * 577 % 4194304), 6, '0'))",
    ("appointments_appointment", "starts_at"): "t.starts_at + n % 700 * interval '10 minutes'",
}


def furnish(measured: Measured, at) -> None:
    """Give the practice that is copied what practices have: a look, and settings."""
    office = measured.office
    with office.session() as session:
        session.add(Branding(theme={"accent": "#b4561d"}))
        for name, value in CHOSEN.items():
            settings.change(session, office.registry.plugins, office.id, None, name, value, "benchmark", at)
        session.commit()
    office.registry.engine.dispose()


def fill(admin_url: str, measured: Measured, first: int, last: int) -> None:
    """Copy the practice under the numbers from `first` to `last`."""
    with psycopg.connect(admin_url) as connection:
        # Rows that are copied all together need no check of their references; without it they may come in any order.
        connection.execute("set session_replication_role = replica")
        ahead = "update sign_in_session set seen_at = now() + %s where practice_id = %s"
        connection.execute(ahead, [AHEAD, measured.office.id])
        for table, columns in _tables(connection).items():
            values = sql.SQL(", ").join(sql.SQL(_copied(table, *column)) for column in columns)
            names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns)
            copy = sql.SQL(
                "insert into {table} ({names}) select {values} from {table} t, generate_series({first}, {last}) n where t.{key} = {id}"
            )
            key = sql.Identifier("id" if table == "practice" else "practice_id")
            about = {"first": first, "last": last, "id": str(measured.office.id)}
            literals = {name: sql.Literal(value) for name, value in about.items()}
            connection.execute(copy.format(table=sql.Identifier(table), names=names, values=values, key=key, **literals))
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
        # What it tidies up later would be measured with whoever is asked just then.
        connection.execute("alter system set autovacuum = off")
        connection.execute("select pg_reload_conf()")


def _tables(connection: psycopg.Connection) -> dict[str, list[tuple[str, str]]]:
    """The tables of a practice, and that of practices, with the names and types of their columns."""
    found: dict[str, list[tuple[str, str]]] = {}
    query = """
        select table_name, column_name, data_type from information_schema.columns c where table_schema = 'public' and is_generated = 'NEVER'
        and table_name <> all(%s) and (table_name = 'practice' or exists (select from information_schema.columns o
            where o.table_schema = 'public' and o.table_name = c.table_name and o.column_name = 'practice_id'))
        order by table_name, ordinal_position"""
    for table, column, kind in connection.execute(query, [list(LEFT_OUT)]):
        found.setdefault(table, []).append((column, kind))
    return found


def _copied(table: str, column: str, kind: str) -> str:
    name = f't."{column}"'
    return _OTHERWISE.get((table, column)) or (_OWN_ID.format(column=name) if kind == "uuid" else name)


def copy_database(admin_url: str, template: str, name: str) -> None:
    """Copy a whole database that nobody is connected to."""
    with psycopg.connect(with_database(admin_url, "postgres"), autocommit=True) as connection:
        copy = sql.SQL("create database {} template {}")
        connection.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
