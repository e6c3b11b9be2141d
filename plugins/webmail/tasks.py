"""The work behind messages: notices to the other side."""

from dataclasses import replace
from uuid import UUID

from core.tasks import Work, portal_task
from plugins.webmail.services import notices


@portal_task("webmail.send_notice")
def send_notice(work: Work, message_id: str, account_id: str | None = None) -> None:
    """Tell the office, or one account, that a message waits; where the clinic has switched the tab off nobody is told."""
    reader = UUID(account_id) if account_id else None
    notice = notices.notice(work.db, work.tenant.practice_id, UUID(message_id), reader, work.tenant.clinics)
    if notice is None:
        return
    tenant = work.registry.tenants.current(work.tenant.practice_id, notice.clinic_id)
    if "webmail" in tenant.plugins:
        replace(work, tenant=tenant).send_mail(notice.to, "webmail/mail/notice", {"for_office": notice.for_office})


@portal_task("webmail.ask_for_notices")
def ask_for_notices(work: Work) -> None:
    """See what came in from the practice's system, and ask for notices of it."""
    notices.ask_for_notices(work.db, work.tenant.practice_id, work.now)
