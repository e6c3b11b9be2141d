"""What was done costs something: procedures, claims, payments, statements, payment plans, treatment plans."""

from datetime import date, timedelta

from plugins.opendental.stand_in.seeding.files import WITH_FILES
from plugins.opendental.stand_in.seeding.files import paper as page
from plugins.opendental.stand_in.seeding.rows import Rows
from plugins.opendental.stand_in.seeding.setup import CODES, FEES, IMAGES, PAYMENT, definition
from plugins.opendental.stand_in.store import NO_DAY, Row

COMPLETE, PLANNED = 2, 1
DONE = {"PerEx, Pro, 4BW": ("D0120", "D1110", "D0274"), "#14-2SurfP": ("D2392",), "#3-PFM": ("D2740",)}
NUMBERS = {code: number for number, (code, *_) in enumerate(CODES, 1)}
COVERED = 0.6


def make(rows: Rows, person: Row, held: list[Row]) -> None:
    """The books of one person."""
    owed = sum(_visit(rows, person, visit) for visit in held)
    if owed > 300 and rows.chance(6):
        _payment_plan(rows, person, round(owed, 2))
    elif owed > 0 and rows.chance(40):
        _statement(rows, person, owed)
    if rows.chance(12):
        _treatment_plan(rows, person)


def _visit(rows: Rows, person: Row, visit: Row) -> float:
    day, plan = visit["AptDateTime"][:10], next((one for one in reversed(rows.tables["patplan"][-6:]) if one["PatNum"] == person["PatNum"]), None)
    done = [_procedure(rows, person, visit, code, day) for code in DONE[visit["ProcDescript"]]]
    total = sum(one["ProcFee"] for one in done)
    insurance = _claim(rows, person, done, day) if plan else 0.0
    rest = round(total - insurance, 2)
    paid = rest if rows.chance(75) else round(rest / 2, 2) if rows.chance(50) else 0.0
    if paid > 0:
        _pay(rows, person, paid, day)
    if rows.chance(3):
        rows.put("adjustment", AdjDate=day, AdjAmt=-10.0, PatNum=person["PatNum"], AdjType=11, ProvNum=person["PriProv"], DateEntry=day, ClinicNum=person["ClinicNum"], ProcDate=day)
        rest -= 10
    return rest - paid


def _procedure(rows: Rows, person: Row, visit: Row, code: str, day: str) -> Row:
    tooth = {"D2392": "14", "D2740": "3"}.get(code, "")
    return rows.put(
        "procedurelog", PatNum=person["PatNum"], AptNum=visit["AptNum"], ProcDate=day, ProcFee=FEES[code], Surf="MO" if code == "D2392" else "", ToothNum=tooth, ProcStatus=COMPLETE,
        ProvNum=person["PriProv"], ClinicNum=person["ClinicNum"], CodeNum=NUMBERS[code], UnitQty=0, BaseUnits=0, DateEntryC=day, DateTP=NO_DAY,
    )  # fmt: skip


def _claim(rows: Rows, person: Row, done: list[Row], day: str) -> float:
    """What insurance has paid; nothing while the claim waits."""
    received = date.fromisoformat(day) < rows.now.date() - timedelta(days=30)
    fee = sum(one["ProcFee"] for one in done)
    paid = round(fee * COVERED, 2) if received else 0.0
    answered = f"{date.fromisoformat(day) + timedelta(days=21)}" if received else NO_DAY
    claim = rows.put(
        "claim", PatNum=person["PatNum"], DateService=day, DateSent=day, ClaimStatus="R" if received else "S", DateReceived=answered, PlanNum=1, ClaimFee=fee,
        InsPayEst=round(fee * COVERED, 2), InsPayAmt=paid, ClaimType="P", ClinicNum=person["ClinicNum"],
    )  # fmt: skip
    for one in done:
        share = round(one["ProcFee"] * COVERED, 2)
        rows.put(
            "claimproc", ProcNum=one["ProcNum"], ClaimNum=claim["ClaimNum"], PatNum=person["PatNum"], ProvNum=person["PriProv"], FeeBilled=one["ProcFee"], InsPayEst=share,
            Status=int(received), InsPayAmt=share if received else 0.0, PlanNum=1, ProcDate=day, DateCP=answered, ClinicNum=person["ClinicNum"],
        )  # fmt: skip
    return paid


def _pay(rows: Rows, person: Row, amount: float, day: str) -> None:
    about = {"PatNum": person["PatNum"], "ClinicNum": person["ClinicNum"], "DateEntry": day}
    kind = rows.__dict__.setdefault("check", definition(rows, PAYMENT, "Check"))
    payment = rows.put("payment", PayType=kind, PayDate=day, PayAmt=amount, CheckNum=f"{rows.between(100, 9999)}", **about)
    rows.put("paysplit", SplitAmt=amount, PayNum=payment["PayNum"], ProvNum=person["PriProv"], DatePay=day, **about)


def _statement(rows: Rows, person: Row, owed: float) -> None:
    sent = f"{rows.day(-rows.between(3, 60))}"
    folder = rows.__dict__.setdefault("statements", definition(rows, IMAGES, "Statements"))
    paper = rows.put("document", Description="Statement", DateCreated=f"{sent} 09:00:00", DocCategory=folder, PatNum=person["PatNum"], FileName=f"{person['LName']}{person['PatNum']}.pdf")
    if len(rows.files) < WITH_FILES:
        rows.files.append((paper["DocNum"], page("Statement", f"{person['FName']} {person['LName']}", f"Sent {sent}", f"Balance ${owed:,.2f}")))
    rows.put(
        "statement", PatNum=person["PatNum"], DateSent=sent, DateRangeFrom=NO_DAY if rows.chance(30) else f"{rows.day(-120)}", DateRangeTo=sent, Note="Thank you.\r\nPlease pay soon.",
        Mode_=2, SinglePatient=1, IsSent=int(rows.chance(95)), DocNum=paper["DocNum"], IsBalValid=1, BalTotal=round(owed, 2), StatementType="NotSet",
    )  # fmt: skip


def _payment_plan(rows: Rows, person: Row, total: float) -> None:
    begins = rows.day(-rows.between(10, 80))
    plan = rows.put(
        "payplan", PatNum=person["PatNum"], Guarantor=person["Guarantor"], PayPlanDate=f"{begins}", APR=0.0, CompletedAmt=total, PayAmt=round(total / 6, 2), NumberOfPayments=6,
        ChargeFrequency=3, DatePayPlanStart=f"{begins}", IsDynamic=0,
    )  # fmt: skip
    for number in range(6):
        part = round(total / 6, 2) if number < 5 else round(total - 5 * round(total / 6, 2), 2)
        about = {"PayPlanNum": plan["PayPlanNum"], "PatNum": person["PatNum"], "Guarantor": person["Guarantor"]}
        rows.put("payplancharge", **about, ChargeDate=f"{begins + timedelta(days=30 * number)}", Principal=part, ChargeType=0)
    rows.put("payplancharge", **about, ChargeDate=f"{begins}", Principal=total, ChargeType=1)


def _treatment_plan(rows: Rows, person: Row) -> None:
    day = f"{rows.day(-rows.between(1, 120))}"
    plan = rows.put("treatplan", PatNum=person["PatNum"], DateTP=day, Heading="Proposed treatment", TPStatus=0 if rows.chance(80) else 1, SecDateEntry=day)
    for place, (code, tooth) in enumerate((("D2740", "3"), ("D2392", "14"))[: rows.between(1, 2)]):
        fee = FEES[code]
        rows.put(
            "proctp", TreatPlanNum=plan["TreatPlanNum"], PatNum=person["PatNum"], ItemOrder=place, ToothNumTP=tooth, Surf="MO" if code == "D2392" else "", ProcCode=code,
            Descript="(their words)", FeeAmt=fee, PriInsAmt=round(fee / 2, 2), SecInsAmt=-1.0, PatAmt=round(fee / 2, 2), Discount=-1.0, ProvNum=person["PriProv"], DateTP=day,
            ClinicNum=person["ClinicNum"],
        )  # fmt: skip
