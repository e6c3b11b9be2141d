"""The bar of the office's pages: each part of the console adds its page, and people see those that their role allows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OfficePage:
    """One entry of the bar: its words, its route, a Bootstrap Icons name, the permission that it needs, its place, and a line about it."""

    title: str
    route: str
    icon: str
    permission: str
    order: int
    text: str = ""


def add_office_page(config, page: OfficePage) -> None:
    """`config.add_office_page(page)`: put a page into the bar."""
    config.registry.office_pages.append(page)


def request_office_pages(request) -> list[OfficePage]:
    """`request.office_pages`: the pages that this person may open, in order."""
    allowed = request.identity.permissions if request.identity else frozenset()
    return sorted((page for page in request.registry.office_pages if page.permission in allowed), key=lambda page: page.order)


def includeme(config) -> None:
    """Let parts add pages."""
    config.registry.office_pages = []
    config.add_directive("add_office_page", add_office_page)
    config.add_request_method(request_office_pages, "office_pages", reify=True)
