"""What somebody of the office wants to be alerted to, and how far the rounds have come."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from core.db import Base, TenantScoped, belongs_to, unique_in_practice


class AlertChoice(TenantScoped, Base):
    """When an account wants to hear of what waits. Without a row its role decides; `item` is the name of an `OfficeItem`."""

    __tablename__ = "alert_choice"
    __table_args__ = (
        belongs_to("account"),
        unique_in_practice("account_id", "item"),
        CheckConstraint("mode in ('now', 'daily', 'never')", name="mode"),
    )

    account_id: Mapped[UUID]
    item: Mapped[str]
    mode: Mapped[str]


class AlertDay(TenantScoped, Base):
    """When an account's daily alert comes: the minute of the practice's day, and the last day that was looked at. It has the account's id."""

    __tablename__ = "alert_day"
    __table_args__ = (belongs_to("account", "id"), CheckConstraint("minute between 0 and 1439", name="minute"))

    minute: Mapped[int]
    told_on: Mapped[date | None]


class AlertRound(TenantScoped, Base):
    """Until when the practice has been looked at for alerts at once: what came later is told next. It has the practice's id."""

    __tablename__ = "alert_round"

    told_until: Mapped[datetime]
