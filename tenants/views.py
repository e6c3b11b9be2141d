"""The look of an office as files: its colors and its pictures, kept by the browser for as long as they do not change."""

from collections.abc import Callable

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.tenant import Tenant
from core.theme import MARK, Picture, Theme
from tenants.branding import theme_css

FOREVER = "public, max-age=31536000, immutable"
SHORTLY = "public, max-age=60"
# A logo may be a drawing, which can carry scripts; opened by itself it may do nothing at all.
PICTURE_SECURITY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@view_config(route_name="tenants.theme", permission=NO_PERMISSION_REQUIRED, request_method="GET")
def theme(request):
    """The style sheet of the look that the page asked for."""
    found, exact = asked_theme(request)
    return _file(theme_css(found).encode(), "text/css", exact)


@view_config(route_name="tenants.logo", permission=NO_PERMISSION_REQUIRED, request_method="GET")
def logo(request):
    """The logo that the page asked for."""
    found, exact = asked_picture(request, lambda tenant: tenant.theme.logo)
    return _picture(found.body, found.content_type, exact)


@view_config(route_name="tenants.photo", permission=NO_PERMISSION_REQUIRED, request_method="GET")
def photo(request):
    """The photo that the page asked for."""
    found, exact = asked_picture(request, lambda tenant: tenant.greeting.photo)
    return _picture(found.body, found.content_type, exact)


@view_config(route_name="tenants.icon", permission=NO_PERMISSION_REQUIRED, request_method="GET")
def icon(request):
    """The small square picture for a browser's tab (32 pixels) or a telephone's first page (180)."""
    found, exact = asked_picture(request, lambda tenant: tenant.theme.small)
    square = found.small if request.matchdict["size"] == "32" else found.large
    # A logo of long ago has no squares: it stands in for them.
    response = _picture(square, "image/png", exact) if square else _picture(found.body, found.content_type, exact)
    # It stands in mails as well, which people read on pages of others.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def asked_picture(request, own: Callable[[Tenant], str]) -> tuple[Picture, bool]:
    """The picture with the mark that the page asked for; else the practice's own, and that it is not the asked one. Raises HTTPNotFound."""
    directory, mark = request.registry.tenants, request.GET.get("v", "")
    found = directory.picture(request.practice_id, mark) if MARK.fullmatch(mark) else None
    if found:
        return found, True
    found = directory.picture(request.practice_id, own(directory.current(request.practice_id)))
    if found is None:
        raise HTTPNotFound()
    return found, False


def asked_theme(request) -> tuple[Theme, bool]:
    """The look of the practice or of one of its clinics that has this version; else the practice's own, and that it is not the asked one.

    A page of a clinic and one of the practice live at one address, so the version says which look is meant, whoever is signed in.
    """
    directory, wanted = request.registry.tenants, request.GET.get("v")
    practice = directory.last_known(request.practice_id) or directory.current(request.practice_id)
    found = _with_version(directory, practice, wanted)
    if found is None:
        # Another process may know of a change that this one has not heard of yet.
        practice = directory.current(request.practice_id)
        found = _with_version(directory, practice, wanted)
    return (found, True) if found else (practice.theme, False)


def _with_version(directory, practice, wanted: str | None) -> Theme | None:
    clinics = (directory.tenant(practice.practice_id, clinic.id, practice.version) for clinic in practice.clinics)
    return next((tenant.theme for tenant in (practice, *clinics) if tenant.theme.version == wanted), None)


def _picture(body: bytes, content_type: str, exact: bool) -> Response:
    response = _file(body, content_type, exact)
    response.headers["Content-Security-Policy"] = PICTURE_SECURITY
    return response


def _file(body: bytes, content_type: str, exact: bool) -> Response:
    response = Response(body, content_type=content_type)
    if content_type.startswith("text/"):
        response.charset = "utf-8"
    # Not by cookie: it changes at every sign-in, and the look does not.
    response.headers.update({"Cache-Control": FOREVER if exact else SHORTLY, "Vary": "Host"})
    return response


def includeme(config) -> None:
    """Add the addresses."""
    config.add_route("tenants.theme", "/theme.css")
    config.add_route("tenants.logo", "/logo")
    config.add_route("tenants.icon", "/icon/{size:32|180}")
    config.add_route("tenants.photo", "/photo")
    config.scan("tenants.views")
