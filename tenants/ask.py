"""What the proxy asks before it has a certificate made: whether this host is one of ours. It is no page for browsers."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth.limits import Count, Limiter, TooManyAttempts, windows
from core.web.request import plain_host

# Strangers make the proxy ask by opening connections for names that they make up; each costs one statement that reads an index.
UNKNOWN = Count(windows("300 per 1 minute"), UUID(int=0), "tenants.ask")
_FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO")


@view_config(route_name="tenants.ask", permission=NO_PERMISSION_REQUIRED, request_method="GET")
def ask(request):
    """200 for the base domain, a practice's short address, one that it has left, and a verified domain; else 404. Raises HTTPNotFound."""
    host = plain_host(request.GET.get("domain", ""))
    if not host or not is_internal(request.environ, request.registry.portal.trusted_proxies):
        raise HTTPNotFound()
    if not _is_ours(request, host):
        return Response("no\n", status=404, content_type="text/plain")
    return Response("yes\n", content_type="text/plain")


def is_internal(environ: Mapping, trusted: str | None) -> bool:
    """Whether this machine asks, or one of these addresses and networks, for itself: what comes through a proxy says so in its headers."""
    if any(environ.get(name) for name in _FORWARDED):
        return False
    try:
        address = ip_address(environ.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return address.is_loopback or any(address in network for network in _networks(trusted or ""))


def _networks(trusted: str) -> Iterator[IPv4Network | IPv6Network]:
    for text in trusted.split(","):
        with suppress(ValueError):  # the setting may hold words as well
            yield ip_network(text.strip(), strict=False)


def _is_ours(request, host: str) -> bool:
    """As the database has it now. What this process does not know is counted, and refused unlooked at while there is too much of it."""
    directory, limiter = request.registry.tenants, request.registry.ask_limiter
    if not directory.is_known(host):
        try:
            limiter.take(request.now, UNKNOWN)
        except TooManyAttempts:
            return False
    return directory.owner_now(host) is not None


def includeme(config) -> None:
    """Add the address."""
    config.registry.ask_limiter = Limiter("memory://")
    config.add_route("tenants.ask", "/.well-known/cuspid/certificate")
    config.scan("tenants.ask")
