"""Balances, payments and insurance."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from plugins.opendental.stand_in.faults import wrong
from plugins.opendental.stand_in.office import StandInOffice
from plugins.opendental.stand_in.saying import Speaker, read
from plugins.opendental.stand_in.store import Row

Sent = dict[str, Any]
LONGEST_CHECK = 25
_LEDGER = """
select 'Proc' as ObjectType, ProcNum as PrimaryKey, PatNum, ProcDate as Day, ProcFee as Charge, 0.0 as Credit, ProvNum from procedurelog where ProcStatus = 2
union all select 'Adj', AdjNum, PatNum, AdjDate, max(AdjAmt, 0.0), max(-AdjAmt, 0.0), ProvNum from adjustment
union all select 'PaySplit', SplitNum, PatNum, DatePay, max(-SplitAmt, 0.0), max(SplitAmt, 0.0), ProvNum from paysplit
union all select 'ClaimPay', ClaimProcNum, PatNum, DateCP, 0.0, InsPayAmt + WriteOff, ProvNum from claimproc where Status in (1, 4) and InsPayAmt + WriteOff <> 0
"""
_SPANS = ((30, "Bal_0_30"), (60, "Bal_31_60"), (90, "Bal_61_90"))


def ledger(office: StandInOffice, patients: list[int]) -> list[Row]:
    """What stands in the books of some patients, in the order of days."""
    marks = ", ".join("?" * len(patients))
    found = office.store.rows.execute(f"select * from ({_LEDGER}) where PatNum in ({marks}) order by Day, ObjectType desc, PrimaryKey", patients)  # noqa: S608
    return [dict(row) for row in found.fetchall()]


def family(office: StandInOffice, number: int) -> list[Row]:
    """A patient's family, under its guarantor."""
    patient = office.store.get("patient", number)
    return office.store.all("patient", "Guarantor = ?", [patient["Guarantor"]])


def aging(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """How old what the family owes is: the oldest is paid first."""
    rows, today = ledger(office, [one["PatNum"] for one in family(office, numbers[0])]), date.fromisoformat(office.store.today())
    spans, paid = dict.fromkeys([name for _, name in _SPANS] + ["BalOver90"], 0.0), sum(row["Credit"] for row in rows)
    for row in rows:
        used = min(paid, row["Charge"])
        paid -= used
        age = (today - date.fromisoformat(row["Day"])).days
        spans[next((name for days, name in _SPANS if age <= days), "BalOver90")] += row["Charge"] - used
    total = sum(spans.values()) - paid
    waiting = office.store.all("claimproc", "PatNum = ? and Status = 0", [numbers[0]])
    insurance = sum(row["InsPayEst"] + row["WriteOff"] for row in waiting)
    said = spans | {"Total": total, "InsEst": insurance, "EstBal": total - insurance, "PatEstBal": _balance(office, numbers[0]) - insurance, "Unearned": paid}
    return 200, {name: round(amount, 2) for name, amount in said.items()}


def balances(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """What each of the family owes, and all of them."""
    each = [{"PatNum": one["PatNum"], "Name": f"{one['LName']}, {one['FName']}", "Balance": _balance(office, one["PatNum"])} for one in family(office, numbers[0])]
    return 200, [*each, {"PatNum": 0, "Name": "Entire Family", "Balance": round(sum(one["Balance"] for one in each), 2)}]


def service_dates(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """The ledger by days of service."""
    whole = str(asked.get("isFamily", "false")).casefold() == "true"
    people = {one["PatNum"]: one["FName"] for one in family(office, numbers[0]) if whole or one["PatNum"] == numbers[0]}
    balance, said = 0.0, []
    for row in ledger(office, list(people)):
        balance = round(balance + row["Charge"] - row["Credit"], 2)
        said.append(
            {"ObjectType": row["ObjectType"], "PrimaryKey": row["PrimaryKey"], "Type": row["ObjectType"], "ServiceDate": row["Day"], "TransDate": row["Day"],
             "Patient": people[row["PatNum"]], "PatNum": row["PatNum"], "Reference": "", "Charge": row["Charge"], "Credit": row["Credit"],
             "Provider": row["ProvNum"], "InsBal": 0.0, "AcctBal": balance}
        )  # fmt: skip
    return 200, said


def new_payment(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """A payment with its split. There is no idempotency key: sent twice, it is there twice."""
    sent = {"PayDate": office.store.today()} | sent
    prepaid = str(sent.pop("isPrepayment", "false")).casefold() == "true"
    plan = int(sent.pop("payPlanNum", 0))
    for name in ("procNums", "isPatientPreferred"):
        sent.pop(name, None)
    if not sent.get("PayAmt") or not sent.get("PatNum"):
        raise wrong("PayAmt and PatNum are required.")
    if len(str(sent.get("CheckNum", ""))) > LONGEST_CHECK:
        raise wrong("CheckNum is too long.")
    values = {"PayType": _usual_type(office)} | read("payment", sent)
    patient = office.store.get("patient", values["PatNum"])
    row = office.store.add("payment", **({"ClinicNum": patient["ClinicNum"]} | values), DateEntry=office.store.today())
    about = {"PatNum": row["PatNum"], "PayNum": row["PayNum"], "DatePay": row["PayDate"], "ClinicNum": row["ClinicNum"], "DateEntry": office.store.today()}
    office.store.add("paysplit", SplitAmt=row["PayAmt"], ProvNum=0 if prepaid else patient["PriProv"], PayPlanNum=plan, UnearnedType=1 if prepaid else 0, **about)
    return 201, Speaker(office.store).say("payment", row)


def refund(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """A payment is given back: the same with a minus."""
    paid = office.store.get("payment", int(sent.get("PayNum", 0)))
    splits = office.store.all("paysplit", "PayNum = ?", [paid["PayNum"]])
    if any(split["PayPlanNum"] or split["SplitAmt"] < 0 for split in splits):
        raise wrong("Payments attached to payment plans or with negative splits cannot be refunded.")
    again = {name: paid[name] for name in ("PayType", "PatNum", "ClinicNum")} | {"PayDate": office.store.today(), "DateEntry": office.store.today()}
    row = office.store.add("payment", PayAmt=-paid["PayAmt"], PayNote=f"Refund of payment {paid['PayNum']}", **again)
    for split in splits:
        values = {name: split[name] for name in ("PatNum", "ProvNum", "ProcNum", "ClinicNum")}
        office.store.add("paysplit", SplitAmt=-split["SplitAmt"], PayNum=row["PayNum"], DatePay=row["PayDate"], DateEntry=row["DateEntry"], **values)
    return 201, Speaker(office.store).say("payment", row)


def insurance(office: StandInOffice, numbers: list[int], sent: Sent, asked: Mapping[str, str]) -> tuple[int, Any]:
    """The insurance of a patient."""
    office.store.get("patient", numbers[0])
    speaker = Speaker(office.store, office.quirks.text_booleans)
    return 200, [_plan(office, speaker, one) for one in office.store.all("patplan", "PatNum = ?", [numbers[0]])]


def _plan(office: StandInOffice, speaker: Speaker, own: Row) -> Row:
    membership = office.store.get("inssub", own["InsSubNum"])
    plan = office.store.get("insplan", membership["PlanNum"])
    carrier, holder = office.store.get("carrier", plan["CarrierNum"]), office.store.get("patient", membership["Subscriber"])
    said = speaker.say("inssub", membership) | speaker.say("insplan", plan) | speaker.say("patplan", own)
    return said | {
        "CarrierName": carrier["CarrierName"], "subscriber": f"{holder['FName']} {holder['LName']}", "ordinal": "Primary" if own["Ordinal"] == 1 else "Secondary",
        "feeSchedule": "", "planType": "Category Percentage", "CopayFeeSched": 0, "EmployerNum": 0, "employer": "",
    }  # fmt: skip


def _balance(office: StandInOffice, number: int) -> float:
    return round(sum(row["Charge"] - row["Credit"] for row in ledger(office, [number])), 2)


def _usual_type(office: StandInOffice) -> int:
    found = office.store.all("preference", "PrefName = 'ApiPaymentType'") or office.store.all("definition", "Category = 10", limit=1)
    return int(found[0].get("ValueString") or found[0].get("DefNum", 0)) if found else 0


ACTS = [
    ("GET", r"accountmodules/(\d{1,15})/Aging", aging), ("GET", r"accountmodules/(\d{1,15})/PatientBalances", balances),
    ("GET", r"accountmodules/(\d{1,15})/ServiceDateView", service_dates), ("POST", "payments", new_payment), ("POST", "payments/Refund", refund),
    ("GET", r"familymodules/(\d{1,15})/Insurance", insurance),
]  # fmt: skip
