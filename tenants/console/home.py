"""The first page of the office."""

from pyramid.view import view_config

from core.auth import unmatched
from core.web.forms import empty_form


@view_config(route_name="office.home", permission="office.home", request_method="GET", renderer="console/home.jinja2")
def home(request):
    """Where one can go from here."""
    pages = [page for page in request.office_pages if page.route != "office.home"]
    waiting = 0
    if "office.unmatched.see" in request.identity.permissions:
        waiting = unmatched.how_many(request.db, request.practice_id, request.now, request.identity.clinic_ids)
    return {"pages": pages, "waiting": {"office.unmatched": waiting}, "form": empty_form() if "office.patients.see" in request.identity.permissions else None}
