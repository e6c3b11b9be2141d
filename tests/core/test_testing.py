"""The practices that tests are given."""

from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from core.db import SessionFactory
from core.testing import Factory, Office, make_office
from core.testing.offices import clinic_of, provider_of
from tenants import practices

TABLES = "select table_name from information_schema.columns where table_schema = 'public' and column_name = 'practice_id' order by 1"
ROWS = sql.SQL("select to_jsonb(t) - array['id', 'practice_id', 'created_at'] from {} t where {} = %s")


def made_through_the_door(registry) -> Office:
    """An office that was made as the operator makes one and its system fills it."""
    office = Office(registry, uuid4(), f"door{uuid4().hex[:8]}")
    with SessionFactory(bind=registry.engine) as session:
        practices.create(session, office.slug, f"Practice {office.slug}", "America/New_York", datetime.now(UTC), office.id)
        Factory(office, session).take_in([clinic_of(office), provider_of(office)])
    return office


def rows_of(connection, office: Office) -> dict[str, list[dict]]:
    """All that the database has of an office, but for what differs between any two."""
    asked = {"practice": "id"} | dict.fromkeys((name for (name,) in connection.execute(TABLES)), "practice_id")
    found = {}
    for table, column in asked.items():
        rows = connection.execute(ROWS.format(sql.Identifier(table), sql.Identifier(column)), [office.id])
        found[table] = [{key: str(value).replace(office.slug, "…") for key, value in row.items()} for (row,) in rows]
    return {table: rows for table, rows in found.items() if rows}


def sorted_rows(found: dict[str, list[dict]], office: Office) -> dict[str, list[dict]]:
    """The same in an order of its own, without the ids that differ between any two offices."""
    ids = {str(office.clinic_id): "clinic", str(office.provider_id): "provider"}
    plain = {table: [{key: ids.get(value, value) for key, value in row.items() if key != "patient_id"} for row in rows] for table, rows in found.items()}
    return {table: sorted(rows, key=str) for table, rows in plain.items()}


def test_an_office_is_what_the_door_would_have_made_of_it(registry, migrate_url):
    plain, through = make_office(registry), made_through_the_door(registry)
    with psycopg.connect(migrate_url) as connection:
        found, expected = rows_of(connection, plain), rows_of(connection, through)
    assert found == expected
    assert {table: len(rows) for table, rows in found.items()} == {"practice": 1, "clinic": 1, "provider": 1}


@pytest.mark.parametrize("name", [{}, {"first_name": "José-María", "last_name": "de la O", "email": " Jo@Example.test ", "phone": "(303) 555-0142"}, {"first_name": "", "last_name": "Li"}])
def test_a_patient_is_what_the_door_would_have_made_of_them(registry, migrate_url, name):
    plain, through = make_office(registry), make_office(registry)
    said = {"birthdate": "1985-04-12", "sex": "F", "first_name": "Robin", "last_name": "Vale", "email": "robin@example.test", "phone": "555-0142", **name}
    with plain.session() as session:
        number = Factory(plain, session).patient(**said).external_id
    with through.session() as session:
        Factory(through, session).take_in([{"kind": "patient", "external_id": number, "clinic": "C1", "provider": "D1", **said}])
    with psycopg.connect(migrate_url) as connection:
        found, expected = (sorted_rows(rows_of(connection, office), office) for office in (plain, through))
    assert found == expected
    assert found["patient_word"]


def test_a_patient_who_may_be_here_already_goes_through_the_door(db, make):
    first = make.patient(external_id="P1", first_name="Robin")
    assert make.patient(external_id="P1", first_name="Robyn").id == first.id
    assert make.patient(guarantor="P1").guarantor_id == first.id
    first.external_id = None
    db.commit()
    assert make.patient(first_name="Robyn").id == first.id


def test_an_office_knows_its_clinic_and_its_provider(registry, practice):
    tenant = registry.tenants.current(practice.id)
    assert [clinic.id for clinic in tenant.clinics] == [practice.clinic_id]
    assert tenant.clinics[0].name == "Main Street"
    assert tenant.providers == {str(practice.provider_id): "Dana Okafor, DDS"}
