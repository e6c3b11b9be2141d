"""The kinds of record that a practice system sends for the care summary."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, field_validator, model_validator

from core.records import Record, RecordFile, RecordKind, RecordWithFile
from core.records.fields import ExternalId, example
from core.safety.care_documents import MAX_BYTES
from plugins.summary import models
from plugins.summary.ccd.codes import SMOKING
from plugins.summary.ccd.content import NONE_KNOWN
from plugins.summary.services import receiving
from plugins.summary.services.documents import CONTENT_TYPE

Word = Annotated[str, Field(max_length=40)]
Line = Annotated[str, Field(max_length=300)]
Note = Annotated[str, Field(max_length=4000)]


class ChartRecord(Record):
    """What every kind of the summary names: the patient."""

    patient: ExternalId
    """Whose chart it is in."""


class AllergyRecord(ChartRecord):
    """An allergy. `none_known` needs no substance: the patient was asked and has none."""

    model_config = example({"external_id": "A1", "patient": "P1", "substance": "Penicillin", "category": "drug", "reaction": "Hives", "rxnorm": "7980", "noted_on": "2010-01-05"})

    substance: Line = ""
    """What the patient is allergic to."""
    category: Literal["drug", "food", "other"] = "other"
    """What kind of thing it is."""
    status: Literal["active", "resolved", "none_known"] = "active"
    """Whether it still counts; `none_known` says that there is none."""
    reaction: Line = ""
    """What happens, in plain words."""
    rxnorm: Word = ""
    """The medicine's RxNorm code."""
    noted_on: date | None = None
    """The day on which it was noted."""

    @model_validator(mode="after")
    def _named(self):
        _needs("substance", self.substance, self.status)
        return self


class MedicationRecord(ChartRecord):
    """A medicine. `none_known` needs no name: the patient takes none."""

    model_config = example(
        {"external_id": "M1", "patient": "P1", "name": "Lisinopril 10 mg", "instructions": "One in the morning", "rxnorm": "314076", "started_on": "2021-03-01"}
    )

    name: Line = ""
    """The medicine with its strength."""
    status: Literal["active", "stopped", "none_known"] = "active"
    """Whether it is taken now; `none_known` says that none is."""
    instructions: Note = ""
    """How it is taken, in plain words."""
    rxnorm: Word = ""
    """Its RxNorm code."""
    started_on: date | None = None
    """The day on which it was begun."""
    ended_on: date | None = None
    """The day on which it was stopped."""

    @model_validator(mode="after")
    def _named(self):
        _needs("name", self.name, self.status)
        return self


class ProblemRecord(ChartRecord):
    """A condition. `none_known` needs no name."""

    model_config = example({"external_id": "PR1", "patient": "P1", "name": "High blood pressure", "snomed": "38341003", "icd10": "I10", "started_on": "2020-11-02"})

    name: Line = ""
    """What it is, in plain words."""
    status: Literal["active", "resolved", "none_known"] = "active"
    """Whether it still is there; `none_known` says that there is none."""
    note: Note = ""
    """What else patients should read."""
    snomed: Word = ""
    """Its SNOMED CT code."""
    icd10: Word = ""
    """Its ICD-10-CM code."""
    started_on: date | None = None
    """The day since which it has been known."""
    ended_on: date | None = None
    """The day on which it was over."""

    @model_validator(mode="after")
    def _named(self):
        _needs("name", self.name, self.status)
        return self


class ImmunizationRecord(ChartRecord):
    """A vaccination, or one that was not given."""

    model_config = example({"external_id": "IM1", "patient": "P1", "vaccine": "Influenza vaccine", "cvx": "141", "lot_number": "U4412AA", "given_on": "2025-10-01"})

    vaccine: Line = Field(min_length=1)
    """The vaccine."""
    status: Literal["given", "not_given"] = "given"
    """Whether it was given."""
    cvx: Word = ""
    """The vaccine's CVX code."""
    lot_number: Word = ""
    """The number of the lot."""
    note: Note = ""
    """Why it was not given, or what else patients should read."""
    given_on: date | None = None
    """The day on which it was given."""


class ResultRecord(ChartRecord):
    """One value of a test."""

    model_config = example(
        {
            "external_id": "RE1", "patient": "P1", "name": "Hemoglobin A1c", "loinc": "4548-4", "value": "5.6", "unit": "%", "reference_range": "4.0 to 5.6", "flag": "normal",
            "taken_at": "2025-03-10T14:00:00Z",
        }
    )  # fmt: skip

    name: Line = Field(min_length=1)
    """What was tested."""
    loinc: Word = ""
    """The test's LOINC code."""
    value: Line = Field(min_length=1)
    """The value, a number or words."""
    unit: Word = ""
    """Its unit, by UCUM where there is one."""
    reference_range: Line = ""
    """What is usual."""
    flag: Literal["", "normal", "high", "low", "abnormal"] = ""
    """What to make of it."""
    taken_at: AwareDatetime
    """When the sample was taken, with its offset from UTC."""


class VitalSignRecord(ChartRecord):
    """What was measured at one moment; the unit of each measure stands in its name."""

    model_config = example({"external_id": "VS1", "patient": "P1", "taken_at": "2025-03-10T14:00:00Z", "systolic_mmhg": 128, "diastolic_mmhg": 82, "pulse_per_minute": 68})

    taken_at: AwareDatetime
    """When it was measured, with its offset from UTC."""
    systolic_mmhg: int | None = Field(None, ge=20, le=400)
    """The upper blood pressure, in millimeters of mercury."""
    diastolic_mmhg: int | None = Field(None, ge=10, le=300)
    """The lower blood pressure, in millimeters of mercury."""
    pulse_per_minute: int | None = Field(None, ge=10, le=400)
    """The beats of the heart in a minute."""
    breaths_per_minute: int | None = Field(None, ge=2, le=150)
    """The breaths in a minute."""
    oxygen_percent: int | None = Field(None, ge=20, le=100)
    """The oxygen saturation, in percent."""
    temperature_fahrenheit: float | None = Field(None, ge=70, le=120)
    """The temperature of the body, in degrees Fahrenheit."""
    height_inches: float | None = Field(None, ge=5, le=110)
    """The height, in inches."""
    weight_pounds: float | None = Field(None, ge=1, le=1500)
    """The weight, in pounds."""


class ProcedureRecord(ChartRecord):
    """A procedure; tooth and surface are in the ADA notation."""

    model_config = example(
        {
            "external_id": "PD1", "patient": "P1", "description": "White filling", "cdt": "D2391", "tooth": "14", "surface": "O", "provider": "Dr. Dana Okafor, DDS",
            "done_on": "2026-03-04",
        }
    )  # fmt: skip

    description: Line = Field(min_length=1)
    """What was done, in plain words."""
    status: Literal["completed", "done_elsewhere", "planned"] = "completed"
    """Done here, done elsewhere, or planned."""
    cdt: Word = ""
    """The CDT number."""
    tooth: Word = ""
    """The tooth or quadrant."""
    surface: Word = ""
    """The surfaces of the tooth."""
    provider: Line = ""
    """Who did it, by name."""
    done_on: date | None = None
    """The day on which it was done, or is planned for."""


class SmokingStatusRecord(ChartRecord):
    """The answer to the question about smoking."""

    model_config = example({"external_id": "SM1", "patient": "P1", "snomed": "266919005", "asked_on": "2025-03-10"})

    snomed: Word
    """The answer by its SNOMED CT code, such as 266919005 for "never smoked"."""
    asked_on: date
    """The day on which it was given."""

    @field_validator("snomed")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in SMOKING:
            raise ValueError(f"must be one of {', '.join(SMOKING)}")
        return value


class CareDocumentRecord(RecordWithFile):
    """A care document (C-CDA, an XML file of at most 20 MB) from outside, as it came; a new one needs its `file`.

    What it says of itself, such as its title, its date and its author, is read from it. One that contradicts the chart of the patient who is named is refused.
    """

    model_config = example({"external_id": "CD1", "patient": "P1", "file": "01a224c0-7105-75c9-936e-1e80e0b96e1c"})

    patient: ExternalId
    """The patient whom it is about."""


def _needs(name: str, value: str, status: str) -> None:
    if status != NONE_KNOWN and not value.strip():
        raise ValueError(f"{name} is needed unless the status is {NONE_KNOWN}")


_PATIENT = {"patient": "patient"}
_DOCUMENT = RecordFile(frozenset({CONTENT_TYPE, "text/xml"}), MAX_BYTES, receiving.keep_upload, "sha256", ("file_key",), is_needed=True)

KINDS = [
    RecordKind("allergy", AllergyRecord, models.Allergy, _PATIENT),
    RecordKind("medication", MedicationRecord, models.Medication, _PATIENT),
    RecordKind("problem", ProblemRecord, models.Problem, _PATIENT),
    RecordKind("immunization", ImmunizationRecord, models.Immunization, _PATIENT),
    RecordKind("result", ResultRecord, models.Result, _PATIENT),
    RecordKind("vital_sign", VitalSignRecord, models.VitalSigns, _PATIENT),
    RecordKind("procedure", ProcedureRecord, models.Procedure, _PATIENT),
    RecordKind("smoking_status", SmokingStatusRecord, models.SmokingStatus, _PATIENT),
    RecordKind("care_document", CareDocumentRecord, models.Document, _PATIENT, file=_DOCUMENT),
]
