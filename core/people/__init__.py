"""Patients, their families and providers, and who may see whose what."""


def includeme(config) -> None:
    """Declare the tasks."""
    from core.people import tasks  # noqa: F401  (declares them)
