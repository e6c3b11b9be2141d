"""Appointments: visits that are coming and that have been, and confirming them."""

from datetime import timedelta
from functools import partial

from core.people.charts import delete_rows, move_rows
from core.plugins import ActionItem, Card, Permission, PortalPlugin, Question, Tab, hookimpl
from core.tasks import Periodic
from plugins.appointments import exporting, hooks, office, records
from plugins.appointments.models import Appointment, Confirmation, Preference, Recall, Request
from plugins.appointments.notices import charts as notices
from plugins.appointments.services import confirming, holds, recalls, visits
from plugins.appointments.services.answering import ANSWERED
from plugins.appointments.settings import AppointmentsSettings
from plugins.appointments.shown import show
from plugins.appointments.waiting import charts
from plugins.appointments.waiting.reaching import OFFER


class AppointmentsPlugin(PortalPlugin):
    """The Appointments tab."""

    name = "appointments"
    title = "Appointments"
    summary = "Visits that are coming and that have been, and confirming them."

    def includeme(self, config) -> None:
        """Add the tab's addresses."""
        config.add_route("appointments.home", "", inherit_slash=True)
        config.add_route("appointments.confirm", "/{visit_id}/confirm")
        config.scan("plugins.appointments.views")

    def include_office(self, config) -> None:
        """Add the pages of the clinics’ book."""
        office.include(config)

    def include_hooks(self, config) -> None:
        """Add the addresses for answers by text message, and for mail programs that turn notices off."""
        hooks.include(config)

    @hookimpl
    def portal_tab(self, request):
        """The tab, with the number of visits that wait for an answer."""
        days = request.tenant.settings["appointments.confirm_days"]
        waiting = visits.unanswered(request.practice_id, request.person.id, request.now, days)
        return Tab("Appointments", "appointments.home", "calendar-check", 10, waiting)

    @hookimpl
    def portal_action_items(self, request, people):
        """One item for each person whose visits wait for an answer that the account may give."""
        asked = [person for person in people if request.may(person, "appointments.confirm")]
        days = {person.id: request.tenant_of(person).settings["appointments.confirm_days"] for person in asked}
        return Question(visits.UNANSWERED_OF, visits.about(request.practice_id, days, request.now), partial(_items, request))

    @hookimpl
    def portal_home_card(self, request, person):
        """The visits that come next."""
        coming = visits.next_visits(request.db, request.tenant, person.id, request.now, most=2)
        return Card("appointments/card.jinja2", {"visits": show(coming, request.now)}, 10)

    @hookimpl
    def portal_permissions(self):
        """Seeing visits, confirming them, and waiting for earlier times."""
        return [
            Permission("appointments.see", "See appointments"),
            Permission("appointments.confirm", "Confirm appointments", acts=True),
            Permission("appointments.wait", "Wait for an earlier time", acts=True),
        ]

    @hookimpl
    def portal_office_settings(self):
        """The tab's settings."""
        return AppointmentsSettings

    @hookimpl
    def portal_notice_kinds(self):
        """A time came open; the office has answered a request."""
        return [OFFER, ANSWERED]

    @hookimpl
    def portal_periodic_tasks(self):
        """The wait list is asked in turns of a minute or more; what notices are due is looked for every five."""
        return [Periodic("appointments.ask_waiting", timedelta(minutes=1)), Periodic("appointments.write_notices", timedelta(minutes=5))]

    @hookimpl
    def portal_office_waiting(self):
        """What patients ask about visits."""
        return [office.WAITING]

    @hookimpl
    def portal_record_kinds(self):
        """Visits, recalls, and what the practice's book is made of."""
        return records.KINDS

    @hookimpl
    def portal_patients_merged(self, db, practice_id, kept, absorbed):
        """Visits, requests and recalls go to the kept chart; of two recalls of one type its own stays."""
        charts.join(db, practice_id, kept, absorbed)
        notices.join(db, practice_id, kept, absorbed)
        recalls.join(db, practice_id, kept, absorbed)
        confirming.join(db, practice_id, kept, absorbed)
        move_rows(db, practice_id, kept, absorbed, Appointment, Request, Recall, Preference, Confirmation)

    @hookimpl
    def portal_export(self, db, practice_id, person_id):
        """All visits, recalls and requests; the practice's book."""
        yield from exporting.files(db, practice_id, person_id) if person_id else exporting.book(db, practice_id)

    @hookimpl
    def portal_erase(self, db, practice_id, person_id):
        """Visits have nothing outside the portal."""
        charts.erase(db, practice_id, person_id)
        notices.forget(db, practice_id, person_id)
        delete_rows(db, practice_id, person_id, Recall, Request, Preference, Confirmation)
        holds.let_go_of(db, practice_id, person_id)
        delete_rows(db, practice_id, person_id, Appointment)


def _items(request, person, rows: list[dict]) -> list[ActionItem]:
    one = "Confirm your visit" if person.is_self else "Confirm a visit"
    titles = [one if row["visits"] == 1 else f"Confirm {row['visits']} visits" for row in rows]
    text = f"Let us know that {'you are' if person.is_self else f'{person.short_name} is'} coming."
    return [ActionItem(person.id, title, text, request.route_path("appointments.home"), "calendar-check", 10) for title in titles]


plugin = AppointmentsPlugin()
