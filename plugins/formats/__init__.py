"""Files of other systems: what reads their formats into records. It has no tab of its own."""

from core.plugins import PortalPlugin, hookimpl
from plugins.formats.readers import READERS


class FormatsPlugin(PortalPlugin):
    """What the office can import besides its own system's records."""

    name = "formats"
    title = "Files from other systems"
    summary = "Reads FHIR, care documents (C-CDA) and tables, so that the office can import them. Patients see what comes in on the other tabs."

    @hookimpl
    def portal_readers(self):
        """FHIR, care documents, and tables."""
        return READERS


plugin = FormatsPlugin()
