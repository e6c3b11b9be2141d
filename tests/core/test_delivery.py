"""Every row is delivered once, whatever dies: the broker between commit and publish, the worker in the middle of a task."""

import os
import signal
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kombu import Connection
from sqlalchemy import func, select, update

from core import tasks
from core.db import SessionFactory, after_commit
from core.local.folder import DataFolder
from core.local.processes import Child, Supervisor
from core.local.valkey import Valkey
from core.outbox import OutboxRow
from core.people.models import Provider
from core.tasks import enqueue

PATIENCE = 120
WORKER = Path(__file__).with_name("delivery_worker.py")


class Outside:
    """A broker and a worker of this test alone, that can be killed and started again."""

    def __init__(self, folder: Path, supervisor: Supervisor, environment: dict[str, str]):
        self._folder, self._supervisor = folder, supervisor
        self._valkey = Valkey(DataFolder(folder))
        self.broker_url = self._valkey.start(supervisor)
        self._environment = os.environ | environment | {"CUSPID_BROKER_URL": self.broker_url, "DELIVERY_FOLDER": str(folder)}
        self.worker: Child | None = None

    def start_worker(self) -> None:
        command = [sys.executable, "-W", "ignore", WORKER]
        self.worker = Child("worker", command, self._folder / "worker.log", environment=self._environment)
        self._supervisor.start(self.worker)

    def kill_worker(self) -> None:
        """As a machine that loses power: the worker and all its children, at once."""
        os.killpg(self.worker.process.pid, signal.SIGKILL)
        self.worker.process.wait()
        self._supervisor.forget(self.worker)

    def kill_broker(self) -> None:
        [broker] = [child for child in self._supervisor.children if child.name == "Valkey"]
        broker.process.kill()
        broker.process.wait()
        self._supervisor.forget(broker)

    def start_broker(self) -> None:
        self._valkey.start(self._supervisor)

    def started(self) -> int:
        return len(list(self._folder.glob("started-*")))

    def texts(self) -> int:
        return len(list(self._folder.glob("text-*")))

    def let_go(self) -> None:
        (self._folder / "go").touch()


@pytest.fixture
def outside(tmp_path, portal_settings, registry, monkeypatch):
    environment = {
        "CUSPID_DATABASE_URL": portal_settings.database_url,
        "CUSPID_MAIL_URL": portal_settings.mail_url,
        "CUSPID_FILES_URL": portal_settings.files_url,
        "CUSPID_LIMITS_URL": "memory://",
        "CUSPID_LOG_LEVEL": "WARNING",
    }
    # The sweep takes the oldest first: what other tests have left in this database would be done before.
    with SessionFactory(bind=registry.engine) as session:
        session.execute(update(OutboxRow).where(OutboxRow.done_at.is_(None)).values(done_at=datetime.now(UTC)))
        session.commit()
    with Supervisor() as supervisor:
        found = Outside(tmp_path, supervisor, environment)
        monkeypatch.setattr(tasks.celery, "send_task", _sender_to(found.broker_url))
        yield found


def _sender_to(url: str):
    """Celery's own sending, over a connection to the broker that will be killed; the other tests keep theirs."""
    send, options = tasks.celery.send_task, tasks.celery.conf.broker_transport_options

    def send_task(*arguments, **more):
        with Connection(url, connect_timeout=1, transport_options=options) as connection:
            return send(*arguments, connection=connection, **more)

    return send_task


def _ask(practice, task: str, count: int, before=None) -> set[str]:
    """Ask for a task so many times, each in a transaction of its own; returns the rows' ids."""
    asked = set()
    for _ in range(count):
        with practice.session() as session:
            session.scalar(select(Provider.id).limit(1))
            if before:
                after_commit(session, before)
            asked.add(str(enqueue(session, task)))
            session.commit()
    return asked


def _wait_until(done, what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def _delivered(practice, what: str = "delivered") -> Counter:
    with practice.session() as session:
        return Counter(session.scalars(select(Provider.last_name).where(Provider.first_name == what)))


def _all_done(registry, asked: set[str]) -> bool:
    with SessionFactory(bind=registry.engine) as session:
        return set(map(str, session.scalars(select(OutboxRow.id).where(OutboxRow.id.in_(asked), OutboxRow.done_at.is_not(None))))) == asked


def test_the_broker_dies_between_commit_and_publish(outside, practice, registry):
    asked = _ask(practice, "core.test_quick", 3)
    # From here on the rows are committed, and their messages have nowhere to go.
    asked |= _ask(practice, "core.test_quick", 1, before=outside.kill_broker)
    asked |= _ask(practice, "core.test_quick", 3)
    outside.start_broker()
    outside.start_worker()
    _wait_until(lambda: _all_done(registry, asked), "some rows were not delivered")
    assert _delivered(practice) == Counter(asked)


def test_the_broker_dies_under_a_running_worker(outside, practice, registry):
    outside.start_worker()
    asked = _ask(practice, "core.test_quick", 2)
    _wait_until(lambda: _all_done(registry, asked), "the worker did not start")
    asked |= _ask(practice, "core.test_quick", 1, before=outside.kill_broker)
    outside.start_broker()
    asked |= _ask(practice, "core.test_quick", 2)
    _wait_until(lambda: _all_done(registry, asked), "some rows were not delivered")
    assert _delivered(practice) == Counter(asked)


def test_the_worker_dies_in_the_middle_of_a_task(outside, practice, registry):
    outside.start_worker()
    asked = _ask(practice, "core.test_slow", 5)
    _wait_until(lambda: outside.started() >= 2, "no task was started")
    outside.kill_worker()
    assert _delivered(practice) == Counter()
    outside.let_go()
    outside.start_worker()
    _wait_until(lambda: _all_done(registry, asked), "some rows were not delivered")
    assert _delivered(practice) == Counter(asked)


def test_the_worker_dies_while_a_text_message_is_handed_over_and_it_is_not_sent_again(outside, practice, registry):
    """What the task had written stays: the codes and links in the text message that may have gone out are good."""
    outside.start_worker()
    asked = _ask(practice, "core.test_text", 1)
    _wait_until(lambda: outside.started() == 1, "no text message was handed over")
    outside.kill_worker()
    assert _delivered(practice) == Counter(asked)
    with SessionFactory(bind=registry.engine) as session:
        # Nobody waits five minutes for it here.
        session.execute(update(OutboxRow).where(OutboxRow.id.in_(asked)).values(available_at=func.now()))
        session.commit()
    outside.let_go()
    outside.start_worker()
    _wait_until(lambda: _all_done(registry, asked), "the row was not finished")
    assert (outside.texts(), _delivered(practice, "unknown")) == (1, Counter(asked))
