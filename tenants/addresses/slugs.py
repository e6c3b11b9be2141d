"""Short addresses: the first part of `maple.portal.example`. Which can be taken, and moving from one to another."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select, text, union_all
from sqlalchemy.orm import Session

from core.auth.realms import OPERATOR
from core.tenant import touch
from tenants.addresses.history import note
from tenants.addresses.models import FormerSlug
from tenants.models import Practice
from tenants.settings import Author

SLUG = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
RULE = "Write the address with 2 to 63 small letters, digits and hyphens, beginning with a letter and ending with a letter or digit."
MOST_FORMER = 10
"""Addresses that a practice may leave behind: each is kept for it for good."""
# What people and programs expect something else behind, or what would look like the portal's own.
RESERVED = frozenset(
    {
        OPERATOR, "abuse", "account", "accounts", "admin", "administrator", "api", "app", "assets", "auth", "autoconfig", "autodiscover", "billing",
        "blog", "cdn", "cuspid", "dashboard", "dns", "docs", "domains", "email", "files", "ftp", "health", "help", "hostmaster", "imap", "info",
        "isatap", "localhost", "login", "mail", "metrics", "mta-sts", "mx", "news", "ns", "ns1", "ns2", "office", "pop", "portal", "postmaster",
        "root", "secure", "security", "shop", "sign-in", "signin", "smtp", "ssl", "static", "status", "support", "system", "test", "tls", "vpn",
        "webmail", "webmaster", "wpad", "www",
    }
)  # fmt: skip
_ALONE = text("select pg_advisory_xact_lock(hashtextextended('slug ' || :slug, 0))")


class CannotTake(Exception):
    """This short address cannot be had; the text says why, and nothing of who has it."""


def claim(session: Session, slug: str, practice_id: UUID | None = None) -> None:
    """Hold a short address until the transaction ends, for this practice or for one that is to be made. Raises CannotTake."""
    if not SLUG.fullmatch(slug) or slug.startswith("xn--"):
        raise CannotTake(RULE)
    if slug in RESERVED:
        raise CannotTake(f"The address {slug!r} is kept for those who run the portal.")
    session.execute(_ALONE, {"slug": slug})
    # One statement: whoever moves meanwhile has it still, or has left it behind.
    owners = set(session.scalars(holders(slug)))
    if owners - {practice_id}:
        raise CannotTake(f"The address {slug!r} is taken by another practice. Try one with your town’s name in it.")


def holders(slug: str):
    """The question whose a short address is: of the practice that has it, or has left it behind."""
    has = select(Practice.id).where(Practice.slug == slug)
    return union_all(has, select(FormerSlug.practice_id).where(FormerSlug.slug == slug))


def move(session: Session, practice_id: UUID, slug: str, by: Author, now: datetime) -> bool:
    """Give the practice another short address, from the next request on; the one that it had leads there for good. Raises CannotTake."""
    practice = session.get_one(Practice, practice_id, with_for_update=True, populate_existing=True)
    before = practice.slug
    if slug == before:
        return False
    claim(session, slug, practice_id)
    left = session.scalar(select(func.count()).where(FormerSlug.practice_id == practice_id, FormerSlug.slug != slug)) or 0
    if left >= MOST_FORMER:
        raise CannotTake(f"Your practice has left {MOST_FORMER} addresses behind already. Please ask the operator of the portal.")
    session.execute(delete(FormerSlug).where(FormerSlug.practice_id == practice_id, FormerSlug.slug == slug))
    session.add(FormerSlug(slug=before, practice_id=practice_id, left_at=now))
    practice.slug = slug
    touch(session, practice_id)
    note(session, practice_id, "move", slug, by, now, before)
    return True


def former(session: Session, practice_id: UUID) -> Sequence[str]:
    """The short addresses that the practice has left behind."""
    return session.scalars(select(FormerSlug.slug).where(FormerSlug.practice_id == practice_id).order_by(FormerSlug.slug)).all()
