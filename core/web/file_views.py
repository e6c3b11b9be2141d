"""Files on their way to the browser: handed on by the portal, or fetched from the store by a link that lives for a minute."""

from http import HTTPStatus

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import exception_view_config, view_config

from core.auth.looking import looks
from core.files import FilesUnavailable, NoSuchFile, WrongKey, WrongLink
from core.files.disposition import content_disposition
from core.files.interface import CHUNK, Link
from core.files.local import LocalFiles
from core.web.errors import Trouble, error_response

GONE = Trouble(404, "This file can’t be found", "The office shared it, but it is not in its place any more. Please tell the office.")
AWAY = Trouble(503, "Files can’t be opened right now", "The place where they are kept does not answer. Please try again in a few minutes.")
# A file may never act as a page of ours: no scripts, nothing loaded, no place in the portal's own origin.
LOCKED = "default-src 'none'; frame-ancestors 'none'; sandbox"
# The browsers' PDF viewers do not start in a sandbox; they are one themselves.
PDF = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'"


def stream_file(request, key: str, content_type: str, filename: str, inline: bool = False, size: int | None = None) -> Response:
    """The file through the portal, in pieces, whatever its size. Look the row up first; raises NoSuchFile, FilesUnavailable."""
    body = request.files.open(key)
    response = Response(content_type=content_type, app_iter=_Pieces(body))
    response.charset = None
    response.content_length = size
    response.headers.update(_headers(content_type, filename, inline))
    return response


def send_file(
    request, key: str, content_type: str, filename: str, public_name: str, size: int | None = None, inline: bool = False
) -> Response:
    """The file as a download, or in a window of its own: from the store itself where browsers can reach it, else through the portal.

    A link shows `public_name`, which must say nothing about anyone; `filename` travels in a header only.
    """
    if not inline and looks(request):
        raise HTTPForbidden()  # a link of the store would not come by here again
    if request.files.direct:
        return HTTPSeeOther(request.files.signed_url(key, content_type=content_type, filename=public_name, inline=inline))
    return stream_file(request, key, content_type, filename, inline, size)


def _headers(content_type: str, filename: str, inline: bool) -> dict[str, str]:
    return {
        "Content-Disposition": content_disposition(filename, content_type, inline),
        "Content-Security-Policy": PDF if content_type == "application/pdf" and inline else LOCKED,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


class _Pieces:
    """The body in pieces; closed when the answer has been sent, or the visitor has gone."""

    def __init__(self, body):
        self._body = body

    def __iter__(self):
        while chunk := self._body.read(CHUNK):
            yield chunk

    def close(self):
        self._body.close()


def _link(request, method: str) -> Link:
    """What the link in the address allows. A link that was changed, is old, or is for elsewhere leads nowhere."""
    store = request.registry.files
    if not isinstance(store, LocalFiles):
        raise HTTPNotFound()
    try:
        link = store.signer.read(request.matchdict["token"])
    except WrongLink:
        raise HTTPNotFound() from None
    if link.method != method:
        raise HTTPNotFound()
    return link


@view_config(route_name="files.signed", request_method="GET", permission=NO_PERMISSION_REQUIRED)
def signed(request):
    """Follow a link to a file of this practice."""
    link = _link(request, "GET")
    try:
        size = request.files.stat(link.key).size
        return stream_file(request, link.key, link.content_type, link.filename, link.inline, size)
    except (NoSuchFile, WrongKey):
        raise HTTPNotFound() from None


@view_config(route_name="files.signed", request_method="PUT", permission=NO_PERMISSION_REQUIRED, require_csrf=False)
def store(request):
    """Take in the file that a link was made for: of the announced size and type."""
    link = _link(request, "PUT")
    if request.content_length != link.size or request.content_type != link.content_type:
        return Response(status=HTTPStatus.UNPROCESSABLE_ENTITY, content_type="text/plain", text="Not the file that was announced.\n")
    try:
        request.files.put(link.key, request.body_file, link.content_type)
    except WrongKey:
        raise HTTPNotFound() from None
    return Response(status=HTTPStatus.NO_CONTENT)


@exception_view_config(NoSuchFile)
def gone(request):
    """The row is there, its file is not."""
    return error_response(request, GONE)


@exception_view_config(FilesUnavailable)
def away(request):
    """The store does not answer; everything else works."""
    response = error_response(request, AWAY)
    response.headers["Retry-After"] = "60"
    return response


def includeme(config) -> None:
    """Add the address that links of a local store lead to."""
    config.add_route("files.signed", "/files/{token}")
    config.scan("core.web.file_views")
