"""The sheet with which an office hands over a user name and a one-time password: one file, to be printed from any browser."""

from base64 import b64encode

import segno
from markupsafe import Markup
from pyramid_jinja2 import IJinja2Environment

from core.auth.access import Credentials
from core.tenant import Tenant
from core.theme import Picture

_QR_SCALE = 5


def make_sheet(registry, tenant: Tenant, credentials: Credentials) -> str:
    """The sheet as HTML that needs nothing beside it: logo and QR code are in it."""
    address = registry.portal.address(tenant.host)
    # Made by the library from the address alone, so it can stand in the page as it is. It leads to the address and carries no password.
    code = Markup(segno.make(address, micro=False).svg_inline(scale=_QR_SCALE))  # noqa: S704
    logo = _logo(registry.tenants.picture(tenant.practice_id, tenant.theme.logo))
    values = {"tenant": tenant, "address": address, "code": code, "logo": logo, "credentials": credentials}
    environment = registry.queryUtility(IJinja2Environment, name=".jinja2")
    return environment.get_template("access_sheet.html").render(values)


def _logo(picture: Picture | None) -> str:
    return f"data:{picture.content_type};base64,{b64encode(picture.body).decode()}" if picture else ""
