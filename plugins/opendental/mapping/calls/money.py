"""Payments, what came back of them, and payment plans."""

from typing import Any
from zoneinfo import ZoneInfo

from plugins.opendental.mapping.calls.telling import ByHand, Call, Told, dollars, line, quoted, upload

LONGEST_CHECK = 25
PAYMENT_PLANS = "A"
"""The letter of the folder for payment plans."""
_PLAN = {
    "offered": "was offered", "active": "is agreed to", "paused": "is paused", "completed": "is paid", "declined": "was declined", "canceled": "was ended by the office",
}  # fmt: skip


def _pay(told: Told) -> list[Call]:
    patient, data, receipt = told.needed_patient(), told.data, str(told.data["receipt_number"])
    if data["currency"].upper() != "USD":
        raise ByHand("The payment is not in dollars. Enter it in Open Dental by hand.")
    values: dict[str, Any] = {
        "PatNum": int(patient), "PayAmt": dollars(data["amount_cents"]), "PayDate": told.at.astimezone(ZoneInfo(told.setup.time_zone)).strftime("%Y-%m-%d"),
        "CheckNum": receipt[:LONGEST_CHECK], "PayNote": f"Paid in the portal, receipt {receipt}. {data['card']}".strip(),
    }  # fmt: skip
    numbers = {"ClinicNum": told.number(data.get("clinic")), "payPlanNum": told.number(data.get("payment_plan")), "PayType": told.choices.get("payment_type")}
    values |= {name: int(number) for name, number in numbers.items() if number}
    return [Call("add", "payments", values, f"SELECT PayNum FROM payment WHERE CheckNum = {quoted(receipt[:LONGEST_CHECK])} AND PayAmt > 0", "PayNum")]  # noqa: S608 (quoted)


def _pay_back(told: Told) -> list[Call]:
    number, data = told.needed_target(), told.data
    back = data["refunded_cents"] + data["disputed_cents"]
    if back != data["amount_cents"]:
        raise ByHand(f"${dollars(back)} of ${dollars(data['amount_cents'])} went back to the patient (receipt {data['receipt_number']}). Open Dental can only give back a whole payment: enter this there by hand.")
    found = f"SELECT PayNum FROM payment WHERE PatNum = {int(told.needed_patient())} AND PayAmt = -{dollars(back)} AND PayNote LIKE {quoted(f'%{number}%')}"  # noqa: S608 (a number)
    return [Call("add", "payments/Refund", {"PayNum": int(number)}, found, "PayNum", True)]


def _processed(told: Told) -> list[Call]:
    return [Call("change", f"payments/{told.needed_target()}", {"ProcessStatus": "OnlineProcessed"})]


def _plan(told: Told) -> list[Call]:
    """A payment plan is told in words, with what was signed: entering it there needs the procedures that it is for, which a person knows."""
    data = told.data
    said = f"Payment plan “{data['title']}” in the portal {_PLAN[data['state']]}: ${dollars(data['total_cents'])}, the first payment on {data['first_due_on']}."
    if data.get("file"):
        said += f" Signed by {data['signed_name']}."
    elif data["state"] == "active" and data["pause_asked_at"]:
        said += f" The patient asks for a pause: {data['pause_reason']}"
    from_patient = data.get("file") or data["state"] == "declined" or data["pause_asked_at"]
    return [line(told, said, "Received" if from_patient else "Sent"), *upload(told, f"Payment plan: {data['title']}", PAYMENT_PLANS)]


MAKERS = {"payment.made": _pay, "payment.returned": _pay_back, "payment.processed": _processed, "payment_plan.changed": _plan}
