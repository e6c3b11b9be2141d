"""Days of a made-up life, counted from the day on which the demo is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MOST_DAYS = 14


class NeverOpen(Exception):
    """The clinic is open at such an hour on no day of the week."""


@dataclass(frozen=True)
class Calendar:
    """One clinic's calendar: what day it is there, its time zone, and when it opens and closes by weekday (Monday is 0)."""

    today: date
    zone: ZoneInfo
    hours: Mapping[int, tuple[time, time]]

    def day(self, offset: int) -> date:
        """The open day that lies `offset` days from today; where the clinic is closed, the next one farther away from today."""
        return next(day for day in self._days(offset) if day.weekday() in self.hours)

    def visit(self, offset: int, clock: str, minutes: int = 0) -> datetime:
        """When a visit begins, such as "09:20" on the clinic's own clock, on the first such day on which it fits. Raises NeverOpen."""
        begins = time.fromisoformat(clock)
        for day in self._days(offset):
            ends = (datetime.combine(day, begins) + timedelta(minutes=minutes)).time()
            opens, closes = self.hours.get(day.weekday(), (time.max, time.min))
            if opens <= begins and ends <= closes:
                return datetime.combine(day, begins, self.zone)
        raise NeverOpen(f"{clock} for {minutes} minutes")

    def moment(self, offset: int, clock: str) -> datetime:
        """A time on just that day, whether the clinic is open or not."""
        return datetime.combine(self.today + timedelta(days=offset), time.fromisoformat(clock), self.zone)

    def born(self, age: int, month: int, day: int) -> date:
        """The birthday of someone who has this age at the end of the year."""
        return date(self.today.year - age, month, day)

    def _days(self, offset: int):
        step = 1 if offset > 0 else -1
        return (self.today + timedelta(days=offset + step * more) for more in range(_MOST_DAYS))


def calendar_of(clinic: dict, now: datetime) -> Calendar:
    """The calendar of a clinic that is written as a record."""
    zone = ZoneInfo(clinic["time_zone"])
    hours = {int(weekday): (time.fromisoformat(opens), time.fromisoformat(closes)) for weekday, (opens, closes) in clinic["hours"].items()}
    return Calendar(now.astimezone(zone).date(), zone, hours)
