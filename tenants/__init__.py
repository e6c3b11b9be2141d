"""Practices and clinics: host names, branding, office settings."""


def includeme(config) -> None:
    """Add the directory of tenants, their look, and the record kind of clinics."""
    from tenants import records
    from tenants.addresses import tasks  # noqa: F401  (declares its task)
    from tenants.addresses.lookup import Names
    from tenants.exporting import making  # noqa: F401  (declares its tasks)
    from tenants.settings import plans  # noqa: F401  (declares its task)

    config.registry.names = Names(config.registry.portal.dns_resolvers)
    config.include("tenants.resolver")
    config.registry.base_record_kinds.append(records.KINDS)
    config.include("tenants.views")
    config.include("tenants.ask")
    config.include("tenants.exporting.own_views")
    # Before the office's console: at the base domain its addresses are the operator's.
    config.include("tenants.operator")
    config.include("tenants.console")
