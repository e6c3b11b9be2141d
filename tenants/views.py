"""The look of an office as files: its colors and its logo, kept by the browser for as long as they do not change."""

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.theme import Theme
from tenants.branding import theme_css

FOREVER = "public, max-age=31536000, immutable"
SHORTLY = "public, max-age=60"
# A logo may be a drawing, which can carry scripts; opened by itself it may do nothing at all.
LOGO_SECURITY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@view_config(route_name="tenants.theme", permission=NO_PERMISSION_REQUIRED, request_method="GET")
def theme(request):
    """The style sheet of the look that the page asked for."""
    found, exact = asked_theme(request)
    return _file(theme_css(found).encode(), "text/css", exact)


@view_config(route_name="tenants.logo", permission=NO_PERMISSION_REQUIRED, request_method="GET")
def logo(request):
    """The logo of the look that the page asked for."""
    found, exact = asked_theme(request)
    if not found.logo:
        raise HTTPNotFound()
    response = _file(found.logo, found.logo_type, exact)
    response.headers["Content-Security-Policy"] = LOGO_SECURITY
    return response


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
    config.scan("tenants.views")
