"""Statements that go to the driver as they are: what they give, and what happens when the connection is gone."""

import psycopg
import pytest
from psycopg.errors import DivisionByZero
from sqlalchemy import bindparam, func, literal_column, select, text
from sqlalchemy.exc import OperationalError

from core.db import SessionFactory, mark_savepoint, mend_transaction
from core.people.models import Patient
from core.prepared import Prepared

NAMES = Prepared(
    select(Patient.id, Patient.first_name, Patient.birthdate, func.coalesce(Patient.preferred_name, "none"))
    .where(Patient.practice_id == bindparam("practice_id"), Patient.sex.in_([literal_column("'F'"), literal_column("'U'")]))
    .order_by(Patient.first_name)
)
BACKEND = Prepared(text("select pg_backend_pid()"))


def test_rows_are_those_of_the_practice_that_is_bound(practice, other_practice, make, other_make, db):
    zoe, ada = make.patient(first_name="Zoe"), make.patient(first_name="Ada")
    other_make.patient(first_name="Eve")
    assert NAMES.rows(db, {"practice_id": practice.id}) == [(ada.id, "Ada", ada.birthdate, ""), (zoe.id, "Zoe", zoe.birthdate, "")]
    assert NAMES.rows(db, {"practice_id": other_practice.id}) == []


def test_one_is_the_only_row(practice, make, db):
    with pytest.raises(ValueError, match="not enough"):
        NAMES.one(db, {"practice_id": practice.id})
    make.patient(first_name="Ada")
    assert NAMES.one(db, {"practice_id": practice.id})[1] == "Ada"


def test_a_percent_sign_is_a_percent_sign(db):
    assert Prepared(text("select '100 %', :word")).one(db, {"word": "50 %"}) == ("100 %", "50 %")


def test_what_is_sent_is_part_of_the_transaction(practice, make, db):
    patient = make.patient(first_name="Ada")
    rename = Prepared(text("update patient set first_name = :name where practice_id = :practice_id"))
    rename.send(db, {"name": "Grace", "practice_id": practice.id})
    db.rollback()
    assert NAMES.one(db, {"practice_id": practice.id})[1] == "Ada"
    rename.send(db, {"name": "Grace", "practice_id": practice.id})
    db.commit()
    db.refresh(patient)
    assert patient.first_name == "Grace"


def test_a_failed_statement_can_be_mended_and_what_was_written_before_it_stays(practice, make, db):
    make.patient(first_name="Ada")
    Prepared(text("update patient set first_name = 'Grace' where practice_id = :practice_id")).send(db, {"practice_id": practice.id})
    mark_savepoint(db)
    with pytest.raises(DivisionByZero):
        Prepared(text("select 1 / :number")).rows(db, {"number": 0})
    mend_transaction(db)
    assert NAMES.one(db, {"practice_id": practice.id})[1] == "Grace"


def test_a_connection_that_the_server_cut_is_told_as_usual_and_not_used_again(registry):
    with SessionFactory(bind=registry.engine) as session:
        [backend] = BACKEND.one(session, {})
        _cut(registry, backend)
        with pytest.raises(OperationalError):
            BACKEND.one(session, {})
    with SessionFactory(bind=registry.engine) as session:
        assert BACKEND.one(session, {}) != (backend,)


def test_a_request_on_a_connection_that_was_cut_begins_again_and_nobody_notices(registry, signed_in, make):
    web = signed_in(make.patient(first_name="Ada"))
    assert "Ada" in web.get("/home")
    waiting = [SessionFactory(bind=registry.engine) for _ in range(4)]
    assert len({BACKEND.one(session, {}) for session in waiting}) == 4
    for session in waiting:
        session.close()
    _cut_all(registry)
    assert "Ada" in web.get("/home")


def _cut(registry, backend: int) -> None:
    with psycopg.connect(registry.portal.database_url, autocommit=True) as own:
        own.execute("select pg_terminate_backend(%s, 5000)", [backend])


def _cut_all(registry) -> None:
    """As a restart of the server does: every connection that waits in the pool is gone."""
    others = "from pg_stat_activity where datname = current_database() and usename = current_user and pid <> pg_backend_pid()"
    with psycopg.connect(registry.portal.database_url, autocommit=True) as own:
        own.execute(f"select pg_terminate_backend(pid, 5000) {others}")
