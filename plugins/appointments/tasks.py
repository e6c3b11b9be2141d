"""The work behind the Appointments tab."""

from uuid import UUID

from core.tasks import Work, portal_task
from core.texting import codes
from plugins.appointments.notices import examples, recalling, writing
from plugins.appointments.notices import sending as notices
from plugins.appointments.services import confirming, holds
from plugins.appointments.waiting import asking, sending
from plugins.appointments.waiting.reaching import EMAIL, TEXT


@portal_task("appointments.ask_waiting")
def ask_waiting(work: Work) -> None:
    """Ask whoever is next on the wait list about each opening."""
    practice_id, tenants = work.tenant.practice_id, work.registry.tenants
    for opening in asking.due(work.db, practice_id, work.now):
        tenant = tenants.current(practice_id, opening.clinic_id)
        asking.step(work.db, tenant, opening, work.registry.portal.secret_key, work.registry.texts is not None, work.now)


@portal_task("appointments.send_offer", mail="Offer of an earlier time")
def send_offer(work: Work, offer_id: str, account_id: str | None = None) -> None:
    """Mail one offer; nothing when it was answered, taken or stopped meanwhile."""
    sending.send(work, UUID(offer_id), EMAIL, UUID(account_id) if account_id else None)


@portal_task("appointments.text_offer", mail="Offer of an earlier time, by text", is_text=True)
def text_offer(work: Work, offer_id: str) -> None:
    """The same by text message."""
    sending.send(work, UUID(offer_id), TEXT, None)


@portal_task("appointments.write_notices")
def write_notices(work: Work) -> None:
    """Look which notices of visits are due, and ask for each to be sent."""
    writing.write_due(work)


@portal_task("appointments.send_notice", mail="Notice of a visit")
def send_notice(work: Work, patient_id: str) -> None:
    """Mail a notice."""
    notices.send(work, UUID(patient_id))


@portal_task("appointments.text_notice", mail="Notice of a visit, by text", is_text=True)
def text_notice(work: Work, patient_id: str) -> None:
    """Send a notice by text message."""
    notices.send(work, UUID(patient_id))


@portal_task("appointments.let_go")
def let_go(work: Work) -> None:
    """Give back the time of visits that were called off, and close requests to confirm whose visit is over or another one."""
    holds.drop_kept(work.db, work.tenant.practice_id, work.now)
    confirming.close_old(work.db, work.tenant.practice_id, work.now)
    codes.clear_away(work.db, work.tenant.practice_id, work.now)


@portal_task("appointments.test_notice", mail="Test of a notice of a visit")
def test_notice(work: Work, rule_id: str, account_id: str, language: str) -> None:
    """Mail an example of a notice to whoever tries a rule out."""
    examples.send(work, UUID(rule_id), UUID(account_id), language)


@portal_task("appointments.send_recall", mail="Notice that a visit is due")
def send_recall(work: Work, patient_id: str) -> None:
    """Mail a recall notice."""
    recalling.send(work, UUID(patient_id))


@portal_task("appointments.text_recall", mail="Notice that a visit is due, by text", is_text=True)
def text_recall(work: Work, patient_id: str) -> None:
    """Send a recall notice by text message."""
    recalling.send(work, UUID(patient_id))
