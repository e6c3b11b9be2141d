"""The first page of the office: what waits today."""

from pyramid.view import view_config

from core.allowance import plan_of
from core.web.forms import empty_form
from tenants.console.first_steps import steps_left

SEE_PLAN = "office.settings.change"


@view_config(route_name="office.home", permission="office.home", request_method="GET", renderer="console/home.jinja2")
def home(request):
    """What waits for who is asking, what is left to do at a new practice, and where one can go from here."""
    pages = [page for page in request.office_pages if page.route != "office.home"]
    form = empty_form() if "office.patients.see" in request.identity.permissions else None
    near = plan_of(request.db, request.practice_id).near if SEE_PLAN in request.identity.permissions else []
    return {"pages": pages, "waiting": request.office_waiting(), "form": form, "near": near, "steps": steps_left(request)}


@view_config(route_name="office.allowance", permission=SEE_PLAN, request_method="GET", renderer="console/plan.jinja2")
def plan_page(request):
    """The practice's plan, and what is used of it."""
    return {"plan": plan_of(request.db, request.practice_id)}
