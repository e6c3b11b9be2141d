"""`cuspid worker`: whoever started it learns how it ended."""

from types import SimpleNamespace

import pytest
from celery.signals import worker_init
from click.testing import CliRunner

from core import sweeper, tasks
from core.cli.worker import worker


class Ended:
    """What Celery knows of a worker that is over."""

    def __init__(self, exitcode):
        self.exitcode = exitcode


@pytest.mark.parametrize(("of_celery", "code"), [(None, 0), (0, 0), (1, 1)])
def test_a_worker_that_a_fault_has_ended_says_so_to_whoever_starts_it_again(monkeypatch, of_celery, code):
    asked = []

    def run(arguments):
        asked.append(arguments)
        worker_init.send(sender=Ended(of_celery))

    monkeypatch.setattr(tasks.celery, "worker_main", run)
    monkeypatch.setattr("core.app.main", lambda: SimpleNamespace(registry=None))
    monkeypatch.setattr(sweeper, "start", lambda registry: None)
    answer = CliRunner().invoke(worker, ["--processes", "3"])
    assert (answer.exit_code, type(answer.exception)) == (code, SystemExit if code else type(None))
    assert "--concurrency=3" in asked[0]
