"""What every request carries: its id, its time, the practice of its address; and the first refusal, an unknown host."""

import re
import secrets
from datetime import UTC, datetime

import structlog
from pyramid.response import Response
from pyramid.tweens import INGRESS

from core.web.log import REQUEST_ID

log = structlog.get_logger("request")

# These answer on any host, so that a load balancer or a proxy can ask.
ANY_HOST = ("/health/", "/metrics", "/.well-known/cuspid/")
_HOST = re.compile(r"[a-z0-9.-]{1,253}")


def host_name(request) -> str:
    """The host that was asked for, without its port; only the Host header counts, never what a proxy says it forwarded."""
    return plain_host(request.environ.get("HTTP_HOST", "").rsplit(":", 1)[0])


def plain_host(name: str) -> str:
    """A host name in small letters; nothing for what can be none."""
    return name.lower() if _HOST.fullmatch(name.lower()) else ""


def practice_tween_factory(handler, registry):
    """Answer 404 for a host that is no practice's, before anything else is looked at. What services report at the base domain is no practice's."""
    base = registry.portal.base_domain

    def tween(request):
        if not _is_readable(request.environ):
            return Response("Bad request\n", status=400, content_type="text/plain")
        request.practice_id = None
        if not request.environ.get("PATH_INFO", "").startswith(ANY_HOST):
            host = host_name(request)
            request.practice_id = registry.tenants.practice_at(host) if host else None
            if request.practice_id is None and not (host == base and request.environ.get("PATH_INFO", "").startswith("/hooks/")):
                return Response("Not found\n", status=404, content_type="text/plain")
        return handler(request)

    return tween


def _is_readable(environ) -> bool:
    """Whether the address is text; bytes that are none come from scanners, never from a link of ours."""
    try:
        environ.get("PATH_INFO", "").encode("latin-1").decode()
        environ.get("QUERY_STRING", "").encode("ascii")
    except UnicodeError:
        return False
    return "\0" not in environ.get("PATH_INFO", "")


def log_tween_factory(handler, registry):
    """One log line for each request: the route, never the address with its ids; how long, how it ended."""

    writes = registry.portal.log_level in {"DEBUG", "INFO"}  # else nobody reads the line, and making it takes its time

    def tween(request):
        started = datetime.now(UTC)
        token = REQUEST_ID.set(request.id)
        try:
            response = handler(request)
            if writes:
                _log(request, response, started)
        finally:
            REQUEST_ID.reset(token)
        return response

    return tween


def _log(request, response, started: datetime) -> None:
    identity = request.__dict__.get("identity_of_visitor")
    log.info(
        "request",
        practice=str(getattr(request, "practice_id", None) or ""),
        account=str(identity.account_id) if identity else "",
        method=request.method,
        route=request.matched_route.name if getattr(request, "matched_route", None) else "",
        status=response.status_int,
        ms=round((datetime.now(UTC) - started).total_seconds() * 1000, 1),
    )


def includeme(config) -> None:
    """Add the request's attributes and the tweens around every request."""
    config.add_request_method(lambda request: secrets.token_hex(6), "id", reify=True)
    config.add_request_method(lambda request: datetime.now(UTC), "now", reify=True)
    config.add_tween("core.web.request.practice_tween_factory", under=INGRESS)
    config.add_tween("core.web.request.log_tween_factory", under=INGRESS, over="core.web.request.practice_tween_factory")
