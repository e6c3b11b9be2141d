"""What was changed about a practice's addresses, by whom and when."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.db import uuid7
from tenants.addresses.models import AddressChange
from tenants.settings import Author

LATEST = 20
PORTAL = Author("The portal", None)
"""Who changes something by itself, such as a check."""
ACTS = {
    "move": "Short address changed",
    "add": "Domain added",
    "verify": "Domain verified",
    "lose": "Domain no longer verified, its records were gone",
    "give_up": "Domain given up, its records never came",
    "remove": "Domain removed",
    "primary": "Main address",
    "sender": "Sender address asked for",
    "sender_pass": "Mails come from",
    "sender_lose": "Mails no longer come from, its records were gone",
    "sender_remove": "Mails no longer come from",
}
"""What can be changed, in words."""


def note(session: Session, practice_id: UUID, act: str, name: str, by: Author, now: datetime, before: str = "") -> None:
    """Write a change down, for the office's page and for its audit log."""
    made = AddressChange(id=uuid7(), act=act, name=name, before=before, changed_by=by.name, changed_at=now)
    session.add(made)
    session.flush()
    audit.record(session, practice_id, f"office.address.{act}", now, account_id=by.account_id, target_id=made.id)


def latest(session: Session, practice_id: UUID) -> Sequence[AddressChange]:
    """The latest changes, the newest first."""
    mine = select(AddressChange).where(AddressChange.practice_id == practice_id)
    return session.scalars(mine.order_by(AddressChange.changed_at.desc(), AddressChange.id.desc()).limit(LATEST)).all()
