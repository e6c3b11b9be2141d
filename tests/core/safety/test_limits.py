"""The child's limits hold, and running into one is told in words."""

import os
import subprocess
import sys

import pytest

from core.safety import UnsafeFile, limits
from core.safety.asking import ask_child


def limited(code: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-I", "-c", f"from core.safety.child import limit, step_down; limit(); {code}"],
        capture_output=True,
        text=True,
        env={},
    )


def test_memory_is_bounded():
    assert "MemoryError" in limited(f"bytearray({limits.MEMORY_BYTES})").stderr


def test_what_it_may_write_is_bounded(tmp_path):
    target = tmp_path / "big"
    ended = limited(f"open({str(target)!r}, 'wb').truncate({limits.WRITTEN_BYTES + 1})")
    assert ended.returncode != 0
    assert target.stat().st_size == 0


def test_time_on_the_processor_is_bounded():
    assert limited("import resource; print(resource.getrlimit(resource.RLIMIT_CPU))").stdout == f"{(limits.CPU_SECONDS,) * 2}\n"


def test_it_starts_no_further_process():
    ended = limited("step_down(); import os; os.fork()")
    assert "BlockingIOError" in ended.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")
def test_root_becomes_nobody():
    assert limited("step_down(); import os; print(os.getresuid(), os.getresgid(), os.getgroups())").stdout == (
        "(65534, 65534, 65534) (65534, 65534, 65534) []\n"
    )


def test_a_child_that_takes_too_long_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "WALL_SECONDS", 0.5)
    waits_for_ever, kept_open = os.pipe()
    with os.fdopen(waits_for_ever, "rb") as source, os.fdopen(kept_open, "wb"), pytest.raises(UnsafeFile, match="more time or memory"):
        ask_child("core.safety.child", ["application/pdf", "1", "1", "1"], source, tmp_path)


@pytest.mark.parametrize("code", ["import os; os.abort()", "import os; os.kill(os.getpid(), 24)"])
def test_a_decoder_that_falls_over_is_no_fault_of_ours(tmp_path, monkeypatch, code):
    really = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, **how: really([sys.executable, "-I", "-c", code], **how))
    with open(os.devnull, "rb") as source, pytest.raises(UnsafeFile, match="more time or memory"):
        ask_child("core.safety.child", [], source, tmp_path)


@pytest.mark.parametrize("said", ["", "[]", "{", "x" * 5000, "[" * 4000])
def test_an_answer_that_makes_no_sense_is_not_believed(tmp_path, monkeypatch, said):
    really = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, **how: really([sys.executable, "-I", "-c", f"print({said!r}, end='')"], **how))
    with open(os.devnull, "rb") as source, pytest.raises(UnsafeFile, match="damaged"):
        ask_child("core.safety.child", [], source, tmp_path)
