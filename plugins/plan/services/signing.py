"""Signing a treatment plan: what was shown is signed, word for word, and kept with a copy for whoever signed. Of two who sign at once one does."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.auth.identity import Person
from core.db import uuid7
from core.files import PracticeFiles
from core.files.transaction import put_with
from core.people.ages import years
from core.tasks import enqueue
from core.tenant import Tenant
from core.theme import Picture
from plugins.plan import changes, signed_pdf
from plugins.plan.models import Decline, Signature, TreatmentPlan
from plugins.plan.services import reading
from plugins.plan.services.reading import Plan, Procedure
from plugins.plan.services.standing import Asking

CONSENT = (
    "I want to sign this plan electronically: my typed name is my signature, as if I had signed on paper. This is for this plan only. I can sign on paper at the "
    "office instead, and ask there for a copy on paper. I can open and keep the signed copy (a PDF) here in the portal."
)
"""What somebody agrees to who signs without paper (15 U.S.C. 7001, and the states' laws like it)."""


class NotToBeSigned(Exception):
    """The plan has been signed, changed or taken back meanwhile, or nobody asks for a signature."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Whoever answers: the account, the name as it was typed, from where. `shown` is the hash of the terms that were read."""

    account_id: UUID
    name: str
    address: str
    shown: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed to, and its hash: other words, or another figure, have another one."""

    words: dict[str, Any]

    @property
    def sha256(self) -> str:
        """SHA-256 of the terms as JSON with sorted names and no blanks, in hexadecimal."""
        return sha256(json.dumps(self.words, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def terms_of(plan: Plan, person: Person, place: Tenant) -> Terms:
    """What is agreed to: the plan as it is shown, and the words around it."""
    words = {
        "office": place.name, "patient": f"{person.first_name} {person.last_name}", "statement": place.settings["plan.sign_statement"], "consent": CONSENT,
        "estimate_note": place.settings["plan.estimate_note"],
        "plan": {
            "heading": plan.heading, "saved_on": plan.saved_on.isoformat(), "note": plan.note, "presenter": plan.presenter, "currency": plan.currency,
            "procedures": [_line(procedure) for procedure in plan.procedures], "patient_cents": plan.amounts.patient,
        },
    }  # fmt: skip
    return Terms(words)


def _line(procedure: Procedure) -> dict[str, Any]:
    amounts = {f"{name}_cents": cents for name, cents in asdict(procedure.amounts).items()}
    words = {name: getattr(procedure, name) for name in ("priority", "tooth", "surface", "code", "description")}
    return words | amounts | {"patient_cents": procedure.amounts.patient}


def is_old_enough(person: Person, place: Tenant, now: datetime) -> bool:
    """Whether somebody signs this plan themselves; for a child somebody signs who may act for it. Whose birthdate is not known is taken for grown up."""
    if not person.is_self or person.birthdate is None:
        return True
    return years(person.birthdate, now.astimezone(place.time_zone).date()) >= place.settings["plan.sign_age"]


def sign(
    session: Session, files: PracticeFiles, person: Person, place: Tenant, logo: Picture | None, plan_id: UUID, signer: Signer, asking: Asking, now: datetime
) -> Signature:
    """Sign a plan exactly as it was shown; a mail says so, with a way to the copy. Raises PlanNotFound and NotToBeSigned."""
    plan, terms = _held(session, person, place, plan_id, signer, asking)
    signature = Signature(
        id=uuid7(), practice_id=place.practice_id, plan_id=plan.id, patient_id=person.id, account_id=signer.account_id, name=signer.name, for_self=person.is_self,
        signed_at=now, address=signer.address, terms=terms.words, terms_sha256=terms.sha256, plan_sha256=plan.sha256,
    )  # fmt: skip
    copy = signed_pdf.make(signature, place, logo)
    stored = put_with(session, files, files.new_key("plan", uuid4()), BytesIO(copy), signed_pdf.CONTENT_TYPE)
    signature.file_key, signature.file_size, signature.file_sha256 = stored.key, stored.size, stored.sha256
    session.add(signature)
    session.flush()
    changes.note_signed(session, signature)
    enqueue(session, "plan.send_copy_notice", signature_id=str(signature.id))
    return signature


def decline(session: Session, person: Person, place: Tenant, plan_id: UUID, signer: Signer, why: str, asking: Asking, now: datetime) -> Decline | None:
    """Say that a plan is not wanted as it was shown; None when that was said before. Raises PlanNotFound and NotToBeSigned."""
    plan, _ = _held(session, person, place, plan_id, signer, asking)
    made = Decline(
        id=uuid7(), practice_id=place.practice_id, plan_id=plan.id, patient_id=person.id, account_id=signer.account_id, declined_at=now, why=why,
        plan_sha256=plan.sha256,
    )  # fmt: skip
    values = {column.name: getattr(made, column.name) for column in Decline.__table__.c}
    if session.execute(insert(Decline).values(values).on_conflict_do_nothing().returning(Decline.id)).first() is None:
        return None
    changes.note_declined(session, made)
    return made


def _held(session: Session, person: Person, place: Tenant, plan_id: UUID, signer: Signer, asking: Asking) -> tuple[Plan, Terms]:
    """The plan, which nobody else answers until this transaction ends, and its terms, if they are still what was shown."""
    mine = (TreatmentPlan.practice_id == place.practice_id, TreatmentPlan.id == plan_id, TreatmentPlan.patient_id == person.id)
    session.execute(select(TreatmentPlan.id).where(*mine).with_for_update())
    plan = reading.saved_plan(session, place.practice_id, person.id, plan_id, asking)
    terms = terms_of(plan, person, place)
    if not plan.can_be_signed or terms.sha256 != signer.shown:
        raise NotToBeSigned
    return plan, terms
