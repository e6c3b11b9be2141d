"""Days of a made-up life, counted from the day on which the demo is made."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Calendar:
    """One clinic's calendar: what day it is there, its time zone, and the weekdays (Monday is 0) on which it is open."""

    today: date
    zone: ZoneInfo
    open_on: frozenset[int]

    def day(self, offset: int) -> date:
        """The open day that lies `offset` days from today; where the clinic is closed, the next one farther away from today."""
        day, step = self.today + timedelta(days=offset), timedelta(days=1 if offset > 0 else -1)
        while day.weekday() not in self.open_on:
            day += step
        return day

    def moment(self, offset: int, clock: str) -> datetime:
        """A time of such a day, such as "09:20", on the clinic's own clock."""
        return datetime.combine(self.day(offset), time.fromisoformat(clock), self.zone).astimezone(UTC)

    def born(self, age: int, month: int, day: int) -> date:
        """The birthday of someone who has this age at the end of the year."""
        return date(self.today.year - age, month, day)


def calendar_of(clinic: dict, now: datetime) -> Calendar:
    """The calendar of a clinic that is written as a record."""
    zone = ZoneInfo(clinic["time_zone"])
    return Calendar(now.astimezone(zone).date(), zone, frozenset(map(int, clinic["hours"])))
