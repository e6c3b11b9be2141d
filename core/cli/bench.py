"""`cuspid bench`: how fast the pages are, beside yardsticks that run in the same minutes."""

import sys
import tempfile
from importlib import import_module
from pathlib import Path

import click

from core import migrations
from core.cli.stopping import Stopped, say, stopped_by_signals
from core.local import Problem, throw_away
from core.local.processes import Supervisor
from core.local.reaper import adopt_orphans, end_children

ROOT = Path(__file__).parents[2]


@click.command()
@click.option("--seconds", default=5, show_default=True, help="How long each measurement lasts.")
@click.option("--rounds", default=3, show_default=True, help="How often everything is measured; the medians count.")
@click.option("--threads", default=1, show_default=True, help="Requests that one of the two web processes answers at the same time.")
@click.option("--patients", default=0, show_default=True, help="Measure only the office's search, among so many patients, such as 200000.")
def bench(seconds: int, rounds: int, threads: int, patients: int) -> None:
    """Measure how fast the pages are.

    Starts servers of its own, and asks the signed-in Appointments page with 50 visits and the sign-in page over 1, 8 and 32
    connections; in turns with two yardsticks on the same web server: a bare WSGI answer (a), and a minimal Pyramid page that
    shows the same 50 visits from one SELECT (b). Machines are noisy: compare the ratios of one run. Needs wrk.
    """
    if not (ROOT / "bench").is_dir():
        raise Problem("The benchmark is not part of an installed package: run it from a checkout.")
    sys.path.insert(0, str(ROOT))
    adopt_orphans()
    with stopped_by_signals():
        try:
            _run(seconds, rounds, threads, patients)
        except Stopped:
            sys.exit(130)
        finally:
            end_children()


def _run(seconds: int, rounds: int, threads: int, patients: int) -> None:
    with tempfile.TemporaryDirectory(prefix="cuspid-bench-") as folder, Supervisor() as supervisor:
        servers = throw_away.start(Path(folder), supervisor)
        migrations.upgrade(servers.logins.migrate_url)
        environment = servers.environment | {"CUSPID_LOG_LEVEL": "WARNING", "PYTHONPATH": str(ROOT)}
        if patients:
            import_module("bench.finding").run(environment, patients, say)
            return
        try:
            import_module("bench.main").run(environment, Path(folder), seconds, rounds, threads, say)
        except import_module("bench.measure").NoLoadGenerator as missing:
            raise Problem(str(missing)) from None
