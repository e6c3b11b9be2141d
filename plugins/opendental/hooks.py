"""What Open Dental reports by itself, at the practice's own address: rows of visits, patients and hours as they change.

Nothing signs it. So the address holds a secret, and the header must be the office's own key; whatever is wrong with either has one answer.
"""

import json
from decimal import Decimal
from hmac import compare_digest

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.auth.secrets import UnreadableSecret
from core.records.kinds import kinds_at
from plugins.opendental import connecting, reported
from plugins.opendental.mapping.reading import Row
from plugins.opendental.models import Connection
from plugins.opendental.pulling import Office
from plugins.opendental.wire.choice import connection_of

EVENTS = "opendental.hooks.events"
LARGEST_BODY = 16 * 1024 * 1024
MOST_ROWS = 1000


@view_config(route_name=EVENTS, permission=NO_PERMISSION_REQUIRED, request_method="POST", require_csrf=False)
def events_came(request):
    """Take in rows that have changed, a thousand at most."""
    connection = connection_of(request.db, request.practice_id)
    if connection is None or not _is_theirs(request, connection):
        raise HTTPNotFound()
    body = request.environ["wsgi.input"].read(LARGEST_BODY + 1) if request.content_length is None else _body(request)
    if len(body) > LARGEST_BODY:
        return _said(413, "This is too large.")
    rows = _rows(body)
    if rows is None:
        return _said(400, f"This is no list of rows, or of more than {MOST_ROWS}.")
    watched = request.headers.get("Event-Type", "").removeprefix("WatchTable:").strip()
    tenant = request.registry.tenants.current(request.practice_id)
    office = Office(request.registry.engine, request.practice_id, str(tenant.time_zone), kinds_at(request.registry, request.practice_id))
    reported.take_rows(request.db, office, watched, rows, request.now)
    return _said(200, "")


def _is_theirs(request, connection: Connection) -> bool:
    portal = request.registry.portal
    try:
        secret, key = connecting.hook_secret_of(portal, connection), connecting.key_of(portal, connection)
    except UnreadableSecret:
        return False
    # Both are compared, whatever comes of the first.
    return all([_is_same(secret, request.matchdict["secret"]), _is_same(key, request.headers.get("Authorization", ""))])


def _is_same(one: str, other: str) -> bool:
    return compare_digest(one.encode(), other.encode("utf-8", "surrogateescape"))


def _body(request) -> bytes:
    return b" " * (LARGEST_BODY + 1) if request.content_length > LARGEST_BODY else request.body


def _rows(body: bytes) -> list[Row] | None:
    try:
        found = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    fits = isinstance(found, list) and len(found) <= MOST_ROWS and all(isinstance(row, dict) for row in found)
    return found if fits else None


def _said(status: int, text: str) -> Response:
    return Response(f"{text}\n" if text else "", status=status, content_type="text/plain", charset="utf-8")


def include(config) -> None:
    """Add the address, below `/hooks/opendental`."""
    config.add_route(EVENTS, "/{secret}")
    config.scan("plugins.opendental.hooks")
