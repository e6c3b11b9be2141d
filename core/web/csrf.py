"""Forms come from our own pages only: a token in each, and the browser's own word on where the request came from."""

import hmac

from pyramid.csrf import LegacySessionCSRFStoragePolicy
from pyramid.exceptions import BadCSRFToken
from pyramid.interfaces import ICSRFStoragePolicy
from pyramid.session import BaseCookieSessionFactory, JSONSerializer
from webob.cookies import SignedSerializer
from zope.interface import implementer

from core.web import cookies

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN_SITE = frozenset({"same-origin", "none"})
# Mail programs post to this one, some from their own page in the browser; what it needs is in its address, cookies mean nothing to it.
ANY_SITE = frozenset({"auth.unsubscribe"})


def refuse_other_sites(event) -> None:
    """Sibling practices are the same *site* to a browser, so SameSite cookies do not keep them out; this header does."""
    request = event.request
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if request.method not in SAFE_METHODS and fetch_site and fetch_site not in OWN_SITE and not _is_for_others(request):
        raise BadCSRFToken("the request comes from another site")


def _is_for_others(request) -> bool:
    return request.path_info.startswith("/hooks/") or (request.matched_route is not None and request.matched_route.name in ANY_SITE)


@implementer(ICSRFStoragePolicy)
class BoundTokens(LegacySessionCSRFStoragePolicy):
    """The token of who is signed in is bound to that session: nothing is kept, and it ends with it. A stranger's stands in the form cookie."""

    def __init__(self, secret: str):
        self._secret = secret.encode()

    def get_csrf_token(self, request) -> str:
        """The token for the forms of this request."""
        identity = request.__dict__.get("identity_of_visitor")
        if identity is None:
            return request.session.get_csrf_token()
        return hmac.digest(self._secret, b"form:" + identity.session_id.bytes, "sha256").hex()

    def check_csrf_token(self, request, supplied_token: str) -> bool:
        """Whether a form's token is right. On a page that is open to anyone nobody has asked yet who is signed in."""
        if cookies.get(request, request.realm.cookie):
            _ = request.identity_of_visitor
        return super().check_csrf_token(request, supplied_token)


def includeme(config) -> None:
    """Sign the small cookie that holds the form token and the notice for the next page; require the token everywhere."""
    portal = config.registry.portal
    name = "__Host-cuspid-form" if portal.secure else "cuspid-form"
    signer = SignedSerializer(portal.secret_key, "pyramid.session.", "sha256", serializer=JSONSerializer())
    signer.digestmod = "sha256"  # by its name, which the system's library computes at once; a function is ten times slower
    factory = BaseCookieSessionFactory(
        signer, cookie_name=name, secure=portal.secure, httponly=True, samesite="Lax", timeout=None, reissue_time=None
    )  # fmt: skip
    config.set_session_factory(factory)
    config.set_csrf_storage_policy(BoundTokens(portal.secret_key))
    # Behind a proxy the application sees http, where Pyramid checks no origin: `refuse_other_sites` and the token do.
    config.set_default_csrf_options(require_csrf=True, check_origin=portal.secure)
    config.add_subscriber(refuse_other_sites, "pyramid.events.BeforeTraversal")
