"""Appointments: visits that are coming and that have been, and confirming them."""

from core.plugins import ActionItem, Card, Permission, PortalPlugin, Tab, hookimpl
from plugins.appointments import records, services
from plugins.appointments.settings import AppointmentsSettings
from plugins.appointments.shown import show


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

    @hookimpl
    def portal_tab(self, request):
        """The tab, with the number of visits that wait for an answer."""
        days = request.tenant.settings["appointments.confirm_days"]
        waiting = services.unanswered(request.practice_id, request.person.id, request.now, days)
        return Tab("Appointments", "appointments.home", "calendar-check", 10, waiting)

    @hookimpl
    def portal_action_items(self, request, person):
        """One item when visits wait for an answer."""
        count = request.badge("appointments")
        if not count:
            return []
        title = "Confirm your visit" if count == 1 else f"Confirm {count} visits"
        return [ActionItem(title, "Let us know that you are coming.", request.route_path("appointments.home"), "calendar-check", 10)]

    @hookimpl
    def portal_home_card(self, request, person):
        """The visits that come next."""
        visits = services.next_visits(request.db, request.tenant, person.id, request.now, most=2)
        return Card("appointments/card.jinja2", {"visits": show(visits, request.now)}, 10)

    @hookimpl
    def portal_permissions(self):
        """Seeing visits, and confirming them."""
        return [Permission("appointments.see", "See appointments"), Permission("appointments.confirm", "Confirm appointments", acts=True)]

    @hookimpl
    def portal_office_settings(self):
        """The tab's settings."""
        return AppointmentsSettings

    @hookimpl
    def portal_record_kinds(self):
        """Visits."""
        return records.KINDS


plugin = AppointmentsPlugin()
