"""Whatever stands in a row: what is made of it fits the schemas of the kinds, or says plainly that the row is unreadable."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.people.records import KINDS as PEOPLE
from core.records import kinds_of
from plugins.account.records import KINDS as ACCOUNT
from plugins.appointments.records import KINDS as APPOINTMENTS
from plugins.images.records import KINDS as IMAGES
from plugins.opendental.mapping.reading import Unreadable
from plugins.opendental.mapping.setup import Setup
from plugins.opendental.resources import OF_PATIENT, RESOURCES, records_of
from plugins.plan.records import KINDS as PLAN
from plugins.summary.records import KINDS as SUMMARY
from tenants.records import KINDS as TENANTS

OURS = kinds_of(PEOPLE, TENANTS, ACCOUNT, APPOINTMENTS, IMAGES, PLAN, SUMMARY)
MADE = [resource for resource in (*RESOURCES, *OF_PATIENT) if resource.makers]
ODD = st.one_of(
    st.sampled_from([
        None, "", "0", 0, 1, "1", "true", "false", -1, "-1.0", 12.5, "12.55", "0001-01-01", "0001-01-01 00:00:00", "2026-11-01 01:30:00", "2026-03-08 02:30:00", "2026-02-30",
        "08:00:00", "17:00:00", "Scheduled", "C", "Saved", "Provider", "S", "18", "2", "25", "None", "NKDA", "D1110,D0120", "XX//", "1,2,2", "6m1d", "Debit", "Smith\0", "x" * 6000,
        float("nan"), 10**30,
    ]),
    st.integers(-5, 10**6), st.text(max_size=20),
)  # fmt: skip
COLUMNS = sorted({
    "PatNum", "Category", "ItemName", "ItemValue", "ItemOrder", "isHidden", "IsHidden", "Description", "FName", "LName", "Abbr", "Guarantor", "Birthdate", "Gender", "PatStatus", "Email",
    "SchedDate", "StartTime", "StopTime", "SchedType", "ProvNum", "BlockoutType", "operatories", "AptStatus", "AptDateTime", "Pattern", "Confirmed", "Op", "ProcDescript",
    "DateTimeAskedToArrive", "SecDateTEntry", "HistApptAction", "AptNum", "RecallTypeNum", "RecallInterval", "DateDue", "Priority", "DefaultInterval", "TimePattern", "Procedures",
    "ProcDate", "ProcFee", "ProcStatus", "procCode", "CodeNum", "ToothNum", "AdjDate", "AdjAmt", "SplitAmt", "DatePay", "PayNum", "Status", "InsPayAmt", "WriteOff", "DateCP",
    "ClaimStatus", "DateSent", "ClaimFee", "InsPayEst", "IsSent", "BalTotal", "InsEst", "DateRangeFrom", "principalAmount", "APR", "DownPayment", "DatePayPlanStart", "ChargeFrequency",
    "DateTP", "TPStatus", "Heading", "Note", "TreatPlanNum", "FeeAmt", "PriInsAmt", "Discount", "ProcCode", "defDescription", "StatusIsActive", "diseaseDefName",
    "ProbStatus", "medName", "DateStop", "RxCui", "DocCategory", "DateCreated", "FileName", "ImgType", "ToothNumbers", "PatNumChild", "PatNumGuardian", "Relationship", "IsGuardian",
    "ClinicNum", "CodeStr", "BlockoutTypes", "AppointmentTypeName", "CarrierName", "Ordinal", "IsMedical",
})  # fmt: skip
REFERENCES = {"patient", "plan", "recall_type", "folder"}


@pytest.mark.parametrize("resource", MADE, ids=lambda resource: resource.name)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(row=st.dictionaries(st.sampled_from(COLUMNS), ODD, max_size=40), key=st.integers(1, 10**9))
def test_any_row_becomes_records_that_fit_or_is_unreadable(resource, row, key):
    try:
        found = records_of(resource, [row | {resource.key: key}], Setup("America/Denver"))
    except Unreadable:
        return
    for record in found:
        assert "deleted" in record or OURS[record["kind"]].schema(**{
            field: value if value is not None or field not in REFERENCES else "1" for field, value in record.items() if field != "kind"
        })  # fmt: skip
