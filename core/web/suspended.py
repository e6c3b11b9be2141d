"""A practice that is suspended: nobody gets in, and everybody reads whom to call."""

from pyramid.events import BeforeTraversal
from pyramid.view import exception_view_config

from core.web.errors import Trouble, error_response

# Without them the page that says so would have no look.
_LOOK = frozenset({"tenants.theme", "tenants.logo", "tenants.icon", "tenants.photo"})


class Suspended(Exception):
    """Nobody gets into this practice for the moment."""


def refuse_suspended(event) -> None:
    """Stop every request for a suspended practice. Raises Suspended."""
    request = event.request
    route = request.matched_route.name if request.matched_route else ""
    if request.practice_id is None or route in _LOOK or route.startswith("__"):
        return
    if request.whole_tenant.is_suspended:
        raise Suspended


@exception_view_config(Suspended)
def suspended(request):
    """Say so, with the office's phone number if it has one."""
    contact = request.whole_tenant.contact
    call = f"Please call the office: {contact.phone}." if contact and contact.phone else "Please call the office."
    return error_response(request, Trouble(503, "This portal is closed for the moment", f"Nothing is lost. {call}"))


def includeme(config) -> None:
    """Look at every request, after the practice is known and before any view."""
    config.add_subscriber(refuse_suspended, BeforeTraversal)
    config.scan("core.web.suspended")
