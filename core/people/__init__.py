"""Patients, their families and providers, and who may see whose what."""


def includeme(config) -> None:
    """Declare the tasks, and add the family's page."""
    from core.people import tasks  # noqa: F401  (declares them)

    config.add_route("portal.family", "/family")
    config.scan("core.people.views")
