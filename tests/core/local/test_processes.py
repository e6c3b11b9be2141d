"""Nothing is left behind, whichever way a command ends."""

import os
import signal
import subprocess
import sys
import time

import pytest

from core.cli.stopping import Stopped, stopped_by_signals
from core.local import Problem
from core.local.processes import Child, ChildDied, Supervisor


def is_gone(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def eventually(condition, seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def log(tmp_path):
    return tmp_path / "child.log"


def test_leaving_the_block_ends_a_process_and_what_it_started(log):
    with Supervisor() as supervisor:
        child = Child("A shell", ["sh", "-c", "sleep 1000 & echo $!; wait"], log)
        supervisor.start(child)
        supervisor.wait_for(lambda: log.read_text().strip(), "The shell")
        grandchild = int(log.read_text())
    assert not child.running
    assert eventually(lambda: is_gone(grandchild))


def test_a_stop_that_comes_while_a_process_is_being_made_is_heard_and_the_process_ends(log):
    stop_once = [signal.SIGTERM]
    os.register_at_fork(before=lambda: stop_once and os.kill(os.getpid(), stop_once.pop()))
    child = Child("A sleeper", ["sleep", "1000"], log)
    with pytest.raises(Stopped), stopped_by_signals(), Supervisor() as supervisor:
        supervisor.start(child)
    assert child.process is not None
    assert not child.running


def test_a_process_that_does_not_listen_is_ended_when_its_patience_is_over(log):
    script = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); signal.pause()"
    with Supervisor() as supervisor:
        child = Child("A deaf one", [sys.executable, "-c", script], log, patience=0.2)
        supervisor.start(child)
        supervisor.wait_for(lambda: "ready" in log.read_text(), "The deaf one")
    assert child.process.returncode == -signal.SIGKILL


def test_a_process_that_ends_by_itself_is_reported_with_the_end_of_its_log(log):
    with Supervisor() as supervisor:
        supervisor.start(Child("The web process", ["sh", "-c", "echo the reason; exit 3"], log))
        with pytest.raises(ChildDied) as caught:
            supervisor.wait_for(lambda: False, "The web process")
    assert "The web process ended by itself with exit code 3" in str(caught.value)
    assert "the reason" in str(caught.value)


def test_a_program_that_is_not_there_is_a_sentence(log):
    with Supervisor() as supervisor, pytest.raises(Problem, match="Nothing could not be started"):
        supervisor.start(Child("Nothing", ["/no/such/program"], log))


def test_one_that_never_answers_is_a_sentence(log):
    with Supervisor() as supervisor:
        supervisor.start(Child("A sleeper", ["sleep", "1000"], log))
        with pytest.raises(Problem, match="did not answer within 0 seconds"):
            supervisor.wait_for(lambda: False, "A sleeper", seconds=0.1)


def test_the_log_of_the_last_run_is_kept_beside_the_new_one(log):
    for text in ("first", "second"):
        child = Child("An echo", ["echo", text], log)
        child.start()
        child.process.wait()
    assert log.read_text() == "second\n"
    assert log.with_suffix(".log.1").read_text() == "first\n"


def test_ctrl_c_in_the_terminal_does_not_reach_a_process(log):
    child = Child("A sleeper", ["sleep", "1000"], log)
    child.start()
    try:
        assert os.getpgid(child.process.pid) != os.getpgid(0)
    finally:
        child.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent is gone")
def test_a_launcher_that_is_killed_takes_its_processes_along(tmp_path):
    script = f"""
from pathlib import Path
from core.local.processes import Child, Supervisor
with Supervisor() as supervisor:
    child = Child("A sleeper", ["sleep", "1000"], Path({str(tmp_path)!r}) / "log")
    supervisor.start(child)
    print(child.process.pid, flush=True)
    child.process.wait()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as launcher:
        sleeper = int(launcher.stdout.readline())
        assert not is_gone(sleeper)
        launcher.kill()
    assert eventually(lambda: is_gone(sleeper))
