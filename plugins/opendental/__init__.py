"""Open Dental: the connector between the portal and an office's Open Dental. It is no tab: patients see what it brings in the tabs of others."""

from datetime import timedelta

from core.people.charts import move_rows
from core.plugins import PortalPlugin, hookimpl
from core.tasks import Periodic
from plugins.opendental import erasing, hooks, office, subscribing
from plugins.opendental.models import Push


class OpenDentalPlugin(PortalPlugin):
    """The connector to Open Dental."""

    name = "opendental"
    title = "Open Dental"
    summary = "Fills the portal from your Open Dental, and takes back there what patients do here."
    on_by_default = False

    def includeme(self, config) -> None:
        """No tab; only the work behind it."""
        config.scan("plugins.opendental.tasks")

    def include_office(self, config) -> None:
        """Add the page on which an office connects its Open Dental."""
        office.include(config)

    def include_hooks(self, config) -> None:
        """Add the address at which Open Dental reports."""
        hooks.include(config)

    @hookimpl
    def portal_office_waiting(self):
        """Open Dental does not answer, or would not take something."""
        return [office.WAITING]

    @hookimpl
    def portal_periodic_tasks(self):
        """A turn of pulling and pushing each minute; each day it is seen that Open Dental still reports."""
        return [Periodic("opendental.go_on", timedelta(minutes=1)), subscribing.DAILY]

    @hookimpl
    def portal_patients_merged(self, db, practice_id, kept, absorbed):
        """What is on its way to Open Dental goes on under the kept chart."""
        move_rows(db, practice_id, kept, absorbed, Push)

    @hookimpl
    def portal_erase(self, db, practice_id, person_id):
        """What is on its way, and the number of the chart."""
        erasing.erase(db, practice_id, person_id)


plugin = OpenDentalPlugin()
