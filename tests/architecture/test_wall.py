"""The wall, read from the database's catalogue: every table behind it, every key with the practice in it."""

import re

import psycopg
import pytest

from core import migrations
from core.db import Base, TenantScoped

# Global by design (DESIGN.md, section 3): the practices, their host names, and the installation's bookkeeping.
OUTSIDE = {"practice", "domain", "former_slug", "outbox", "linked_account", "hand_over", "text_code", "text_stop", "outside_account", "records_state", "practice_storage", "alembic_version"}
POLICY = "(practice_id = current_practice())"


@pytest.fixture
def catalogue(migrate_url):
    """A connection that sees the whole catalogue."""
    with psycopg.connect(migrate_url, autocommit=True) as connection:
        yield connection

BEGINS = re.compile(r"practice_id|\w+_uuidrange\(practice_id, practice_id, '\[\]'::text\)")
"""What an index begins with: the practice; where times must not overlap, as a range of one."""


def _tables(catalogue) -> set[str]:
    rows = catalogue.execute("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')")
    return {name for (name,) in rows}


def _faults(catalogue) -> set[str]:
    """Everything that would open the wall, in words."""
    rows = catalogue.execute(
        """
        select relname, relrowsecurity and relforcerowsecurity as forced,
            array(select polname::text || '|' || pg_get_expr(polqual, polrelid) || '|' || coalesce(pg_get_expr(polwithcheck, polrelid), '')
                || '|' || polcmd::text || '|' || polpermissive::text from pg_policy where polrelid = pg_class.oid) as policies
        from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname <> all(%s)
        """,
        [list(OUTSIDE)],
    ).fetchall()
    faults = {f"{name}: row security is not forced" for name, forced, _ in rows if not forced}
    faults |= {f"{name}: {policies}" for name, _, policies in rows if policies != [f"practice_wall|{POLICY}|{POLICY}|*|true"]}
    return faults | _key_faults(catalogue) | _object_faults(catalogue)


def _key_faults(catalogue) -> set[str]:
    keys = catalogue.execute(
        """
        select t.relname, f.relname, c.contype::text, array(select attname::text from unnest(c.conkey) with ordinality k(n, i)
            join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by k.i)
        from pg_constraint c join pg_class t on t.oid = c.conrelid left join pg_class f on f.oid = c.confrelid
        where t.relnamespace = 'public'::regnamespace and t.relname <> all(%s) and c.contype in ('f', 'p', 'u')
        """,
        [list(OUTSIDE)],
    )
    faults = set()
    for table, other, kind, columns in keys:
        if columns[0] != "practice_id" or (kind == "f" and other not in OUTSIDE and len(columns) < 2):
            faults.add(f"{table}: a key without the practice: {columns}")
    indexes = catalogue.execute(
        """
        select t.relname, i.relname, pg_get_indexdef(x.indexrelid, 1, true)
        from pg_index x join pg_class t on t.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
        where t.relnamespace = 'public'::regnamespace and t.relname <> all(%s)
        """,
        [list(OUTSIDE)],
    )
    return faults | {f"{table}: the index {name} begins with {first}" for table, name, first in indexes if not BEGINS.fullmatch(first)}


def _object_faults(catalogue) -> set[str]:
    odd = catalogue.execute(
        "select relname, relkind::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('m', 'f') or (relkind = 'v' and "
        "relnamespace = 'public'::regnamespace and not coalesce(reloptions::text like '%security_invoker=true%', false))"
    )
    faults = {f"{name}: a view or foreign table past the wall ({kind})" for name, kind in odd}
    definers = catalogue.execute("select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef")
    faults |= {f"{name}: runs with its owner's rights" for (name,) in definers}
    role = catalogue.execute("select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = 'cuspid_app'").fetchone()
    members = catalogue.execute(
        "select roleid::regrole::text from pg_auth_members where member = 'cuspid_app'::regrole"
    ).fetchall()
    owned = catalogue.execute("select relname from pg_class where relowner = 'cuspid_app'::regrole").fetchall()
    truncates = catalogue.execute(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and has_table_privilege('cuspid_app', oid, 'TRUNCATE')"
    ).fetchall()
    if any(role) or members or owned or truncates:
        faults.add(f"the application's role can do too much: {role} {members} {owned} {truncates}")
    return faults


def test_every_table_is_behind_the_wall_or_on_the_list(catalogue):
    migrations.load_models()
    scoped = {mapper.local_table.name for mapper in Base.registry.mappers if issubclass(mapper.class_, TenantScoped)}
    assert _tables(catalogue) - scoped <= OUTSIDE
    assert not scoped & OUTSIDE


def test_policies_keys_and_roles_leave_no_gap(catalogue):
    assert _faults(catalogue) == set()


@pytest.mark.parametrize(
    "opening",
    [
        "alter table patient no force row level security",
        "alter table patient disable row level security",
        "create policy second on patient using (true)",
        "drop policy practice_wall on patient",
        "alter policy practice_wall on patient using (true)",
        "create table forgotten (id int)",
        "create view leak as select * from patient",
        "create materialized view leak as select * from patient",
        "create unique index on account (user_name_norm) where user_name_norm is null",
        "alter table account add constraint plain foreign key (practice_id) references practice; alter table patient add column x uuid; "
        "alter table provider add constraint u unique (id); alter table patient add constraint single foreign key (x) references provider (id)",
        "create function leak() returns int language sql security definer as 'select 1'",
        "grant truncate on patient to cuspid_app",
    ],
)
def test_the_walk_finds_an_opening(migrate_url, opening):
    """The walker itself, proven: each of these openings would let a practice see another's rows."""
    with psycopg.connect(migrate_url) as connection:
        connection.execute("set role cuspid_owner")
        try:
            connection.execute(opening)
            connection.execute("reset role")
            tables = _tables(connection) - {mapper.local_table.name for mapper in Base.registry.mappers} - OUTSIDE
            assert _faults(connection) or tables
        finally:
            connection.rollback()


def test_the_models_and_the_migrations_agree(migrate_url):
    """Alembic finds nothing to add: what the models say is what was migrated."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    migrations.load_models()
    engine = create_engine(migrations.sqlalchemy_url(migrate_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()
