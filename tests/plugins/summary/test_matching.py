"""Whose document it is."""

from dataclasses import replace
from datetime import date

import pytest

from core.people.models import Patient
from plugins.summary.ccd.read import StatedPatient
from plugins.summary.services.matching import candidates, contradictions

ANN = Patient(first_name="Ann", last_name="O’Brien-López", preferred_name="Annie", birthdate=date(1980, 8, 1), postal_code="97006-1234",
              phone="(555) 777-1234", email="Ann@Example.test")  # fmt: skip
STATED = StatedPatient(("Ann",), "O’Brien-López", date(1980, 8, 1), ("97006",), (), ())


@pytest.fixture
def kept(make, db, practice):
    """`kept(stated)`: the patients that fit, when Ann is a patient."""
    make.patient(first_name="Ann", last_name="O’Brien-López", birthdate="1980-08-01", postal_code="97006-1234", phone="(555) 777-1234",
                 email="Ann@Example.test")  # fmt: skip
    return lambda stated: candidates(db, practice.id, stated)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"family": "OBRIEN LOPEZ"},
        {"given": ("ANN", "Marie")},
        {"postal_codes": (), "phones": ("+1(555)-777-1234",)},
        {"postal_codes": (), "emails": ("ann@example.TEST",)},
        {"postal_codes": ("10001", "97006-9999")},
    ],
)
def test_birthdate_names_and_one_way_to_reach_them_are_enough(kept, changes):
    assert [patient.first_name for patient in kept(replace(STATED, **changes))] == ["Ann"]


@pytest.mark.parametrize(
    "changes",
    [
        {"birthdate": date(1980, 8, 2)},
        {"birthdate": None},
        {"family": "Brien"},
        {"family": ""},
        {"given": ("Anna",)},
        {"given": ()},
        {"postal_codes": ()},
        {"postal_codes": ("97007",), "phones": ("555-0000",), "emails": ("",)},
    ],
)
def test_anything_less_fits_nobody(kept, changes):
    assert kept(replace(STATED, **changes)) == []


def test_a_document_without_a_person_fits_nobody(kept):
    assert kept(None) == []


def test_nobody_is_reached_by_what_is_empty_on_both_sides(make, db, practice):
    make.patient(first_name="Bo", last_name="Ray", birthdate="1970-01-01", postal_code="", phone="", email="")
    assert candidates(db, practice.id, StatedPatient(("Bo",), "Ray", date(1970, 1, 1), ("",), ("",), ("",))) == []


def test_twins_are_told_apart_by_their_further_names(make, db, practice):
    for name in ("Mary Ann", "Mary Beth"):
        make.patient(first_name=name, last_name="Lee", birthdate="2010-05-05", postal_code="97006")
    stated = StatedPatient(("Mary", "Beth"), "Lee", date(2010, 5, 5), ("97006",))
    assert [patient.first_name for patient in candidates(db, practice.id, stated)] == ["Mary Beth"]
    assert len(candidates(db, practice.id, replace(stated, given=("Mary",)))) == 2


def test_patients_of_another_practice_are_never_found(make, other_make, other_db, other_practice, practice):
    make.patient(first_name="Ann", last_name="Lee", birthdate="1980-08-01", postal_code="97006")
    stated = StatedPatient(("Ann",), "Lee", date(1980, 8, 1), ("97006",))
    assert candidates(other_db, other_practice.id, stated) == []
    assert candidates(other_db, practice.id, stated) == []


@pytest.mark.parametrize(
    "stated, differs",
    [
        (STATED, []),
        (StatedPatient(), []),
        (None, []),
        (replace(STATED, given=("Annie",)), []),
        (replace(STATED, birthdate=date(1980, 1, 8)), ["birthdate"]),
        (replace(STATED, family="Smith", given=("Bob",)), ["family name", "given name"]),
    ],
)
def test_only_what_a_document_says_can_contradict(stated, differs):
    assert contradictions(ANN, stated) == differs
