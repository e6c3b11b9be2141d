"""What the portal and the card service do not agree on is noted, once, and left to staff unless it mends itself."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db import uuid7
from plugins.account.models import Difference

Kind = Literal["unknown_there", "unknown_here", "amount", "state", "refund", "dispute", "ledger"]


def note(
    session: Session, kind: Kind, reference: str, now: datetime, here: dict[str, Any], there: dict[str, Any], payment_id: UUID | None = None
) -> None:
    """Note one; the same again does nothing. `here` and `there` hold amounts, states and ids, never more."""
    values = {"kind": kind, "reference": reference, "payment_id": payment_id, "here": here, "there": there, "found_at": now}
    row = insert(Difference).values(practice_id=session.info["practice_id"], id=uuid7(), **values)
    session.execute(row.on_conflict_do_nothing(index_elements=["practice_id", "kind", "reference"]))
