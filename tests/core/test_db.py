"""Sessions, the practice that is bound to them, and what happens when none is."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.db import ForeignRow, SessionFactory, after_commit, bind_tenant, mark_savepoint, mend_transaction, uuid7
from core.people.models import Patient


def test_ids_are_version_seven_and_sort_by_time():
    ids = [uuid7() for _ in range(50)]
    assert {each.version for each in ids} == {7}
    assert {each.variant for each in ids} == {ids[0].variant}
    assert len(set(ids)) == 50
    assert abs((ids[0].int >> 80) / 1000 - datetime.now(UTC).timestamp()) < 60


def test_ids_that_are_made_in_one_millisecond_keep_their_order(monkeypatch):
    clock = iter(range(1_790_000_000_123_000_000, 1_790_000_000_124_000_000, 500))
    monkeypatch.setattr("core.db.time.time_ns", lambda: next(clock))
    ids = [uuid7() for _ in range(2000)]
    assert ids == sorted(ids)
    assert len({each.int >> 80 for each in ids}) == 1


def test_no_practice_bound_means_no_rows(registry, make):
    make.patient()
    with SessionFactory(bind=registry.engine) as session:
        assert session.scalars(select(Patient)).all() == []


def test_rows_of_another_practice_are_not_seen_whatever_is_asked(practice, other_practice, make, other_make):
    mine, theirs = make.patient(), other_make.patient()
    with practice.session() as session:
        assert {patient.id for patient in session.scalars(select(Patient))} == {mine.id}
        assert session.get(Patient, (other_practice.id, theirs.id)) is None
        assert session.execute(text("select count(*) from patient where id = :id"), {"id": theirs.id}).scalar() == 0


def test_the_practice_is_bound_again_after_each_commit(practice, make):
    make.patient()
    with practice.session() as session:
        for _ in range(3):
            assert len(session.scalars(select(Patient)).all()) == 1
            session.commit()


def test_binding_in_the_middle_of_a_transaction_counts_at_once(registry, practice, make):
    make.patient()
    with SessionFactory(bind=registry.engine) as session:
        assert session.scalars(select(Patient)).all() == []
        bind_tenant(session, practice.id)
        assert len(session.scalars(select(Patient)).all()) == 1


def test_a_pooled_connection_forgets_the_practice(registry, practice, make):
    make.patient()
    for _ in range(3):
        with practice.session() as session:
            session.scalars(select(Patient)).all()
        with SessionFactory(bind=registry.engine) as session:
            assert session.scalars(select(Patient)).all() == []


def test_a_new_row_is_stamped_with_the_practice(db, practice):
    patient = Patient(first_name="Ada", last_name="Reyes")
    db.add(patient)
    db.flush()
    assert patient.practice_id == practice.id


def test_a_row_of_another_practice_is_refused_by_the_session(db, other_practice):
    db.add(Patient(practice_id=other_practice.id, first_name="Ada", last_name="Reyes"))
    with pytest.raises(ForeignRow):
        db.flush()


def test_a_row_of_another_practice_is_refused_by_the_database(db, other_practice):
    values = {"practice_id": other_practice.id, "id": uuid4(), "first_name": "Ada", "last_name": "Reyes", "sex": "U", "language": "en"}
    empty = dict.fromkeys(("preferred_name", "email", "phone", "address_1", "address_2", "city", "state", "postal_code"), "")
    with pytest.raises(DBAPIError):
        db.execute(insert(Patient.__table__).values(**values, **empty))


def test_an_update_reaches_no_row_of_another_practice(db, other_make, other_practice):
    theirs = other_make.patient()
    changed = db.execute(update(Patient.__table__).where(Patient.id == theirs.id).values(first_name="Taken"))
    assert changed.rowcount == 0


def test_a_reference_to_another_practices_row_is_refused(db, other_make):
    theirs = other_make.patient()
    db.add(Patient(first_name="Ada", last_name="Reyes", guarantor_id=theirs.id))
    with pytest.raises(IntegrityError):
        db.flush()


def test_a_practice_id_that_is_no_id_cannot_be_bound(registry):
    with SessionFactory(bind=registry.engine) as session, pytest.raises(ValueError, match="hexadecimal"):
        bind_tenant(session, "x'; drop table patient; --")
        session.execute(text("select 1"))


def test_callbacks_run_after_the_commit_and_not_after_a_rollback(practice):
    called = []
    with practice.session() as session:
        session.execute(text("select 1"))
        after_commit(session, lambda: called.append("lost"))
        session.rollback()
        session.execute(text("select 1"))
        after_commit(session, lambda: called.append("kept"))
        with session.begin_nested():
            session.execute(text("select 1"))
        assert called == []
        session.commit()
    assert called == ["kept"]


def test_a_failed_question_leaves_the_transaction_usable(practice, make):
    patient = make.patient()
    with practice.session() as session:
        mark_savepoint(session)
        with pytest.raises(DBAPIError):
            session.execute(text("select 1 / 0"))
        mend_transaction(session)
        assert session.scalars(select(Patient.id)).all() == [patient.id]
