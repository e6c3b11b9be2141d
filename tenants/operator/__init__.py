"""The operator's console, at the base domain itself: the practices of this installation, and the way into one of them."""

from core.web.office import OfficePage


def includeme(config) -> None:
    """Add the pages. Their addresses lead somewhere at the base domain only; they lie beneath the office's, whose sign-in they share."""
    config.add_route("operator.home", "/office", at_base_domain=True)
    config.add_route("operator.enter", "/office/practices/{slug}", at_base_domain=True)
    config.add_office_page(OfficePage("Practices", "operator.home", "building", "operator.home", 0))
    config.scan("tenants.operator.views")
