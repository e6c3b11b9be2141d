"""The page that ends the first sign-in: it offers a passkey once, where the browser has said that its device can make one."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config

from core.auth import passkeys
from core.auth.devices import describe
from core.auth.passkey_views import NOT_MADE, answer_of, site_of
from core.auth.realms import OWN, PORTAL
from core.auth.second_views import typed
from core.auth.security_views import own_account, prove, turned_on
from core.auth.views import own_path

MADE = "Your passkey is ready. Next time you sign in with it."


def lead_to_offer(request, onward: str = PORTAL.home) -> str:
    """Where the first sign-in leads: to the offer, if the script of the page has found out that there can be a passkey, else onward."""
    if typed(request, "passkeys") != "yes":
        return onward
    return request.route_path("auth.passkey_offer", _query={} if onward == PORTAL.home else {"next": onward})


@view_config(route_name="auth.passkey_offer", permission=OWN, request_method="GET", renderer="passkey_offer.jinja2")
def offer_page(request):
    """Offer a passkey; whoever has one, or has answered before, goes on."""
    account = own_account(request)
    if account.passkey_offered_at or passkeys.keys_of(request.db, request.practice_id, account.id):
        return HTTPSeeOther(_onward(request))
    return {"next": _onward(request), "error": ""}


@view_config(route_name="auth.passkey_offer", permission=OWN, request_method="POST", renderer="passkey_offer.jinja2")
def answer(request):
    """Keep the passkey that the browser made; without one it is "not now", and the question does not come again."""
    account = own_account(request)
    if typed(request, "credential"):
        prove(request)
        try:
            passkeys.make(request.db, site_of(request), account, *answer_of(request), describe(request.user_agent or ""), request.now)
        except passkeys.BadPasskey:
            request.response.status = "422 Unprocessable Content"
            return {"next": _onward(request), "error": NOT_MADE}
    account.passkey_offered_at = request.now
    return turned_on(request, account, MADE, _onward(request)) if typed(request, "credential") else HTTPSeeOther(_onward(request))


def _onward(request) -> str:
    return own_path(request.params.get("next"))


def includeme(config) -> None:
    """Add the address."""
    config.add_route("auth.passkey_offer", "/welcome/passkey")
    config.scan("core.auth.passkey_offer_views")
