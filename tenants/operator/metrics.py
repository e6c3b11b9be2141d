"""What Prometheus reads: the numbers of the operator's page of health, as they are now. They name practices by their short address, and nobody."""

from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.db import SessionFactory
from tenants.ask import is_internal
from tenants.operator import health


class Numbers:
    """The numbers at one moment, in the form of Prometheus' own library."""

    def __init__(self, session: Session, now: datetime):
        self._session, self._now = session, now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each number with what it says; ages in seconds, sizes in bytes."""
        yield _gauge("cuspid_build_info", "The version that answers; always 1.", [([version("cuspid")], 1)], "version")
        yield from self._work()
        yield from self._records()
        yield _gauge("cuspid_stored_bytes", "What all practices store together.", [([], health.stored(self._session).whole)])
        sent, given_up = health.mail_state(self._session)
        yield _gauge("cuspid_mail_sent_seconds", "How long ago a task that sends mails last succeeded.", self._ages([([], sent)]))
        yield _gauge("cuspid_mail_given_up_seconds", "How long ago a task that sends mails was last given up.", self._ages([([], given_up)]))

    def _work(self) -> Iterator[GaugeMetricFamily]:
        queues = health.queues(self._session)
        yield _gauge("cuspid_tasks_waiting", "Work that waits or is tried again.", [([each.task], each.waiting) for each in queues], "task")
        yield _gauge("cuspid_tasks_oldest_seconds", "How long the oldest work is due.", self._ages([([each.task], each.oldest) for each in queues]), "task")
        yield _gauge("cuspid_tasks_failing", "Work that failed and is tried again.", [([each.task], each.failing) for each in queues], "task")
        yield _gauge("cuspid_tasks_dead", "Work that was given up, of which nobody has said that it needs nothing more.", [([each.task], each.dead) for each in queues], "task")

    def _records(self) -> Iterator[GaugeMetricFamily]:
        fed = health.fed(self._session, self._now)
        yield _gauge("cuspid_records_age_seconds", "How long ago records of a practice last came in.", self._ages([([each.slug], each.came_at) for each in fed]), "practice")
        yield _gauge("cuspid_records_stale", "Whether they are older than the office allows.", [([each.slug], each.is_stale) for each in fed], "practice")
        yield _gauge("cuspid_records_refused", "Records that were refused in the last day.", [([each.slug], each.refused) for each in fed], "practice")

    def _ages(self, moments: list[tuple[list[str], datetime | None]]) -> list[tuple[list[str], float]]:
        """Seconds since; what has not been yet is left out."""
        return [(labels, max(0.0, (self._now - at).total_seconds())) for labels, at in moments if at is not None]


def _gauge(name: str, words: str, values: list[tuple[list[str], float]], *labels: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for of, value in values:
        family.add_metric(of, float(value))
    return family


@view_config(route_name="operator.metrics", permission=NO_PERMISSION_REQUIRED, request_method="GET")
def metrics(request):
    """For this machine and the networks of `CUSPID_METRICS_FROM`, asked directly and not through the proxy. Raises HTTPNotFound for everybody else."""
    if not is_internal(request.environ, request.registry.portal.metrics_from):
        raise HTTPNotFound()
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    collected = CollectorRegistry()
    try:
        with SessionFactory(bind=request.registry.engine) as session:
            collected.register(Numbers(session, request.now))
            body = encode(collected)
    except SQLAlchemyError:
        return Response("the database cannot be reached\n", status=503, content_type="text/plain")
    response = Response(body)
    response.headers["Content-Type"] = content_type
    return response
