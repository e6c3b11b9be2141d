"""The ZIP of an export on its way to the browser."""

from pyramid.response import Response

from core.files.disposition import content_disposition
from tenants.exporting.services import length, whole
from tenants.models import Export


def zip_response(request, export: Export, what: str) -> Response:
    """The whole ZIP, piece by piece, named by what it is and the day on which it was asked for."""
    response = Response(content_type="application/zip", app_iter=whole(request.files, export))
    response.content_length = length(export)
    name = f"{what}-{export.asked_at.astimezone(request.tenant.time_zone):%Y-%m-%d}.zip"
    response.headers["Content-Disposition"] = content_disposition(name, "application/zip", inline=False)
    response.headers["Cache-Control"] = "no-store"
    return response
