"""The kinds of record that this tab takes in: treatment plans and their procedures."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from core.records import Record, RecordKind
from plugins.plan.amounts import Amounts
from plugins.plan.models import PlannedProcedure, TreatmentPlan

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
    """A treatment plan; patients see it while `status` is saved. `saved_on` is the day as of which its figures hold."""

    patient: str
    heading: Annotated[Words, Field(min_length=1)]
    saved_on: date
    note: Annotated[str, Field(max_length=5000), AfterValidator(_storable)] = ""
    status: Literal["active", "inactive", "saved"] = "saved"
    presenter: Words = ""
    currency: Currency = "USD"


class PlannedProcedureRecord(Record):
    """One procedure of a plan; `plan` is the plan's external id, `code` a CDT number, amounts are cents of the plan's currency.

    `patient_cents` may be left out: it is the fee less estimates and discount. Sent all the same, it must be just that.
    """

    plan: str
    position: Annotated[int, Field(ge=0, le=10_000)] = 0
    priority: Short = ""
    tooth: Short = ""
    surface: Short = ""
    code: Short = ""
    description: Annotated[Words, Field(min_length=1)]
    fee_cents: CentsValue
    primary_estimate_cents: CentsValue = 0
    secondary_estimate_cents: CentsValue = 0
    discount_cents: CentsValue = 0
    patient_cents: int | None = Field(None, exclude=True)

    @model_validator(mode="after")
    def _adds_up(self) -> "PlannedProcedureRecord":
        rest = Amounts(self.fee_cents, self.primary_estimate_cents, self.secondary_estimate_cents, self.discount_cents).patient
        if self.patient_cents not in (None, rest):
            raise ValueError("patient_cents must be the fee less both insurance estimates and the discount")
        return self


KINDS = [
    RecordKind("treatment_plan", TreatmentPlanRecord, TreatmentPlan, {"patient": "patient"}, parts=[PlannedProcedure.plan_id]),
    RecordKind("planned_procedure", PlannedProcedureRecord, PlannedProcedure, {"plan": "treatment_plan"}),
]
