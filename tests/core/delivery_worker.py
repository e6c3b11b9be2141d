"""A real Celery worker with its sweeper for tests/core/test_delivery.py: the portal's own, with three tasks more and a quicker sweep."""

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


class Gateway:
    """Takes a text message at once, and waits for the test to let go before it says so."""

    def __init__(self, folder: Path):
        self._folder = folder

    def send(self, to: str, body: str) -> str:
        """Leave a file for each text message that was taken."""
        (self._folder / f"text-{time.time_ns()}").write_text(to)
        (self._folder / f"started-{time.time_ns()}").touch()
        while not (self._folder / "go").exists():
            time.sleep(0.05)
        return "SM1"


@portal_task("core.test_text")
def text_message(work) -> None:
    """Leave a row, and send a text message."""
    work.db.add(Provider(first_name="delivered", last_name=str(work.task_id)))
    if not work.send_text("+13035550142", "text/register_account", {}):
        work.db.add(Provider(first_name="unknown", last_name=str(work.task_id)))


if __name__ == "__main__":
    registry = configure(load()).make_wsgi_app().registry
    registry.texts = Gateway(Path(os.environ["DELIVERY_FOLDER"]))
    sweeper.start(registry, seconds=0.5)
    celery.worker_main(["worker", "--loglevel=WARNING", "--concurrency=2", "--without-gossip", "--without-mingle"])
