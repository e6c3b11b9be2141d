"""Alerts of the office: who of its staff wants to hear of what waits, and when. What may wait is declared as `core.plugins.OfficeItem`."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.auth.alert_models import AlertChoice, AlertDay
from core.auth.models import Account
from core.auth.realms import STAFF
from core.auth.roles import permissions_of
from core.db import uuid7
from core.plugins import OfficeItem

NOW, DAILY, NEVER = "now", "daily", "never"
MODES = {NOW: "At once", DAILY: "Once a day", NEVER: "Never"}
BY_ROLE = {"office_admin": DAILY, "read_only": NEVER}
"""What somebody hears of who has chosen nothing. Every other role does the work that waits, so it hears at once."""
MORNING = 7 * 60 + 30
"""When a daily alert comes where nothing else was chosen: the minute of the practice's day."""


@dataclass(frozen=True)
class Reader:
    """Somebody of the office as alerts see them; `clinic_ids` are the clinics that count (none: all)."""

    account_id: UUID
    role: str
    permissions: frozenset[str]
    clinic_ids: frozenset[UUID]
    chosen: Mapping[str, str]

    def wanted(self, items: Iterable[OfficeItem], mode: str) -> list[OfficeItem]:
        """Those of the items that are to be told in this way."""
        return [item for item in items if self.mode_of(item) == mode]

    def mode_of(self, item: OfficeItem) -> str:
        """What was chosen for an item, else what goes with the role."""
        return self.chosen.get(item.name) or BY_ROLE.get(self.role, NOW)


def working(practice_id: UUID) -> Select:
    """The accounts that alerts may go to: of staff who have been in, and have not been removed."""
    return select(Account).where(
        Account.practice_id == practice_id, Account.kind == STAFF, Account.closed_at.is_(None), Account.signed_in_at.is_not(None)
    )


def readers(session: Session, practice_id: UUID, account_ids: Collection[UUID] = ()) -> list[Reader]:
    """Those who may be alerted (of these accounts, none: all) as they are now, in a fixed order."""
    query = working(practice_id).where(Account.id.in_(account_ids)) if account_ids else working(practice_id)
    accounts = list(session.scalars(query.order_by(Account.id)))
    chosen = choices(session, practice_id, [account.id for account in accounts])
    return [
        Reader(one.id, one.role, permissions_of(one.kind, one.role), frozenset(one.clinic_ids), chosen.get(one.id, {})) for one in accounts
    ]


def choices(session: Session, practice_id: UUID, account_ids: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """What accounts have chosen, by the names of items."""
    query = select(AlertChoice.account_id, AlertChoice.item, AlertChoice.mode)
    found: dict[UUID, dict[str, str]] = {}
    for account_id, item, mode in session.execute(query.where(AlertChoice.practice_id == practice_id, AlertChoice.account_id.in_(account_ids))):
        found.setdefault(account_id, {})[item] = mode
    return found


def daily_minute(session: Session, practice_id: UUID, account_id: UUID) -> int:
    """The minute of the practice's day at which somebody's daily alert comes."""
    minute = session.scalar(select(AlertDay.minute).where(AlertDay.practice_id == practice_id, AlertDay.id == account_id))
    return MORNING if minute is None else minute


def choose(session: Session, practice_id: UUID, account_id: UUID, chosen: Mapping[str, str], minute: int, local_now: datetime) -> None:
    """Keep what somebody chose. A daily time that has passed today begins tomorrow."""
    for item, mode in sorted(chosen.items()):
        row = insert(AlertChoice).values(id=uuid7(), practice_id=practice_id, account_id=account_id, item=item, mode=mode)
        session.execute(row.on_conflict_do_update(index_elements=["practice_id", "account_id", "item"], set_={"mode": mode}))
    told_on = local_now.date() if minute_of(local_now) >= minute else None
    day = insert(AlertDay).values(practice_id=practice_id, id=account_id, minute=minute, told_on=told_on)
    changed = {"minute": minute} | ({"told_on": told_on} if told_on else {})
    session.execute(day.on_conflict_do_update(index_elements=["practice_id", "id"], set_=changed))


def minute_of(local: datetime) -> int:
    """How many minutes of the day have passed."""
    return local.hour * 60 + local.minute
