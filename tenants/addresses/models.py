"""Where practices are found: host names, what was changed about them, and the address that mails come from."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, index_in_practice, unique_in_practice, uuid7


class FormerSlug(Base):
    """A short address that a practice has left behind: it leads to where the practice is now, and nobody else ever gets it."""

    __tablename__ = "former_slug"

    slug: Mapped[str] = mapped_column(primary_key=True)
    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id", onupdate="CASCADE"), index=True)
    left_at: Mapped[datetime]


class Domain(Base):
    """A host name that a practice would like to be reached at besides its subdomain; it counts once it is verified.

    Several practices may ask for one name, each with a token of its own; the one that puts it into the DNS has it.
    """

    __tablename__ = "domain"
    __table_args__ = (
        UniqueConstraint("practice_id", "host"),
        Index("uq_domain_verified", "host", unique=True, postgresql_where=text("verified_at is not null")),
        Index("uq_domain_primary", "practice_id", unique=True, postgresql_where=text("is_primary")),
        CheckConstraint("verified_at is not null or not is_primary", name="primary"),
        CheckConstraint("state in ('new', 'ok', 'missing', 'wrong', 'unanswered', 'taken')", name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7, server_default=text("gen_random_uuid()"))
    host: Mapped[str]
    practice_id: Mapped[UUID] = mapped_column(ForeignKey("practice.id"))
    verified_at: Mapped[datetime | None]
    is_primary: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    """Mails and links use it, and every other address of the practice leads to it."""
    token: Mapped[str] = mapped_column(server_default="", default="")
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    """When the practice asked for it, or when it was lost; unproven it is given up some time later."""
    state: Mapped[str] = mapped_column(server_default="new", default="new")
    """What the last look found; a domain that is verified stays so for some days when its records are gone."""
    records: Mapped[dict] = mapped_column(server_default="{}", default=dict)
    certificate: Mapped[dict] = mapped_column(server_default="{}", default=dict)
    checked_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(server_default="0", default=0)
    """Looks in a row that found the same state; the more there were, the longer the pause until the next."""
    next_look: Mapped[UUID | None]
    """The row of the outbox that looks next."""
    next_at: Mapped[datetime | None]


class AddressChange(TenantScoped, Base):
    """What was changed about a practice's addresses, by whom and when; `act` is one of `tenants.addresses.history.ACTS`."""

    __tablename__ = "address_change"
    __table_args__ = (index_in_practice("changed_at"),)

    act: Mapped[str]
    name: Mapped[str]
    before: Mapped[str]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]


class MailSender(TenantScoped, Base):
    """The address that a practice would like its mails to come from; it counts while its domain lets us send for it."""

    __tablename__ = "mail_sender"
    __table_args__ = (
        unique_in_practice(),
        CheckConstraint("state in ('new', 'ok', 'missing', 'wrong', 'unanswered')", name="state"),
    )

    address: Mapped[str]
    token: Mapped[str]
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default="new", default="new")
    records: Mapped[dict] = mapped_column(server_default="{}", default=dict)
    passes_since: Mapped[datetime | None]
    """Mails come from the address; it stays so for some hours when its records are gone."""
    checked_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(server_default="0", default=0)
    next_look: Mapped[UUID | None]
    next_at: Mapped[datetime | None]
