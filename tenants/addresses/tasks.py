"""Looking at domains without being asked, with pauses that grow."""

from uuid import UUID

from core.tasks import Work, portal_task
from tenants.addresses import sender
from tenants.addresses.domains import NoSuchDomain, domain, look, settle


@portal_task("domain.look")
def look_at_domain(work: Work, domain_id: str) -> None:
    """Look at a domain, unless somebody has looked meanwhile."""
    practice_id, wanted = work.tenant.practice_id, UUID(domain_id)
    try:
        row = domain(work.db, practice_id, wanted)
        if row.next_look == work.task_id:
            found = look(work.registry.names, work.registry.portal, row)
            settle(work.db, domain(work.db, practice_id, wanted, hold=True), found, work.now)
    except NoSuchDomain:
        return


@portal_task("mail.look_at_sender")
def look_at_sender(work: Work, sender_id: str) -> None:
    """Look at the domain that mails are to come from, unless somebody has looked meanwhile."""
    practice_id, relay = work.tenant.practice_id, sender.relay_of(work.registry.portal)
    row = sender.sender(work.db, practice_id)
    if row is None or relay is None or (str(row.id), row.next_look) != (sender_id, work.task_id):
        return
    found = sender.look(work.registry.names, relay, row)
    held = sender.sender(work.db, practice_id, hold=True)
    if held is not None and held.next_look == work.task_id:
        sender.settle(work.db, held, found, work.now)
