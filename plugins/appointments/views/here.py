"""Behind the link of a notice that asks whether somebody is here. It says nothing of the visit but where it is."""

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import exception_view_config, view_config

from core.web.errors import Trouble, error_response
from plugins.appointments.models import Appointment
from plugins.appointments.pages import Place, place_of
from plugins.appointments.services import arriving

HERE = "appointments.here"
DEAD = Trouble(404, "This link can’t be used", "Your visit may have another time now. Please tell us at the desk that you are here, or call us.")


@exception_view_config(arriving.NoSuchVisit)
def no_such_visit(request):
    """Whatever is wrong with a link has one answer."""
    return error_response(request, DEAD)


@view_config(route_name=HERE, permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="appointments/here.jinja2")
def here_page(request):
    """Ask: programs that check mails look at every link, and are not here."""
    visit, place = _found(request)
    request.audit("appointments.here.view", visit.patient_id, visit.id)
    return {"state": arriving.state_of(visit, request.now), "clinic": place.clinic, "phone": place.phone}


@view_config(route_name=HERE, permission=NO_PERMISSION_REQUIRED, request_method="POST")
def say(request):
    """They are here."""
    visit, _ = _found(request)
    for one in arriving.arrive(request.db, request.practice_id, visit, request.now):
        request.audit("appointments.visit.arrive", one.patient_id, one.id)
    return HTTPSeeOther(request.path)


def _found(request) -> tuple[Appointment, Place]:
    visit = arriving.find(request.db, request.registry.portal.secret_key, request.practice_id, request.matchdict["token"])
    place = place_of(request, visit)
    if "appointments" not in place.tenant.plugins:
        raise arriving.NoSuchVisit
    return visit, place
