"""The first page of the office: what waits today."""

from pyramid.view import view_config

from core.web.forms import empty_form


@view_config(route_name="office.home", permission="office.home", request_method="GET", renderer="console/home.jinja2")
def home(request):
    """What waits for who is asking, and where one can go from here."""
    pages = [page for page in request.office_pages if page.route != "office.home"]
    form = empty_form() if "office.patients.see" in request.identity.permissions else None
    return {"pages": pages, "waiting": request.office_waiting(), "form": form}
