"""How the installation is: its services, what waits to be done, and the plugins that are installed. Numbers only, nothing of any patient."""

from datetime import datetime, timedelta
from importlib.metadata import entry_points
from threading import Lock
from typing import NamedTuple

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import doctor, mail, outbox
from core.auth import profile
from core.auth.realms import OPERATOR
from core.files.models import PracticeStorage
from core.outbox import OutboxRow
from core.records.models import RecordsState
from core.tasks import mail_tasks
from tenants.models import Practice

PERMISSION = "operator.health"
REMEMBERED = timedelta(minutes=1)
MOST_PRACTICES = 50
MOST_STORING = 5
_LOOKING = Lock()


class Queue(NamedTuple):
    """What waits of one kind of work: how much, since when, how much failed and is tried again, how much was given up."""

    task: str
    waiting: int
    oldest: datetime | None
    failing: int
    dead: int


class Fed(NamedTuple):
    """A practice whose system sends records: when they last came in, whether they are older than its office allows, how many were refused in the last day."""

    slug: str
    came_at: datetime | None
    is_stale: bool
    refused: int


class Stored(NamedTuple):
    """How many bytes all practices store together, how many of them store any, and those that store the most."""

    whole: int
    practices: int
    most: list[tuple[str, int]]


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
    """The services as they were within the last minute, and the work that waits."""
    at, found = remembered(request.registry, request.now)
    waiting = {"queues": queues(request.db), "practices": failing_at(request.db), "mail": mail_state(request.db)}
    return {"findings": found, "at": at, **waiting, "fed": fed(request.db, request.now, MOST_PRACTICES), "stored": stored(request.db)}


@view_config(route_name="operator.health.look", permission=PERMISSION, request_method="POST")
def look_again(request):
    """Ask every service now."""
    remembered(request.registry, request.now, anew=True)
    return HTTPSeeOther(request.route_path("operator.health"))


@view_config(route_name="operator.health.mail", permission=PERMISSION, request_method="POST")
def send_test_mail(request):
    """Send whoever asks a mail at once, past every queue: the answer is the mail server's."""
    to = profile.own(request.db, request.practice_id, request.identity.account_id).account.email
    try:
        mail.send_template(request.registry, request.tenant, to, "mail/test", {}, f"test-{request.id}")
    except mail.MailNotSent as error:
        request.session.flash(f"The mail was not sent: {error}. Look at CUSPID_MAIL_URL and CUSPID_MAIL_FROM.")
    else:
        request.session.flash(f"The mail server has taken a mail to {to}. Look whether it arrives, and not among the spam.")
    return HTTPSeeOther(request.route_path("operator.health"))


@view_config(route_name="operator.plugins", permission=PERMISSION, request_method="GET", renderer="operator/plugins.jinja2")
def plugins(request):
    """What is installed."""
    return {"plugins": installed(request.registry.plugins)}


def remembered(registry, now: datetime, anew: bool = False) -> tuple[datetime, list[doctor.Finding]]:
    """What was found within the last minute, and when: a page that is opened again and again must not ask services outside each time."""
    with _LOOKING:
        at, found = getattr(registry, "health", (None, []))
        if anew or at is None or not timedelta(0) <= now - at < REMEMBERED:
            worst_first = list(doctor.State).index
            found = sorted(doctor.look_at(registry.portal), key=lambda finding: worst_first(finding.state), reverse=True)
            at = now
            registry.health = (at, found)
        return at, found


def failing_at(session: Session) -> list[tuple[str, int, int]]:
    """The practices with work that was given up or is tried again: the name in the address, how much of each."""
    dead, again = func.count().filter(OutboxRow.dead_at.is_not(None)), func.count().filter(OutboxRow.dead_at.is_(None))
    open_ = (OutboxRow.done_at.is_(None), OutboxRow.dealt_at.is_(None), OutboxRow.attempts > 0, OutboxRow.last_error != outbox.RESTING)
    query = select(Practice.slug, dead, again).join(Practice, Practice.id == OutboxRow.practice_id).where(*open_)
    rows = session.execute(query.group_by(Practice.slug).order_by(dead.desc(), Practice.slug).limit(MOST_PRACTICES))
    return [(slug, given_up, tried) for slug, given_up, tried in rows]


def fed(session: Session, now: datetime, most: int | None = None) -> list[Fed]:
    """The practices that a system feeds: first those with records out of date, then those with refused ones; all of them when `most` is none."""
    stale = func.coalesce(RecordsState.stale_at <= now, False)
    query = select(Practice.slug, RecordsState.came_at, stale, RecordsState.refused).join(Practice, Practice.id == RecordsState.practice_id)
    return [Fed(*row) for row in session.execute(query.order_by(stale.desc(), RecordsState.refused.desc(), Practice.slug).limit(most))]


def stored(session: Session) -> Stored:
    """What is in the file store, as it is counted with every file (core/files/storage.py)."""
    those = (Practice.id == PracticeStorage.practice_id, Practice.kind != OPERATOR, PracticeStorage.bytes > 0)
    whole, practices = session.execute(select(func.coalesce(func.sum(PracticeStorage.bytes), 0), func.count()).where(*those)).one()
    most = select(Practice.slug, PracticeStorage.bytes).where(*those).order_by(PracticeStorage.bytes.desc(), Practice.slug).limit(MOST_STORING)
    return Stored(int(whole), practices, [(slug, size) for slug, size in session.execute(most)])


def mail_state(session: Session) -> tuple[datetime | None, datetime | None]:
    """When a task that sends mails last succeeded, and when one was last given up."""
    tasks = OutboxRow.task.in_(mail_tasks())
    row = session.execute(select(func.max(OutboxRow.done_at).filter(~OutboxRow.dropped), func.max(OutboxRow.dead_at)).where(tasks)).one()
    return row[0], row[1]


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
    found = select(*columns).where(OutboxRow.done_at.is_(None), OutboxRow.dealt_at.is_(None)).group_by(OutboxRow.task).order_by(OutboxRow.task)
    return [Queue(*row) for row in session.execute(found)]


def installed(host) -> list[Installed]:
    """Every plugin of this process, by name."""
    versions = {point.load().name: point.dist.version for point in entry_points(group="cuspid.plugins") if point.dist}
    return [
        Installed(name, plugin.title, versions.get(name, ""), plugin.package, host.hooks_of(name), plugin.needs) for name, plugin in host.plugins.items()
    ]
