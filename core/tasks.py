"""Work behind the request. PostgreSQL is the queue (core/outbox.py); a Celery message is a nudge to look at one row.

A task is given ids only, names its practice in a header, runs in one transaction with the tenant bound, and checks its
plugin's gate again. A broker that dies between commit and nudge loses nothing: the sweep finds the row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from celery import Celery, signals
from celery.exceptions import OperationalError, SoftTimeLimitExceeded
from pyramid.exceptions import ConfigurationError
from sqlalchemy.orm import Session

from core import audit, mail, outbox, sealing, texting
from core.auth import alert_rounds, clearing
from core.db import SessionFactory, after_commit, bind_tenant
from core.files.storage import recount_if_due
from core.people import birthdays, pictures, records_request_alerts
from core.plugins import PluginHost
from core.plugins.rules import PORTAL, own_names
from core.records import changes, runs, uploaded
from core.records.changes import webhooks
from core.records.importing import keeping
from core.tenant import Tenant
from core.texting import stops
from core.usage.roll_up import roll_up

log = structlog.get_logger("tasks")

SWEEP_ROWS = 200
HELD = timedelta(minutes=2)
"""So long a task that commits in between keeps its row: as long as it may run."""

celery = Celery("cuspid")
_tasks: dict[str, Callable[..., None]] = {}
_mails: dict[str, str] = {}
FOR_GOOD = (mail.MailRefused, texting.TextRefused)
"""Errors after which trying again is of no use: somebody must mend the address first."""


class UnknownTask(Exception):
    """A row names a task that no installed plugin has."""


@dataclass(frozen=True)
class Periodic:
    """Run a task for every practice that has the plugin on, once in `every`; the task takes no ids."""

    task: str
    every: timedelta


@dataclass(frozen=True)
class Chore:
    """Something of the portal's own, done in every practice once in `every`; it does not wait in the outbox, the next round makes up for it."""

    name: str
    do: Callable[[Session, UUID, datetime], None]
    every: timedelta


CORE_PERIODIC = (
    Chore("audit.seal", sealing.seal_waiting, timedelta(minutes=1)),
    # Oftener than it is needed: a schedule that begins anew with every start of the workers might never reach a whole day.
    Chore("family.tell_beforehand", birthdays.tell_beforehand, timedelta(hours=1)),
    Chore("people.forget_pictures", pictures.forget_pictures, timedelta(hours=1)),
    Chore("records_request.tell_office", records_request_alerts.tell_office, timedelta(hours=1)),
    Chore("portal.look_for_alerts", lambda *about: alert_rounds.look(celery.registry, *about), alert_rounds.EVERY),
    Chore("auth.clear_away", clearing.clear_away, timedelta(hours=1)),
    Chore("records.clear_away", runs.clear_away, timedelta(hours=1)),
    Chore("records.clear_uploads", lambda session, *about: uploaded.clear_away(session, celery.registry.files, *about), timedelta(hours=1)),
    Chore("records.clear_imports", lambda session, *about: keeping.clear_away(session, celery.registry.files, *about), timedelta(hours=1)),
    Chore("records.clear_changes", changes.clear_away, timedelta(hours=1)),
    Chore("records.clear_deliveries", webhooks.clear_deliveries, timedelta(hours=1)),
    Chore("usage.roll_up", roll_up, timedelta(hours=1)),
    Chore("portal.count_storage", lambda session, *about: recount_if_due(session, celery.registry.files, *about), timedelta(hours=1)),
)


@dataclass
class Work:
    """What a task works with. `task_id` is the same over every attempt: what is done a second time can be recognized by it.

    `may_be_sent`: an earlier attempt ended while it handed the task's text message over.
    """

    registry: Any
    db: Session
    tenant: Tenant
    task_id: UUID
    now: datetime
    may_be_sent: bool = False

    def commit_so_far(self) -> None:
        """Commit what a long task has written so far, and keep the task for two more minutes: if the worker dies, it is done anew then.

        What goes on must look again whether it still may: the rows that the task held are anybody's now.
        """
        outbox.hold(self.db, self.task_id, HELD)
        self.db.commit()

    def send_mail(self, to: str, template: str, context: dict) -> None:
        """Render `<template>.subject.txt`, `.txt` and `.html` in the practice's look and send them; raises when the mail server refuses."""
        mail.send_template(self.registry, self.tenant, to, template, context, message_id=str(self.task_id))

    def send_text(self, to: str, template: str, context: dict) -> str:
        """Render `<template>.txt` and send it as a text message, the only one of the task; see `core.texting.Texts.send` for what it returns
        and raises. What the task has written so far is committed first; what may have gone out before is not sent again. Nothing goes to a number
        from which STOP came, whatever it is about.
        """
        if self.may_be_sent:
            log.warning("text_unknown", why="the worker ended while it was sent")
            return ""
        if stops.is_stopped(self.db, self.registry.portal.secret_key, to):
            raise texting.TextStopped("the number has said STOP")
        body = texting.render(self.registry, self.tenant, template, context)
        outbox.begin_text(self.db, self.task_id)
        return texting.send(self.registry, to, body)


def portal_task(name: str, mail: str = "", is_text: bool = False):
    """Declare a task `<plugin>.<verb>`: a function of `Work` and ids in text. `mail` is what staff call the mail or text message that it sends;
    with `is_text` it is a text message, which counts for the plan of the practice.
    """

    def declare(function: Callable[..., None]) -> Callable[..., None]:
        _tasks[name], _mails[name] = function, mail
        if is_text:
            outbox.TEXT_TASKS.add(name)
        return function

    return declare


def name_of_mail(task: str) -> str:
    """What staff call the mail or text message of a task."""
    return _mails.get(task) or "Message"


def mail_tasks() -> list[str]:
    """The tasks that send mails or text messages."""
    return [task for task, name in _mails.items() if name]


def enqueue(session: Session, task: str, at: datetime | None = None, **ids: str) -> UUID:
    """Ask for a task in the running transaction: it leaves with the commit, or not at all."""
    row_id = outbox.put(session, session.info["practice_id"], task, ids, at)
    if at is None:
        practice_id = str(session.info["practice_id"])
        after_commit(session, lambda: nudge(str(row_id), practice_id))
    return row_id


def nudge(row_id: str, practice_id: str) -> None:
    """One message; when the broker is away nothing is lost, the sweep comes by in seconds."""
    try:
        celery.send_task("core.deliver", [row_id], headers={"practice_id": practice_id}, retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        log.warning("broker_away", error=type(error).__name__)


@celery.task(name="core.deliver", ignore_result=True)
def deliver(row_id: str) -> None:
    """Run the task of one outbox row, if nobody else does."""
    registry = celery.registry
    with SessionFactory(bind=registry.engine) as session:
        row = outbox.take(session, UUID(row_id))
        if row is None:
            return
        bind_tenant(session, row.practice_id)
        try:
            run(registry, session, row)
            session.commit()
        except Exception as error:
            # The row keeps what is to be done; the log says why it was not done now.
            log.exception("task_failed", task=row.task, practice=str(row.practice_id), row=row_id)
            session.rollback()
            not_sent = isinstance(error, texting.TextNotSent)
            outbox.postpone(session, row, error, for_good=isinstance(error, FOR_GOOD), not_sent=not_sent)
            session.commit()


def run(registry, session: Session, row: outbox.Waiting) -> None:
    """Do the task and mark its row in one transaction; a task whose tab is off is dropped with an audit line."""
    tenant = registry.tenants.current(row.practice_id)
    if tenant.is_suspended:
        outbox.rest(session, row)
        return
    now = datetime.now(UTC)
    owner = row.task.partition(".")[0]
    if owner in registry.plugins.plugins and not registry.tenants.on_somewhere(row.practice_id, owner):
        audit.record(session, row.practice_id, f"{owner}.task.dropped", now, target_id=row.id)
        outbox.finish(session, row, dropped=True)
        return
    if row.task not in _tasks or owner not in PORTAL | registry.plugins.plugins.keys():
        raise UnknownTask(row.task)
    _tasks[row.task](Work(registry, session, tenant, row.id, now, row.text_begun_at is not None), **row.ids)
    outbox.finish(session, row)


def sweep() -> int:
    """Do what was left behind: its message was lost, or its time has come. Returns how many rows there were."""
    with SessionFactory(bind=celery.registry.engine) as session:
        rows = outbox.due(session, SWEEP_ROWS)
    for row_id in rows:
        deliver(str(row_id))
    return len(rows)


@celery.task(name="core.fan_out", ignore_result=True)
def fan_out(plugin: str, task: str) -> None:
    """A schedule is due: ask for the task in every practice that has the plugin on."""
    registry = celery.registry
    for practice_id in registry.tenants.practice_ids():
        if registry.tenants.on_somewhere(practice_id, plugin) and not registry.tenants.current(practice_id).is_suspended:
            with SessionFactory(bind=registry.engine) as session:
                bind_tenant(session, practice_id)
                enqueue(session, task)
                session.commit()


@celery.task(name="core.round", ignore_result=True)
def go_round(name: str) -> None:
    """A chore is due: do it in one practice after another, each in a transaction of its own; one that fails does not stop the others."""
    registry = celery.registry
    [chore] = [chore for chore in CORE_PERIODIC if chore.name == name]
    for practice_id in registry.tenants.practice_ids():
        with SessionFactory(bind=registry.engine) as session:
            bind_tenant(session, practice_id)
            try:
                chore.do(session, practice_id, datetime.now(UTC))
                session.commit()
            except SoftTimeLimitExceeded:
                raise
            except Exception:
                log.exception("chore_failed", task=name, practice=str(practice_id))


def load_tasks(host: PluginHost) -> None:
    """Import `tasks` of every plugin. Raises ConfigurationError for a task whose name does not begin with its plugin's: no gate would hold it."""
    for plugin in host.plugins.values():
        plugin.load("tasks")
    for task, function in _tasks.items():
        owners = [name for name, plugin in host.plugins.items() if plugin.holds(function.__module__)]
        if owners and task.partition(".")[0] not in owners:
            raise ConfigurationError(f"the task {task!r} of the plugin {owners[0]!r} must be named {owners[0]}.…")


def schedule(host: PluginHost) -> dict:
    """Celery's timetable: core's chores and what the installed plugins declare. Raises ConfigurationError for a task that is not theirs."""
    timetable: dict[str, dict] = {chore.name: _row(chore) for chore in CORE_PERIODIC}
    for name in host.plugins:
        for periodic in (p for answer in host.only(name).portal_periodic_tasks() for p in answer):
            own_names(name, "scheduled task", [periodic.task])
            if periodic.task not in _tasks:
                raise ConfigurationError(f"the plugin {name!r} schedules {periodic.task!r}, which no plugin declares with @portal_task")
            timetable[periodic.task] = {"task": "core.fan_out", "schedule": periodic.every, "args": (name, periodic.task)}
    return timetable


def _row(chore: Chore) -> dict:
    # A round that nobody got to is not made up for: the next one does its work.
    options = {"expires": chore.every.total_seconds()}
    return {"task": "core.round", "schedule": chore.every, "args": (chore.name,), "options": options}


@signals.worker_process_init.connect
def _fresh_connections(**_) -> None:
    # A forked pool child must not share its parent's connections.
    if getattr(celery, "registry", None) is not None:
        celery.registry.engine.dispose(close=False)


def includeme(config) -> None:
    """Set Celery up from the settings and give it the registry."""
    registry = config.registry
    load_tasks(registry.plugins)
    celery.registry = registry
    celery.conf.update(
        broker_url=registry.portal.broker_url,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=1,
        broker_transport_options={"visibility_timeout": 600, "socket_connect_timeout": 0.5, "socket_timeout": 5},
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_soft_time_limit=120,
        task_time_limit=240,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        beat_schedule=schedule(registry.plugins),
    )
