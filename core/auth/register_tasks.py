"""Looking at who asked for access, and the mails about it. What was typed stands in the practice's own table and nowhere else."""

from uuid import UUID

from core.auth import matching, tickets, unmatched
from core.auth.access import account_of
from core.auth.models import Registration, Ticket
from core.auth.registering import CODE_LIVES
from core.tasks import Work, enqueue, portal_task


@portal_task("auth.match_registration")
def match_registration(work: Work, registration: str) -> None:
    """Find out who it is. A code goes to the address in the chart; whoever has access already is told so; the rest is the office's to see."""
    key = (work.tenant.practice_id, UUID(registration))
    entry, ticket = work.db.get(Registration, key), work.db.get(Ticket, key)
    if entry is None or entry.reason:
        return
    typed = matching.Typed(entry.first_name, entry.last_name, entry.birthdate, entry.contact)
    today = work.now.astimezone(work.tenant.time_zone).date()
    reason, patient = matching.match(work.db, work.tenant.practice_id, typed, today, work.tenant.settings["portal.adult_age"])
    unmatched.put(work.db, entry, reason, patient.id if patient else None)
    if patient and ticket and reason == matching.SENT:
        ticket.patient_id, ticket.email = patient.id, patient.email
        enqueue(work.db, "auth.send_register_code", ticket=registration)
    elif patient and reason == matching.ACCOUNT:
        enqueue(work.db, "auth.tell_of_account", patient=str(patient.id))


@portal_task("auth.send_register_code")
def send_register_code(work: Work, ticket: str) -> None:
    """Mail the code for an account of one's own."""
    given = tickets.give_code(work.db, work.tenant.practice_id, UUID(ticket), work.now)
    if given:
        minutes = int(CODE_LIVES.total_seconds() // 60)
        work.send_mail(given[0].email, "mail/register_code", {"code": given[1], "minutes": minutes})


@portal_task("auth.tell_of_account")
def tell_of_account(work: Work, patient: str) -> None:
    """Tell somebody who asked for access that there is an account already, and how to sign in."""
    account = account_of(work.db, work.tenant.practice_id, UUID(patient))
    if account and account.email and account.closed_at is None:
        work.send_mail(account.email, "mail/register_account", {})
