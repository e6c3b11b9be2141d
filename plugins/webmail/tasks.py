"""The work behind messages: notices to the other side."""

from dataclasses import replace
from uuid import UUID

from core.auth.notices import send_notice as tell
from core.tasks import Work, portal_task
from plugins.webmail.services import answering, notices


@portal_task("webmail.send_notice", mail="Notice of a message")
def send_notice(work: Work, message_id: str, account_id: str | None = None) -> None:
    """Tell the office, or one account, that a message waits; where the clinic has switched the tab off nobody is told."""
    notice = notices.notice(work.db, work.tenant.practice_id, UUID(message_id), work.tenant.clinics)
    if notice is None:
        return
    tenant = work.registry.tenants.current(work.tenant.practice_id, notice.clinic_id)
    if "webmail" not in tenant.plugins:
        return
    here, context = replace(work, tenant=tenant), {"for_office": notice.for_office}
    if account_id and not notice.for_office:
        tell(here, UUID(account_id), notices.MESSAGE, notices.TEMPLATE, context)
    elif notice.office_address:
        here.send_mail(notice.office_address, notices.TEMPLATE, context)


@portal_task("webmail.ask_for_notices")
def ask_for_notices(work: Work) -> None:
    """See what the office wrote, here or in the practice's system, and ask for notices of it; what it answers waits no more."""
    practice_id, tenants = work.tenant.practice_id, work.registry.tenants
    off_at = [clinic.id for clinic in work.tenant.clinics if "webmail" not in tenants.current(practice_id, clinic.id).plugins]
    answering.settle_answered(work.db, practice_id)
    notices.ask_for_notices(work.db, practice_id, work.now, off_at)
