"""While visits from the practice's system are out of date, nothing is said of them: they may have been moved or called off there."""

from datetime import datetime

from sqlalchemy.orm import Session

from core.records import freshness
from core.tenant import Tenant

KIND = "appointment"


def paused_since(session: Session, tenant: Tenant, now: datetime) -> datetime | None:
    """When visits last came in, if that is longer ago than the office allows; None while notices go out. No statement where nobody watches."""
    hours = tenant.settings[freshness.HOURS]
    came_at = freshness.came_at(session, tenant.practice_id, KIND) if hours else None
    return came_at if freshness.is_stale(came_at, hours, now) else None
