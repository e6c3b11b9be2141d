"""Claims, and the insurance that patients have."""

from plugins.opendental.mapping.ledger import visit
from plugins.opendental.mapping.reading import Record, Row, day, deleted, estimate, flag, number, reference, whole, words, written_day
from plugins.opendental.mapping.setup import Setup

STATES = {"U": "waiting", "H": "waiting", "W": "waiting", "I": "waiting", "P": "sent", "S": "sent", "R": "received"}
MOST_PLANS = 9
_SOMEONE = "Dental insurance"


def claim(row: Row, setup: Setup) -> Record:
    """What was asked of insurance for a visit. A question beforehand what it would pay is no claim."""
    number_, state = number(row, "ClaimNum"), STATES.get(words(row, "ClaimStatus", 5))
    if state is None or words(row, "ClaimType", 20) == "PreAuth":
        return deleted("claim", number_)
    return {
        "kind": "claim",
        "external_id": number_,
        "patient": reference(row, "PatNum"),
        "visit": visit(row, day(row, "DateService")),
        "carrier": words(row, "CarrierName", 200) or setup.defined_word("insplans", reference(row, "PlanNum"), "CarrierName") or _SOMEONE,
        "state": state,
        "sent_on": written_day(day(row, "DateSent")) if state != "waiting" else None,
        "received_on": written_day(day(row, "DateReceived")) if state == "received" else None,
        "billed_cents": estimate(row, "ClaimFee"),
        "estimated_cents": estimate(row, "InsPayEst"),
        "write_off_cents": estimate(row, "WriteOff"),
        "paid_cents": estimate(row, "InsPayAmt"),
    }


def coverage(row: Row, setup: Setup) -> Record | None:
    """A patient's dental insurance; medical insurance, and a plan that the patient is not yet on, are none."""
    if reference(row, "PatPlanNum") is None or flag(row, "IsMedical") or flag(row, "IsPending"):
        return None
    return {
        "kind": "insurance_coverage",
        "external_id": number(row, "PatPlanNum"),
        "patient": reference(row, "PatNum"),
        "order": min(MOST_PLANS, max(1, whole(row, "Ordinal", 1))),
        "carrier": words(row, "CarrierName", 200) or _SOMEONE,
        "plan_name": words(row, "GroupName", 200),
        "group_number": words(row, "GroupNum", 60),
        "member_number": words(row, "PatID", 60) or words(row, "SubscriberID", 60),
        "subscriber": words(row, "subscriber", 200),
        "relationship": words(row, "Relationship", 60),
    }
