"""The answer to who tries too often, and what is kept of it: an answer, not an error, so that the record of the try is committed."""

from collections.abc import Callable
from functools import wraps

from core.auth import lockout
from core.auth.limits import TooManyAttempts
from core.auth.realms import PORTAL
from core.web.errors import too_many

BY_LINK = frozenset({"auth.sign_in", "auth.forgot", "auth.password.reset"})
LINK_IS_OPEN = "A sign-in link by e-mail works right away."
LINK_WAS_SENT = "If we know you, the newest sign-in link in your mailbox still works."


def too_often(request, refusal: TooManyAttempts, action: str, keep: Callable[[], None] = lambda: None):
    """The page that says how long to wait. The try stands in the audit log, and `keep` is called, but for those of a flood."""
    try:
        request.registry.limiter.take(request.now, lockout.of_refusals(request.practice_id, request.remote_addr or ""))
    except TooManyAttempts:
        return _page(request, refusal, action)
    keep()
    request.audit(f"{action}.refused")
    return _page(request, refusal, action)


def _page(request, refusal: TooManyAttempts, action: str):
    if action == "auth.link":
        return too_many(refusal, request, LINK_WAS_SENT)
    if request.realm is PORTAL and action in BY_LINK and request.tenant.settings["portal.sign_in_links"]:
        return too_many(refusal, request, LINK_IS_OPEN, ("E-mail me a sign-in link", request.route_path("auth.link")))
    return too_many(refusal, request)


def answered(action: str):
    """For a view that counts tries before it does anything else: who tries too often gets the answer above."""

    def around(view):
        @wraps(view)
        def answer(request):
            try:
                return view(request)
            except TooManyAttempts as refusal:
                return too_often(request, refusal, action)

        return answer

    return around
