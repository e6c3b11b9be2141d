"""`cuspid worker`: Celery."""

import sys
import tempfile
from pathlib import Path
from typing import Any

import click


@click.command()
@click.option("--processes", default=2, show_default=True, help="Tasks done at the same time.")
@click.option("--beat", is_flag=True, help="Also keep the timetable; give this to exactly one worker of an installation.")
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), help="Where the timetable remembers its last runs.")
def worker(processes: int, beat: bool, state: Path | None) -> None:
    """Do the work behind the pages.

    Sends receipts and notices, takes in records, keeps schedules. Everything that waits stands in the database, so a worker
    can be stopped or killed at any moment: what it had not finished is done by the next one. Ends on SIGTERM after the tasks
    that are under way. Run as many as there is work; one of them with --beat.
    """
    from celery.signals import worker_init

    from core import sweeper, worker_answers  # noqa: F401  (declares its answers)
    from core.app import main
    from core.tasks import celery

    registry = main().registry  # gives Celery its settings and the tasks
    sweeper.start(registry)
    arguments = ["worker", "--loglevel=INFO", f"--concurrency={processes}", "--without-gossip", "--without-mingle"]
    if beat:
        folder = state or Path(tempfile.gettempdir())
        arguments += ["--beat", f"--schedule={folder / 'cuspid-beat'}"]
    workers: list[Any] = []
    worker_init.connect(lambda sender, **_: workers.append(sender), weak=False)
    celery.worker_main(arguments)
    # Celery keeps to itself that a fault ended it, as when the broker dies at the wrong moment; whoever starts it again must know.
    sys.exit(next((one.exitcode for one in workers if one.exitcode), 0))
