"""The data folder: secrets, ports, one command at a time."""

import json
import socket
import stat
import subprocess
import sys

import pytest

from core.local import Problem
from core.local.folder import DataFolder, free_port, is_free


@pytest.fixture
def folder(tmp_path):
    return DataFolder(tmp_path / "data")


def test_only_the_owner_may_look_inside(folder):
    folder.secret("key")
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder.path / "key.secret").stat().st_mode) == 0o600


def test_a_secret_is_made_once(folder):
    assert folder.secret("key") == DataFolder(folder.path).secret("key")
    assert folder.secret("key") != folder.secret("other")
    assert len(folder.secret("key")) >= 32


def test_a_secret_that_an_interrupted_run_left_empty_is_made_anew(folder):
    (folder.path / "key.secret").touch()
    assert len(folder.secret("key")) >= 32


def test_a_port_stays_the_same(folder):
    assert folder.port("web") == DataFolder(folder.path).port("web")


def test_a_port_that_someone_took_is_replaced(folder):
    first = folder.port("web")
    with socket.create_server(("127.0.0.1", first)):
        assert folder.port("web") != first


def test_a_preferred_port_is_taken_if_it_is_free(folder):
    wanted = free_port()
    assert folder.port("mailbox", wanted) == wanted
    assert json.loads((folder.path / "ports.json").read_text()) == {"mailbox": wanted}


def test_zero_is_no_port():
    assert not is_free(0)


def test_a_second_command_in_the_same_folder_is_refused_with_the_first_ones_number(folder):
    script = (
        "import sys; from pathlib import Path; from core.local.folder import DataFolder\n"
        "with DataFolder(Path(sys.argv[1])).lock(): print('in', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", script, folder.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "in\n"
        with pytest.raises(Problem, match=f"in use by process {first.pid}"), folder.lock():
            pass
    with folder.lock():
        pass


def test_starting_over_removes_everything(folder):
    (folder.path / "postgres").mkdir()
    (folder.path / "postgres" / "PG_VERSION").write_text("18")
    folder.secret("key")
    folder.clear()
    assert [path.name for path in folder.path.iterdir()] == ["logs"]


def test_a_place_that_is_no_folder_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Problem, match="name another one with --data"):
        DataFolder(tmp_path / "file")


def test_two_processes_take_turns(tmp_path):
    script = (
        "import sys; from pathlib import Path; from core.local.folder import alone\n"
        "with alone(Path(sys.argv[1])): print('in', flush=True); sys.stdin.read(); print('out', flush=True)"
    )
    command = [sys.executable, "-c", script, tmp_path / "lock"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as first:
        assert first.stdout.readline() == "in\n"
        with subprocess.Popen(command, **pipes) as second:
            second.stdin.close()
            assert first.poll() is None
            first.stdin.close()
            assert first.stdout.read() == "out\n"
            assert second.stdout.read() == "in\nout\n"
