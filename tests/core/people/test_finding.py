"""Finding patients by what is said at the desk."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from core.people.finding import MOST, Wanted, find, patient_at, read_wanted, words_of
from core.people.models import Patient, PatientWord

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("typed", "words", "birthdates"),
    [
        ("García", ("garcia",), ()),
        ("Lopez, Ana", ("lopez", "ana"), ()),
        ("O’Brien", ("obrien",), ()),
        ("4/12/1985", (), (date(1985, 4, 12),)),
        ("1985-04-12 vale", ("vale",), (date(1985, 4, 12),)),
        ("4/12/85", (), (date(1985, 4, 12),)),
        ("4/12/26", (), (date(2026, 4, 12),)),
        ("(303) 555-0112", ("3035550112",), ()),
        ("+1 303 555 0112", ("3035550112",), ()),
        ("555-0112", ("5550112",), ()),
        ("0112", ("0112",), ()),
        ("Ana@Example.COM", ("@ana@example.com",), ()),
        ("SUN-1001", ("sun1001",), ()),
        ("13/45/1985", ("13451985",), ()),
        ("  ", (), ()),
        ("???", (), ()),
    ],
)
def test_what_was_typed_is_taken_apart(typed, words, birthdates):
    assert read_wanted(typed, TODAY) == Wanted(words, birthdates)


@given(st.text(max_size=150))
def test_whatever_is_typed_can_be_looked_for(typed):
    wanted = read_wanted(typed, TODAY)
    assert all(word and "\0" not in word for word in wanted.words)


NAMES = st.text(st.characters(exclude_categories=["Nd", "Cs"], exclude_characters="@"), max_size=20)


@given(NAMES, NAMES, NAMES)
def test_whoever_types_a_name_as_it_stands_in_the_chart_finds_it(first, last, preferred):
    patient = Patient(first_name=first, last_name=last, preferred_name=preferred, phone="", email="")
    for word in (word for name in (first, last, preferred) for word in read_wanted(name, TODAY).words):
        assert any(kept.startswith(word) for kept in words_of(patient)), word


@pytest.fixture
def people(make):
    """Three who are easily mixed up."""
    return [
        make.patient(external_id="A-100", first_name="María José", last_name="García-López", birthdate=date(1985, 4, 12), phone="(303) 555-0112",
                     email="mj@example.test"),
        make.patient(external_id="A-200", first_name="Ana", last_name="Lopez", preferred_name="Nita", birthdate=date(1985, 4, 12), phone="916 555 0137",
                     email="Ana.Lopez@example.test"),
        make.patient(external_id="B-1", first_name="Otto", last_name="Garber", birthdate=date(1990, 1, 1), phone="", email=""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("gar", {"A-100", "B-1"}),
        ("LÓPEZ", {"A-100", "A-200"}),
        ("garcia lop", {"A-100"}),
        ("garcía-lópez", {"A-100"}),
        ("nita", {"A-200"}),
        ("jose", {"A-100"}),
        ("4/12/1985", {"A-100", "A-200"}),
        ("ana 1985-04-12", {"A-200"}),
        ("otto 1985-04-12", set()),
        ("303-555-0112", {"A-100"}),
        ("555 0137", {"A-200"}),
        ("0137", {"A-200"}),
        ("ana.lopez@", {"A-200"}),
        ("a-1", {"A-100"}),
        ("b-1", {"B-1"}),
        ("%", set()),
        ("_tto", set()),
        ("zz", set()),
    ],
)
def test_it_finds_who_fits(db, practice, people, typed, numbers):
    found, more = find(db, practice.id, read_wanted(typed, TODAY))
    assert {patient.external_id for patient in found} == numbers
    assert not more


def test_a_chart_that_changes_is_found_by_what_it_says_now(db, practice, make):
    patient = make.patient(external_id="C-1", last_name="Before")
    make.take_in([{"kind": "patient", "external_id": "C-1", "first_name": patient.first_name, "last_name": "After", "clinic": "C1"}])
    assert not find(db, practice.id, read_wanted("before", TODAY))[0]
    assert find(db, practice.id, read_wanted("after", TODAY))[0]


def test_a_limit_to_clinics_holds_for_search_and_page(db, practice, make):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    here, there, nowhere = (make.patient(last_name="Quill", clinic=clinic) for clinic in ("C1", "C2", None))
    ids = {patient.id for patient in find(db, practice.id, Wanted(("quill",)), {here.clinic_id})[0]}
    assert ids == {here.id}
    assert patient_at(db, practice.id, here.id, {here.clinic_id})
    assert not patient_at(db, practice.id, there.id, {here.clinic_id})
    assert not patient_at(db, practice.id, nowhere.id, {here.clinic_id})
    assert patient_at(db, practice.id, nowhere.id)


def test_another_practice_is_not_searched(db, practice, other_make):
    other = other_make.patient(last_name="Elsewhere")
    assert find(db, practice.id, Wanted(("elsewhere",))) == ([], False)
    assert patient_at(db, practice.id, other.id) is None


def test_fifty_are_shown_and_that_there_are_more(db, practice, make):
    make.take_in([{"kind": "patient", "external_id": f"M{number}", "first_name": "Many", "last_name": "More"} for number in range(MOST + 3)])
    found, more = find(db, practice.id, Wanted(("many",)))
    assert (len(found), more) == (MOST, True)


def test_the_search_goes_through_the_index_behind_the_wall(db, practice, make):
    patient = make.patient(last_name="Indexed")
    db.execute(PatientWord.__table__.insert(), [{"practice_id": practice.id, "patient_id": patient.id, "word": f"w{number:05}"} for number in range(3000)])
    db.commit()
    plan = "\n".join(db.scalars(text("explain select patient_id from patient_word where practice_id = :practice and word >= 'w0011' and word < 'w0011\U0010ffff'"),
                                {"practice": practice.id}))  # fmt: skip
    assert "ix_patient_word_practice_id_word_patient_id" in plan
    assert "word >= " in plan.partition("Index Cond")[2].partition("Filter")[0]


def test_nobody_is_written_down_twice(db, practice, make):
    patient = make.patient(first_name="Twin", last_name="Twin")
    words = db.scalars(select(PatientWord.word).where(PatientWord.practice_id == practice.id, PatientWord.patient_id == patient.id)).all()
    assert sorted(words) == sorted(set(words))
    assert "twin" in words
