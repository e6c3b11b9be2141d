"""The pages of the Plan tab."""

from uuid import UUID

from pyramid.httpexceptions import HTTPNotFound
from pyramid.view import view_config

from plugins.plan.services import reading


@view_config(route_name="plan.home", permission="plan.see", request_method="GET", renderer="plan/home.jinja2")
def home(request):
    """All saved plans of the person in view."""
    plans = reading.saved_plans(request.db, request.practice_id, request.person.id)
    request.audit("plan.plan.view", request.person.id)
    return {"plans": plans, "estimate_note": request.tenant.settings["plan.estimate_note"]}


@view_config(route_name="plan.plan", permission="plan.see", request_method="GET", renderer="plan/plan.jinja2")
def plan(request):
    """One plan, to read and to print."""
    found = _find(request, request.matchdict["plan_id"])
    request.audit("plan.plan.view", request.person.id, found.id)
    return {"plan": found, "estimate_note": request.tenant.settings["plan.estimate_note"]}


def _find(request, plan_id: str) -> reading.Plan:
    try:
        return reading.saved_plan(request.db, request.practice_id, request.person.id, UUID(plan_id))
    except (ValueError, reading.PlanNotFound):
        raise HTTPNotFound() from None
