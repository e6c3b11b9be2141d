"""What is pulled, in the order in which it must come: for each of their tables how it is asked for, and what is made of its rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from plugins.opendental.mapping import book, chart, documents, insurance, ledger, people, practice, recalls, statements, treatment, visits
from plugins.opendental.mapping.reading import Record, Row
from plugins.opendental.mapping.setup import E_CONFIRMATIONS, Setup

Maker = Callable[[Row, Setup], Record | list[Record] | None]
Way = Literal["list", "range", "query"]


@dataclass(frozen=True)
class Resource:
    """One of their tables.

    `key` is its number column, `since` the column (or parameter) that tells what has changed, empty where everything is asked for each time.
    A `query` reads the table `table` by SQL, because there is no list of it over all patients; a `range` is asked for by days.
    `kept` are the columns that are kept with the cursor, since other rows cannot be read without them.
    """

    name: str
    title: str
    key: str
    makers: tuple[Maker, ...] = ()
    way: Way = "list"
    path: str = ""
    since: str = ""
    table: str = ""
    columns: str = "*"
    kept: tuple[str, ...] = ()
    parameters: Mapping[str, str] | None = None

    @property
    def is_setup(self) -> bool:
        """Whether other rows cannot be read without it: it is pulled whole, and anew each day."""
        return not self.since and self.way == "list"


RESOURCES: tuple[Resource, ...] = (
    Resource("preferences", "Settings", "PrefName", path="preferences", kept=("PrefName", "ValueString"), parameters={"PrefName": ",".join(E_CONFIRMATIONS)}),
    Resource("definitions", "Definitions", "DefNum", (practice.definition,), path="definitions", kept=("DefNum", "ItemName", "ItemValue", "Category")),
    Resource("clinics", "Clinics", "ClinicNum", (practice.clinic,), path="clinics"),
    Resource("providers", "Providers", "ProvNum", (practice.provider,), path="providers"),
    Resource("operatories", "Operatories", "OperatoryNum", (practice.operatory,), path="operatories", kept=("OperatoryNum", "ClinicNum")),
    Resource(
        "procedurecodes", "Procedure codes", "CodeNum", path="procedurecodes", kept=("CodeNum", "ProcCode", "LaymanTerm", "AbbrDesc", "IsHygiene")
    ),
    Resource("allergydefs", "Kinds of allergies", "AllergyDefNum", path="allergydefs", kept=("AllergyDefNum", "Description", "SnomedType", "MedicationNum")),
    Resource("diseasedefs", "Kinds of problems", "DiseaseDefNum", path="diseasedefs", kept=("DiseaseDefNum", "DiseaseName", "SnomedCode", "Icd10Code")),
    Resource("medications", "Medicines", "MedicationNum", path="medications", kept=("MedicationNum", "MedName", "RxCui")),
    Resource("appointmenttypes", "Appointment types", "AppointmentTypeNum", (book.appointment_type,), path="appointmenttypes"),
    Resource("recalltypes", "Recall types", "RecallTypeNum", (recalls.recall_type,), path="recalltypes"),
    Resource("patients", "Patients", "PatNum", (people.patient,), path="patients/Simple", since="DateTStamp"),
    Resource("guardians", "Guardians", "GuardianNum", (people.relationship,), way="query", table="guardian"),
    Resource("schedules", "Schedules", "ScheduleNum", (book.schedule,), way="range", path="schedules"),
    Resource("appointments", "Appointments", "AptNum", (visits.appointment,), path="appointments", since="DateTStamp"),
    Resource("histappointments", "Deleted appointments", "HistApptNum", (visits.past_change,), path="histappointments", since="date"),
    Resource("recalls", "Recalls", "RecallNum", (recalls.recall,), way="query", table="recall", since="DateTStamp"),
    Resource("procedurelogs", "Procedures", "ProcNum", (ledger.charge, chart.procedure), path="procedurelogs", since="DateTStamp"),
    Resource("adjustments", "Adjustments", "AdjNum", (ledger.adjustment,), way="query", table="adjustment", since="SecDateTEdit"),
    Resource("paysplits", "Payments", "SplitNum", (ledger.payment,), way="query", table="paysplit", since="SecDateTEdit"),
    Resource("claims", "Claims", "ClaimNum", (insurance.claim,), way="query", table="claim", since="SecDateTEdit"),
    Resource("claimprocs", "Insurance payments", "ClaimProcNum", (ledger.insurance,), way="query", table="claimproc", since="SecDateTEdit"),
    Resource("payplans", "Payment plans", "PayPlanNum", (statements.payment_plan,), way="query", table="payplan"),
    Resource("statements", "Statements", "StatementNum", (statements.statement,), way="query", table="statement", since="DateTStamp"),
    Resource("treatplans", "Treatment plans", "TreatPlanNum", (treatment.treatment_plan,), path="treatplans", since="SecDateTEdit"),
    Resource("proctps", "Planned procedures", "ProcTPNum", (treatment.planned_procedure,), way="query", table="proctp", since="SecDateTEdit"),
    Resource("allergies", "Allergies", "AllergyNum", (chart.allergy,), way="query", table="allergy", since="DateTStamp"),
    Resource("diseases", "Problems", "DiseaseNum", (chart.problem,), way="query", table="disease", since="DateTStamp"),
    Resource("medicationpats", "Medications", "MedicationPatNum", (chart.medication,), way="query", table="medicationpat", since="DateTStamp"),
    Resource("documents", "Documents and images", "DocNum", (documents.image,), way="query", table="document", since="DateTStamp"),
)
BY_NAME: Mapping[str, Resource] = {resource.name: resource for resource in RESOURCES}
OF_PATIENT: tuple[Resource, ...] = (
    Resource("insurance", "Insurance", "PatPlanNum", (insurance.coverage,), path="familymodules/{}/Insurance"),
)
"""What can only be asked for patient by patient: when somebody signs in, and in rounds."""


def records_of(resource: Resource, rows: Iterable[Row], setup: Setup) -> list[Record]:
    """The records of rows. Those of charts that are not in the portal are left out: nobody could see them."""
    made = (maker(row, setup) for row in rows for maker in resource.makers)
    found = [record for one in made for record in (one if isinstance(one, list) else [one]) if record is not None]
    return [record for record in found if record.get("patient") not in setup.gone]
