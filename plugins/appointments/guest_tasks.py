"""Codes for whoever books without signing in. What was typed stands in the practice's own table and nowhere else."""

from datetime import timedelta
from uuid import UUID

import structlog

from core import allowance
from core.auth import registering, tickets
from core.auth.limits import TooManyAttempts
from core.auth.models import Ticket
from core.people.models import Patient
from core.tasks import Work, enqueue, portal_task
from core.texting import TextRefused, whole_number
from plugins.appointments.models import Guest
from plugins.appointments.services import newcomers

log = structlog.get_logger("appointments")

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
    elif _may_text(work, reached):
        ticket.phone = whole_number(reached.phone)
        enqueue(work.db, "appointments.text_guest_code", guest=guest)


def _may_text(work: Work, patient: Patient) -> bool:
    """Whether a code may go to the phone in the chart; one that may is counted."""
    number, registry, practice_id = whole_number(patient.phone), work.registry, work.tenant.practice_id
    if not number or registry.texts is None:
        return False
    try:
        registering.count_text(registry.limiter, practice_id, registry.portal.secret_key, number, work.now)
        allowance.need_room(work.db, practice_id, "texts")
    except (TooManyAttempts, allowance.Full):
        log.warning("booking_text_kept_back", practice=str(practice_id))
        return False
    return True


@portal_task("appointments.send_guest_code", mail="Code for booking")
def send_guest_code(work: Work, guest: str) -> None:
    """Mail the code."""
    given = tickets.give_code(work.db, work.tenant.practice_id, UUID(guest), work.now)
    if given:
        work.send_mail(given[0].email, "appointments/mail/booking_code", {"code": given[1], **_ABOUT})


@portal_task("appointments.text_guest_code", mail="Code for booking, by text")
def text_guest_code(work: Work, guest: str) -> None:
    """Send the code by text message; what may be on its way is not sent again."""
    given = tickets.give_code(work.db, work.tenant.practice_id, UUID(guest), work.now, again=not work.may_be_sent)
    if given is None:
        return
    try:
        work.send_text(given[0].phone, "appointments/text/booking_code", {"code": given[1], **_ABOUT})
    except TextRefused as refused:
        log.warning("text_refused", why=str(refused))


@portal_task("appointments.clear_guests")
def clear_guests(work: Work) -> None:
    """Forget what guests typed when it is long over."""
    newcomers.clear_away(work.db, work.tenant.practice_id, work.now)
