"""Lint, types and who may import whom, as tests, so that one command says it all."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def check(*command: str) -> None:
    answer = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, f"{' '.join(command)}\n{answer.stdout}{answer.stderr}"


def test_the_code_has_no_lint():
    check("ruff", "check", "--no-fix", "core", "tenants", "plugins", "tests")


def test_the_types_fit():
    check("mypy", "--config-file", "setup.cfg", "--no-error-summary")


def test_plugins_stand_on_tenants_and_tenants_on_core_and_no_plugin_imports_another():
    check("lint-imports", "--config", "setup.cfg")
