"""Business days of a clinic, and by when the law wants a good-faith estimate (45 CFR 149.610).

An estimate is due one business day after a visit was scheduled at least three business days ahead, three after one that was scheduled at least ten ahead, and three
after somebody has asked. A business day is one on which the clinic is open; of a clinic that tells no hours, Monday to Friday.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from core.tenant import ClinicDetails

ON_REQUEST = 3
FAR_AHEAD, AHEAD = 10, 3
AFTER_FAR, AFTER_NEAR = 3, 1
_FRIDAY = 4
_NEVER_LONGER = 400
"""A clinic that is closed for longer counts every day from then on."""

IsOpen = Callable[[date], bool]


def open_days(clinic: ClinicDetails | None) -> IsOpen:
    """Whether the clinic is open on a day."""
    weekdays = {hours.weekday for hours in clinic.hours if hours.opens} if clinic else set()
    closings = clinic.closings if clinic else ()

    def is_open(day: date) -> bool:
        is_weekday = day.weekday() in weekdays if weekdays else day.weekday() <= _FRIDAY
        return is_weekday and not any(closing.first_on <= day <= closing.last_on for closing in closings)

    return is_open


def after(day: date, number: int, is_open: IsOpen) -> date:
    """The business day that is so many business days after a day."""
    found = day
    for step in range(1, _NEVER_LONGER):
        found = day + timedelta(days=step)
        number -= is_open(found)
        if number == 0:
            break
    return found


def ahead(day: date, until: date, is_open: IsOpen) -> int:
    """How many business days lie between a day and a later one, that one counted, too."""
    return sum(is_open(day + timedelta(days=step)) for step in range(1, min((until - day).days, _NEVER_LONGER) + 1))


def due_on_request(asked_on: date, is_open: IsOpen) -> date:
    """By when somebody who asks gets the estimate."""
    return after(asked_on, ON_REQUEST, is_open)


def due_on_schedule(scheduled_on: date, visit_on: date, is_open: IsOpen) -> date | None:
    """By when it is due for a visit; None for one that was scheduled too shortly before."""
    lead = ahead(scheduled_on, visit_on, is_open)
    if lead < AHEAD:
        return None
    return after(scheduled_on, AFTER_FAR if lead >= FAR_AHEAD else AFTER_NEAR, is_open)


def earliest_due(asked_on: date, scheduled: Iterable[tuple[date, date]], is_open: IsOpen) -> date:
    """By when somebody who asks today gets it: what is due for a visit sooner counts, unless that day is over. `scheduled` are (scheduled on, visit on)."""
    for_visits = (due_on_schedule(*days, is_open) for days in scheduled)
    return min([due_on_request(asked_on, is_open), *(due for due in for_visits if due and due >= asked_on)])
