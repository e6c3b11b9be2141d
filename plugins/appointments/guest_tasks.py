"""Codes for whoever books without signing in. What was typed stands in the practice's own table and nowhere else."""

from datetime import timedelta
from uuid import UUID

from core.auth import text_codes
from core.auth.models import Ticket
from core.tasks import Work, enqueue, portal_task
from core.texting import whole_number
from plugins.appointments.models import Guest
from plugins.appointments.services import newcomers

_ABOUT = {"minutes": newcomers.CODE_LIVES // timedelta(minutes=1)}


@portal_task("appointments.find_guest")
def find_guest(work: Work, guest: str) -> None:
    """Find out who says to have been here, and send a code to the address in the chart; nothing goes out where nobody fits, or several do."""
    key = (work.tenant.practice_id, UUID(guest))
    typed, ticket = work.db.get(Guest, key), work.db.get(Ticket, key)
    if typed is None or ticket is None or typed.patient_id:
        return
    today = work.now.astimezone(work.tenant.time_zone).date()
    found = newcomers.find(work.db, typed, today, work.tenant.settings["portal.adult_age"])
    if found is None:
        return
    patient, reached = found
    typed.patient_id = ticket.patient_id = patient.id
    if reached.email:
        ticket.email = reached.email
        enqueue(work.db, "appointments.send_guest_code", guest=guest)
    elif not text_codes.hindrance(work, reached):
        ticket.phone = whole_number(reached.phone)
        enqueue(work.db, "appointments.text_guest_code", guest=guest)


@portal_task("appointments.send_guest_code", mail="Code for booking")
def send_guest_code(work: Work, guest: str) -> None:
    """Mail the code."""
    text_codes.mail_code(work, UUID(guest), "appointments/mail/booking_code", _ABOUT)


@portal_task("appointments.text_guest_code", mail="Code for booking, by text", is_text=True)
def text_guest_code(work: Work, guest: str) -> None:
    """Send the code by text message; what may be on its way is not sent again."""
    text_codes.text_code(work, UUID(guest), "appointments/text/booking_code", _ABOUT)


@portal_task("appointments.clear_guests")
def clear_guests(work: Work) -> None:
    """Forget what guests typed when it is long over."""
    newcomers.clear_away(work.db, work.tenant.practice_id, work.now)
