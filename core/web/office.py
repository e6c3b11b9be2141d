"""The bar of the office's pages: each part of the console adds its page, and people see those that their role allows."""

from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class OfficePage:
    """One entry of the bar: its words, its route, a Bootstrap Icons name, the permission that it needs, its place, a line about it, and
    the group that it stands in: `day` for the day's work, `portal` for what patients see, `practice` for the rest.
    """

    title: str
    route: str
    icon: str
    permission: str
    order: int
    text: str = ""
    group: str = "day"


GROUPS = {"day": "Every day", "portal": "The portal", "practice": "The practice"}
"""The groups of the bar, in order, and their words."""


def add_office_page(config, page: OfficePage) -> None:
    """`config.add_office_page(page)`: put a page into the bar."""
    config.registry.office_pages.append(page)


def request_office_pages(request) -> list[OfficePage]:
    """`request.office_pages`: the pages that this person may open, in order."""
    allowed = request.identity.permissions if request.identity else frozenset()
    groups = list(GROUPS)
    pages = (page for page in request.registry.office_pages if page.permission in allowed)
    return sorted(pages, key=lambda page: (groups.index(page.group), page.order))


def request_office_groups(request) -> list[tuple[str, list[OfficePage]]]:
    """`request.office_groups`: the same pages by the words of their group."""
    groups = groupby(request.office_pages, key=lambda page: page.group)
    return [(GROUPS[group], list(pages)) for group, pages in groups]


def includeme(config) -> None:
    """Let parts add pages."""
    config.registry.office_pages = []
    config.add_directive("add_office_page", add_office_page)
    config.add_request_method(request_office_pages, "office_pages", reify=True)
    config.add_request_method(request_office_groups, "office_groups", reify=True)
