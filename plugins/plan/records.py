"""The kinds of record that this tab takes in: treatment plans and their procedures."""

from collections.abc import Collection
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, model_validator
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.records import Record, RecordKind
from core.records.fields import ExternalId, example
from core.sql import among
from plugins.plan.amounts import Amounts
from plugins.plan.models import Decline, PlannedProcedure, Signature, TreatmentPlan
from plugins.plan.services.standing import FINGERPRINT

MAX_CENTS = 100_000_000_00
"""A hundred million dollars; beyond that a figure is an error of the sender."""


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character, which no text can")
    return text


CentsValue = Annotated[int, Field(strict=True, ge=0, le=MAX_CENTS)]
Words = Annotated[str, Field(max_length=500), AfterValidator(_storable)]
Short = Annotated[str, Field(max_length=40), AfterValidator(_storable)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class TreatmentPlanRecord(Record):
    """A treatment plan; patients see it while `status` is saved."""

    model_config = example(
        {
            "external_id": "T1", "patient": "P1", "heading": "Crown on the upper left", "saved_on": "2026-03-04", "note": "Estimates are not a promise of payment.",
            "presenter": "Dr. Dana Okafor", "signature": "wanted",
        }
    )  # fmt: skip

    patient: ExternalId
    """Whose plan it is."""
    heading: Annotated[Words, Field(min_length=1)]
    """What the plan is called."""
    saved_on: date
    """The day as of which its figures hold."""
    note: Annotated[str, Field(max_length=5000), AfterValidator(_storable)] = ""
    """What stands below it, such as what estimates mean."""
    status: Literal["active", "inactive", "saved"] = "saved"
    """A saved plan is shown to the patient; an active or inactive one is the office's own."""
    presenter: Words = ""
    """Who presents it, by name."""
    currency: Currency = "USD"
    """The currency of its amounts, by three letters."""
    signature: Literal["", "wanted", "not_wanted"] = ""
    """Whether the patient is asked to sign it in the portal; left out, the office's setting says."""
    signed_at: AwareDatetime | None = None
    """When it was signed, in the practice's system or as that has taken it over from the portal. Left out or null, it is not signed there (any more)."""
    signed_by: Words = ""
    """The name under that signature."""


class PlannedProcedureRecord(Record):
    """One procedure of a plan; amounts are cents of the plan's currency."""

    model_config = example(
        {
            "external_id": "TP1", "plan": "T1", "position": 1, "priority": "1", "tooth": "14", "code": "D2740", "description": "Ceramic crown", "fee_cents": 128000,
            "primary_estimate_cents": 64000, "discount_cents": 4000, "patient_cents": 60000,
        }
    )  # fmt: skip

    plan: ExternalId
    """The plan that it belongs to."""
    position: Annotated[int, Field(ge=0, le=10_000)] = 0
    """The place in the plan, the lowest first."""
    priority: Short = ""
    """What is done first, as the office writes it, such as "1" or "Next"."""
    tooth: Short = ""
    """The tooth or quadrant, such as "14" or "UL"."""
    surface: Short = ""
    """The surfaces of the tooth, such as "MOD"."""
    code: Short = ""
    """The CDT number."""
    description: Annotated[Words, Field(min_length=1)]
    """What is done, in plain words."""
    fee_cents: CentsValue
    """The fee."""
    primary_estimate_cents: CentsValue = 0
    """What the primary insurance is expected to pay."""
    secondary_estimate_cents: CentsValue = 0
    """What the secondary insurance is expected to pay."""
    discount_cents: CentsValue = 0
    """What the office takes off."""
    patient_cents: int | None = Field(None, exclude=True)
    """The patient's part. It may be left out: it is the fee less estimates and discount. Sent all the same, it must be just that."""

    @model_validator(mode="after")
    def _adds_up(self) -> "PlannedProcedureRecord":
        rest = Amounts(self.fee_cents, self.primary_estimate_cents, self.secondary_estimate_cents, self.discount_cents).patient
        if self.patient_cents not in (None, rest):
            raise ValueError("patient_cents must be the fee less both insurance estimates and the discount")
        return self


def _taken_over(session: Session, ids: Collection[UUID]) -> None:
    """The practice's system says that plans are signed: where they stand as they were signed here, it has that from here."""
    of_plan = (Signature.practice_id == TreatmentPlan.practice_id, Signature.plan_id == TreatmentPlan.id, Signature.plan_sha256 == FINGERPRINT)
    where = (TreatmentPlan.practice_id == session.info["practice_id"], among(TreatmentPlan.id, ids), TreatmentPlan.signed_at.is_not(None))
    told = update(Signature).where(*of_plan, *where, Signature.known_there_at.is_(None)).values(known_there_at=TreatmentPlan.signed_at)
    session.execute(told.execution_options(synchronize_session=False))


# What was signed here names its plan, and so keeps it: the practice's system may delete a plan, but no signature.
_PARTS = (PlannedProcedure.plan_id, Decline.plan_id)
KINDS = [
    RecordKind("treatment_plan", TreatmentPlanRecord, TreatmentPlan, {"patient": "patient"}, parts=_PARTS, written=_taken_over),
    RecordKind("planned_procedure", PlannedProcedureRecord, PlannedProcedure, {"plan": "treatment_plan"}),
]
