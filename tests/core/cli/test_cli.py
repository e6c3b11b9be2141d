"""The command line as a whole: help, and what it says when something outside is wrong."""

import errno
import signal
import subprocess
import sys

import click
import psycopg
import pytest
from click.testing import CliRunner

from core.cli import SECTIONS, cuspid, main
from core.cli.problems import explain
from core.config import WrongSetting
from core.local import Problem

OURS = {name: line for section in SECTIONS.values() for name, (_, line) in section.items()}


def run(*arguments: str, **environment: str):
    return CliRunner().invoke(cuspid, arguments, env=environment)


@pytest.mark.parametrize("name", OURS)
def test_every_command_has_help_worth_reading_and_the_line_of_the_overview(name):
    command = cuspid.get_command(click.Context(cuspid), name)
    answer = run(name, "--help")
    assert answer.exit_code == 0
    assert len(command.help.split()) > 20
    assert command.help.startswith(OURS[name])
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_the_overview_names_every_command_and_those_of_other_packages():
    answer = run("--help")
    assert all(name in answer.output for name in [*OURS, "practice"])


def test_an_unknown_command_is_said():
    answer = run("nonsense")
    assert answer.exit_code == 2
    assert "No such command 'nonsense'" in answer.output


def test_the_overview_loads_no_database_library():
    script = "import sys; from core.cli import cuspid; cuspid(['--help'], standalone_mode=False); print('sqlalchemy' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert answer.stdout.strip().endswith("False"), answer.stderr


@pytest.mark.parametrize(("error", "words"), [
    (Problem("Port 8080 is taken."), "Port 8080 is taken."),
    (WrongSetting("CUSPID_SECRET_KEY: field required."), "CUSPID_SECRET_KEY"),
    (OSError(errno.ENOSPC, "No space left on device"), "The disk is full"),
    (PermissionError(errno.EACCES, "Permission denied", "/data/x"), "/data/x cannot be written"),
    (psycopg.OperationalError("connection failed: Connection refused"), "The database cannot be reached"),
    (psycopg.errors.DiskFull("could not extend file"), "The disk of the database is full"),
    (ModuleNotFoundError("No module named 'aiosmtpd'", name="aiosmtpd"), "pip install 'cuspid[local]'"),
    (Problem("PostgreSQL ended. The end of its log:\nFATAL: No space left on device"), "The disk is full"),
])  # fmt: skip
def test_what_is_wrong_outside_is_one_sentence(error, words):
    assert words in explain(error)


@pytest.mark.parametrize("error", [ValueError("x"), psycopg.ProgrammingError("syntax"), OSError(errno.EIO, "Input/output error"), KeyError("x")])
def test_a_fault_of_ours_keeps_its_traceback(error):
    assert explain(error) is None


def test_a_sentence_ends_the_command_with_code_one(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["cuspid", "migrate"])
    monkeypatch.delenv("CUSPID_MIGRATE_URL", raising=False)
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    assert "CUSPID_MIGRATE_URL is missing" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_a_kill_and_a_closed_terminal_end_a_command_alike(number):
    script = """
import signal
from core.cli.stopping import Stopped, say, stopped_by_signals
with stopped_by_signals():
    try:
        print("ready", flush=True)
        signal.pause()
    except Stopped as stopped:
        signal.raise_signal(signal.SIGINT)
        say(f"tidied up after {stopped.signal.name}")
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as command:
        assert command.stdout.readline() == "ready\n"
        command.send_signal(number)
        assert command.stdout.read() == f"tidied up after {number.name}\n"
    assert command.returncode == 0
