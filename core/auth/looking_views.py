"""While somebody looks at the portal as a patient: the way back, and the refusal of whatever acts or is saved as a file."""

from pyramid.events import BeforeTraversal
from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from pyramid.view import view_config

from core.auth import example, looking
from core.auth.identity import NOBODY
from core.auth.policy import SIGNED_IN
from core.auth.realms import PORTAL
from core.db import write_again
from core.web import cookies
from core.web.csrf import SAFE_METHODS

STOP = "portal.stop_looking"


@view_config(route_name=STOP, permission=SIGNED_IN, request_method="POST")
def stop(request):
    """Go back to the patient's page at the office, from a draft to the tabs; the portal is closed in this browser."""
    support = request.identity.support
    patient_id = NOBODY if support and support.draft else request.person.id
    if support:
        example.forget(request.db, request.practice_id)
        write_again(request.db)
        looking.end(request.db, request.practice_id, request.identity.account_id, request.now)
    response = HTTPSeeOther(looking.page_at_office(patient_id))
    if support:
        cookies.put(request, response, request.realm.cookie, "", 0)
        response.headers["Clear-Site-Data"] = '"cache"'
    return response


def refuse_to_act(event) -> None:
    """Whoever only looks sends no form. Raises HTTPForbidden."""
    request = event.request
    if request.method in SAFE_METHODS or request.practice_id is None or request.realm is not PORTAL:
        return
    # Without a cookie nobody looks, and what other programs send is not looked up.
    if not cookies.get(request, request.realm.cookie) or (request.matched_route and request.matched_route.name == STOP):
        return
    if request.identity_of_visitor and request.identity_of_visitor.support:
        raise HTTPForbidden()


def keep_on_screen(view, info):
    """What would be saved as a file is refused to whoever only looks."""

    def shown(context, request):
        response = view(context, request)
        if looking.looks(request) and response.headers.get("Content-Disposition", "").startswith("attachment"):
            response.app_iter.close() if hasattr(response.app_iter, "close") else None
            raise HTTPForbidden()
        return response

    return shown


def includeme(config) -> None:
    """Add the way back and both refusals."""
    config.add_route(STOP, "/support/stop")
    config.add_subscriber(refuse_to_act, BeforeTraversal)
    config.add_view_deriver(keep_on_screen)
    config.scan("core.auth.looking_views")
