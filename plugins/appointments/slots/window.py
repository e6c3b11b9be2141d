"""From when and until when patients may book, as an office says it."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def earliest(now: datetime, zone: ZoneInfo, lead_days: int = 0, lead_hours: int = 0) -> datetime:
    """The first moment that may be offered: so many hours from now, and not before the day that is so many days ahead by the clinic's clock."""
    day = now.astimezone(zone).date() + timedelta(days=lead_days)
    return max(now + timedelta(hours=lead_hours), datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC))


def last_day(now: datetime, zone: ZoneInfo, months: int) -> date:
    """The last day that may be offered: that of so many months ahead, or the last of that month where it is shorter."""
    today = now.astimezone(zone).date()
    year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))
