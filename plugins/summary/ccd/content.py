"""What a care summary says, as plain values: the same for the page, for the document that we write and for its tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar
from uuid import UUID, uuid5

NONE_KNOWN = "none_known"
"""The status of an entry that says: the patient was asked, and there is none."""


@dataclass(frozen=True)
class Address:
    """A postal address; every part may be empty."""

    lines: tuple[str, ...] = ()
    city: str = ""
    state: str = ""
    postal_code: str = ""

    @property
    def complete(self) -> bool:
        """Whether a letter would arrive: street, city, state and postal code."""
        return bool(self.lines and self.city and self.state and self.postal_code)


@dataclass(frozen=True)
class Subject:
    """The patient. `record_number` is the practice's own number of the chart, `sex` is F, M or U."""

    id: UUID
    record_number: str
    first_name: str
    last_name: str
    preferred_name: str
    birthdate: date | None
    sex: str
    address: Address
    phone: str
    email: str
    language: str


@dataclass(frozen=True)
class Office:
    """The practice (or the clinic) that keeps the record."""

    id: UUID
    name: str
    address: Address
    phone: str
    email: str


@dataclass(frozen=True)
class Clinician:
    """The provider who answers for the record. `npi` is the national number of ten digits, if there is one."""

    id: UUID
    title: str
    first_name: str
    last_name: str
    suffix: str
    npi: str

    @property
    def name(self) -> str:
        """Title, names and suffix."""
        full = " ".join(part for part in (self.title, self.first_name, self.last_name) if part)
        return f"{full}, {self.suffix}" if self.suffix else full


@dataclass(frozen=True)
class Allergy:
    """`category` is drug, food or other; `status` active, resolved or none_known."""

    id: UUID
    substance: str
    category: str
    status: str
    reaction: str
    rxnorm: str
    noted_on: date | None


@dataclass(frozen=True)
class Medication:
    """`status` is active, stopped or none_known; `instructions` are the directions as text."""

    id: UUID
    name: str
    status: str
    instructions: str
    rxnorm: str
    started_on: date | None
    ended_on: date | None


@dataclass(frozen=True)
class Problem:
    """A condition. `status` is active, resolved or none_known."""

    id: UUID
    name: str
    status: str
    note: str
    snomed: str
    icd10: str
    started_on: date | None
    ended_on: date | None


@dataclass(frozen=True)
class Immunization:
    """`status` is given or not_given; `cvx` the code of the vaccine."""

    id: UUID
    vaccine: str
    status: str
    cvx: str
    lot_number: str
    note: str
    given_on: date | None


@dataclass(frozen=True)
class Result:
    """One measured value of a test. `flag` is normal, high, low, abnormal or empty."""

    id: UUID
    name: str
    loinc: str
    value: str
    unit: str
    reference_range: str
    flag: str
    taken_at: datetime


@dataclass(frozen=True)
class VitalSigns:
    """What was measured at one moment; units stand in the names, oxygen is saturation in percent."""

    id: UUID
    taken_at: datetime
    systolic_mmhg: int | None
    diastolic_mmhg: int | None
    pulse_per_minute: int | None
    breaths_per_minute: int | None
    oxygen_percent: int | None
    temperature_fahrenheit: float | None
    height_inches: float | None
    weight_pounds: float | None


@dataclass(frozen=True)
class Procedure:
    """A dental procedure. `status` is completed, done_elsewhere or planned; tooth and surface in the ADA notation."""

    id: UUID
    description: str
    status: str
    cdt: str
    tooth: str
    surface: str
    provider: str
    done_on: date | None


@dataclass(frozen=True)
class SmokingStatus:
    """`snomed` is one of `codes.SMOKING`."""

    id: UUID
    snomed: str
    asked_on: date


@dataclass(frozen=True)
class Chart:
    """Everything that the practice holds for the summary of one patient, newest first."""

    subject: Subject
    clinician: Clinician | None
    allergies: tuple[Allergy, ...] = ()
    medications: tuple[Medication, ...] = ()
    problems: tuple[Problem, ...] = ()
    immunizations: tuple[Immunization, ...] = ()
    results: tuple[Result, ...] = ()
    vital_signs: tuple[VitalSigns, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    smoking: tuple[SmokingStatus, ...] = ()

    @property
    def done(self) -> tuple[Procedure, ...]:
        """Procedures that have been carried out, here or elsewhere."""
        return tuple(procedure for procedure in self.procedures if procedure.status != "planned")

    @property
    def planned(self) -> tuple[Procedure, ...]:
        """Procedures that are still to come."""
        return tuple(procedure for procedure in self.procedures if procedure.status == "planned")


@dataclass(frozen=True)
class Edition:
    """One care document: who keeps the record and what it says. `created_at` is in the clinic's time zone."""

    id: UUID
    created_at: datetime
    office: Office
    chart: Chart

    @property
    def version(self) -> int:
        """The number of this edition: the seconds since 2020, so that a later one has a higher number and nothing is counted anywhere."""
        return int(self.created_at.timestamp()) - 1_577_836_800

    @property
    def series_id(self) -> UUID:
        """What all editions of this patient's document share."""
        return uuid5(self.office.id, str(self.chart.subject.id))


class _Answer(Protocol):
    @property
    def status(self) -> str: ...


_Entry = TypeVar("_Entry", bound=_Answer)


def stated(entries: Sequence[_Entry]) -> tuple[_Entry, ...]:
    """The entries that name something, without those that only say that there is none."""
    return tuple(entry for entry in entries if entry.status != NONE_KNOWN)
