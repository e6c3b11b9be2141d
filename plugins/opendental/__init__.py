"""Open Dental: the connector between the portal and an office's Open Dental. It is no tab: patients see what it brings in the tabs of others."""

from core.plugins import PortalPlugin


class OpenDentalPlugin(PortalPlugin):
    """The connector to Open Dental."""

    name = "opendental"
    title = "Open Dental"
    summary = "Fills the portal from your Open Dental, and takes back there what patients do here."
    on_by_default = False


plugin = OpenDentalPlugin()
