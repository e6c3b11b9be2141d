"""The bar of the office's pages: each part of the console adds its page, and people see those that their role allows."""

from dataclasses import dataclass
from itertools import groupby

from pyramid.interfaces import IRoutesMapper

from core.plugins import OfficeItem
from core.plugins.gate import plugins_anywhere
from core.plugins.waiting import number_waiting


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


def add_office_item(config, item: OfficeItem) -> None:
    """`config.add_office_item(item)`: say what may wait for the office on one of the portal's own pages."""
    config.registry.office_items.append(item)


def request_office_waiting(request) -> list[tuple[OfficeItem, int]]:
    """`request.office_waiting()`: what waits for this person, and how much of it, the most urgent first; one statement."""
    about = {"practice_id": request.practice_id, "clinic_ids": request.identity.clinic_ids, "now": request.now}
    items = items_for(request.registry, request.practice_id, request.visitor.version, request.identity)
    numbers = number_waiting(request.db, items, **about)
    return [(item, numbers[item.name]) for item in items if numbers[item.name]]


def items_for(registry, practice_id, version: int, who) -> list[OfficeItem]:
    """What may wait for somebody of the office, by `who.permissions` and `who.clinic_ids`: of the portal, and of the tabs that are on there."""
    on = plugins_anywhere(registry, practice_id, version, who.clinic_ids)
    items = [*registry.office_items, *(item for name in sorted(on) for item in registry.plugins.office_items[name])]
    return sorted((item for item in items if item.permission in who.permissions), key=lambda item: item.order)


def path_of(registry, route: str) -> str:
    """The path of a page without parameters, where there is no request."""
    return registry.getUtility(IRoutesMapper).get_route(route).generate({})


def request_office_pages(request) -> list[OfficePage]:
    """`request.office_pages`: the pages that this person may open, in order."""
    groups = list(GROUPS)
    return sorted(_open_pages(request), key=lambda page: (groups.index(page.group), page.order))


def _open_pages(request) -> list[OfficePage]:
    """Those of the portal and of the tabs that are on somewhere, as far as the role goes."""
    if request.identity is None:
        return []
    owners, on = request.registry.route_owners, plugins_anywhere(request.registry, request.practice_id, request.visitor.version)
    pages = [page for page in request.registry.office_pages if page.permission in request.identity.permissions]
    if request.whole_tenant.is_closing:  # the others lead nowhere any more (core/web/suspended.py)
        pages = [page for page in pages if page.route == "office.exports"]
    return [page for page in pages if page.route not in owners or owners[page.route] in on]


def request_office_groups(request) -> list[tuple[str, list[OfficePage]]]:
    """`request.office_groups`: the same pages by the words of their group."""
    groups = groupby(request.office_pages, key=lambda page: page.group)
    return [(GROUPS[group], list(pages)) for group, pages in groups]


def includeme(config) -> None:
    """Let parts add pages."""
    config.registry.office_pages = []
    config.registry.office_items = []
    config.add_directive("add_office_page", add_office_page)
    config.add_directive("add_office_item", add_office_item)
    config.add_request_method(request_office_waiting, "office_waiting")
    config.add_request_method(request_office_pages, "office_pages", reify=True)
    config.add_request_method(request_office_groups, "office_groups", reify=True)
