"""Making practices, and finding them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import outbox
from core.db import bind_tenant, uuid7
from core.plans import UNLIMITED
from core.plugins import PluginHost
from core.tenant import touch
from tenants.addresses.slugs import CannotTake, claim
from tenants.models import Clinic, Practice
from tenants.settings import telling_of_switches

PAGE = 50
LAST_PAGE = 200
LONGEST_SEARCH = 100
OFFICE = "office"
OPEN, SUSPENDED, CLOSING, ERASING, ERASED = "open", "suspended", "closing", "erasing", "erased"
MOST_CLINICS = 50
"""The most clinics that a practice is made with; more can be added later."""


class CannotMakePractice(Exception):
    """The practice cannot be made as asked; the text says why."""


class Listed(NamedTuple):
    """One line of the list of practices."""

    slug: str
    name: str
    created_at: datetime
    state: str


def check_time_zone(name: str) -> str:
    """The name of a time zone. Raises CannotMakePractice."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError):
        raise CannotMakePractice(f"{name!r} is not a time zone; write one such as America/Denver.") from None


def create(session: Session, slug: str, name: str, time_zone: str, at: datetime, id_: UUID | None = None) -> Practice:
    """Make a practice and bind it to the session, so that its clinics can follow. Raises CannotMakePractice."""
    check_time_zone(time_zone)
    try:
        claim(session, slug)
    except CannotTake as refusal:
        raise CannotMakePractice(str(refusal)) from None
    practice = Practice(id=id_ or uuid7(), slug=slug, name=name, time_zone=time_zone, created_at=at)
    session.add(practice)
    session.flush()
    bind_tenant(session, practice.id)
    return practice


def add_clinics(session: Session, names: Sequence[str], time_zone: str) -> None:
    """The first clinics of a practice that is bound to the session; records know them as clinic-1, clinic-2 and so on."""
    for position, name in enumerate(names):
        session.add(Clinic(external_id=f"clinic-{position + 1}", name=name, time_zone=time_zone, position=position))
    session.flush()


def book(session: Session, practice_id: UUID, plans: Mapping[str, Mapping[str, int]], name: str) -> bool:
    """Give a practice a plan, with its limits as they are now; answers whether that is anything new. Raises CannotMakePractice."""
    if name not in plans:
        raise CannotMakePractice(f"There is no plan called {name!r}; there are {', '.join(plans)}.")
    practice = session.get_one(Practice, practice_id, with_for_update=True)
    new = (practice.plan or UNLIMITED, practice.plan_limits) != (name, plans[name])
    practice.plan, practice.plan_limits = name, dict(plans[name])
    return new


def suspend(session: Session, practice_id: UUID, suspended: bool) -> bool:
    """Let nobody in and let its work wait, or open it again, from the next request on; answers whether that is anything new."""
    practice = session.get_one(Practice, practice_id, with_for_update=True)
    # One that is being closed is opened again by tenants.closing.
    new = practice.state in (OPEN, SUSPENDED) and practice.state != (SUSPENDED if suspended else OPEN)
    if new:
        practice.state = SUSPENDED if suspended else OPEN
        touch(session, practice_id)
        if not suspended:
            outbox.wake(session, practice_id)
    return new


def withhold(session: Session, host: PluginHost, practice_id: UUID, names: Collection[str]) -> bool:
    """Withhold these tabs and offer all others, from the next request on; answers whether that is anything new.

    Each tab that goes off or comes because of it is told, also one that needs another.
    """
    practice = session.get_one(Practice, practice_id, with_for_update=True)
    wanted = sorted(set(names) & host.plugins.keys())
    if practice.withheld == wanted:
        return False
    with telling_of_switches(session, host, practice_id):
        practice.withheld = wanted
        touch(session, practice_id)
        session.flush()
    return True


def withheld(session: Session, practice_id: UUID) -> frozenset[str]:
    """The tabs that the operator withholds from a practice."""
    return frozenset(session.scalar(select(Practice.withheld).where(Practice.id == practice_id)) or ())


def find(session: Session, slug: str) -> UUID:
    """The practice with this slug. Raises CannotMakePractice when there is none."""
    practice_id = session.scalar(select(Practice.id).where(Practice.slug == slug, Practice.kind == OFFICE, Practice.state != ERASED))
    if practice_id is None:
        raise CannotMakePractice(f"There is no practice called {slug!r}.")
    return practice_id


def listed(session: Session, words: str = "", page: int = 1) -> tuple[list[Listed], bool]:
    """Fifty practices by name, and whether there are more; with words only those whose name or address has them, whatever their case."""
    named = select(Practice.slug, Practice.name, Practice.created_at, Practice.state).where(Practice.kind == OFFICE, Practice.state != ERASED)
    if clean := "".join(sign for sign in words[:LONGEST_SEARCH] if sign.isprintable()).strip():
        named = named.where(Practice.name.icontains(clean, autoescape=True) | Practice.slug.contains(clean.lower(), autoescape=True))
    skipped = (min(max(page, 1), LAST_PAGE) - 1) * PAGE
    rows = session.execute(named.order_by(Practice.name, Practice.slug).offset(skipped).limit(PAGE + 1)).all()
    return [Listed(*row) for row in rows[:PAGE]], len(rows) > PAGE
