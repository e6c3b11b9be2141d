"""Treatment plans with their procedures."""

from plugins.opendental.mapping.reading import (
    Record,
    Row,
    day,
    estimate,
    lines,
    moment,
    number,
    one_of,
    position,
    reference,
    words,
    written,
    written_day,
)
from plugins.opendental.mapping.setup import Setup

STATUSES = ("Saved", "Active", "Inactive")
HEADING = "Treatment plan"


def treatment_plan(row: Row, setup: Setup) -> Record | None:
    """A treatment plan; patients see those that were saved, and whether they are signed there. None where it has no day at all."""
    saved_on = day(row, "DateTP") or day(row, "SecDateTEdit") or day(row, "SecDateEntry")
    if saved_on is None:
        return None
    return {
        "kind": "treatment_plan",
        "external_id": number(row, "TreatPlanNum"),
        "patient": reference(row, "PatNum"),
        "heading": words(row, "Heading", 500) or HEADING,
        "saved_on": written_day(saved_on),
        "note": lines(row, "Note", 5000),
        # A status that we do not know is shown to nobody.
        "status": one_of(row, "TPStatus", STATUSES).casefold() or "inactive",
        "signed_at": written(moment(row, "DateTSigned", setup.time_zone)),
        "signed_by": words(row, "SignatureText", 500),
    }


def planned_procedure(row: Row, setup: Setup) -> Record:
    """A procedure of a plan, in words for patients."""
    code = words(row, "ProcCode", 15)
    return {
        "kind": "planned_procedure",
        "external_id": number(row, "ProcTPNum"),
        "plan": reference(row, "TreatPlanNum"),
        "position": position(row, "ItemOrder"),
        "priority": words(row, "priority", 40) or setup.name(reference(row, "Priority"))[:40],
        "tooth": words(row, "ToothNumTP", 40),
        "surface": words(row, "Surf", 40),
        "code": code,
        "description": setup.words_of(code),
        "fee_cents": estimate(row, "FeeAmt"),
        "primary_estimate_cents": estimate(row, "PriInsAmt"),
        "secondary_estimate_cents": estimate(row, "SecInsAmt"),
        "discount_cents": estimate(row, "Discount"),
    }
