"""A practice that is not at this address any more: pages lead on to where it is now, and forms that were still open are taken."""

from pyramid.events import BeforeTraversal
from pyramid.httpexceptions import HTTPPermanentRedirect
from pyramid.tweens import INGRESS

from core.web.request import ANY_HOST, host_name

# These answer here, too: a form that was sent here is shown again with the practice's look.
_STAYS = (*ANY_HOST, "/static/", "/theme.css", "/logo", "/icon/", "/photo")


def moved_tween_factory(handler, registry):
    """Lead on by what this process remembers: that costs no statement."""

    def tween(request):
        return _way(request) or handler(request)

    return tween


def lead_on(event) -> None:
    """By now the request has read the version of what the practice has set, so that nobody is served here who has just moved."""
    if way := _way(event.request):
        raise way


def _way(request) -> HTTPPermanentRedirect | None:
    """To the same page where the practice is now. No cache keeps it (core/web/headers.py): a practice may come back."""
    if request.practice_id is None or request.method not in {"GET", "HEAD"} or request.environ.get("PATH_INFO", "").startswith(_STAYS):
        return None
    home = request.registry.tenants.home_of(request.practice_id, host_name(request))
    return HTTPPermanentRedirect(f"{request.registry.portal.address(home)}{request.path_qs}") if home else None


def includeme(config) -> None:
    """Look twice at each request: before anything is asked, and once it is known what the practice has set."""
    config.add_tween("core.web.moved.moved_tween_factory", under=["core.web.request.practice_tween_factory", INGRESS])
    config.add_subscriber(lead_on, BeforeTraversal)
