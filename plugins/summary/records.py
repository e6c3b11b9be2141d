"""The kinds of record that a practice system sends for the care summary."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, field_validator, model_validator

from core.records import Record, RecordFile, RecordKind, RecordWithFile
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

    patient: str


class AllergyRecord(ChartRecord):
    """An allergy. `none_known` needs no substance: the patient was asked and has none. `rxnorm` is the medicine's code."""

    substance: Line = ""
    category: Literal["drug", "food", "other"] = "other"
    status: Literal["active", "resolved", "none_known"] = "active"
    reaction: Line = ""
    rxnorm: Word = ""
    noted_on: date | None = None

    @model_validator(mode="after")
    def _named(self):
        _needs("substance", self.substance, self.status)
        return self


class MedicationRecord(ChartRecord):
    """A medicine with its directions in plain words. `none_known` needs no name: the patient takes none."""

    name: Line = ""
    status: Literal["active", "stopped", "none_known"] = "active"
    instructions: Note = ""
    rxnorm: Word = ""
    started_on: date | None = None
    ended_on: date | None = None

    @model_validator(mode="after")
    def _named(self):
        _needs("name", self.name, self.status)
        return self


class ProblemRecord(ChartRecord):
    """A condition, with its SNOMED CT and ICD-10-CM codes where they are known. `none_known` needs no name."""

    name: Line = ""
    status: Literal["active", "resolved", "none_known"] = "active"
    note: Note = ""
    snomed: Word = ""
    icd10: Word = ""
    started_on: date | None = None
    ended_on: date | None = None

    @model_validator(mode="after")
    def _named(self):
        _needs("name", self.name, self.status)
        return self


class ImmunizationRecord(ChartRecord):
    """A vaccination; `cvx` is the vaccine's code, `note` says why one was not given."""

    vaccine: Line = Field(min_length=1)
    status: Literal["given", "not_given"] = "given"
    cvx: Word = ""
    lot_number: Word = ""
    note: Note = ""
    given_on: date | None = None


class ResultRecord(ChartRecord):
    """One value of a test; `taken_at` carries its offset from UTC, `unit` is a UCUM unit where there is one."""

    name: Line = Field(min_length=1)
    loinc: Word = ""
    value: Line = Field(min_length=1)
    unit: Word = ""
    reference_range: Line = ""
    flag: Literal["", "normal", "high", "low", "abnormal"] = ""
    taken_at: AwareDatetime


class VitalSignRecord(ChartRecord):
    """What was measured at one moment; the unit of each measure stands in its name."""

    taken_at: AwareDatetime
    systolic_mmhg: int | None = Field(None, ge=20, le=400)
    diastolic_mmhg: int | None = Field(None, ge=10, le=300)
    pulse_per_minute: int | None = Field(None, ge=10, le=400)
    breaths_per_minute: int | None = Field(None, ge=2, le=150)
    oxygen_percent: int | None = Field(None, ge=20, le=100)
    temperature_fahrenheit: float | None = Field(None, ge=70, le=120)
    height_inches: float | None = Field(None, ge=5, le=110)
    weight_pounds: float | None = Field(None, ge=1, le=1500)


class ProcedureRecord(ChartRecord):
    """A procedure: `cdt` is its code, `description` says it in plain words, tooth and surface are in the ADA notation."""

    description: Line = Field(min_length=1)
    status: Literal["completed", "done_elsewhere", "planned"] = "completed"
    cdt: Word = ""
    tooth: Word = ""
    surface: Word = ""
    provider: Line = ""
    done_on: date | None = None


class SmokingStatusRecord(ChartRecord):
    """The answer to the question about smoking, by its SNOMED CT code."""

    snomed: Word
    asked_on: date

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

    patient: str


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
