"""When a notice is due: by the clinic's calendar and clock, around days without messages and within the sending window."""

from datetime import UTC, datetime, time, timedelta

from plugins.appointments.notices.values import BEFORE, INVITATION_AFTER, Clock, Rule, Visit

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
GRACE = timedelta(minutes=15)
"""So long after the window's end may still go out what was due at its end: nobody looks every second."""
YEAR = 366


def moment(rule: Rule, visit: Visit, clock: Clock) -> datetime | None:
    """When a rule's notice of a visit is due; None when every day is excluded."""
    if rule.kind not in BEFORE:
        begins = visit.starts_at + timedelta(minutes=visit.minutes) if rule.kind == INVITATION_AFTER else visit.made_at
        return _into_window(later(begins, rule.lead_days, rule.lead_hours, clock), visit, clock)
    allowed = _allowed(later(visit.starts_at, -rule.lead_days, -rule.lead_hours, clock), clock)
    return _into_window(allowed, visit, clock) if allowed else None


def later(moment: datetime, days: int, hours: int, clock: Clock) -> datetime:
    """So many calendar days later at the same time by the clinic's clock, then so many hours."""
    local = moment.astimezone(clock.zone)
    there = datetime.combine(local.date() + days * DAY, local.time(), clock.zone)
    return there.astimezone(UTC) + hours * HOUR


def is_open(rule: Rule, visit: Visit, clock: Clock, now: datetime) -> bool:
    """Whether a notice that is due may go out now."""
    if rule.kind in BEFORE and clock.excludes(clock.day(now)):
        return False
    if clock.is_all_day:
        return True
    opens, closes = window(now, clock)
    return opens <= now < closes + GRACE or (_is_early(visit, opens, clock) and visit.starts_at - HOUR <= now < opens)


def window(moment: datetime, clock: Clock) -> tuple[datetime, datetime]:
    """From when to when messages go out on the day of a moment."""
    day = clock.day(moment)
    opens, closes = (datetime.combine(day, time(*divmod(minute, 60)), clock.zone).astimezone(UTC) for minute in (clock.opens, clock.closes))
    return opens, closes


def _allowed(due: datetime, clock: Clock) -> datetime | None:
    """The same time on the nearest earlier day on which messages go out."""
    if not clock.excludes(clock.day(due)):
        return due
    earlier = (later(due, -days, 0, clock) for days in range(1, YEAR))
    return next((one for one in earlier if not clock.excludes(clock.day(one))), None)


def _into_window(due: datetime, visit: Visit, clock: Clock) -> datetime:
    if clock.is_all_day:
        return due
    opens, closes = window(due, clock)
    if due < opens and _is_early(visit, opens, clock):
        return max(due, visit.starts_at - HOUR)
    return min(max(due, opens), closes)


def _is_early(visit: Visit, opens: datetime, clock: Clock) -> bool:
    """Whether a visit begins on this day within an hour after the window opens, or before: waiting for it would leave too little time."""
    return clock.day(visit.starts_at) == clock.day(opens) and visit.starts_at < opens + HOUR
