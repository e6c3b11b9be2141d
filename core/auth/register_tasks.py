"""Looking at who asked for access, and the mails and text messages about it. What was typed stands in the practice's own table and nowhere else."""

from uuid import UUID

import structlog

from core.auth import matching, text_codes, unmatched
from core.auth.access import account_of
from core.auth.models import Registration, Ticket
from core.auth.registering import CODE_LIVES
from core.people.models import Patient
from core.tasks import Work, enqueue, portal_task
from core.texting import TextRefused, whole_number

log = structlog.get_logger("auth")

_MINUTES = int(CODE_LIVES.total_seconds() // 60)


@portal_task("auth.match_registration")
def match_registration(work: Work, registration: str) -> None:
    """Find out who it is. A code goes to the address or phone in the chart; whoever has access already is told so; the rest is the office's to see."""
    key = (work.tenant.practice_id, UUID(registration))
    entry, ticket = work.db.get(Registration, key), work.db.get(Ticket, key)
    if entry is None or entry.reason:
        return
    typed = matching.Typed(entry.first_name, entry.last_name, entry.birthdate, entry.contact)
    today = work.now.astimezone(work.tenant.time_zone).date()
    reason, patient = matching.match(work.db, work.tenant.practice_id, typed, today, work.tenant.settings["portal.adult_age"])
    by_text = patient is not None and reason in {matching.SENT, matching.ACCOUNT} and not matching.is_email(entry.contact)
    hindrance = text_codes.hindrance(work, patient) if patient and by_text else ""
    if reason == matching.SENT:
        reason = hindrance or reason
    unmatched.put(work.db, entry, reason, patient.id if patient else None)
    if patient and ticket and reason == matching.SENT:
        _let_send_code(work, ticket, patient, by_text)
    elif patient and reason == matching.ACCOUNT:
        enqueue(work.db, "auth.text_of_account" if by_text and not hindrance else "auth.tell_of_account", patient=str(patient.id))


def _let_send_code(work: Work, ticket: Ticket, patient: Patient, by_text: bool) -> None:
    ticket.patient_id = patient.id
    if by_text:
        ticket.phone = whole_number(patient.phone)
    else:
        ticket.email = patient.email
    enqueue(work.db, "auth.text_register_code" if by_text else "auth.send_register_code", ticket=str(ticket.id))


@portal_task("auth.send_register_code", mail="Code for access")
def send_register_code(work: Work, ticket: str) -> None:
    """Mail the code for an account of one's own."""
    text_codes.mail_code(work, UUID(ticket), "mail/register_code", {"minutes": _MINUTES})


@portal_task("auth.text_register_code", mail="Code for access, by text", is_text=True)
def text_register_code(work: Work, ticket: str) -> None:
    """Send the code by text message. What the phone never takes is the office's to see; what may be on its way is not sent again."""
    if text_codes.text_code(work, UUID(ticket), "text/register_code", {"minutes": _MINUTES}):
        return
    entry = work.db.get(Registration, (work.tenant.practice_id, UUID(ticket)))
    if entry:
        entry.reason = matching.UNDELIVERABLE


@portal_task("auth.tell_of_account", mail="Notice of access that is there")
def tell_of_account(work: Work, patient: str) -> None:
    """Tell somebody who asked for access that there is an account already, and how to sign in."""
    account = account_of(work.db, work.tenant.practice_id, UUID(patient))
    if account and account.email and account.closed_at is None:
        work.send_mail(account.email, "mail/register_account", {})


@portal_task("auth.text_of_account", mail="Notice of access that is there, by text", is_text=True)
def text_of_account(work: Work, patient: str) -> None:
    """Tell the same by text message to the phone in the chart."""
    account = account_of(work.db, work.tenant.practice_id, UUID(patient))
    chart = work.db.get(Patient, (work.tenant.practice_id, UUID(patient)))
    if account is None or chart is None or account.closed_at:
        return
    try:
        work.send_text(whole_number(chart.phone), "text/register_account", {})
    except TextRefused as refused:
        log.warning("text_refused", why=str(refused))
