"""Practices and clinics: host names, branding, office settings."""


def includeme(config) -> None:
    """Add the directory of tenants, their look, and the record kind of clinics."""
    from tenants import records

    config.include("tenants.resolver")
    config.registry.base_record_kinds.append(records.KINDS)
    config.include("tenants.views")
    config.include("tenants.console")
