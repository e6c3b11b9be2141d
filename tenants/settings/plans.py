"""Changes of settings that are planned for a later time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.db import uuid7
from core.plugins import PluginHost
from core.tasks import Work, enqueue, portal_task
from tenants.models import SettingPlan
from tenants.settings.changing import Author, Change, apply
from tenants.settings.values import WrongValue, checked

WAITING, DONE, CANCELLED, FAILED = "waiting", "done", "cancelled", "failed"


class WrongTime(Exception):
    """A time at which nothing can be planned; the text says why."""


def moment_of(local: datetime, zone: ZoneInfo) -> datetime:
    """A time on an office's clock as a moment. An hour that comes twice is the first of both. Raises WrongTime for one that is left out."""
    moment = local.replace(tzinfo=zone, fold=0).astimezone(ZoneInfo("UTC"))
    if moment.astimezone(zone).replace(tzinfo=None) != local:
        raise WrongTime("The clocks go forward that night and leave this time out. Choose one an hour later.")
    return moment


def make_plan(
    session: Session, host: PluginHost, practice_id: UUID, changes: Sequence[Change], by: Author, due_at: datetime, now: datetime
) -> UUID:
    """Have changes made at a later time; they are checked now, and again then. Returns the plan's id. Raises WrongValue, WrongTime."""
    if due_at <= now:
        raise WrongTime("This time has gone by. Choose a later one, or make the change now.")
    for one in changes:
        checked(host, one.clinic_id, one.name, one.value)
    wishes = [{"clinic": str(one.clinic_id) if one.clinic_id else None, "name": one.name, "value": one.value} for one in changes]
    plan = SettingPlan(id=uuid7(), changes={"changes": wishes}, due_at=due_at, made_by=by.name, account_id=by.account_id, made_at=now)
    session.add(plan)
    session.flush()
    audit.record(session, practice_id, "office.setting.plan", now, account_id=by.account_id, target_id=plan.id)
    enqueue(session, "setting.apply_plan", at=due_at, plan_id=str(plan.id))
    return plan.id


def changes_of(plan: SettingPlan) -> list[Change]:
    """What a plan is to change."""
    return [Change(UUID(one["clinic"]) if one["clinic"] else None, one["name"], one["value"]) for one in plan.changes["changes"]]


def plans(session: Session, practice_id: UUID, most: int = 50) -> list[SettingPlan]:
    """The plans of a practice, those that wait first, then the newest."""
    mine = select(SettingPlan).where(SettingPlan.practice_id == practice_id)
    return list(session.scalars(mine.order_by(SettingPlan.state != WAITING, SettingPlan.due_at.desc()).limit(most)))


def plan_at(session: Session, practice_id: UUID, plan_id: UUID) -> SettingPlan | None:
    """One plan, held until the transaction ends: it is cancelled or done, never both."""
    mine = (SettingPlan.practice_id == practice_id, SettingPlan.id == plan_id)
    return session.scalars(select(SettingPlan).where(*mine).with_for_update()).one_or_none()


def cancel(session: Session, plan: SettingPlan, by: Author, now: datetime) -> bool:
    """Take a plan back; False when it does not wait any more."""
    if plan.state != WAITING:
        return False
    plan.state, plan.ended_at = CANCELLED, now
    audit.record(session, plan.practice_id, "office.setting.cancel_plan", now, account_id=by.account_id, target_id=plan.id)
    return True


@portal_task("setting.apply_plan")
def apply_plan(work: Work, plan_id: str) -> None:
    """The time of a plan has come."""
    practice_id = work.tenant.practice_id
    plan = plan_at(work.db, practice_id, UUID(plan_id))
    if plan is None or plan.state != WAITING:
        return
    try:
        with work.db.begin_nested():
            by = Author(plan.made_by, plan.account_id)
            plan.change_set = apply(work.db, work.registry.plugins, practice_id, changes_of(plan), by, work.now)
        plan.state = DONE
    except WrongValue as refusal:
        plan.state, plan.reason = FAILED, str(refusal)
    plan.ended_at = work.now
