"""The demo's part of this tab: rules of notices, some of them on, so that the office's pages show what they are for."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.people.models import Patient
from plugins.appointments.models import NoticeRule
from plugins.appointments.notices import ruling
from plugins.appointments.notices.values import CONFIRMATION, INVITATION, REMINDER, THANKS

_RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    (REMINDER, {"is_on": True}),
    (CONFIRMATION, {"is_on": True}),
    (CONFIRMATION, {"is_on": True, "lead_days": 7, "send_order": ["email"]}),
    (THANKS, {"is_on": True}),
    (INVITATION, {}),
)


def make(db: Session, registry, practice_id: UUID, patients: Mapping[str, Patient], now: datetime) -> None:
    """Add the rules; what is due by them goes out from the first look on."""
    del registry, patients
    for kind, values in _RULES:
        rule: NoticeRule = ruling.add(db, practice_id, kind, None, values, now)
        # The visits of the demo are all made at this moment: nobody is thanked for those.
        rule.since = now + timedelta(minutes=1)
