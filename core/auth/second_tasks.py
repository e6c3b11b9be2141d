"""The mail with the code of the second step, or of a proof while one is signed in. The code is made here, in the worker, so that it stands in no queue."""

from uuid import UUID

from core.auth import tickets
from core.auth.second import AT_PROOF, MAIL_CODE_LIVES
from core.tasks import Work, portal_task


@portal_task("auth.send_second_code", mail="Code for signing in")
def send_second_code(work: Work, ticket_id: str) -> None:
    """Make the code of a ticket that waits for one, and mail it."""
    given = tickets.give_code(work.db, work.tenant.practice_id, UUID(ticket_id), work.now)
    if given:
        ticket, code = given
        minutes = int(MAIL_CODE_LIVES.total_seconds() // 60)
        work.send_mail(ticket.email, "mail/second_code", {"code": code, "minutes": minutes, "for_proof": ticket.kind == AT_PROOF})
