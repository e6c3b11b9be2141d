"""Making the rows of each day out of the audit log, once the day is over.

A day that has rows is whole, and so is every day before it: days are taken in their order, and all of a transaction or nothing. So the newest
day that has rows says how far it has come, a second run finds nothing to do, and a report counts what is newer from the log itself: it is right
however late the rows come.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Date, bindparam, func, select, text
from sqlalchemy.orm import Session

from core.audit_search import KNOWN
from core.usage.meanings import DID, INVITED, SIGNED_IN, VIEWED, meanings

AT_ONCE = timedelta(days=31)
SETTLES = timedelta(hours=1)
"""So long after midnight a day is over: what was begun before may be committed after it."""
_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0)))
# Whoever of the office looks at the portal as a patient (`support_id`) uses nothing.
USES = f"""
select day, person_id, bool_or(what = '{INVITED}') as was_invited, bool_or(what = '{SIGNED_IN}') as signed_in,
    bool_or(what like '{VIEWED}%') as viewed, bool_or(what like '{DID}%') as did,
    coalesce(array_agg(distinct what) filter (where what like '{VIEWED}%' or what like '{DID}%'), '{{}}') as whats
from (
    select (event.happened_at at time zone :time_zone)::date as day, meaning.what,
        case when meaning.what = '{INVITED}' then event.patient_id else coalesce(account.patient_id, account.id) end as person_id
    from audit_event event
    join unnest(cast(:actions as text[]), cast(:whats as text[])) as meaning(action, what) on meaning.action = event.action
    left join account on account.practice_id = :practice and account.id = event.account_id and account.kind = 'person'
    where event.practice_id = :practice and event.happened_at >= :begins and event.happened_at < :ends and event.support_id is null
) each where person_id is not null group by day, person_id
"""  # noqa: S608
_MAKE = text(f"""
insert into portal_use (practice_id, id, day, person_id, was_invited, signed_in, is_first, viewed, did, whats)
select :practice, gen_random_uuid(), day, person_id, was_invited, signed_in,
    signed_in and row_number() over (partition by person_id, signed_in order by day) = 1 and not exists (
        select from portal_use earlier where earlier.practice_id = :practice and earlier.person_id = uses.person_id and earlier.is_first),
    viewed, did, whats
from ({USES}) uses
on conflict do nothing
""")  # noqa: S608
_STATE = text(f"""
select array({KNOWN}) as actions, (select max(day) from portal_use where practice_id = :practice) as newest,
    (select min(happened_at) from audit_event where practice_id = :practice) as first, (select time_zone from practice where id = :practice) as time_zone
""").columns(newest=Date)  # noqa: S608


class State(NamedTuple):
    """Which actions the log knows, the newest day that has rows, when the first entry was made, and on whose calendar days are."""

    actions: list[str]
    newest: date | None
    first: datetime | None
    time_zone: str

    @property
    def zone(self) -> ZoneInfo:
        """The practice's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def next(self) -> date | None:
        """The first day that has no rows yet; None where there is nothing at all."""
        if self.newest:
            return self.newest + timedelta(days=1)
        return self.first.astimezone(self.zone).date() if self.first else None

    def uses(self, first: date, last: date) -> Mapping[str, Any]:
        """What `USES` wants to know for these days, from the first to the last."""
        counted = meanings(self.actions)
        begins, ends = (datetime.combine(day, time(), self.zone) for day in (first, last + timedelta(days=1)))
        return {"actions": list(counted), "whats": list(counted.values()), "begins": begins, "ends": ends, "time_zone": self.time_zone}


def state_of(session: Session, practice_id: UUID) -> State:
    """How far the rows have come, and what the log knows, in one statement."""
    return State(*session.execute(_STATE, {"practice": practice_id}).one())


def roll_up(session: Session, practice_id: UUID, now: datetime) -> None:
    """Make the rows of every day that is over and has none, a month at a time, each in a transaction of its own."""
    begin: date | None = None
    while True:
        session.execute(_LOCK, {"name": f"usage {practice_id}"})
        state = state_of(session, practice_id)
        # Where a whole month was without use, the rows say nothing of how far it has come.
        begin = max(filter(None, (begin, state.next)), default=None)
        over = (now - SETTLES).astimezone(state.zone).date() - timedelta(days=1)
        if begin is None or begin > over:
            return
        last = min(begin + AT_ONCE, over)
        session.execute(_MAKE, {"practice": practice_id, **state.uses(begin, last)})
        session.commit()
        begin = last + timedelta(days=1)
