"""The four logins of the database."""

import psycopg
import pytest

from core.database_roles import CannotMakeRoles, may_make_roles, prepare_roles
from core.local.folder import DataFolder
from core.local.postgres import Postgres
from core.local.processes import Supervisor


@pytest.fixture(scope="module")
def admin_url(tmp_path_factory):
    """A server of its own: roles belong to the whole server, and other tests use theirs."""
    with Supervisor() as supervisor:
        yield Postgres(DataFolder(tmp_path_factory.mktemp("roles")), throw_away=True).start(supervisor)


@pytest.fixture(scope="module")
def logins(admin_url):
    logins = prepare_roles(admin_url, "secret")
    with psycopg.connect(logins.migrate_url) as connection:
        connection.execute("SET ROLE cuspid_owner")
        connection.execute("CREATE TABLE visit (practice_id int, note text)")
        connection.execute("ALTER TABLE visit ENABLE ROW LEVEL SECURITY")
        connection.execute("ALTER TABLE visit FORCE ROW LEVEL SECURITY")
        connection.execute("CREATE POLICY practice ON visit USING (practice_id = nullif(current_setting('cuspid.practice_id', true), '')::int)")
        connection.execute("RESET ROLE")
        connection.execute("INSERT INTO visit VALUES (1, 'one'), (2, 'two')")
    return logins


def rows(url: str, *before: str) -> list:
    with psycopg.connect(url) as connection:
        for statement in before:
            connection.execute(statement)
        return connection.execute("SELECT note FROM visit ORDER BY note").fetchall()


def refused(url: str, statement: str) -> bool:
    with psycopg.connect(url) as connection:
        try:
            connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            return True
    return False


def test_the_application_sees_the_practice_that_is_set_and_without_one_nothing(logins):
    assert rows(logins.app_url) == []
    assert rows(logins.app_url, "SET LOCAL cuspid.practice_id = '1'") == [("one",)]


@pytest.mark.parametrize("statement", [
    "SET ROLE cuspid_owner", "SET ROLE cuspid_migrate", "SET SESSION AUTHORIZATION cuspid_owner", "ALTER TABLE visit DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE visit NO FORCE ROW LEVEL SECURITY", "DROP POLICY practice ON visit", "TRUNCATE visit", "CREATE TABLE mine (x int)",
    "ALTER ROLE cuspid_app BYPASSRLS", "CREATE ROLE other", "CREATE TEMP TABLE mine (x int)", "COPY visit TO PROGRAM 'cat'",
])  # fmt: skip
def test_the_application_cannot_reach_past_the_wall(logins, statement):
    assert refused(logins.app_url, statement)


def test_the_owner_is_behind_the_wall_too_and_the_migrating_login_is_not(logins):
    assert rows(logins.migrate_url, "SET ROLE cuspid_owner") == []
    assert rows(logins.migrate_url) == [("one",), ("two",)]


def test_the_backup_reads_everything_and_writes_nothing(logins):
    assert rows(logins.backup_url) == [("one",), ("two",)]
    assert refused(logins.backup_url, "DELETE FROM visit")


def test_a_statement_of_the_application_cannot_run_for_ever(logins):
    with psycopg.connect(logins.app_url) as connection:
        limits = [connection.execute(f"SHOW {name}").fetchone()[0] for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")]
    assert limits == ["15s", "5s", "30s"]


def test_a_second_run_with_the_same_secret_gives_the_same_addresses(admin_url, logins):
    assert prepare_roles(admin_url, "secret") == logins


def test_without_a_secret_passwords_are_new(admin_url):
    assert prepare_roles(admin_url) != prepare_roles(admin_url)
    prepare_roles(admin_url, "secret")


def test_a_login_that_may_not_make_roles_is_told_so(admin_url, logins):
    assert may_make_roles(admin_url)
    assert not may_make_roles(logins.app_url)
    with pytest.raises(CannotMakeRoles, match="may not set up"):
        prepare_roles(logins.app_url)
