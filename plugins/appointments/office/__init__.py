"""The office's pages of the Appointments tab: the clinic's book, what patients ask, hours, recalls, set-up, open times and reports."""

from core.web.office import OfficePage
from plugins.appointments.office import (
    book,
    insurances,
    notices,
    online,
    openings,
    recalls,
    reports,
    requests,
    schedules,
    setup,
    visit,
    waiting,
)
from plugins.appointments.office.place import BOOK, SEE

WAITING = [requests.WAITING, waiting.ITEM, online.WAITING]
PAGE = OfficePage("Appointments", BOOK, "calendar-week", SEE, 5, "The book, what patients ask about visits, hours and set-up")


def include(config) -> None:
    """Add the pages, below `/office/appointments`, and what stands in the bar."""
    for part in (book, visit, requests, waiting, online, insurances, recalls, schedules, setup, openings, reports, notices):
        part.add_routes(config)
    config.scan("plugins.appointments.office")
    config.add_office_page(PAGE)
