"""Who pays with what: the payer as the card service knows them, and the cards and bank accounts that they keep there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class Payer(TenantScoped, Base):
    """The customer at one of the practice's accounts at the card service: an account of the portal, or a patient without one. The card service
    is told our id and nothing else."""

    __tablename__ = "account_payer"
    __table_args__ = (
        belongs_to("account"),
        belongs_to("patient"),
        unique_in_practice("customer"),
        Index(
            "uq_account_payer_account",
            "practice_id",
            "account_id",
            "card_account",
            unique=True,
            postgresql_where=text("account_id is not null"),
        ),
        Index(
            "uq_account_payer_patient",
            "practice_id",
            "patient_id",
            "card_account",
            unique=True,
            postgresql_where=text("account_id is null"),
        ),
        CheckConstraint("num_nonnulls(account_id, patient_id) > 0", name="who"),
    )

    account_id: Mapped[UUID | None]
    patient_id: Mapped[UUID | None]
    card_account: Mapped[str]
    customer: Mapped[str | None]
    made_at: Mapped[datetime]


class Method(TenantScoped, Base):
    """A card or bank account that a payer keeps. What is here may be shown: the brand or bank, the last four digits, when it ends, and the name
    that the payer gave it. `reference` is the card service's."""

    __tablename__ = "account_method"
    __table_args__ = (
        belongs_to("account_payer", "payer_id"),
        unique_in_practice("reference"),
        index_in_practice("payer_id"),
        Index(
            "uq_account_method_default", "practice_id", "payer_id", unique=True, postgresql_where=text("is_default and removed_at is null")
        ),
        CheckConstraint("kind in ('card', 'bank')", name="kind"),
    )

    payer_id: Mapped[UUID]
    reference: Mapped[str]
    kind: Mapped[str]
    brand: Mapped[str]
    last_four: Mapped[str]
    ends_month: Mapped[int | None]
    ends_year: Mapped[int | None]
    name: Mapped[str] = mapped_column(default="")
    is_default: Mapped[bool] = mapped_column(default=False)
    kept_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
