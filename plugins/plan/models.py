"""Treatment plans as the practice's system saved them, each with its procedures."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Cents, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class TreatmentPlan(TenantScoped, Base):
    """A treatment plan. Only a saved one is shown to patients: its fees and estimates stay as they were on `saved_on`.

    `presenter` is the name of whoever went through the plan with the patient, `currency` a code of ISO 4217.
    """

    __tablename__ = "plan_treatment_plan"
    __table_args__ = (
        belongs_to("patient"),
        unique_in_practice("external_id"),
        index_in_practice("patient_id", "saved_on", "id"),
        CheckConstraint("status in ('active', 'inactive', 'saved')", name="status"),
    )

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    heading: Mapped[str]
    saved_on: Mapped[date]
    note: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="saved")
    presenter: Mapped[str] = mapped_column(default="")
    currency: Mapped[str] = mapped_column(default="USD")


class PlannedProcedure(TenantScoped, Base):
    """One procedure of a plan, in the order of `position`.

    `priority` says when it should be done, in the office's words ("1", "Visit 2", "Next"); `code` is a CDT number, and
    `description` plain words of our own or the office's.
    """

    __tablename__ = "plan_procedure"
    __table_args__ = (
        belongs_to("plan_treatment_plan", "plan_id"),
        unique_in_practice("external_id"),
        index_in_practice("plan_id", "position", "id"),
    )

    external_id: Mapped[str | None]
    plan_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(default=0)
    priority: Mapped[str] = mapped_column(default="")
    tooth: Mapped[str] = mapped_column(default="")
    surface: Mapped[str] = mapped_column(default="")
    code: Mapped[str] = mapped_column(default="")
    description: Mapped[str]
    fee_cents: Mapped[Cents]
    primary_estimate_cents: Mapped[Cents] = mapped_column(default=0)
    secondary_estimate_cents: Mapped[Cents] = mapped_column(default=0)
    discount_cents: Mapped[Cents] = mapped_column(default=0)
    # The database works it out, so that it can never say anything else than the figures beside it.
    patient_cents: Mapped[Cents] = mapped_column(
        Computed("fee_cents - primary_estimate_cents - secondary_estimate_cents - discount_cents", persisted=True)
    )
