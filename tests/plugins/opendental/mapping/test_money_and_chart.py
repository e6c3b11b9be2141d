from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from plugins.opendental.mapping import chart, documents, insurance, ledger, statements, treatment
from plugins.opendental.mapping.setup import Code, Setup

SETUP = Setup(
    "America/Denver",
    codes={"D2740": Code("D2740", "Crown")},
    defined={"procedurecodes": {"8": {"ProcCode": "D2740"}}, "allergydefs": {"5": {"Description": "Penicillin", "SnomedType": 2}}},
    receipts={"90": "ABCD-EFGH"},
    statement_categories=frozenset({"40"}),
)
PROCEDURE = {"ProcNum": 3, "PatNum": 15, "ProcDate": "2026-10-02", "ProcFee": 1250.5, "ToothNum": "14", "ProcStatus": "C", "procCode": "D2740", "descript": "official words"}


def test_finished_work_is_a_charge_in_plain_words_and_stands_in_the_summary():
    charge, done = ledger.charge(PROCEDURE, SETUP), chart.procedure(PROCEDURE, SETUP)
    assert charge | {"external_id": "procedure-3", "amount_cents": 125_050, "description": "Crown", "visit": "15/2026-10-02", "tooth": "14"} == charge
    assert done | {"external_id": "3", "description": "Crown", "status": "completed", "done_on": "2026-10-02"} == done


@pytest.mark.parametrize("status, charged, shown", [("TP", False, "planned"), ("EC", False, "done_elsewhere"), ("EO", False, "done_elsewhere"), ("R", False, None), ("D", False, None), (2, True, "completed")])
def test_other_states_of_work_are_no_charge(status, charged, shown):
    row = PROCEDURE | {"ProcStatus": status}
    assert ("deleted" not in ledger.charge(row, SETUP)) is charged
    assert chart.procedure(row, SETUP).get("status") == shown


def test_the_row_of_a_query_says_the_code_by_its_number_only():
    assert ledger.charge({name: value for name, value in PROCEDURE.items() if name != "procCode"} | {"CodeNum": 8}, SETUP)["code"] == "D2740"


def test_a_payment_that_was_made_here_names_its_receipt():
    row = {"SplitNum": 5, "SplitAmt": "80.00", "PatNum": 15, "PayNum": 90, "DatePay": "2026-10-05"}
    assert ledger.payment(row, SETUP)["receipt_number"] == "ABCD-EFGH"
    assert ledger.payment(row, SETUP)["amount_cents"] == -8000
    assert "receipt_number" not in ledger.payment(row | {"PayNum": 91}, SETUP)


@pytest.mark.parametrize("status, paid", [("Received", True), ("Supplemental", True), (1, True), ("NotReceived", False), ("Estimate", False), ("Preauth", False)])
def test_only_what_insurance_has_answered_counts(status, paid):
    row = {"ClaimProcNum": 6, "PatNum": 15, "InsPayAmt": 50, "WriteOff": 10.25, "Status": status, "DateCP": "2026-10-20", "ProcDate": "2026-10-02"}
    found = [one.get("amount_cents") for one in ledger.insurance(row, SETUP)]
    assert found == ([-5000, -1025] if paid else [None, None])


def test_a_write_off_that_is_only_estimated_counts_for_nothing():
    claim = insurance.claim({"ClaimNum": 1, "PatNum": 15, "ClaimStatus": "S", "WriteOff": -1, "ClaimFee": 90, "DateSent": "2026-10-03", "DateReceived": "0001-01-01"}, SETUP)
    assert (claim["state"], claim["write_off_cents"], claim["billed_cents"], claim["received_on"]) == ("sent", 0, 9000, None)


@pytest.mark.parametrize("row, there", [({}, True), ({"IsSent": "false"}, False), ({"DateSent": "0001-01-01"}, False)])
def test_only_statements_that_were_sent_are_there(row, there):
    sent = {"StatementNum": 2, "PatNum": 12, "DateSent": "2026-10-01", "IsSent": "true", "BalTotal": 120, "InsEst": 20, "SinglePatient": "false", "DateRangeFrom": "0001-01-01"}
    made = statements.statement(sent | row, SETUP)
    assert ("deleted" not in made) is there
    assert not there or (made["scope"], made["balance_cents"], made["insurance_pending_cents"], made["first_on"]) == ("family", 12_000, 2000, None)


def test_what_was_paid_on_a_plan_fills_the_earliest_installments():
    charges = [{"PayPlanChargeNum": number, "PayPlanNum": 1, "ChargeDate": day, "Principal": 100, "Interest": 1, "ChargeType": sort}
               for number, day, sort in [(2, "2026-02-01", "Debit"), (1, "2026-01-01", 0), (3, "2026-03-01", "Credit")]]  # fmt: skip
    found = statements.installments(charges, 15_000)
    assert [(one["number"], one["due_on"], one["paid_cents"]) for one in found] == [(1, "2026-01-01", 10_100), (2, "2026-02-01", 4_900)]


def test_a_plan_of_a_status_that_is_not_known_is_shown_to_nobody():
    assert treatment.treatment_plan({"TreatPlanNum": 1, "PatNum": 15, "DateTP": "2026-10-01", "TPStatus": "New"}, SETUP)["status"] == "inactive"
    assert treatment.treatment_plan({"TreatPlanNum": 1, "PatNum": 15, "DateTP": "0001-01-01", "TPStatus": "Saved"}, SETUP) is None


def test_a_plan_is_signed_as_it_is_there_until_the_signature_is_cleared():
    row = {"TreatPlanNum": 1, "PatNum": 15, "DateTP": "2026-10-01", "TPStatus": "Saved"}
    signed = treatment.treatment_plan(row | {"DateTSigned": "2026-10-02 09:30:00", "SignatureText": "Ada Ode"}, SETUP)
    assert (datetime.fromisoformat(signed["signed_at"]).astimezone(ZoneInfo(SETUP.time_zone)).isoformat()[:16], signed["signed_by"]) == ("2026-10-02T09:30", "Ada Ode")
    assert treatment.treatment_plan(row | {"DateTSigned": "0001-01-01 00:00:00", "SignatureText": ""}, SETUP)["signed_at"] is None


@pytest.mark.parametrize(
    "row, status, category",
    [({"AllergyDefNum": 5, "StatusIsActive": "true"}, "active", "drug"), ({"defDescription": "Latex", "StatusIsActive": 0}, "resolved", "other"),
     ({"defDescription": "NKDA", "StatusIsActive": "true"}, "none_known", "other"), ({"defDescription": "Nuts", "defSnomedType": "FoodAllergy", "StatusIsActive": 1}, "active", "food")],
)  # fmt: skip
def test_allergies(row, status, category):
    found = chart.allergy({"AllergyNum": 1, "PatNum": 15} | row, SETUP)
    assert (found["status"], found["category"]) == (status, category)


def test_what_has_no_name_is_left_out():
    assert chart.allergy({"AllergyNum": 1, "PatNum": 15}, SETUP) is None
    assert chart.problem({"DiseaseNum": 1, "PatNum": 15}, SETUP) is None
    assert chart.medication({"MedicationPatNum": 1, "PatNum": 15}, SETUP) is None


def test_a_document_has_the_name_of_its_file_without_the_folder_of_the_patient():
    row = {"DocNum": 1, "PatNum": 15, "DocCategory": 31, "DateCreated": "2026-10-01 10:00:00", "filePath": r"\\server\OpenDentImages\O\OdeMia15\bw1.jpg", "ImgType": "Radiograph"}
    found = documents.image(row, SETUP)
    assert (found["file_name"], found["type"], found["folder"]) == ("bw1.jpg", "radiograph", "31")
    assert documents.image(row | {"DocCategory": 40}, SETUP) == {"kind": "image", "external_id": "1", "deleted": True}
