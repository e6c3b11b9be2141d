"""Making practices."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import bind_tenant
from tenants.models import Practice


class CannotMakePractice(Exception):
    """The practice cannot be made as asked; the text says why."""


def create(session: Session, slug: str, name: str, time_zone: str, at: datetime) -> Practice:
    """Make a practice and bind it to the session, so that its clinics can follow. Raises CannotMakePractice."""
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise CannotMakePractice(f"{time_zone!r} is not a time zone; write one such as America/Denver.") from None
    if session.scalar(select(Practice.id).where(Practice.slug == slug)):
        raise CannotMakePractice(f"The address {slug!r} is taken by another practice.")
    practice = Practice(slug=slug, name=name, time_zone=time_zone, created_at=at)
    session.add(practice)
    session.flush()
    bind_tenant(session, practice.id)
    return practice


def find(session: Session, slug: str) -> UUID:
    """The practice with this slug. Raises CannotMakePractice when there is none."""
    practice_id = session.scalar(select(Practice.id).where(Practice.slug == slug))
    if practice_id is None:
        raise CannotMakePractice(f"There is no practice called {slug!r}.")
    return practice_id
