"""The book of a made-up office: its chairs, the hours of the weeks to come, and the visits that patients may book. It comes in as records, too."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from tenants.demo.days import Calendar

_DAYS = 84
"""For how many days the hours are written down."""
_SIGN = 5
"""Minutes of one sign of a time pattern."""
STATUSES = ("Not confirmed", "Asked to confirm", "Confirmed", "Wants a call", "Could not be reached", "Booked online")


def pattern(minutes: int) -> str:
    """A visit in which the provider comes after the first five minutes and leaves before the last, when it is long enough."""
    signs = minutes // _SIGN
    return f"/{'X' * (signs - 2)}/" if signs > 4 else "X" * signs


@dataclass(frozen=True)
class Chair:
    """An operatory and who works there; patients may book recall visits in it, and the types named."""

    number: str
    name: str
    abbreviation: str
    clinic: str
    provider: str
    hygienist: str | None = None
    recalls: bool = False
    types: tuple[str, ...] = ()

    @property
    def worker(self) -> str:
        """Whose hours they are."""
        return self.hygienist or self.provider


@dataclass(frozen=True)
class Kept:
    """Time that is kept for something on every open day, by the clinic's clock; in these operatories, or in all."""

    number: str
    name: str
    clinic: str
    starts: str
    ends: str
    chairs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Book:
    """What a practice's system would send of its book besides the visits; `types` and `recall_types` are records without their kind."""

    chairs: tuple[Chair, ...] = ()
    kept: tuple[Kept, ...] = ()
    types: tuple[dict, ...] = ()
    recall_types: tuple[dict, ...] = ()
    statuses: Mapping[str, str] = field(default_factory=dict)

    def place_of(self, worker: str) -> dict:
        """Where the visits of whoever treats are, as a record has it: a hygienist's have the dentist of the chair beside."""
        chair = next((chair for chair in self.chairs if chair.worker == worker), None)
        if chair is None:
            return {"provider": worker}
        return {"operatory": chair.number, "provider": chair.provider, "hygienist": chair.hygienist, "is_hygiene": chair.hygienist is not None}

    def records(self, calendars: Mapping[str, Calendar]) -> list[dict]:
        """All of it, in an order in which it can be taken in."""
        return [*self._kinds(), *self._operatories(), *self._hours(calendars), *self._blockouts(calendars)]

    def _kinds(self) -> Iterator[dict]:
        for position, (number, name) in enumerate(self.statuses.items()):
            yield {"kind": "confirmation_status", "external_id": number, "name": name, "position": position}
        if self.chairs:
            rule = {"name": "One crown or bridge at a time", "first_code": "D2700", "last_code": "D2799"}
            yield {"kind": "appointment_rule", "external_id": f"{self.chairs[0].clinic}-RULE"} | rule
        for kept in self.kept:
            yield {"kind": "blockout_type", "external_id": kept.number, "name": kept.name}
        for position, fields in enumerate(self.types):
            yield {"kind": "appointment_type", "position": position} | fields
        for position, fields in enumerate(self.recall_types):
            yield {"kind": "recall_type", "position": position} | fields

    def _operatories(self) -> Iterator[dict]:
        for position, chair in enumerate(self.chairs):
            named = {"kind": "operatory", "external_id": chair.number, "name": chair.name, "abbreviation": chair.abbreviation, "position": position}
            who = {"clinic": chair.clinic, "provider": chair.provider, "hygienist": chair.hygienist, "is_hygiene": chair.hygienist is not None}
            yield named | who | {"takes_recalls": chair.recalls, "appointment_types": list(chair.types)}

    def _hours(self, calendars: Mapping[str, Calendar]) -> Iterator[dict]:
        workers = {(chair.clinic, chair.worker) for chair in self.chairs}
        for clinic, worker in sorted(workers):
            chairs = [chair.number for chair in self.chairs if (chair.clinic, chair.worker) == (clinic, worker)]
            for day, starts, ends in _open_days(calendars[clinic]):
                yield _block(f"{worker}-{clinic}", day, starts, ends, provider=worker, clinic=clinic, operatories=chairs)

    def _blockouts(self, calendars: Mapping[str, Calendar]) -> Iterator[dict]:
        for kept in self.kept:
            begins, stops = _minutes(kept.starts), _minutes(kept.ends)
            for day, starts, ends in _open_days(calendars[kept.clinic]):
                if starts <= begins and stops <= ends:
                    yield _block(kept.number, day, begins, stops, blockout_type=kept.number, clinic=kept.clinic, operatories=list(kept.chairs))


def _open_days(calendar: Calendar) -> Iterator[tuple[date, int, int]]:
    for day in (calendar.today + timedelta(days=offset) for offset in range(_DAYS)):
        if hours := calendar.hours.get(day.weekday()):
            opens, closes = hours
            yield day, opens.hour * 60 + opens.minute, closes.hour * 60 + closes.minute


def _block(number: str, day: date, starts: int, ends: int, **fields) -> dict:
    return {"kind": "schedule", "external_id": f"{number}-{day:%Y%m%d}", "held_on": day, "starts": starts, "ends": ends} | fields


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)
