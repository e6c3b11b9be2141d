"""Asking an office's Open Dental to report by itself what changes, and seeing each day that it still does."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.config import Settings
from core.tasks import Periodic, Work, portal_task
from plugins.opendental import connecting
from plugins.opendental.models import Connection
from plugins.opendental.reported import DELETED, WATCHED
from plugins.opendental.wire import Fault, PracticeSystem, client_for
from plugins.opendental.wire.choice import connection_of

log = structlog.get_logger("opendental")

POLLING_SECONDS = {"Schedule": 60, "Provider": 300, "Operatory": 300}
USUAL_SECONDS = 15
PATH = "/hooks/opendental/"
LASTS = timedelta(days=7)
"""An office that is disconnected, or a portal that is gone, is reported to no longer than this."""
SUBSCRIBE = "opendental.subscribe"
DAILY = Periodic(SUBSCRIBE, timedelta(days=1))


def address_of(portal: Settings, host: str, connection: Connection) -> str:
    """Where an office reports: the practice's own address, with the secret."""
    return f"{portal.address(host)}{PATH}{connecting.hook_secret_of(portal, connection)}"


def subscribe(system: PracticeSystem, address: str, workstation: str, now: datetime) -> int:
    """See that each table is reported to this address once, for a week, and to no older address of ours; how many were new.

    From which machine matters: without one all of them report the same. So the machine on which the API Service runs should be named.
    """
    wanted, ends = {*WATCHED, DELETED}, _written(now + LASTS)
    for row in system.rows("subscriptions"):
        place, number = str(row.get("EndPointUrl", "")), int(row["SubscriptionNum"])
        if place == address and str(row.get("Workstation", "")) == workstation and row.get("WatchTable") in wanted:
            wanted.remove(str(row["WatchTable"]))
            if str(row.get("DateTimeStop", "")) < _written(now + LASTS / 2):
                system.change(f"subscriptions/{number}", {"DateTimeStop": ends})
        elif _is_same_portal(place, address):
            system.remove(f"subscriptions/{number}")
    for table in sorted(wanted):
        seconds = POLLING_SECONDS.get(table, USUAL_SECONDS)
        system.add("subscriptions", {"EndPointUrl": address, "Workstation": workstation, "WatchTable": table, "PollingSeconds": seconds, "DateTimeStop": ends})
    return len(wanted)


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _is_same_portal(one: str, other: str) -> bool:
    """Whether two addresses differ in the secret only: another portal's subscriptions are not ours to end."""
    return one.rpartition("/")[0] == other.rpartition("/")[0]


@portal_task(SUBSCRIBE)
def subscribe_office(work: Work) -> None:
    """See that the office still reports to us."""
    practice_id = work.tenant.practice_id
    connection, system = _running(work.db, practice_id), client_for(work.registry, work.db, practice_id)
    if connection is None or system is None:
        return
    try:
        subscribe(system, address_of(work.registry.portal, work.tenant.host, connection), connection.workstation, work.now)
    except Fault as fault:
        # The pulls bring everything; tomorrow it is tried again.
        log.warning("opendental_not_subscribed", practice=str(practice_id), error=type(fault).__name__)
        _note(work.db, practice_id, reporting_problem=str(fault))
    else:
        _note(work.db, practice_id, reporting_since=work.now, reporting_problem="")


def _note(session: Session, practice_id: UUID, **values: Any) -> None:
    session.execute(update(Connection).where(Connection.practice_id == practice_id).values(**values).execution_options(synchronize_session=False))


def _running(session: Session, practice_id: UUID) -> Connection | None:
    connection = connection_of(session, practice_id)
    return connection if connection and connection.is_running else None
