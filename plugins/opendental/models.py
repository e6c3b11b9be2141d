"""What the connector keeps: how an office's Open Dental is reached, and when it may be asked next."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, unique_in_practice


class Connection(TenantScoped, Base):
    """How the Open Dental of a practice is reached; one for each practice.

    `way` is over Open Dental's own service (`remote`), over the API Service on the office's server (`service`) or over the program at a
    workstation (`local`); the last two have an `address`. `level` is what the office's key allows: reading only, writing, or Enterprise; it decides how
    often may be asked. `customer_key` is the office's key, encrypted. `hook_secret` stands in the address at which Open Dental reports, encrypted;
    `workstation` is the machine that reports.
    `next_at` is when the next request may leave: all processes share it.
    """

    __tablename__ = "opendental_connection"
    __table_args__ = (
        unique_in_practice(),
        CheckConstraint("way in ('remote', 'service', 'local')", name="way"),
        CheckConstraint("level in ('read', 'write', 'enterprise')", name="level"),
        CheckConstraint("(way = 'remote') = (address = '')", name="address_of_way"),
    )

    way: Mapped[str] = mapped_column(default="remote")
    address: Mapped[str] = mapped_column(default="")
    level: Mapped[str] = mapped_column(default="write")
    customer_key: Mapped[str]
    hook_secret: Mapped[str]
    workstation: Mapped[str] = mapped_column(default="", server_default="")
    next_at: Mapped[datetime | None]
