"""What is pulled, in the order in which it must come: for each of their tables how it is asked for, and what is made of its rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from plugins.opendental.mapping import book, chart, documents, insurance, ledger, people, practice, recalls, statements, treatment, visits
from plugins.opendental.mapping.reading import Record, Row, reference
from plugins.opendental.mapping.setup import Setup

Maker = Callable[[Row, Setup], Record | list[Record] | None]
Way = Literal["list", "range", "query"]
EACH_ROUND, HOURLY, DAILY = timedelta(0), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Resource:
    """One of their tables.

    `key` is its number column, `since` the column (or parameter) that tells what has changed, empty where everything is asked for each time.
    A `query` reads the table `table` by SQL, because there is no list of it over all patients; a `range` is asked for by days.
    `kept` are the columns that are kept with the cursor, since other rows cannot be read without them. `usual` is how many rows there are for each
    patient, or how many in all where it is set up for the practice, as long as nobody has counted.
    """

    name: str
    title: str
    key: str
    makers: tuple[Maker, ...] = ()
    way: Way = "list"
    path: str = ""
    since: str = ""
    table: str = ""
    kept: tuple[str, ...] = ()
    usual: float = 0

    @property
    def is_setup(self) -> bool:
        """Whether it is about the practice rather than about patients: then it is pulled whole each time."""
        return not self.since and self.way == "list"

    @property
    def every(self) -> timedelta:
        """How often it is pulled, beside what Open Dental tells by itself: what has to be asked for whole each time less often."""
        return EACH_ROUND if self.since else DAILY if self.is_setup else HOURLY


RESOURCES: tuple[Resource, ...] = (
    Resource("preferences", "Settings", "PrefName", path="preferences", kept=("PrefName", "ValueString"), usual=700),
    Resource("definitions", "Definitions", "DefNum", (practice.definition,), path="definitions", kept=("DefNum", "ItemName", "ItemValue", "Category", "isHidden"), usual=400),
    Resource("clinics", "Clinics", "ClinicNum", (practice.clinic,), path="clinics", usual=3),
    Resource("providers", "Providers", "ProvNum", (practice.provider,), path="providers", usual=15),
    Resource("operatories", "Operatories", "OperatoryNum", (practice.operatory,), path="operatories", kept=("OperatoryNum", "ClinicNum"), usual=12),
    Resource(
        "procedurecodes", "Procedure codes", "CodeNum", path="procedurecodes", kept=("CodeNum", "ProcCode", "LaymanTerm", "AbbrDesc", "IsHygiene"), usual=1000
    ),
    Resource("allergydefs", "Kinds of allergies", "AllergyDefNum", path="allergydefs", kept=("AllergyDefNum", "Description", "SnomedType", "MedicationNum"), usual=60),
    Resource("diseasedefs", "Kinds of problems", "DiseaseDefNum", path="diseasedefs", kept=("DiseaseDefNum", "DiseaseName", "SnomedCode", "Icd10Code"), usual=150),
    Resource("medications", "Medicines", "MedicationNum", path="medications", kept=("MedicationNum", "MedName", "RxCui"), usual=500),
    Resource("appointmenttypes", "Appointment types", "AppointmentTypeNum", (book.appointment_type,), path="appointmenttypes", usual=12),
    Resource("recalltypes", "Recall types", "RecallTypeNum", (recalls.recall_type,), path="recalltypes", usual=10),
    Resource("carriers", "Insurance companies", "CarrierNum", way="query", table="carrier", kept=("CarrierNum", "CarrierName"), usual=0.02),
    Resource("insplans", "Insurance plans", "PlanNum", way="query", table="insplan", kept=("PlanNum", "CarrierNum"), usual=0.3),
    Resource("patients", "Patients", "PatNum", (people.patient,), path="patients/Simple", since="DateTStamp", usual=1),
    Resource("guardians", "Guardians", "GuardianNum", (people.relationship,), way="query", table="guardian", usual=0.2),
    Resource("schedules", "Schedules", "ScheduleNum", (book.schedule,), way="range", path="schedules", usual=0.2),
    Resource("appointments", "Appointments", "AptNum", (visits.appointment,), path="appointments", since="DateTStamp", usual=12),
    Resource("histappointments", "Deleted appointments", "HistApptNum", (visits.past_change,), path="histappointments", since="date", usual=0.5),
    Resource("recalls", "Recalls", "RecallNum", (recalls.recall,), way="query", table="recall", since="DateTStamp", usual=1.3),
    Resource("procedurelogs", "Procedures", "ProcNum", (ledger.charge, chart.procedure), path="procedurelogs", since="DateTStamp", usual=30),
    Resource("adjustments", "Adjustments", "AdjNum", (ledger.adjustment,), way="query", table="adjustment", since="SecDateTEdit", usual=2),
    Resource("paysplits", "Payments", "SplitNum", (ledger.payment,), way="query", table="paysplit", since="SecDateTEdit", usual=12),
    Resource("claims", "Claims", "ClaimNum", (insurance.claim,), way="query", table="claim", since="SecDateTEdit", usual=4),
    Resource("claimprocs", "Insurance payments", "ClaimProcNum", (ledger.insurance,), way="query", table="claimproc", since="SecDateTEdit", usual=16),
    Resource("payplans", "Payment plans", "PayPlanNum", (statements.payment_plan,), way="query", table="payplan", usual=0.03),
    Resource("statements", "Statements", "StatementNum", (statements.statement,), way="query", table="statement", since="DateTStamp", usual=4),
    Resource("treatplans", "Treatment plans", "TreatPlanNum", (treatment.treatment_plan,), path="treatplans", since="SecDateTEdit", usual=1),
    Resource("proctps", "Planned procedures", "ProcTPNum", (treatment.planned_procedure,), way="query", table="proctp", since="SecDateTEdit", usual=4),
    Resource("allergies", "Allergies", "AllergyNum", (chart.allergy,), way="query", table="allergy", since="DateTStamp", usual=0.8),
    Resource("diseases", "Problems", "DiseaseNum", (chart.problem,), way="query", table="disease", since="DateTStamp", usual=0.6),
    Resource("medicationpats", "Medications", "MedicationPatNum", (chart.medication,), way="query", table="medicationpat", since="DateTStamp", usual=1.5),
    Resource("documents", "Documents and images", "DocNum", (documents.image,), way="query", table="document", since="DateTStamp", usual=6),
)
BY_NAME: Mapping[str, Resource] = {resource.name: resource for resource in RESOURCES}
OF_PATIENT: tuple[Resource, ...] = (Resource("insurance", "Insurance", "PatPlanNum", (insurance.coverage,), path="familymodules/{}/Insurance", usual=1),)
"""What can only be asked for patient by patient: when somebody signs in, and in rounds."""


def records_of(resource: Resource, rows: Iterable[Row], setup: Setup) -> list[Record]:
    """The records of rows. Those of charts that are not in the portal are left out: nobody could see them."""
    shown = (row for row in rows if resource.name == "patients" or reference(row, "PatNum") not in setup.gone)
    made = (maker(row, setup) for row in shown for maker in resource.makers)
    return [record for one in made for record in (one if isinstance(one, list) else [one]) if record is not None]
