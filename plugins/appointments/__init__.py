"""Appointments: visits that are coming and that have been, and confirming them."""

from datetime import timedelta

from core.people.charts import delete_rows, move_rows
from core.plugins import Card, EntryLink, Permission, PortalPlugin, Tab, hookimpl
from core.tasks import Periodic
from plugins.appointments import changes, doing, exporting, guest_tasks, hooks, office, records  # noqa: F401  (declares the tasks)
from plugins.appointments.models import Appointment, Confirmation, Guest, Preference, Recall, Request
from plugins.appointments.notices import charts as notices
from plugins.appointments.notices import wishes
from plugins.appointments.planned import planned
from plugins.appointments.services import confirming, holds, recalls, visits
from plugins.appointments.services.answering import ANSWERED
from plugins.appointments.settings import AppointmentsSettings
from plugins.appointments.shown import show
from plugins.appointments.views.public_place import places_of
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
        config.add_route("appointments.book", "/book")
        config.add_route("appointments.book_review", "/book/review")
        config.add_route("appointments.booked", "/booked/{visit_id}")
        config.add_route("appointments.public", "/online")
        config.add_route("appointments.public_embed", "/online/embed.js")
        config.add_route("appointments.public_clinic", "/online/{place}")
        config.add_route("appointments.public_known", "/online/{place}/known")
        config.add_route("appointments.public_known_code", "/online/{place}/known/code")
        config.add_route("appointments.public_new", "/online/{place}/new")
        config.add_route("appointments.public_details", "/online/{place}/new/details")
        config.add_route("appointments.public_new_code", "/online/{place}/new/code")
        config.add_route("appointments.public_choose", "/online/{place}/for/{token}")
        config.add_route("appointments.public_review", "/online/{place}/for/{token}/review")
        config.add_route("appointments.recall", "/recall/{token}")
        config.add_route("appointments.recall_review", "/recall/{token}/review")
        config.add_route("appointments.here", "/here/{token}")
        config.add_route("appointments.answer", "/answer/{token}")
        config.add_route("appointments.calendar", "/calendar")
        config.add_route("appointments.calendar_end", "/calendar/end")
        config.add_route("appointments.calendar_feed", "/calendar/{token}.ics")
        config.add_route("appointments.ask_visit", "/ask")
        config.add_route("appointments.withdraw", "/requests/{request_id}/withdraw")
        config.add_route("appointments.seen", "/requests/{request_id}/seen")
        config.add_route("appointments.offer", "/offer/{token}")
        config.add_route("appointments.wait", "/wait")
        config.add_route("appointments.wait_join", "/wait/for/{kind}/{id}")
        config.add_route("appointments.wait_change", "/wait/{id}")
        config.add_route("appointments.wait_end", "/wait/{id}/end")
        config.add_route("appointments.wait_answer", "/wait/offers/{offer_id}/{answer}")
        config.add_route("appointments.confirm", "/{visit_id}/confirm")
        config.add_route("appointments.cancel", "/{visit_id}/cancel")
        config.add_route("appointments.undo", "/{visit_id}/undo")
        config.add_route("appointments.move", "/{visit_id}/move")
        config.add_route("appointments.ask", "/{visit_id}/ask/{kind}")
        config.add_route("appointments.visit_file", "/{visit_id}/visit.ics")
        # The last one: any other address of one word is a visit.
        config.add_route("appointments.visit", "/{visit_id}")
        config.scan("plugins.appointments.views")

    def include_office(self, config) -> None:
        """Add the pages of the clinics’ book."""
        office.include(config)

    def include_hooks(self, config) -> None:
        """Add the addresses for answers by text message, and for mail programs that turn notices off."""
        hooks.include(config)

    @hookimpl
    def portal_tab(self, request):
        """The tab, with the number of things that wait for the patient."""
        days, today = request.tenant.settings["appointments.confirm_days"], request.now.astimezone(request.tenant.time_zone).date()
        waiting = visits.waiting(request.practice_id, request.person.id, request.now, today, days)
        return Tab("Appointments", "appointments.home", "calendar-check", 10, waiting)

    @hookimpl
    def portal_action_items(self, request, people):
        """Visits that wait for an answer, where the account may give it; requests that the office has answered; recall visits that nobody has booked."""
        return doing.question(request, people)

    @hookimpl
    def portal_home_card(self, request, person):
        """The visits that come next."""
        coming = visits.next_visits(request.db, request.tenant, person.id, request.now, most=2)
        return Card("appointments/card.jinja2", {"visits": show(coming, request.now)}, 10)

    @hookimpl
    def portal_entry_link(self, request):
        """Booking without signing in, at the clinics where anyone may."""
        return EntryLink("Book a visit", "appointments.public", "calendar-plus", 5, at="book") if places_of(request) else None

    @hookimpl
    def portal_permissions(self):
        """Seeing visits, and what patients do with them."""
        acts = {
            "confirm": "Confirm appointments",
            "book": "Book appointments",
            "cancel": "Cancel appointments",
            "move": "Move appointments",
            "ask": "Send requests about appointments",
            "wait": "Wait for an earlier time",
            "calendar": "Subscribe to visits in a calendar",
        }
        return [Permission("appointments.see", "See appointments"), *(Permission(f"appointments.{act}", words, acts=True) for act, words in acts.items())]

    @hookimpl
    def portal_office_settings(self):
        """The tab's settings."""
        return AppointmentsSettings

    @hookimpl
    def portal_notice_kinds(self):
        """A time came open; the office has answered a request."""
        return [OFFER, ANSWERED]

    @hookimpl
    def portal_notice_switches(self, db, practice_id, patient_id):
        """Notices of visits, which go to the address and the number of the chart."""
        return wishes.switches(db, practice_id, patient_id)

    @hookimpl
    def portal_notice_switched(self, db, practice_id, patient_id, kind, channel, on, now):
        """Kept as by the link in a mail."""
        return wishes.turn(db, practice_id, patient_id, kind, channel, on, now)

    @hookimpl
    def portal_periodic_tasks(self):
        """The wait list is asked in turns of a minute or more; notices, and time that was kept for whoever called a visit off, are looked at every five;
        what guests typed is forgotten in time."""
        every = {"ask_waiting": 1, "write_notices": 5, "let_go": 5, "clear_guests": 24 * 60}
        return [Periodic(f"appointments.{task}", timedelta(minutes=minutes)) for task, minutes in every.items()]

    @hookimpl
    def portal_office_waiting(self):
        """What patients ask about visits."""
        return office.WAITING

    @hookimpl
    def portal_planned(self, db, practice_id, patient_id, since, now):
        """Visits that are to come."""
        return planned(db, practice_id, patient_id, since, now)

    @hookimpl
    def portal_record_kinds(self):
        """Visits, recalls, and what the practice's book is made of."""
        return records.KINDS

    @hookimpl
    def portal_change_kinds(self):
        """What is done about visits."""
        return changes.KINDS

    @hookimpl
    def portal_patients_merged(self, db, practice_id, kept, absorbed):
        """Visits, requests and recalls go to the kept chart; of two recalls of one type its own stays."""
        charts.join(db, practice_id, kept, absorbed)
        notices.join(db, practice_id, kept, absorbed)
        recalls.join(db, practice_id, kept, absorbed)
        confirming.join(db, practice_id, kept, absorbed)
        move_rows(db, practice_id, kept, absorbed, Appointment, Request, Recall, Preference, Confirmation, Guest)

    @hookimpl
    def portal_export(self, db, practice_id, person_id):
        """All visits, recalls and requests; the practice's book."""
        yield from exporting.files(db, practice_id, person_id) if person_id else exporting.book(db, practice_id)

    @hookimpl
    def portal_erase(self, db, practice_id, person_id):
        """Visits have nothing outside the portal."""
        charts.erase(db, practice_id, person_id)
        notices.forget(db, practice_id, person_id)
        delete_rows(db, practice_id, person_id, Guest, Recall, Request, Preference, Confirmation)
        holds.let_go_of(db, practice_id, person_id)
        delete_rows(db, practice_id, person_id, Appointment)


plugin = AppointmentsPlugin()
