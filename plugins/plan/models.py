"""Treatment plans as the practice's system saved them, each with its procedures, and what patients answered to them here."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Computed
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Cents, TenantScoped, belongs_to, index_in_practice, unique_in_practice


class TreatmentPlan(TenantScoped, Base):
    """A treatment plan. Only a saved one is shown to patients: its fees and estimates stay as they were on `saved_on`.

    `presenter` is the name of whoever went through the plan with the patient, `currency` a code of ISO 4217. `signature` says whether the patient is asked
    to sign it; where that is empty, the office's setting does. `signed_at` and `signed_by` are of a signature that the practice's system holds.
    """

    __tablename__ = "plan_treatment_plan"
    __table_args__ = (
        belongs_to("patient"),
        unique_in_practice("external_id"),
        index_in_practice("patient_id", "saved_on", "id"),
        CheckConstraint("status in ('active', 'inactive', 'saved')", name="status"),
        CheckConstraint("signature in ('', 'wanted', 'not_wanted')", name="signature"),
    )

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    heading: Mapped[str]
    saved_on: Mapped[date]
    note: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="saved")
    presenter: Mapped[str] = mapped_column(default="")
    currency: Mapped[str] = mapped_column(default="USD")
    signature: Mapped[str] = mapped_column(server_default="", default="")
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str] = mapped_column(server_default="", default="")


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


class Signature(TenantScoped, Base):
    """That somebody has signed a plan as it was then. Never changed and kept for good, whatever becomes of the plan.

    `terms` are what was shown and agreed to, word for word, and `terms_sha256` their hash; `plan_sha256` is that of the plan alone: while the plan still has
    it, it is signed. `name` is what was typed, `for_self` whether the patient signed or somebody for them, `address` from where. The signed copy lies in the
    file store. `known_there_at` is the time at which the practice's system says it holds this signature, once it has told.
    """

    __tablename__ = "plan_signature"
    __table_args__ = (
        belongs_to("plan_treatment_plan", "plan_id"),
        belongs_to("patient"),
        belongs_to("account", "account_id"),
        unique_in_practice("plan_id", "plan_sha256"),
        index_in_practice("patient_id", "signed_at"),
        index_in_practice("signed_at", "id"),
    )

    plan_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    account_id: Mapped[UUID]
    name: Mapped[str]
    for_self: Mapped[bool]
    signed_at: Mapped[datetime]
    address: Mapped[str]
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    terms_sha256: Mapped[str]
    plan_sha256: Mapped[str]
    file_key: Mapped[str]
    file_size: Mapped[int] = mapped_column(BigInteger)
    file_sha256: Mapped[str]
    known_there_at: Mapped[datetime | None]


class Decline(TenantScoped, Base):
    """That somebody does not want a plan as it was then, and why, if they said so. Whoever changes their mind can still sign it."""

    __tablename__ = "plan_decline"
    __table_args__ = (
        belongs_to("plan_treatment_plan", "plan_id"),
        belongs_to("patient"),
        belongs_to("account", "account_id"),
        unique_in_practice("plan_id", "plan_sha256"),
        index_in_practice("patient_id"),
        index_in_practice("declined_at", "id"),
    )

    plan_id: Mapped[UUID]
    patient_id: Mapped[UUID]
    account_id: Mapped[UUID]
    declined_at: Mapped[datetime]
    why: Mapped[str] = mapped_column(default="")
    plan_sha256: Mapped[str]
