"""The sweep: a process beside each worker that takes from the database what was left behind.

PostgreSQL is the queue and the broker only a doorbell, so this does not go through the broker: work goes on while it is away, and
when a worker's connection to it does not come back. Any number of them may run: a row that one holds is skipped by the others.
"""

import os
import signal
import time
from multiprocessing import get_context

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core import tasks

log = structlog.get_logger("sweeper")
SECONDS = 5.0


def start(registry, seconds: float = SECONDS) -> None:
    """Start the process; it ends with the one that started it, after the row that is under way. Call it before any thread is started."""
    get_context("fork").Process(target=_sweep_on, args=(registry, seconds, os.getpid()), name="sweeper", daemon=True).start()


def _sweep_on(registry, seconds: float, parent: int) -> None:
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Connections must not be shared with the process that this one was copied from.
    registry.engine.dispose(close=False)
    while not stopping and os.getppid() == parent:
        try:
            tasks.sweep()
        except SQLAlchemyError as error:
            log.warning("database_away", error=type(error).__name__)
        time.sleep(seconds)
