"""Codes for whoever wants to see what is owed before paying. What was typed stands in the practice's own table and nowhere else."""

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
from plugins.account.models import Verification
from plugins.account.services import verifying

log = structlog.get_logger("account")

_ABOUT = {"minutes": verifying.CODE_LIVES // timedelta(minutes=1)}


@portal_task("account.find_payer")
def find_payer(work: Work, verification: str) -> None:
    """Find out who wants to see what is owed, and send a code to the address in the chart; nothing goes out where nobody fits, or several do."""
    key = (work.tenant.practice_id, UUID(verification))
    typed, ticket = work.db.get(Verification, key), work.db.get(Ticket, key)
    if typed is None or ticket is None or ticket.patient_id:
        return
    today = work.now.astimezone(work.tenant.time_zone).date()
    found = verifying.find(work.db, typed, today, work.tenant.settings["portal.adult_age"])
    if found is None:
        return
    patient, reached = found
    ticket.patient_id = patient.id
    # The way that was chosen, and the other one where the chart has no address for it.
    if typed.channel == "text" and _may_text(work, reached):
        ticket.phone = whole_number(reached.phone)
        enqueue(work.db, "account.text_payer_code", verification=verification)
    elif reached.email:
        ticket.email = reached.email
        enqueue(work.db, "account.send_payer_code", verification=verification)
    elif typed.channel == "mail" and _may_text(work, reached):
        ticket.phone = whole_number(reached.phone)
        enqueue(work.db, "account.text_payer_code", verification=verification)


def _may_text(work: Work, patient: Patient) -> bool:
    """Whether a code may go to the phone in the chart; one that may is counted."""
    number, registry, practice_id = whole_number(patient.phone), work.registry, work.tenant.practice_id
    if not number or registry.texts is None:
        return False
    try:
        registering.count_text(registry.limiter, practice_id, registry.portal.secret_key, number, work.now)
        allowance.need_room(work.db, practice_id, "texts")
    except (TooManyAttempts, allowance.Full):
        log.warning("payer_text_kept_back", practice=str(practice_id))
        return False
    return True


@portal_task("account.send_payer_code", mail="Code for paying")
def send_payer_code(work: Work, verification: str) -> None:
    """Mail the code."""
    given = tickets.give_code(work.db, work.tenant.practice_id, UUID(verification), work.now)
    if given:
        work.send_mail(given[0].email, "account/mail/payer_code", {"code": given[1], **_ABOUT})


@portal_task("account.text_payer_code", mail="Code for paying, by text", is_text=True)
def text_payer_code(work: Work, verification: str) -> None:
    """Send the code by text message; what may be on its way is not sent again."""
    given = tickets.give_code(work.db, work.tenant.practice_id, UUID(verification), work.now)
    if given is None:
        return
    try:
        work.send_text(given[0].phone, "account/text/payer_code", {"code": given[1], **_ABOUT})
    except TextRefused as refused:
        log.warning("text_refused", why=str(refused))
