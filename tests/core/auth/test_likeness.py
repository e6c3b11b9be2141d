"""Who may be meant by what somebody typed who could not be matched."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.auth.likeness import BORN, CONTACT, FIRST, LAST, likenesses
from core.auth.matching import Typed
from core.people.models import Patient

MARIA = {"first_name": "María José", "last_name": "García-López", "preferred_name": "Pepa", "birthdate": date(1985, 4, 12), "phone": "(303) 555-0112",
         "email": "Maria@example.test"}  # fmt: skip
RIGHT = Typed("maria jose", "Garcia Lopez", date(1985, 4, 12), "maria@example.test")


@pytest.mark.parametrize(("typed", "agrees"), [
    (RIGHT, (FIRST, LAST, BORN, CONTACT)),
    (Typed("Pepa", "García-López", date(1985, 4, 12), "new@example.test"), (FIRST, LAST, BORN)),
    (Typed("María José", "García-López", date(1985, 12, 4), "new@example.test"), (FIRST, LAST)),
    (Typed("Mary", "Smith", date(1985, 4, 12), "3035550112"), (BORN, CONTACT)),
    (Typed("Mary", "García López", date(1999, 1, 1), "+1 303 555 0112"), (LAST, CONTACT)),
    (Typed("Maria Jose", "Smith", date(1985, 4, 12), "new@example.test"), (FIRST, BORN)),
])  # fmt: skip
def test_two_things_that_agree_are_enough(db, practice, make, typed, agrees):
    patient = make.patient(**MARIA)
    [found] = likenesses(db, practice.id, typed)
    assert found.patient.id == patient.id
    assert found.agrees == agrees
    assert set(found.agrees) | set(found.differs) == {FIRST, LAST, BORN, CONTACT}


@pytest.mark.parametrize("typed", [
    Typed("Mary", "Smith", date(1985, 4, 12), "new@example.test"), Typed("María José", "Smith", date(1999, 1, 1), "x"),
    Typed("", "", date(1999, 1, 1), ""), Typed("---", "???", date(1999, 1, 1), "12"),
])  # fmt: skip
def test_one_thing_is_not(db, practice, make, typed):
    make.patient(**MARIA)
    assert likenesses(db, practice.id, typed) == []


def test_the_likeliest_come_first_and_only_those_of_the_own_clinics_and_practice(db, practice, make, other_make):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    twin, maria, there = make.patient(**MARIA | {"first_name": "Ana", "email": ""}), make.patient(**MARIA), make.patient(**MARIA, clinic="C2")
    other_make.patient(**MARIA)
    assert [one.patient.id for one in likenesses(db, practice.id, RIGHT, [practice.clinic_id])] == [maria.id, twin.id]
    assert there.id in [one.patient.id for one in likenesses(db, practice.id, RIGHT)]


NAMES, DAYS = st.sampled_from(["Ana", "Bo", "", "Åsa"]), st.sampled_from([date(1985, 4, 12), date(1990, 1, 1)])
CONTACTS = st.sampled_from(["a@example.test", "303-555-0112", "555-0199", ""])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(NAMES, NAMES, DAYS, CONTACTS)
def test_whoever_agrees_in_two_is_found_whatever_was_typed(db, practice, make, first, last, born, contact):
    if not db.scalar(select(Patient.id).where(Patient.practice_id == practice.id).limit(1)):
        for number, (one, other, day, email) in enumerate([("Ana", "Bo", date(1985, 4, 12), "a@example.test"), ("Bo", "Åsa", date(1990, 1, 1), ""),
                                                           ("Asa", "Ana", date(1985, 4, 12), "b@example.test")]):  # fmt: skip
            make.patient(external_id=f"L{number}", first_name=one, last_name=other, birthdate=day, email=email, phone="303 555 0112")
    found = {one.patient.external_id: len(one.agrees) for one in likenesses(db, practice.id, Typed(first, last, born, contact))}
    for patient in db.scalars(select(Patient).where(Patient.practice_id == practice.id)):
        same = (first.replace("Å", "A") == patient.first_name) + (last == patient.last_name or (last, patient.last_name) == ("Asa", "Åsa"))
        same += (born == patient.birthdate) + (contact != "" and (contact == patient.email or contact == "303-555-0112"))
        assert found.get(patient.external_id, same if same < 2 else None) == same
