"""The pages on which an operator comes into a practice and leaves it."""

from pyramid.events import BeforeRender
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import exception_view_config, view_config

from core import audit
from core.auth import operators, services
from core.auth.entering import ProvenElsewhere, send_token
from core.auth.models import Account
from core.auth.realms import OPERATOR_CONSOLE, STILL_HERE
from core.auth.roles import SETTING, may_enter
from core.auth.tickets import BadTicket
from core.db import session_at, write_again
from core.web import cookies
from core.web.errors import Trouble, error_response
from core.web.headers import let_forms_lead_to

GONE = Trouble(404, "This link can’t be used", "It works once, within a minute. Go back to the operator’s pages and enter again.")
AGAIN = Trouble(403, "Please enter once more", "A change like this asks who you are. Leave, and enter again: that is asked for on the way.")


@view_config(route_name="office.enter", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="office/enter.jinja2")
def entry_page(request):
    """A button that says who goes in: a link alone signs nobody in."""
    try:
        visit = operators.look(request.db, request.practice_id, request.matchdict["token"], request.now)
    except BadTicket:
        return error_response(request, GONE)
    return {"name": visit.account.name, "access": visit.access}


@view_config(route_name="office.enter", permission=NO_PERMISSION_REQUIRED, request_method="POST")
def come_in(request):
    """Open the session of the visit; the practice's admins are told."""
    try:
        _refuse_meanwhile(request, operators.look(request.db, request.practice_id, request.matchdict["token"], request.now))
        visit = operators.arrive(request.db, request.practice_id, request.matchdict["token"], request.now)
    except BadTicket:
        return error_response(request, GONE)
    write_again(request.db)  # another operator may be here with this browser, and only look
    if request.visitor.row:
        services.sign_out(request.db, request.practice_id, request.visitor.row.id)
    place = services.Place(request.remote_addr or "", request.user_agent or "", request.realm.name)
    token = services.open_session(request.db, visit.account, request.now, place, support_id=visit.access.id)
    visit.account.signed_in_at = request.now
    about = {"account_id": visit.account.id, "target_id": visit.access.id, "support_id": visit.access.id}
    audit.record(request.db, request.practice_id, "office.support.enter", request.now, **about)
    # A fresh form token, so that one planted before opens nothing.
    request.session.invalidate()
    return send_token(request, HTTPSeeOther(request.realm.home), token)


def _refuse_meanwhile(request, visit: operators.Visit) -> None:
    """What was right when the link was made may have ended since: the practice's leave, or the operator's own access. Raises BadTicket."""
    place = request.registry.tenants.practice_at(request.registry.portal.base_domain)
    if place is None or not may_enter(request.tenant.settings[SETTING], visit.access.level):
        raise BadTicket
    own = session_at(request, place).get(Account, (place, operators.operator_of(visit.account)))
    if own is None or own.kind not in OPERATOR_CONSOLE.kinds or own.closed_at:
        raise BadTicket


@view_config(route_name="office.leave", permission=STILL_HERE, request_method="POST")
def leave(request):
    """The operator leaves: the visit ends with its session, and leads back to where it began."""
    identity = request.identity
    if identity.support is None:
        raise HTTPNotFound()
    write_again(request.db)
    operators.leave(request.db, request.practice_id, identity.support.id, request.now)
    request.session.invalidate()
    response = HTTPSeeOther(console_address(request) + OPERATOR_CONSOLE.home)
    cookies.put(request, response, request.realm.cookie, "", 0)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def console_address(request) -> str:
    """Where the operator's pages are."""
    return request.registry.portal.address(request.registry.portal.base_domain)


@exception_view_config(ProvenElsewhere)
def enter_again(request):
    """An operator in a practice cannot prove anything here."""
    return error_response(request, AGAIN)


def let_leave(event) -> None:
    """Browsers hold the redirect of a form against the policy of its page: the one to leave by leads to the operator's console."""
    request = event.get("request")
    identity = request and request.__dict__.get("identity_of_visitor")
    if identity and identity.support and request.realm.is_office:
        let_forms_lead_to(request, [console_address(request)])


def includeme(config) -> None:
    """Add the addresses."""
    config.add_subscriber(let_leave, BeforeRender)
    config.add_route("office.enter", "/office/enter/{token}")
    config.add_route("office.leave", "/office/leave")
    config.scan("core.auth.operator_views")
