"""`cuspid demo` as a person sees it: typed in a terminal, used, ended."""

import fcntl
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import termios
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from core.local.folder import DataFolder, free_port

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="what is left behind is looked up in /proc"),
]


class Terminal:
    """A terminal with the demo running in it."""

    def __init__(self, *options: str):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CUSPID_")}
        self._ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "core.cli", "demo", *options]
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, preexec_fn=lambda: _login(theirs))
        os.close(theirs)
        self.shown = ""

    def read_until(self, words: str) -> str:
        """What was shown up to these words; all of it when the command ends before."""
        while words not in self.shown:
            try:
                self.shown += os.read(self._ours, 65536).decode(errors="replace")
            except OSError:
                break
        return self.shown

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def close(self) -> None:
        os.close(self._ours)


def _login(descriptor: int) -> None:
    os.setsid()
    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)


def processes_at(folder: Path) -> list[str]:
    """The command lines of processes that work on this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = (entry / "cmdline").read_text(), (entry / "environ").read_text()
        except OSError:
            continue
        if str(folder) in command + environment and int(entry.name) != os.getpid():
            found.append(command.replace("\0", " "))
    return found


def wait_until_gone(folder: Path) -> list[str]:
    until = time.monotonic() + 30
    while (left := processes_at(folder)) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def get(port: int, host: str, path: str = "/sign-in") -> tuple[int, str]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path, headers={"Host": f"{host}:{port}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def port():
    return free_port()


def test_the_first_start_shows_both_practices_and_a_large_one_and_a_closed_terminal_ends_everything(folder, port):
    terminal = Terminal("--data", str(folder), "--port", str(port), "--patients", "5")
    shown = terminal.read_until("Ctrl-C ends it.")
    try:
        for words in (f"http://sunrise.localhost:{port}", f"http://harbor.localhost:{port}", "Mails    http://localhost:", str(folder)):
            assert words in shown
        assert get(port, "sunrise.localhost")[0] == 200
        assert "Harbor Dental Studio" in get(port, "harbor.localhost")[1]
        assert "Making a practice with 5 patients" in shown
        assert "Cottonwood Dental Partners" in get(port, "cottonwood.localhost")[1]
        mailbox = int(re.search(r"Mails    http://localhost:(\d+)", shown)[1])
        assert "No mail yet" in get(mailbox, "localhost", "/")[1]
    finally:
        terminal.close()
    assert terminal.process.wait(60) is not None
    assert wait_until_gone(folder) == []


def test_the_second_start_keeps_what_was_there_and_ctrl_c_ends_everything(folder, port):
    made = (folder / "people.json").read_text()
    terminal = Terminal("--data", str(folder), "--port", str(port))
    shown = terminal.read_until("Ctrl-C ends it.")
    assert f"http://sunrise.localhost:{port}" in shown
    assert f"http://cottonwood.localhost:{port}" in shown
    assert "Making" not in shown
    assert get(port, "sunrise.localhost")[0] == 200
    terminal.type("\x03")
    assert "Stopped; every process has ended." in terminal.read_until("every process has ended.")
    assert terminal.process.wait(60) == 0
    assert (folder / "people.json").read_text() == made
    assert wait_until_gone(folder) == []


def run(*options: str, **environment: str) -> subprocess.CompletedProcess:
    own = {name: value for name, value in os.environ.items() if not name.startswith("CUSPID_")}
    return subprocess.run([sys.executable, "-m", "core.cli", "demo", *options], capture_output=True, text=True, env=own | environment, timeout=120)


def one_sentence(answer: subprocess.CompletedProcess) -> str:
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    return answer.stderr


def test_a_port_that_is_taken_is_one_sentence_that_names_the_option(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        taken = stranger.getsockname()[1]
        text = one_sentence(run("--data", str(tmp_path), "--port", str(taken)))
    assert text == f"Port {taken} is taken by another program: end that one, or choose another port with --port.\n"


def test_a_second_demo_in_the_same_folder_is_one_sentence(tmp_path):
    with DataFolder(tmp_path).lock():
        text = one_sentence(run("--data", str(tmp_path), "--port", str(free_port())))
    assert f"is in use by process {os.getpid()}" in text


def test_a_database_of_ones_own_is_not_emptied(tmp_path):
    text = one_sentence(run("--fresh", "--data", str(tmp_path), "--port", str(free_port()), CUSPID_DATABASE_URL="postgresql://x@localhost/x"))
    assert "--fresh does not empty a database of your own" in text


def test_a_database_that_is_not_there_is_one_sentence(tmp_path):
    url = f"postgresql://x@127.0.0.1:{free_port()}/x"
    text = one_sentence(run("--data", str(tmp_path), "--port", str(free_port()), CUSPID_DATABASE_URL=url))
    assert "The database cannot be reached" in text
    assert wait_until_gone(tmp_path) == []


def test_a_kill_during_the_start_leaves_nothing(tmp_path):
    terminal = Terminal("--data", str(tmp_path), "--port", str(free_port()))
    terminal.read_until("Starting Valkey")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.process.wait(60) == 0
    assert wait_until_gone(tmp_path) == []
    terminal.close()
