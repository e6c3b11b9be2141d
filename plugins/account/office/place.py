"""What the office's pages of billing have in common: who may open them, whose account a page is about, and the ways between them."""

from core.people.models import Patient
from core.tenant import Tenant

SEE, CHANGE = "office.billing.see", "office.billing.change"
ACCOUNTS, STATEMENTS, ONLINE, REQUESTS, PLANS, ESTIMATES, AGING, BOOKS = (f"account.office.{name}" for name in ("accounts", "statements", "online", "requests", "plans", "estimates", "aging", "books"))
PARTS = ((ACCOUNTS, "Accounts"), (STATEMENTS, "Statements"), (ONLINE, "Online payments"), (REQUESTS, "Requests to pay"), (PLANS, "Payment plans"), (ESTIMATES, "Estimates"), (AGING, "Aging"), (BOOKS, "Bookkeeping"))
"""The pages of billing and what they are called."""


def parts(request) -> list[tuple[str, str, bool, int]]:
    """The pages of billing, for the row of links below a heading."""
    at = request.matched_route.name
    return [(title, request.route_path(route), at == route or at.startswith(route + "."), 0) for route, title in PARTS]


def tenant_at(request, patient: Patient) -> Tenant:
    """The practice as seen from a patient's clinic: whose settings count."""
    return request.registry.tenants.tenant(request.practice_id, patient.clinic_id, request.visitor.version)


def may_change(request) -> bool:
    """Whether the person may do more than look."""
    return CHANGE in request.identity.permissions


def refused(request, values: dict) -> dict:
    """The page again, with what is wrong; nothing typed is lost."""
    request.response.status = "422 Unprocessable Content"
    return values
