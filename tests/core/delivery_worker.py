"""A real Celery worker with its sweeper for tests/core/test_delivery.py: the portal's own, with two tasks more and a quicker sweep."""

import os
import time
from pathlib import Path

from core import sweeper
from core.app import configure
from core.config import load
from core.people.models import Provider
from core.tasks import celery, portal_task


@portal_task("core.test_quick")
def quick(work) -> None:
    """Leave one row that tells of this delivery."""
    work.db.add(Provider(first_name="delivered", last_name=str(work.task_id)))


@portal_task("core.test_slow")
def slow(work) -> None:
    """Leave a row, say so, and wait in the middle until the test lets go."""
    work.db.add(Provider(first_name="delivered", last_name=str(work.task_id)))
    work.db.flush()
    folder = Path(os.environ["DELIVERY_FOLDER"])
    (folder / f"started-{work.task_id}").touch()
    while not (folder / "go").exists():
        time.sleep(0.05)


if __name__ == "__main__":
    sweeper.start(configure(load()).make_wsgi_app().registry, seconds=0.5)
    celery.worker_main(["worker", "--loglevel=WARNING", "--concurrency=2", "--without-gossip", "--without-mingle"])
