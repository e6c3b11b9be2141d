"""The addresses by which a practice's system reads what was done here, and says up to where it has dealt with it."""

from mimetypes import guess_extension
from uuid import UUID

from pydantic import Field
from pyramid.httpexceptions import HTTPNoContent
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core import audit
from core.files.disposition import content_disposition
from core.records import changes
from core.records.api.asking import with_key
from core.records.api.problems import Problem
from core.records.api.reading import Strict, read_object

NOT_YOURS = "This key may not read changes."
LARGEST = 2**63 - 1


class Acknowledged(Strict):
    """Up to which number every change was dealt with."""

    until: int = Field(ge=0, le=LARGEST, strict=True)


@view_config(route_name="api.changes", permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="json")
@with_key
def read_changes(request):
    """The next changes that this key has not acknowledged, or those after a number; in one order, and the same again until they are acknowledged."""
    _need(request)
    limit, after = _number(request, "limit", 1, changes.MOST), _number(request, "after", 0, LARGEST)
    found = changes.waiting(request.db, request.practice_id, request.api_key.reader, limit or 100, after)
    if found:
        audit.record(request.db, request.practice_id, "api.changes.read", request.now, target_id=request.api_key.id)
    return {"changes": [one.told() for one in found], "acknowledged": changes.acknowledged(request.db, request.practice_id, request.api_key.reader)}


@view_config(route_name="api.changes.acknowledge", permission=NO_PERMISSION_REQUIRED, request_method="POST", require_csrf=False)
@with_key
def acknowledge(request):
    """Everything up to a number was dealt with, and is not handed out to this key again."""
    _need(request)
    said = read_object(request, Acknowledged)
    try:
        changes.acknowledge(request.db, request.practice_id, request.api_key.reader, said.until, request.now)
    except changes.NotHandedOut as error:
        raise Problem(422, str(error), "/until") from None
    return HTTPNoContent()


@view_config(route_name="api.changes.file", permission=NO_PERMISSION_REQUIRED, request_method="GET")
@with_key
def read_file(request):
    """The file that goes with a change."""
    _need(request)
    try:
        file = changes.file_of(request.registry, request.db, request.practice_id, UUID(request.matchdict["id"]))
    except (ValueError, changes.NoChangeFile):
        raise Problem(404, "There is no such change here, or no file goes with it.") from None
    audit.record(request.db, request.practice_id, "api.changes.file", request.now, patient_id=file.patient_id, target_id=request.api_key.id)
    named = content_disposition(f"change{guess_extension(file.content_type) or ''}", file.content_type, inline=False)
    return Response(file.body, content_type=file.content_type, content_disposition=named)


def _need(request) -> None:
    if not request.api_key.reads:
        raise Problem(403, NOT_YOURS)


def _number(request, name: str, least: int, most: int) -> int | None:
    """A number of the address; None where it is left out. Raises Problem."""
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        raise Problem(422, f"It must be a number from {least} to {most:,}.", f"?{name}")
    return int(text)


def includeme(config) -> None:
    """Add the addresses."""
    config.add_route("api.changes", "/api/v1/changes")
    config.add_route("api.changes.acknowledge", "/api/v1/changes/acknowledge")
    config.add_route("api.changes.file", "/api/v1/changes/{id}/file")
    config.scan("core.records.api.changes")
