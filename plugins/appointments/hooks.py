"""What comes in from elsewhere: text messages from the gateway, the link at the foot of a notice, to which mail programs post by themselves, and
that to a calendar file."""

from xml.sax.saxutils import escape

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from core.db import session_at
from core.texting import codes, whole_number
from plugins.appointments import calendar_file
from plugins.appointments.models import Appointment
from plugins.appointments.notices import replies, signed, stopping
from plugins.appointments.notices.kinds import TITLES
from plugins.appointments.notices.sending import CALENDAR
from plugins.appointments.pages import address_lines

UNSUBSCRIBE, TEXTS, CALENDAR_FILE = (f"appointments.hooks.{name}" for name in ("unsubscribe", "texts", "calendar"))
LONGEST = 100


@view_config(route_name=UNSUBSCRIBE, permission=NO_PERMISSION_REQUIRED, request_method="GET", renderer="appointments/unsubscribe.jinja2")
def unsubscribe_page(request):
    """Say what would be turned off, and ask: mail programs and their scanners look at links by themselves."""
    stop = _stop(request)
    return {"title": TITLES[stop.kind], "is_on": stop not in stopping.off(request.db, request.practice_id, [stop.patient_id])}


# No form token is asked for, as in core/auth/notice_views.py: mail programs post here by themselves (RFC 8058).
@view_config(
    route_name=UNSUBSCRIBE, permission=NO_PERMISSION_REQUIRED, request_method="POST", require_csrf=False, renderer="appointments/unsubscribe.jinja2"
)
def unsubscribe(request):
    """Turn the kind off, or on again by the button of the page that says so. Never a redirect: mail programs would not follow it."""
    stop, on = _stop(request), request.POST.get("turn") == "on"
    if stopping.choose(request.db, request.practice_id, stop, on, "patient", request.now):
        request.audit(f"appointments.notice.{'on' if on else 'off'}", stop.patient_id)
    return {"title": TITLES[stop.kind], "is_on": on}


@view_config(route_name=TEXTS, permission=NO_PERMISSION_REQUIRED, request_method="POST", require_csrf=False)
def text_came(request):
    """A text message that somebody sent back. Who is not the gateway finds nothing here."""
    fields = [(name, value) for name, value in request.POST.items() if isinstance(name, str) and isinstance(value, str)]
    address, texts = request.registry.portal.address(request.domain), request.registry.texts
    signature = request.headers.get("X-Twilio-Signature", "")
    if texts is None or not texts.signs(address + request.path_qs, fields, signature):
        raise HTTPNotFound()
    told = dict(fields)
    number, reference, body = whole_number(told.get("From", "")), told.get("MessageSid", "")[:LONGEST].replace("\0", ""), told.get("Body", "")
    if not (number and reference):
        return _answer("")
    return _answer(_take_in(request, number, body.replace("\0", ""), reference))


def _take_in(request, number: str, body: str, reference: str) -> str:
    """Bring a text message to the practices that it means, whichever of them the gateway reports to; what is sent back is the last one's."""
    registry, answer = request.registry, ""
    number_key = codes.key_of(registry.portal.secret_key, number)
    for practice_id in replies.practices_for(request.db, request.practice_id, number_key, body):
        is_own, tenant = practice_id == request.practice_id, registry.tenants.current(practice_id)
        if is_own or (registry.tenants.on_somewhere(practice_id, "appointments") and not tenant.is_suspended):
            session = request.db if is_own else session_at(request, practice_id)
            answer = replies.take_in(session, tenant, registry.portal.address(tenant.host), number, number_key if is_own else "", body, reference, request.now)
    return answer


@view_config(route_name=CALENDAR_FILE, permission=NO_PERMISSION_REQUIRED, request_method="GET")
def calendar_file_of(request):
    """A visit for a calendar program, by the link of a notice: time and place, and nothing of whom it is for or what will be done."""
    token, secret_key = request.matchdict["token"], request.registry.portal.secret_key
    known = signed.is_for(secret_key, request.practice_id, token, CALENDAR)
    visit = request.db.get(Appointment, (request.practice_id, signed.row_in(token))) if known else None
    if visit is None or visit.status != "scheduled":
        raise HTTPNotFound()
    clinic = next((one for one in request.whole_tenant.clinics if one.id == visit.clinic_id), request.whole_tenant.contact)
    place = ", ".join([clinic.name, *address_lines(clinic)]) if clinic else ""
    title = f"{request.whole_tenant.settings['appointments.calendar_title']}, {request.whole_tenant.practice_name}"
    event = calendar_file.Event(visit.id, visit.revision, request.now, visit.arrive_at or visit.starts_at, visit.minutes, title, place)
    response = Response(calendar_file.write(request.whole_tenant.practice_name, [event]), content_type=calendar_file.CONTENT_TYPE, charset="utf-8")
    response.content_disposition = 'attachment; filename="visit.ics"'
    return response


def _answer(text: str) -> Response:
    """What the gateway sends back: https://www.twilio.com/docs/messaging/twiml."""
    message = f"<Message>{escape(text)}</Message>" if text else ""
    return Response(f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>', content_type="text/xml", charset="utf-8")


def _stop(request) -> stopping.Stop:
    """What the link in the address is about. Raises HTTPNotFound, whatever is wrong with it."""
    stop = stopping.read(request.db, request.registry.portal.secret_key, request.practice_id, request.matchdict["token"])
    if stop is None:
        raise HTTPNotFound()
    return stop


def include(config) -> None:
    """Add the addresses, below `/hooks/appointments`."""
    config.add_route(UNSUBSCRIBE, "/unsubscribe/{token}")
    config.add_route(TEXTS, "/texts")
    config.add_route(CALENDAR_FILE, "/calendar/{token}")
    config.scan("plugins.appointments.hooks")
