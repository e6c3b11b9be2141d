"""What stands in the books: charges of finished work, payments by their splits, adjustments, and what insurance paid or wrote off.

Each of their tables counts for itself, so the number of an entry begins with the word for its table.
"""

from datetime import date

from plugins.opendental.mapping.reading import Record, Row, cents, day, deleted, number, one_of, reference, whole, words, written_day
from plugins.opendental.mapping.setup import Setup

PROCEDURE_STATUSES = ("", "TP", "C", "EC", "EO", "R", "D", "Cn", "TPi")
CLAIM_STATUSES = (
    "NotReceived", "Received", "Preauth", "Adjustment", "Supplemental", "CapClaim", "Estimate", "CapComplete", "CapEstimate", "InsHist",
)  # fmt: skip
ANSWERED = frozenset({"Received", "Supplemental", "CapComplete"})
ENTRY = "ledger_entry"


def charge(row: Row, setup: Setup) -> Record:
    """The charge of finished work; work that is not (or no longer) finished is none."""
    external_id, done_on = f"procedure-{number(row, 'ProcNum')}", day(row, "ProcDate")
    if one_of(row, "ProcStatus", PROCEDURE_STATUSES) != "C" or done_on is None:
        return deleted(ENTRY, external_id)
    code = code_of(row, setup)
    amount = cents(row, "ProcFee") * max(1, whole(row, "BaseUnits") + whole(row, "UnitQty"))
    entry = _entry(row, external_id, "charge", done_on, amount, setup.words_of(code))
    return entry | {"code": code[:10], "tooth": words(row, "ToothNum", 20) or words(row, "ToothRange", 20), "visit": visit(row, done_on)}


def code_of(row: Row, setup: Setup) -> str:
    """The code of a procedure, which a query gives by the number of the code only."""
    return words(row, "procCode", 15) or setup.defined_word("procedurecodes", reference(row, "CodeNum"), "ProcCode")


def payment(row: Row, setup: Setup) -> Record:
    """One split of a payment: what of it went to a patient. One that was made here names its receipt."""
    external_id, paid_on = f"split-{number(row, 'SplitNum')}", day(row, "DatePay") or day(row, "ProcDate")
    if paid_on is None:
        return deleted(ENTRY, external_id)
    receipt = setup.receipts.get(reference(row, "PayNum") or "")
    entry = _entry(row, external_id, "payment", paid_on, -cents(row, "SplitAmt"), "Payment")
    return entry | ({"receipt_number": receipt} if receipt else {})


def adjustment(row: Row, setup: Setup) -> Record:
    """What was added to or taken off the balance by hand, under the name that the office has for it."""
    external_id, made_on = f"adjustment-{number(row, 'AdjNum')}", day(row, "AdjDate")
    if made_on is None:
        return deleted(ENTRY, external_id)
    name = words(row, "adjType", 200) or setup.name(reference(row, "AdjType")) or "Adjustment"
    return _entry(row, external_id, "adjustment", made_on, cents(row, "AdjAmt"), name) | {"visit": visit(row, day(row, "ProcDate"))}


def insurance(row: Row, setup: Setup) -> list[Record]:
    """What insurance paid for a procedure, and what was written off for it; estimates stand in claims."""
    number_, entered_on = number(row, "ClaimProcNum"), day(row, "DateCP") or day(row, "ProcDate")
    answered = one_of(row, "Status", CLAIM_STATUSES) in ANSWERED and entered_on is not None
    sorts = (
        ("insurance", "insurance_payment", "Insurance payment", cents(row, "InsPayAmt")),
        ("writeoff", "adjustment", "Insurance write-off", cents(row, "WriteOff")),
    )
    return [_of_insurance(row, f"{word}-{number_}", entry_type, entered_on if answered else None, name, amount) for word, entry_type, name, amount in sorts]


def visit(row: Row, on: date | None) -> str | None:
    """What belongs to one visit: everything of a patient on one day."""
    return f"{reference(row, 'PatNum')}/{on.isoformat()}" if on else None


def _of_insurance(row: Row, external_id: str, entry_type: str, entered_on: date | None, name: str, amount: int) -> Record:
    if entered_on is None or not amount:
        return deleted(ENTRY, external_id)
    return _entry(row, external_id, entry_type, entered_on, -amount, name) | {"visit": visit(row, day(row, "ProcDate"))}


def _entry(row: Row, external_id: str, entry_type: str, entered_on: date, amount: int, description: str) -> Record:
    return {
        "kind": ENTRY,
        "external_id": external_id,
        "patient": reference(row, "PatNum"),
        "provider": reference(row, "ProvNum"),
        "clinic": reference(row, "ClinicNum"),
        "entry_type": entry_type,
        "entered_on": written_day(entered_on),
        "description": description,
        "amount_cents": amount,
    }
