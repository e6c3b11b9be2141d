"""A PostgreSQL of our own: set up, started, stopped, killed, recovered."""

import os
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from core.local import Problem
from core.local.folder import DataFolder
from core.local.isolation import isolate, namespaces_work
from core.local.postgres import DATABASE, Postgres, find_programs
from core.local.processes import Supervisor


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return DataFolder(tmp_path_factory.mktemp("postgres"))


@pytest.fixture
def supervisor():
    with Supervisor() as supervisor:
        yield supervisor


def ask(url: str, query: str):
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchone()[0]


def number_of_server(folder: DataFolder) -> int:
    return int((folder.path / "postgres" / "postmaster.pid").read_text().split()[0])


def test_what_was_written_is_there_after_a_restart_at_the_same_address(folder):
    addresses = []
    for statement in ("CREATE TABLE note AS SELECT 7 AS number", "SELECT 1"):
        with Supervisor() as supervisor:
            addresses.append(Postgres(folder).start(supervisor))
            with psycopg.connect(addresses[-1]) as connection:
                connection.execute(statement)
                assert connection.execute("SELECT number FROM note").fetchone() == (7,)
    assert addresses[0] == addresses[1]


def test_only_the_password_opens_it_and_only_from_this_machine(folder, supervisor):
    url = Postgres(folder).start(supervisor)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url.replace(folder.secret("postgres"), "wrong"))
    assert ask(url, "SHOW listen_addresses") == "127.0.0.1"
    assert ask(url, "SHOW unix_socket_directories") == ""
    assert ask(url, "SHOW password_encryption") == "scram-sha-256"


def test_times_are_utc_and_words_are_compared_alike_on_every_system(folder, supervisor):
    url = Postgres(folder).start(supervisor)
    assert ask(url, "SHOW timezone") == "UTC"
    assert ask(url, "SELECT lower('ÉCOLE Ñ')") == "école ñ"


def test_it_recovers_when_it_was_killed(folder):
    with Supervisor() as supervisor:
        url = Postgres(folder).start(supervisor)
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 'yes' AS word")
        os.kill(number_of_server(folder), signal.SIGKILL)
        supervisor.children[0].process.wait()
    with Supervisor() as supervisor:
        assert ask(Postgres(folder).start(supervisor), "SELECT word FROM kept") == "yes"


def test_the_number_of_a_server_that_is_gone_does_not_keep_the_next_one_out(folder, supervisor):
    Postgres(folder).start(Supervisor.__enter__(supervisor))
    lines = (folder.path / "postgres" / "postmaster.pid").read_text().splitlines()
    supervisor.stop()
    with subprocess.Popen(["sleep", "1000"]) as stranger:
        (folder.path / "postgres" / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        try:
            assert ask(Postgres(folder).start(supervisor), "SELECT 1") == 1
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_server_that_was_killed_before_it_had_written_its_number_is_started_again(folder, supervisor):
    file = folder.path / "postgres" / "postmaster.pid"
    file.write_text("")
    assert ask(Postgres(folder).start(supervisor), "SELECT 1") == 1


def test_a_server_that_a_killed_command_left_behind_is_ended(folder, supervisor):
    forgotten = Supervisor()
    Postgres(folder).start(forgotten)
    number = number_of_server(folder)
    assert ask(Postgres(folder).start(supervisor), "SELECT 1") == 1
    assert number_of_server(folder) != number
    assert forgotten.children[0].process.wait(5) == 0


def test_a_set_up_that_was_interrupted_is_done_again(tmp_path, supervisor):
    folder = DataFolder(tmp_path)
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18")
    assert ask(Postgres(folder, throw_away=True).start(supervisor), "SELECT current_database()") == DATABASE


def test_data_of_another_version_is_a_sentence(tmp_path, supervisor):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(Problem, match=r"made by PostgreSQL 12.*--fresh"):
        Postgres(DataFolder(tmp_path)).start(supervisor)


def test_a_failed_set_up_is_a_sentence_and_leaves_no_password(tmp_path, supervisor, monkeypatch):
    monkeypatch.setattr("core.local.postgres._environment", lambda: {"LC_ALL": "C", "TMPDIR": "/nowhere", "PATH": ""})
    monkeypatch.setattr("core.local.postgres.ADMIN", "pg_forbidden")
    with pytest.raises(Problem, match="could not be set up: initdb: error"):
        Postgres(DataFolder(tmp_path)).start(supervisor)
    assert not list(tmp_path.glob("password*"))


def test_removing_ends_the_server_and_its_data(tmp_path):
    forgotten, folder = Supervisor(), DataFolder(tmp_path)
    Postgres(folder, throw_away=True).start(forgotten)
    Postgres(folder).remove()
    assert not (tmp_path / "postgres").exists()
    assert forgotten.children[0].process.wait(5) == 0


def test_an_ordinary_user_needs_no_isolation(tmp_path):
    assert isolate(find_programs(), tmp_path, root=False).prepare is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to be kept apart")
def test_root_runs_it_in_a_user_namespace_where_that_is_allowed(tmp_path):
    place = isolate(find_programs(), tmp_path)
    assert bool(place.prepare) == namespaces_work()
    assert (place.user == "nobody") == (not namespaces_work())


@pytest.fixture
def public_place(monkeypatch):
    """A folder that everyone can enter, instead of the one below /var/lib."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setattr("core.local.isolation._PUBLIC_PLACE", Path(folder))
        yield Path(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
def test_root_runs_it_as_nobody_where_namespaces_are_forbidden(tmp_path, supervisor, monkeypatch, public_place):
    monkeypatch.setattr("core.local.postgres.isolate", lambda programs, data: isolate(programs, data, namespaces=False))
    postgres = Postgres(DataFolder(tmp_path), throw_away=True)
    assert ask(postgres.start(supervisor), "SELECT 1") == 1
    clusters = list((public_place / "data").glob("*/postgres"))
    assert [cluster.owner() for cluster in clusters] == ["nobody"]
    supervisor.stop()
    postgres.remove()
    assert not clusters[0].exists()
