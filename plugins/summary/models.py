"""What the practice holds for the care summary, and the care documents that came from outside."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from core.db import Base, TenantScoped, belongs_to, index_in_practice, unique_in_practice
from plugins.summary.ccd.codes import SMOKING


def _of_a_chart(*checks: CheckConstraint) -> tuple[SchemaItem, ...]:
    """What every table of the chart has: a patient, the practice system's own id, and a way to find a patient's rows."""
    return belongs_to("patient"), unique_in_practice("external_id"), index_in_practice("patient_id"), *checks


class Allergy(TenantScoped, Base):
    """An allergy or intolerance; `none_known` says that the patient was asked and has none."""

    __tablename__ = "summary_allergy"
    __table_args__ = _of_a_chart(
        CheckConstraint("category in ('drug', 'food', 'other')", name="category"),
        CheckConstraint("status in ('active', 'resolved', 'none_known')", name="status"),
    )

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    substance: Mapped[str] = mapped_column(default="")
    category: Mapped[str] = mapped_column(default="other")
    status: Mapped[str] = mapped_column(default="active")
    reaction: Mapped[str] = mapped_column(default="")
    rxnorm: Mapped[str] = mapped_column(default="")
    noted_on: Mapped[date | None]


class Medication(TenantScoped, Base):
    """A medicine that the patient takes or took; `none_known` says that the patient was asked and takes none."""

    __tablename__ = "summary_medication"
    __table_args__ = _of_a_chart(CheckConstraint("status in ('active', 'stopped', 'none_known')", name="status"))

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="active")
    instructions: Mapped[str] = mapped_column(default="")
    rxnorm: Mapped[str] = mapped_column(default="")
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]


class Problem(TenantScoped, Base):
    """A condition of the patient; `none_known` says that the patient was asked and has none."""

    __tablename__ = "summary_problem"
    __table_args__ = _of_a_chart(CheckConstraint("status in ('active', 'resolved', 'none_known')", name="status"))

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="active")
    note: Mapped[str] = mapped_column(default="")
    snomed: Mapped[str] = mapped_column(default="")
    icd10: Mapped[str] = mapped_column(default="")
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]


class Immunization(TenantScoped, Base):
    """A vaccination that was given, or that was not and why (`note`)."""

    __tablename__ = "summary_immunization"
    __table_args__ = _of_a_chart(CheckConstraint("status in ('given', 'not_given')", name="status"))

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    vaccine: Mapped[str]
    status: Mapped[str] = mapped_column(default="given")
    cvx: Mapped[str] = mapped_column(default="")
    lot_number: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    given_on: Mapped[date | None]


class Result(TenantScoped, Base):
    """One value of a test."""

    __tablename__ = "summary_result"
    __table_args__ = _of_a_chart(CheckConstraint("flag in ('', 'normal', 'high', 'low', 'abnormal')", name="flag"))

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    name: Mapped[str]
    loinc: Mapped[str] = mapped_column(default="")
    value: Mapped[str]
    unit: Mapped[str] = mapped_column(default="")
    reference_range: Mapped[str] = mapped_column(default="")
    flag: Mapped[str] = mapped_column(default="")
    taken_at: Mapped[datetime]


class VitalSigns(TenantScoped, Base):
    """What was measured at one moment; each measure in the unit of its name, oxygen saturation in percent."""

    __tablename__ = "summary_vital_signs"
    __table_args__ = _of_a_chart()

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    taken_at: Mapped[datetime]
    systolic_mmhg: Mapped[int | None]
    diastolic_mmhg: Mapped[int | None]
    pulse_per_minute: Mapped[int | None]
    breaths_per_minute: Mapped[int | None]
    oxygen_percent: Mapped[int | None]
    temperature_fahrenheit: Mapped[float | None]
    height_inches: Mapped[float | None]
    weight_pounds: Mapped[float | None]


class Procedure(TenantScoped, Base):
    """A dental procedure: done here, done elsewhere, or planned; `done_on` is the day it was done or is planned for."""

    __tablename__ = "summary_procedure"
    __table_args__ = _of_a_chart(CheckConstraint("status in ('completed', 'done_elsewhere', 'planned')", name="status"))

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    description: Mapped[str]
    status: Mapped[str] = mapped_column(default="completed")
    cdt: Mapped[str] = mapped_column(default="")
    tooth: Mapped[str] = mapped_column(default="")
    surface: Mapped[str] = mapped_column(default="")
    provider: Mapped[str] = mapped_column(default="")
    done_on: Mapped[date | None]


class SmokingStatus(TenantScoped, Base):
    """What the patient answered when asked about smoking, by its SNOMED CT code (`ccd.codes.SMOKING`)."""

    __tablename__ = "summary_smoking_status"
    __table_args__ = _of_a_chart(CheckConstraint(f"snomed in ({', '.join(map(repr, SMOKING))})", name="snomed"))

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID]
    snomed: Mapped[str]
    asked_on: Mapped[date]


class Document(TenantScoped, Base):
    """A care document from outside: its bytes as they came are a file, this row says what it is and whose.

    `quarantined` documents are shown to nobody; `reason` says why one is, such as another one of the same number. What the document says of its patient is kept with it,
    and is never written into the chart.
    """

    __tablename__ = "summary_document"
    __table_args__ = (
        belongs_to("patient"),
        unique_in_practice("external_id"),
        UniqueConstraint("practice_id", "sha256"),
        index_in_practice("patient_id", "received_at"),
        CheckConstraint("status in ('shown', 'quarantined')", name="status"),
        CheckConstraint("kind in ('ccd', 'document', 'attachment', 'ccr')", name="kind"),
        CheckConstraint("status = 'quarantined' or patient_id is not null", name="shown_to_its_patient"),
        CheckConstraint("(status = 'quarantined') = (reason <> '')", name="reason_of_quarantine"),
        CheckConstraint("reason in ('', 'nobody', 'unclear', 'conflict')", name="reason"),
    )

    external_id: Mapped[str | None]
    patient_id: Mapped[UUID | None]
    status: Mapped[str]
    reason: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str]
    author: Mapped[str]
    custodian: Mapped[str]
    created: Mapped[str]
    """The document's own date in words, as precise as it was told."""
    created_on: Mapped[date | None]
    number_root: Mapped[str]
    number_extension: Mapped[str]
    version: Mapped[str]
    stated_name: Mapped[str]
    stated_birthdate: Mapped[date | None]
    source: Mapped[str]
    """How it came: with the `records` of the practice's system or of a file; `import` until there was that door."""
    received_at: Mapped[datetime]
    file_key: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]


OF_PATIENTS = (Allergy, Medication, Problem, Immunization, Result, VitalSigns, Procedure, SmokingStatus, Document)
"""Everything here that stands under a patient."""
