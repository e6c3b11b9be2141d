"""The rounds in which alerts are asked for. A round writes what it asks for and how far it came in one transaction, so nothing is told twice or lost."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core import outbox
from core.auth import alerts
from core.auth.alert_models import AlertDay, AlertRound
from core.auth.models import Account
from core.auth.roles import OFFICE
from core.db import mark_savepoint
from core.plugins import OfficeItem
from core.plugins.waiting import number_waiting
from core.tenant import Tenant
from core.web.office import items_for

EVERY = timedelta(minutes=5)
"""How long things are collected for an alert at once."""
SETTLED = timedelta(minutes=2)
"""Nothing is told before it is as old as this: a request that began earlier may still be writing."""
TASK = "portal.send_alert"


@dataclass(frozen=True)
class Round:
    """One look at one practice."""

    registry: Any
    session: Session
    tenant: Tenant
    now: datetime

    def items(self, who: Any) -> list[OfficeItem]:
        """What may wait for somebody."""
        return items_for(self.registry, self.tenant.practice_id, self.tenant.version, who)

    def ask(self, account_id: UUID, mode: str) -> None:
        """Ask for an alert, unless the same is still to go out: that one will say it all."""
        outbox.put_once(self.session, self.tenant.practice_id, TASK, {"account_id": str(account_id), "mode": mode})


def look(registry: Any, session: Session, practice_id: UUID, now: datetime) -> None:
    """Ask for the alerts that are due in a practice."""
    tenant = registry.tenants.current(practice_id)
    if tenant.is_suspended or tenant.is_closing or tenant.is_operator:
        return
    row = _held(session, practice_id, now)
    if row is None:
        return  # another worker is looking
    this = Round(registry, session, tenant, now)
    _ask_daily(this)
    mark_savepoint(session)
    if _ask_at_once(this, row.told_until, now - SETTLED):
        row.told_until = now - SETTLED


def _held(session: Session, practice_id: UUID, now: datetime) -> AlertRound | None:
    first = insert(AlertRound).values(practice_id=practice_id, id=practice_id, told_until=now - SETTLED)
    mine = (AlertRound.practice_id == practice_id, AlertRound.id == practice_id)
    held = select(AlertRound).where(*mine).with_for_update(skip_locked=True)
    row = session.scalars(held).one_or_none()
    if row is None and session.scalar(first.on_conflict_do_nothing().returning(AlertRound.id)):
        row = session.scalars(held).one()
    return row


def _ask_daily(this: Round) -> None:
    """Everybody whose time of the day has come, once a day; a round that was missed is made up for on the same day."""
    practice_id, local = this.tenant.practice_id, this.now.astimezone(this.tenant.time_zone)
    today, minute = local.date(), alerts.minute_of(local)
    due = alerts.working(practice_id).outerjoin(AlertDay, and_(AlertDay.practice_id == Account.practice_id, AlertDay.id == Account.id))
    due = due.where(func.coalesce(AlertDay.minute, alerts.MORNING) <= minute, or_(AlertDay.told_on.is_(None), AlertDay.told_on < today))
    account_ids = list(this.session.scalars(due.with_only_columns(Account.id)))
    for reader in alerts.readers(this.session, practice_id, account_ids) if account_ids else ():
        day = insert(AlertDay).values(practice_id=practice_id, id=reader.account_id, minute=alerts.MORNING, told_on=today)
        this.session.execute(day.on_conflict_do_update(index_elements=["practice_id", "id"], set_={"told_on": today}))
        if reader.wanted(this.items(reader), alerts.DAILY):
            this.ask(reader.account_id, alerts.DAILY)


def _ask_at_once(this: Round, since: datetime, until: datetime) -> bool:
    """Everybody who wants to hear at once of something that is new; whether anything is."""
    everything = this.items(SimpleNamespace(permissions=frozenset(OFFICE), clinic_ids=frozenset()))
    new = [item for item, number in _numbers(this, everything, frozenset(), since, until).items() if number]
    for reader in alerts.readers(this.session, this.tenant.practice_id) if new else ():
        own = [item for item in reader.wanted(this.items(reader), alerts.NOW) if item in new]
        if own and (not reader.clinic_ids or any(_numbers(this, own, reader.clinic_ids, since, until).values())):
            this.ask(reader.account_id, alerts.NOW)
    return bool(new)


def _numbers(this: Round, items: Collection[OfficeItem], clinic_ids: frozenset[UUID], since: datetime, until: datetime) -> dict[OfficeItem, int]:
    found = number_waiting(this.session, items, practice_id=this.tenant.practice_id, clinic_ids=clinic_ids, since=since, now=until)
    return {item: found[item.name] for item in items}
