"""What is kept of each day, so that a report need not go through the audit log."""

from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, unique_in_practice


class PortalUse(TenantScoped, Base):
    """What somebody did on a day of the practice's calendar, each thing once or many times (core/usage/meanings.py): was invited, signed in, that
    for the first time, looked at a tab, did something; `whats` says which tabs and which acts.

    `person_id` is the patient, or the account of somebody without a chart here. Rows are made of the audit log (core/usage/roll_up.py), those of a
    whole day at once, and never changed.
    """

    __tablename__ = "portal_use"
    __table_args__ = (
        unique_in_practice("day", "person_id"),
        Index("ix_portal_use_first", "practice_id", "person_id", "day", postgresql_where=text("is_first")),
    )

    day: Mapped[date]
    person_id: Mapped[UUID]
    was_invited: Mapped[bool]
    signed_in: Mapped[bool]
    is_first: Mapped[bool]
    viewed: Mapped[bool]
    did: Mapped[bool]
    whats: Mapped[list[str]] = mapped_column(ARRAY(Text))
