"""A patient with a plan that waits for a signature, and signing it as the page does."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from core.auth.identity import Person
from plugins.plan.services import reading, signing, standing

CROWN = {
    "kind": "planned_procedure", "external_id": "T1-1", "plan": "T1", "position": 1, "priority": "1", "tooth": "14", "surface": "MOD", "code": "D2740",
    "description": "Porcelain crown", "fee_cents": 130000, "primary_estimate_cents": 50000, "secondary_estimate_cents": 10000, "discount_cents": 10000,
}  # fmt: skip
PLAN = {
    "kind": "treatment_plan", "external_id": "T1", "heading": "Crown, upper left", "saved_on": date(2026, 11, 3), "presenter": "Dana", "note": "Two visits.\nNo hurry.",
    "signature": "wanted",
}  # fmt: skip


def person_of(patient, is_self: bool = True) -> Person:
    """The patient as somebody sees them."""
    return Person(patient.id, patient.first_name, patient.last_name, "", patient.birthdate, patient.clinic_id, frozenset({"*.act"}), is_self)


@pytest.fixture
def scene(make, db, practice, registry):
    """What `scene_of` makes, at the practice of the test."""
    return scene_of(make, db, practice, registry)


def scene_of(make, db, practice, registry) -> SimpleNamespace:
    """A patient with a plan to sign: `send(**fields)` changes the plan, `fee(cents)` its crown, `plan()` reads it, `sign(name)` signs what it says now."""
    patient = make.patient(first_name="Ada", email="ada@example.test")
    account = make.account(patient)
    files, person = registry.files.within(practice.id), person_of(patient)
    plan = PLAN | {"patient": patient.external_id}
    make.take_in([plan, CROWN])

    def place():
        return registry.tenants.current(practice.id)

    def asking():
        return standing.asking_of({patient.id: place()}, datetime.now(UTC))

    def read(session=db):
        [found] = reading.saved_plans(session, practice.id, patient.id, asking())
        return found

    def signer(name="Ada Vale", shown=None):
        return signing.Signer(account.id, name, "10.0.0.9", shown or signing.terms_of(read(), person, place()).sha256)

    def sign(name="Ada Vale", shown=None, session=db, who=person, now=None):
        now = now or datetime.now(UTC)
        made = signing.sign(session, files, who, place(), None, read(session).id, signer(name, shown), asking(), now)
        session.commit()
        return made

    return SimpleNamespace(
        patient=patient, account=account, person=person, files=files, place=place, asking=asking, plan=read, signer=signer, sign=sign,
        send=lambda **fields: make.take_in([plan | fields]), fee=lambda cents: make.take_in([CROWN | {"fee_cents": cents}]),
    )  # fmt: skip
