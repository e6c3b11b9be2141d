"""Patients, their families and providers, and who may see whose what."""


def includeme(config) -> None:
    """Declare the tasks, and add the pages of the family and of who may see whom."""
    from core.people import records_request_tasks, tasks  # noqa: F401  (declares them)

    config.add_route("portal.family", "/family")
    config.scan("core.people.views")
    config.include("core.people.access_views")
    config.include("core.people.offer_views")
    config.include("core.people.records_request_views")
