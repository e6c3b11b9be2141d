"""Links that lead to a search of the audit log."""

from core.web.asked import write_asked

AUDIT = "audit"


def audit_path(request, **values: str) -> str:
    """The audit log with these things searched for (tenants/console/audit.py); without any, the whole log."""
    given = {name: value for name, value in values.items() if value}
    return request.route_path("office.audit", _query={"asked": write_asked(request, AUDIT, given)} if given else {})
