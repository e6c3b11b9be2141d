"""An installation on this machine: which servers it uses, and the settings it gives the portal."""

import subprocess
import sys

import psycopg
import pytest

from core import config
from core.local import Problem
from core.local.folder import DataFolder, free_port
from core.local.installation import Installation, is_new, migrations_mark
from core.local.postgres import Postgres
from core.local.processes import Supervisor


@pytest.fixture(scope="module")
def own_database(tmp_path_factory):
    """A server that somebody else runs."""
    with Supervisor() as supervisor:
        yield Postgres(DataFolder(tmp_path_factory.mktemp("own")), throw_away=True).start(supervisor)


@pytest.fixture
def here(tmp_path, monkeypatch):
    for name in ("DATABASE_URL", "MIGRATE_URL", "BROKER_URL", "LIMITS_URL", "MAIL_URL", "TEXTS_URL", "FILES_URL", "SECRET_KEY"):
        monkeypatch.delenv(f"CUSPID_{name}", raising=False)
    monkeypatch.setenv("CUSPID_STRIPE_ADDRESS", "http://stand-in.test")
    monkeypatch.setenv("CUSPID_OPENDENTAL_ADDRESS", "http://stand-in.test")
    with Supervisor() as supervisor:
        yield Installation(DataFolder(tmp_path), free_port(), supervisor)


def silent(text: str) -> None:
    """Nobody reads along."""


def test_the_settings_are_complete_and_the_addresses_are_local(here, monkeypatch):
    monkeypatch.delenv("CUSPID_STRIPE_ADDRESS")
    settings = config.load(environ=here.start_servers(silent))
    assert settings.address("sunrise.localhost") == f"http://sunrise.localhost:{here.port}"
    assert settings.environment == "local"
    assert settings.files_url.startswith("file:/")
    assert [child.name for child in here.supervisor.children] == ["PostgreSQL", "Valkey", "The stand-in for Stripe"]
    assert settings.stripe_address.startswith("http://127.0.0.1:")
    assert len(settings.stripe_webhook_secret) >= 32


def test_a_login_that_may_make_roles_is_used_for_that_alone(here, own_database, monkeypatch):
    monkeypatch.setenv("CUSPID_DATABASE_URL", own_database)
    monkeypatch.setenv("CUSPID_BROKER_URL", "redis://:secret@broker.test:6379/3")
    said = []
    settings = config.load(environ=here.start_servers(said.append))
    assert psycopg.conninfo.conninfo_to_dict(settings.database_url)["user"] == "cuspid_app"
    assert psycopg.conninfo.conninfo_to_dict(settings.migrate_url)["user"] == "cuspid_migrate"
    assert settings.broker_url == settings.limits_url == "redis://:secret@broker.test:6379/3"
    assert here.supervisor.children == []
    assert "broker.test:6379/3" in said[1]
    assert "secret" not in "".join(said)
    assert is_new(settings.migrate_url)


def test_a_login_that_may_not_make_roles_needs_one_that_migrates_beside_it(here, own_database, monkeypatch):
    with psycopg.connect(own_database, autocommit=True) as connection:
        connection.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
        connection.execute("GRANT CONNECT ON DATABASE cuspid TO plain")
    plain = own_database.replace(own_database.split("//")[1].split("@")[0], "plain:plain")
    monkeypatch.setenv("CUSPID_DATABASE_URL", plain)
    with pytest.raises(Problem, match="CUSPID_MIGRATE_URL"):
        here.start_servers(silent)
    monkeypatch.setenv("CUSPID_MIGRATE_URL", own_database)
    settings = here.start_servers(silent)
    assert (settings["CUSPID_DATABASE_URL"], settings["CUSPID_MIGRATE_URL"]) == (plain, own_database)


def test_the_environment_may_name_other_services_but_not_other_addresses(here, own_database, monkeypatch):
    monkeypatch.setenv("CUSPID_DATABASE_URL", own_database)
    monkeypatch.setenv("CUSPID_BROKER_URL", "redis://broker.test")
    monkeypatch.setenv("CUSPID_FILES_URL", "s3://bucket?endpoint=http://store.test")
    monkeypatch.setenv("CUSPID_BASE_DOMAIN", "portal.test")
    settings = config.load(environ=here.start_servers(silent))
    assert settings.files_url == "s3://bucket?endpoint=http://store.test"
    assert settings.base_domain == "localhost"


def test_the_mark_of_migrations_changes_with_each_of_them_and_with_the_database(monkeypatch, tmp_path):
    before = migrations_mark("postgresql://a")
    assert migrations_mark("postgresql://a") == before
    assert migrations_mark("postgresql://b") != before
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0002_more.py").write_text("revision = '2'")
    monkeypatch.setattr("core.local.installation._folder_of", lambda module: tmp_path)
    assert migrations_mark("postgresql://a") != before


def test_the_mark_is_found_without_loading_a_plugin():
    script = "import sys; from core.local.installation import migrations_mark; migrations_mark(''); print('plugins.account' in sys.modules, 'sqlalchemy' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert answer.stdout.split() == ["False", "False"], answer.stderr
