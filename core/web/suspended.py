"""A practice that is suspended: nobody gets in, and everybody reads whom to call. One that is being closed lets its office in for the export only."""

from pyramid.events import BeforeTraversal
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.view import exception_view_config

from core.auth.identity import PracticeGone
from core.web.errors import Trouble, error_response

# Without them the page that says so would have no look.
_LOOK = frozenset({"tenants.theme", "tenants.logo", "tenants.icon", "tenants.photo"})
EXPORTS = "office.exports"
_TO_TAKE_ALONG = frozenset({EXPORTS, "office.exports.stop", "office.exports.download"})


class Suspended(Exception):
    """Nobody gets into this practice for the moment, or any more."""


def refuse_suspended(event) -> None:
    """Stop every request for a suspended practice, and for one that is being closed all but the office's for its export. Raises Suspended."""
    request = event.request
    route = request.matched_route.name if request.matched_route else ""
    if request.practice_id is None or route in _LOOK or route.startswith("__"):
        return
    practice = request.whole_tenant
    if practice.is_suspended:
        raise Suspended
    if practice.is_closing and route not in request.registry.console_routes | _TO_TAKE_ALONG:
        if route == "office.home":
            raise HTTPSeeOther(request.route_path(EXPORTS))
        raise Suspended


@exception_view_config(Suspended)
def suspended(request):
    """Say so, with the office's phone number if it has one."""
    contact = request.whole_tenant.contact
    call = f"Please call the office: {contact.phone}." if contact and contact.phone else "Please call the office."
    if request.whole_tenant.is_closing:
        # The office has a start page still: that of its export.
        lead = {} if request.realm.is_office else {"closed": contact}
        return error_response(request, Trouble(503, "This portal is closed", f"The office does not use it any more. For your record: {call[0].lower()}{call[1:]}"), **lead)
    return error_response(request, Trouble(503, "This portal is closed for the moment", f"Nothing is lost. {call}"), closed=contact)


@exception_view_config(PracticeGone)
def gone(request):
    """The same as for an address that is no practice's."""
    return Response("Not found\n", status=404, content_type="text/plain")


def includeme(config) -> None:
    """Look at every request, after the practice is known and before any view."""
    config.add_subscriber(refuse_suspended, BeforeTraversal)
    config.scan("core.web.suspended")
