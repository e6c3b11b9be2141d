"""What patients answer to treatment plans here, as the practice's system is told of it."""

from datetime import datetime

from sqlalchemy.orm import Session

from core.records.changes import ChangeKind, Details, NamedFile, note
from plugins.plan.models import Decline, Signature, TreatmentPlan


class SignedDetails(Details):
    """A signature. `signed_name` is the name as it was typed, by the patient or (`by_patient` is false) by somebody who may act for them. `heading` and `saved_on`
    are the plan's as it was signed, `terms_sha256` is the SHA-256 of all that was agreed to, which the signed copy prints; `file` is that copy, a PDF."""

    signed_name: str
    by_patient: bool
    signed_at: datetime
    heading: str
    saved_on: str
    terms_sha256: str
    file: NamedFile


class DeclinedDetails(Details):
    """That a plan is not wanted as it is, and why, if that was said."""

    declined_at: datetime
    reason: str


SIGNED = ChangeKind("treatment_plan.signed", "A treatment plan was signed", "treatment_plan", TreatmentPlan, SignedDetails)
DECLINED = ChangeKind("treatment_plan.declined", "A treatment plan was declined", "treatment_plan", TreatmentPlan, DeclinedDetails)
KINDS = [SIGNED, DECLINED]


def note_signed(session: Session, signature: Signature) -> None:
    """A plan was signed."""
    plan = signature.terms["plan"]
    details = SignedDetails(
        signed_name=signature.name, by_patient=signature.for_self, signed_at=signature.signed_at, heading=plan["heading"], saved_on=plan["saved_on"],
        terms_sha256=signature.terms_sha256,
        file=NamedFile(content_type="application/pdf", size=signature.file_size, sha256=signature.file_sha256, key=signature.file_key),
    )  # fmt: skip
    note(session, signature.practice_id, SIGNED, signature.patient_id, signature.plan_id, signature.signed_at, details)


def note_declined(session: Session, decline: Decline) -> None:
    """A plan was declined."""
    details = DeclinedDetails(declined_at=decline.declined_at, reason=decline.why)
    note(session, decline.practice_id, DECLINED, decline.patient_id, decline.plan_id, decline.declined_at, details)
