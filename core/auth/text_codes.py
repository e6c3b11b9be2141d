"""Codes that go to the address or the phone in a chart: whether a text message may go there, and sending a code once.

Behind asking for access, booking and paying without signing in: who asks is looked up by the worker alone.
"""

from uuid import UUID

import structlog

from core import allowance
from core.auth import matching, registering, tickets
from core.auth.limits import TooManyAttempts
from core.people.models import Patient
from core.tasks import Work
from core.texting import TextRefused, whole_number

log = structlog.get_logger("auth")


def hindrance(work: Work, patient: Patient) -> str:
    """Why no text message goes to the phone in the chart, a reason of `matching`; empty for one that may go, which is counted."""
    number, registry = whole_number(patient.phone), work.registry
    if not number or registry.texts is None:
        return matching.NO_ADDRESS
    try:
        registering.count_text(registry.limiter, work.tenant.practice_id, registry.portal.secret_key, number, work.now)
        allowance.need_room(work.db, work.tenant.practice_id, "texts")
    except allowance.Full:
        log.warning("texts_used_up", practice=str(work.tenant.practice_id))
        return matching.TOO_MANY
    except TooManyAttempts as full:
        if registering.ALL_TEXTS in full.full:
            log.warning("texts_slowed", practice=str(work.tenant.practice_id))
        return matching.TOO_MANY
    return ""


def mail_code(work: Work, ticket_id: UUID, template: str, context: dict) -> None:
    """Make the code of a ticket and mail it."""
    given = tickets.give_code(work.db, work.tenant.practice_id, ticket_id, work.now)
    if given:
        work.send_mail(given[0].email, template, {"code": given[1], **context})


def text_code(work: Work, ticket_id: UUID, template: str, context: dict) -> bool:
    """Make the code of a ticket and send it by text message; what may be on its way is not sent again. False when the phone never takes it."""
    given = tickets.give_code(work.db, work.tenant.practice_id, ticket_id, work.now, again=not work.may_be_sent)
    if given is None:
        return True
    try:
        work.send_text(given[0].phone, template, {"code": given[1], **context})
    except TextRefused as refused:
        log.warning("text_refused", why=str(refused))
        return False
    return True
