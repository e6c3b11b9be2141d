"""What patients would get: an example of a notice, for the preview at the office, and sent as a test to whoever is trying a rule out."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import select

from core.auth.models import Account
from core.tasks import Work
from core.tenant import Tenant
from plugins.appointments.models import NoticeRule
from plugins.appointments.notices import letters
from plugins.appointments.notices.letters import Letter, Told, Written
from plugins.appointments.notices.values import ARRIVAL, CONFIRMATION, INVITATION, INVITATION_AFTER, RECALL
from plugins.appointments.services import arriving

TEMPLATE = "appointments/mail/notice"
IN = timedelta(days=7)
LINK = f"{'example':x<43}"
"""As long as real ones are: each letter of a text message counts."""
NAMES = (("Alex", time(9, 20)), ("Sam", time(10, 10)))


def written(
    kind: str, own: Mapping[str, Mapping[str, str]], language: str, tenant: Tenant, address: str, now: datetime, leads: bool = False
) -> tuple[Written, Written | None]:
    """What one visit comes to, and what two of a day do, where they go into one message. Without `leads` their links lead nowhere."""
    told = [_example(kind, now, tenant, address, *about) for about in NAMES]
    one = letters.write(Letter(kind, own, language, told[0].name, told[:1]), tenant, address, leads)
    alone = kind in (INVITATION, INVITATION_AFTER)
    return one, None if alone else letters.write(Letter(kind, own, language, told[0].name, told), tenant, address, leads)


def _example(kind: str, now: datetime, tenant: Tenant, address: str, name: str, clock: time) -> Told:
    clinic = tenant.contact
    zone = clinic.time_zone if clinic else tenant.time_zone
    starts = datetime.combine(now.astimezone(zone).date() + (timedelta() if kind == ARRIVAL else IN), clock, zone).astimezone(UTC)
    provider = next((UUID(id_) for id_ in tenant.providers), None)
    link, code = (f"{address}/appointments/answer/{LINK}", "C") if kind == CONFIRMATION else ("", arriving.LETTER)
    if kind == RECALL:
        return Told(name, due_on=starts.date(), clinic_id=clinic.id if clinic else None, url=f"{address}/appointments/book")
    return Told(name, starts, clinic_id=clinic.id if clinic else None, provider_id=provider, confirm_url=link, code=code, calendar_url=f"{address}/hooks/appointments/calendar/{LINK}", arrive_url=f"{address}/appointments/here/{LINK}")


def send(work: Work, rule_id: UUID, account_id: UUID, language: str) -> None:
    """Mail an example to somebody of the office, with the text message below it."""
    rule = work.db.get(NoticeRule, (work.tenant.practice_id, rule_id))
    to = work.db.scalar(select(Account.email).where(Account.practice_id == work.tenant.practice_id, Account.id == account_id))
    if rule is None or not to:
        return
    tenant = work.registry.tenants.current(work.tenant.practice_id, rule.clinic_id)
    one, _ = written(rule.kind, rule.words, language, tenant, work.registry.portal.address(tenant.host), work.now, leads=True)
    heading = "As a text message:"
    text, html = (f"\n\n{heading}\n{one.text}", Markup("<p><strong>{}</strong><br>{}</p>").format(heading, one.text)) if one.text else ("", Markup(""))
    work.send_mail(to, TEMPLATE, {"subject": f"Test: {one.subject}", "body": one.body + text, "html": one.html + html})
