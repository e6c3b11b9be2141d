"""The Recall Club tab."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config

from core.tasks import enqueue
from recall_club import services
from recall_club.asked import membership


@view_config(route_name="recallclub.home", permission="recallclub.see", request_method="GET", renderer="recallclub/home.jinja2")
def home(request):
    """Whether the person is a member, and joining."""
    request.audit("recallclub.home.view", request.person.id)
    return {"member": membership(request, request.person), "months": request.tenant.settings["recallclub.months"]}


@view_config(route_name="recallclub.join", permission="recallclub.join", request_method="POST")
def join(request):
    """Join; a second time changes nothing."""
    member_id = services.join(request.db, request.practice_id, request.person.id, request.now)
    if member_id:
        request.audit("recallclub.member.join", request.person.id, member_id)
        enqueue(request.db, "recallclub.greet", member_id=str(member_id))
    request.session.flash("Welcome to the Recall Club.")
    return HTTPSeeOther(request.route_path("recallclub.home"))
