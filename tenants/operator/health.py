"""How the installation is: its services, what waits to be done, and the plugins that are installed. Numbers only, nothing of any patient."""

from importlib.metadata import entry_points
from typing import NamedTuple

from pyramid.view import view_config
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import doctor, outbox
from core.outbox import OutboxRow

PERMISSION = "operator.health"


class Queue(NamedTuple):
    """What waits of one kind of work: how much, since when, how much failed and is tried again, how much was given up."""

    task: str
    waiting: int
    oldest: object
    failing: int
    dead: int


class Installed(NamedTuple):
    """A plugin: its own words, where it comes from, what it can be asked, and in how many practices it is withheld."""

    name: str
    title: str
    version: str
    package: str
    hooks: list[str]
    needs: tuple[str, ...]


@view_config(route_name="operator.health", permission=PERMISSION, request_method="GET", renderer="operator/health.jinja2")
def health(request):
    """The services, and the work that waits."""
    found = sorted(doctor.look_at(request.registry.portal), key=lambda finding: list(doctor.State).index(finding.state), reverse=True)
    return {"findings": found, "queues": queues(request.db)}


@view_config(route_name="operator.plugins", permission=PERMISSION, request_method="GET", renderer="operator/plugins.jinja2")
def plugins(request):
    """What is installed."""
    return {"plugins": installed(request.registry.plugins)}


def queues(session: Session) -> list[Queue]:
    """The outbox by kind of work; what is done is left out."""
    dead = OutboxRow.dead_at.is_not(None)
    due = ~dead & (OutboxRow.available_at <= func.now())
    columns = (
        OutboxRow.task,
        func.count().filter(~dead),
        func.min(OutboxRow.available_at).filter(due),
        func.count().filter(~dead & (OutboxRow.attempts > 0) & (OutboxRow.last_error != outbox.RESTING)),
        func.count().filter(dead),
    )
    found = select(*columns).where(OutboxRow.done_at.is_(None)).group_by(OutboxRow.task).order_by(OutboxRow.task)
    return [Queue(*row) for row in session.execute(found)]


def installed(host) -> list[Installed]:
    """Every plugin of this process, by name."""
    versions = {point.load().name: point.dist.version for point in entry_points(group="cuspid.plugins") if point.dist}
    return [
        Installed(name, plugin.title, versions.get(name, ""), plugin.package, host.hooks_of(name), plugin.needs) for name, plugin in host.plugins.items()
    ]
