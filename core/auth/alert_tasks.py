"""The mail of an alert: how much of what waits, and where. It names nobody, and says nothing of anybody's health."""

from uuid import UUID

from core.auth import alerts, notices
from core.plugins import OfficeItem
from core.plugins.waiting import number_waiting
from core.tasks import Work, portal_task
from core.web.office import items_for, path_of


@portal_task("portal.send_alert", mail="Alert of what waits")
def send_alert(work: Work, account_id: str, mode: str) -> None:
    """Tell somebody what waits now, if it still does and they may still know."""
    if work.tenant.is_closing:
        return  # nobody gets to the pages any more
    rows = [row for reader in alerts.readers(work.db, work.tenant.practice_id, [UUID(account_id)]) for row in _rows(work, reader, mode)]
    if rows:
        lines = [(item.title, number, path_of(work.registry, item.route)) for item, number in rows]
        notices.send_notice(work, UUID(account_id), notices.ALERT, "mail/alert", {"rows": lines, "is_daily": mode == alerts.DAILY})


def _rows(work: Work, reader: alerts.Reader, mode: str) -> list[tuple[OfficeItem, int]]:
    items = reader.wanted(items_for(work.registry, work.tenant.practice_id, work.tenant.version, reader), mode)
    numbers = number_waiting(work.db, items, practice_id=work.tenant.practice_id, clinic_ids=reader.clinic_ids, now=work.now)
    return [(item, numbers[item.name]) for item in items if numbers[item.name]]
