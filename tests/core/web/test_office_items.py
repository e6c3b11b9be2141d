"""What may wait for the office: whatever says so leads to a page, can be seen by somebody, and counts."""

from datetime import UTC, datetime

from pyramid.interfaces import IRoutesMapper

from core.auth import roles
from core.plugins.waiting import EVER


def test_everything_that_may_wait_leads_to_a_page_of_a_role_and_is_none_in_a_new_practice(registry, practice, db):
    items = [*registry.office_items, *(item for of_tab in registry.plugins.office_items.values() for item in of_tab)]
    assert len({item.name for item in items}) == len(items) > 5
    about = {"practice_id": practice.id, "clinic_ids": [practice.clinic_id], "since": EVER, "now": datetime.now(UTC)}
    seen = frozenset().union(*(role.permissions for role in roles.ROLES.values()))
    for item in items:
        assert registry.getUtility(IRoutesMapper).get_route(item.route).generate({}).startswith("/office"), item.name
        assert item.permission in seen & roles.OFFICE.keys(), item.name
        assert db.scalar(item.statement, about) == 0, item.name
