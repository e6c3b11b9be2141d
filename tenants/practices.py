"""Making practices, and finding them."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.realms import OPERATOR
from core.db import bind_tenant
from tenants.models import Practice

PAGE = 50
LAST_PAGE = 200
LONGEST_SEARCH = 100
OFFICE = "office"


class CannotMakePractice(Exception):
    """The practice cannot be made as asked; the text says why."""


class Listed(NamedTuple):
    """One line of the list of practices."""

    slug: str
    name: str
    created_at: datetime


def check_time_zone(name: str) -> str:
    """The name of a time zone. Raises CannotMakePractice."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError):
        raise CannotMakePractice(f"{name!r} is not a time zone; write one such as America/Denver.") from None


def create(session: Session, slug: str, name: str, time_zone: str, at: datetime) -> Practice:
    """Make a practice and bind it to the session, so that its clinics can follow. Raises CannotMakePractice."""
    check_time_zone(time_zone)
    if slug == OPERATOR:
        raise CannotMakePractice(f"The address {slug!r} is kept for those who run the portal.")
    if session.scalar(select(Practice.id).where(Practice.slug == slug)):
        raise CannotMakePractice(f"The address {slug!r} is taken by another practice.")
    practice = Practice(slug=slug, name=name, time_zone=time_zone, created_at=at)
    session.add(practice)
    session.flush()
    bind_tenant(session, practice.id)
    return practice


def find(session: Session, slug: str) -> UUID:
    """The practice with this slug. Raises CannotMakePractice when there is none."""
    practice_id = session.scalar(select(Practice.id).where(Practice.slug == slug, Practice.kind == OFFICE))
    if practice_id is None:
        raise CannotMakePractice(f"There is no practice called {slug!r}.")
    return practice_id


def listed(session: Session, words: str = "", page: int = 1) -> tuple[list[Listed], bool]:
    """Fifty practices by name, and whether there are more; with words only those whose name or address has them, whatever their case."""
    named = select(Practice.slug, Practice.name, Practice.created_at).where(Practice.kind == OFFICE)
    if clean := "".join(sign for sign in words[:LONGEST_SEARCH] if sign.isprintable()).strip():
        named = named.where(Practice.name.icontains(clean, autoescape=True) | Practice.slug.contains(clean.lower(), autoescape=True))
    skipped = (min(max(page, 1), LAST_PAGE) - 1) * PAGE
    rows = session.execute(named.order_by(Practice.name, Practice.slug).offset(skipped).limit(PAGE + 1)).all()
    return [Listed(*row) for row in rows[:PAGE]], len(rows) > PAGE
