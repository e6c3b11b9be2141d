"""The office's pages, at `/office` of a practice's address."""

from core.web.office import OfficePage


def includeme(config) -> None:
    """Add the pages; each part brings its own into the bar."""
    config.add_jinja2_search_path("tenants:templates/")
    config.add_route("office.home", "/office")
    config.add_office_page(OfficePage("Office", "office.home", "building", "office.home", 0))
    config.scan("tenants.console")
