"""Files of other systems: what reads their formats into records. It has no tab of its own."""

from core.plugins import PortalPlugin


class FormatsPlugin(PortalPlugin):
    """What the office can import besides its own system's records."""

    name = "formats"
    title = "Files from other systems"
    summary = "Reads FHIR, care documents (C-CDA) and tables, so that the office can import them. Patients see what comes in on the other tabs."


plugin = FormatsPlugin()
