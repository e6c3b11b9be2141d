"""Codes for whoever wants to see what is owed before paying. What was typed stands in the practice's own table and nowhere else."""

from datetime import timedelta
from uuid import UUID

from core.auth import text_codes
from core.auth.models import Ticket
from core.tasks import Work, enqueue, portal_task
from core.texting import whole_number
from plugins.account.models import Verification
from plugins.account.pages import services_at
from plugins.account.services import declines, verifying

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
    if typed.channel == "text" and not text_codes.hindrance(work, reached):
        ticket.phone = whole_number(reached.phone)
        enqueue(work.db, "account.text_payer_code", verification=verification)
    elif reached.email:
        ticket.email = reached.email
        enqueue(work.db, "account.send_payer_code", verification=verification)
    elif typed.channel == "mail" and not text_codes.hindrance(work, reached):
        ticket.phone = whole_number(reached.phone)
        enqueue(work.db, "account.text_payer_code", verification=verification)


@portal_task("account.count_declines")
def count_declines(work: Work, payment_id: str) -> None:
    """Count the cards that were declined for somebody who pays without signing in."""
    practice_id = work.tenant.practice_id
    declines.count(work.db, practice_id, services_at(work.registry, practice_id), work.registry.limiter, UUID(payment_id), work.now)


@portal_task("account.send_payer_code", mail="Code for paying")
def send_payer_code(work: Work, verification: str) -> None:
    """Mail the code."""
    text_codes.mail_code(work, UUID(verification), "account/mail/payer_code", _ABOUT)


@portal_task("account.text_payer_code", mail="Code for paying, by text", is_text=True)
def text_payer_code(work: Work, verification: str) -> None:
    """Send the code by text message; what may be on its way is not sent again."""
    text_codes.text_code(work, UUID(verification), "account/text/payer_code", _ABOUT)
