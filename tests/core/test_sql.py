"""Pieces of statements that several rooms use."""

from sqlalchemy import select

from core.people.models import Patient
from core.sql import among


def test_what_has_one_of_the_values_is_found_and_nothing_by_none(db, practice, make):
    first, second, _ = (make.patient(first_name=name) for name in ("Ada", "Ben", "Cy"))
    mine = select(Patient.first_name).where(Patient.practice_id == practice.id)
    assert set(db.scalars(mine.where(among(Patient.id, {first.id, second.id})))) == {"Ada", "Ben"}
    assert db.scalars(mine.where(among(Patient.first_name, ["Cy", "Dora"]))).all() == ["Cy"]
    assert db.scalars(mine.where(among(Patient.id, ()))).all() == []


def test_a_thousand_values_are_the_same_statement_as_one(db, practice, statements):
    def asked(number: int) -> list[str]:
        with statements() as seen:
            db.scalars(select(Patient.id).where(Patient.practice_id == practice.id, among(Patient.first_name, map(str, range(number))))).all()
        return seen

    assert asked(1) == asked(1000)
