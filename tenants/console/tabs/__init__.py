"""The tabs: which are on, what patients may do in them, their names and their order; for the practice and for each clinic."""


def includeme(config) -> None:
    """Add the pages."""
    config.add_route("office.tabs", "/office/tabs")
    config.add_route("office.tabs.preview", "/office/tabs/preview")
    config.add_route("office.tabs.as_seen", "/office/tabs/as-seen")
    config.add_route("office.tabs.save", "/office/tabs/save")
    config.scan("tenants.console.tabs")
