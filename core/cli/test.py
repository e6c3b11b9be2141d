"""`cuspid test`: every test, with servers of its own."""

import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from core import migrations
from core.cli.assets import build_alone
from core.cli.problems import explain
from core.cli.stopping import Stopped, say, stopped_by_signals
from core.local import Problem, throw_away
from core.local.chromium import find_chromium, install_chromium
from core.local.postgres import DATABASE
from core.local.processes import Supervisor
from core.local.reaper import adopt_orphans, end_children

ROOT = Path(__file__).parents[2]
_WITHOUT_BROWSER = ("tests/core", "tests/tenants", "tests/plugins", "tests/architecture", "tests/seventh")


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST ARGUMENTS]")
def test(arguments: tuple[str, ...]) -> None:
    """Run the tests, or a part of them.

    Starts a throw-away PostgreSQL and Valkey, runs units, services, journeys in a headless Chromium, architecture
    rules, lint and types, and stops the servers. Nothing has to be running before, nothing runs afterwards, and the
    data of `cuspid demo` is not touched. What could not be run on this machine is said at the end.

    \b
    cuspid test                          everything
    cuspid test tests/core -k sign_in    a part
    cuspid test -n 0 --pdb -x            one after another, stopping at the first fault in the debugger
    """
    if not (ROOT / "tests").is_dir():
        raise Problem("The tests are not part of an installed package: run them from a checkout.")
    with stopped_by_signals():
        try:
            code = _run(arguments)
        except Stopped:
            code = 130
    sys.exit(code)


def _run(arguments: Sequence[str]) -> int:
    adopt_orphans()
    try:
        with tempfile.TemporaryDirectory(prefix="cuspid-test-") as folder, Supervisor() as supervisor:
            return _run_with_servers(Path(folder), supervisor, arguments)
    finally:
        end_children()


def _run_with_servers(folder: Path, supervisor: Supervisor, arguments: Sequence[str]) -> int:
    started = time.monotonic()
    environment, faults = _servers(folder, supervisor)
    faults += _attempt("The assets were not built", build_alone)
    chromium, skipped = _browser(arguments)
    say(f"Servers and browser are ready ({time.monotonic() - started:.1f} s)")
    code = _pytest(arguments, os.environ | environment | chromium)
    for line in faults + skipped:
        say(line)
    return code or bool(faults)


def _servers(path: Path, supervisor: Supervisor) -> tuple[dict[str, str], list[str]]:
    servers = throw_away.start(path, supervisor)
    faults = _attempt("The database was not migrated", lambda: migrations.upgrade(servers.logins.migrate_url))
    template = {"CUSPID_TEST_ADMIN_URL": servers.admin_url, "CUSPID_TEST_TEMPLATE": "" if faults else DATABASE}
    return servers.environment | template, faults


def _attempt(what: str, act: Callable[[], object]) -> list[str]:
    """Lint, types and units are worth running even if this fails; the run as a whole has failed then."""
    try:
        act()
    except Exception as error:
        sentence = explain(error)
        say(sentence or traceback.format_exc())
        return [f"Failed: {what}: {sentence or type(error).__name__}"]
    return []


def _browser(arguments: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    wanted = _wants_browser(arguments)
    path = find_chromium() or (install_chromium(say) if wanted else None)
    if path:
        return {"CUSPID_CHROMIUM": str(path)}, []
    reason = "Skipped: the journeys in the browser: no Chromium was found nor could be installed; install one, or name it in CHROMIUM."
    return {}, [reason] if wanted else []


def _wants_browser(arguments: Sequence[str]) -> bool:
    paths = [word for word in arguments if word.startswith("tests") or Path(word.partition("::")[0]).exists()]
    return not paths or any(not path.startswith(_WITHOUT_BROWSER) for path in paths)


def _pytest(arguments: Sequence[str], environment: dict[str, str]) -> int:
    """Run pytest in our terminal: it hears Ctrl-C itself and shows how far it came."""
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "-r", "fEs", *map(_absolute, arguments)]
    with _ended(subprocess.Popen(command, env=environment, cwd=ROOT)) as process:
        return process.wait()


def _absolute(word: str) -> str:
    # pytest finds its configuration from the checkout, whatever folder the command was typed in.
    return str(Path(word).absolute()) if not word.startswith("-") and Path(word).exists() else word


@contextmanager
def _ended(process: subprocess.Popen):
    try:
        yield process
    except Stopped as stopped:
        if stopped.signal.name != "SIGINT":
            process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
