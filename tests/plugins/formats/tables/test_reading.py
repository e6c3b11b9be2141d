"""Tables as records: the usual columns are known, others are mapped, and every fault has its line and column."""

import io
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.records import door
from core.records.importing.found import Fault
from core.records.kinds import kinds_for
from core.testing import make_office
from plugins.formats.tables.mapping import TableMapping, WrongMapping, read_mapping
from plugins.formats.tables.reading import read

ZONE = ZoneInfo("America/Denver")
PEOPLE = "Patient ID,Last Name,First Name,DOB,Gender,E-mail\n1042.0,Ash,Robin,1/31/1984,Female,robin@example.test\n7,O’Neil,Zoë,,M,\n"
VISITS = "AptNum;PatNum;AptDateTime;Length;Status\n5;1042;11/1/2026 1:30 AM;60;No Show\n"
LEDGER = "Patient,Date,Type,Description,Amount\n1042,2026-01-05,Charge,Filling,180.00\n1042,2026-01-09,Payment,Card,$80.00\n1042,2026-01-09,Payment,Card,$80.00\n1042,2026-01-10,Adj,Courtesy,(12.50)\n"


def rows(words: str | bytes, mapping: TableMapping | str = "people") -> list:
    body = words.encode() if isinstance(words, str) else words
    return list(read(io.BytesIO(body), ZONE, TableMapping(mapping) if isinstance(mapping, str) else mapping))


def test_people_by_the_usual_names_of_columns():
    assert rows(PEOPLE) == [
        {"kind": "patient", "external_id": "1042", "first_name": "Robin", "last_name": "Ash", "birthdate": "1984-01-31", "sex": "F", "email": "robin@example.test"},
        {"kind": "patient", "external_id": "7", "first_name": "Zoë", "last_name": "O’Neil", "sex": "M"},
    ]


def test_visits_are_by_the_clock_of_the_practice():
    [visit] = rows(VISITS, "appointments")
    assert visit == {"kind": "appointment", "external_id": "5", "patient": "1042", "starts_at": "2026-11-01T01:30:00-06:00", "minutes": 60, "status": "broken"}


def test_a_ledger_has_its_signs_and_lines_without_a_number_get_one_that_stays():
    lines = rows(LEDGER, "ledger")
    assert [(one["entry_type"], one["amount_cents"]) for one in lines] == [("charge", 18000), ("payment", -8000), ("payment", -8000), ("adjustment", -1250)]
    assert len({one["external_id"] for one in lines}) == 4
    assert rows(LEDGER, "ledger") == lines


@pytest.mark.parametrize("body", [PEOPLE.encode("utf-8-sig"), PEOPLE.encode("utf-16"), PEOPLE.encode("cp1252"), PEOPLE.replace(",", "\t").encode(), PEOPLE.replace("\n", "\r\n").encode(), PEOPLE.replace(",", "|").encode()])
def test_encodings_and_delimiters_are_found_out(body):
    assert rows(body) == rows(PEOPLE)


def test_other_columns_are_mapped():
    mapping = read_mapping(b'''
        table = "people"
        delimiter = ";"
        [fields]
        external_id = { columns = ["Site", "No"], between = "-" }
        first_name = "Called"
        last_name = "Family"
        birthdate = { column = "Born", formats = "%d/%m/%Y" }
        sex = { column = "S", values = { W = "F" } }
        language = { fixed = "es-US" }
        text_ok = { column = "SMS", as = "yes_no" }
    ''')
    [found] = rows("Site;No;Called;Family;Born;S;SMS\nA;7;Ann;Ode;02/01/1950;w;Y\n", mapping)
    assert found == {"kind": "patient", "external_id": "A-7", "first_name": "Ann", "last_name": "Ode", "birthdate": "1950-01-02", "sex": "F", "language": "es-US", "text_ok": True}


@pytest.mark.parametrize(("words", "table", "place", "reason"), [
    ("", "people", "Line 1", "names of the columns"), ("ID,ID\n", "people", "Line 1", "Two columns are called 'ID'"), ("ID,First,Shoe\n", "people", "Line 1", "No column is known as last_name"),
    ("ID,First,Last,DOB\n1,Ann,Ode,soon\n", "people", "Line 2, DOB", "is no day"), ("ID,First,Last\n1,Ann,Ode,9\n", "people", "Line 2", "4 cells"), ("ID,First,Last\n1,Ann\n", "people", "Line 2", "no last_name"),
    ('ID,First,Last\n\n1,"Ann\nB",\n', "people", "Line 4", "no last_name"), (LEDGER.replace("Adj", "Gift"), "ledger", "Line 5, Type", "none of the words"), (LEDGER.replace("180.00", "180,00"), "ledger", "Line 2", "6 cells"),
])  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_place(words, table, place, reason):
    [fault] = [one for one in rows(words, table) if isinstance(one, Fault)]
    assert fault.place == place
    assert reason in fault.reason


@pytest.mark.parametrize(("words", "reason"), [
    (b"x", "no TOML"), (b'table = "dragons"\n[fields]', "table"), (b'table = "people"\n[fields]\nsex = 7', "fields.sex"), (b'table = "people"\n[fields]\nsex = { column = "A", fixed = 1 }', "fields.sex"), (b"\xff", "no TOML"),
])  # fmt: skip
def test_a_mapping_that_cannot_be_used_says_where_and_why(words, reason):
    with pytest.raises(WrongMapping, match=reason):
        read_mapping(words)


def test_a_table_without_a_header_repeats_nothing_of_the_person_in_it():
    [fault] = rows("P1,Elena,Ruiz,1985-02-03\nP2,Ann,Ode,\n")
    assert "Elena" not in fault.reason
    assert "names of the columns" in fault.reason


def test_a_cell_without_end_costs_only_its_row():
    found = rows(f"ID,First,Last\n1,{'x' * 200_000},Ode\n2,Ann,Ode\n")
    assert [getattr(one, "place", one) for one in found] == ["Line 2", {"kind": "patient", "external_id": "2", "first_name": "Ann", "last_name": "Ode"}]


def test_a_mapping_of_columns_that_are_not_there_is_told():
    [fault] = rows(PEOPLE, read_mapping(b'table = "people"\n[fields]\nphone = "Cell"'))
    assert "no column 'Cell'" in fault.reason


HEADER = st.lists(st.sampled_from(["ID", "First", "Last", "DOB", "Sex", "Amount", "Type", "Date", "Description", "Minutes", "x", ""]), max_size=8)
CELL = st.text(max_size=8) | st.sampled_from(["1", "2026-01-05", "F", "\0", "\ud800", '"', "charge", "9" * 400])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=80) | st.builds(lambda header, lines: "\n".join(",".join(cells) for cells in [header, *lines]).encode("utf-8", "surrogatepass"), HEADER, st.lists(st.lists(CELL, max_size=8), max_size=4)), st.sampled_from(["people", "appointments", "ledger"]))
def test_any_bytes_become_records_that_the_door_takes_or_refuses_or_faults_with_a_place(registry, body, table):
    found = rows(body, table)
    assert all(one.place and one.reason for one in found if isinstance(one, Fault))
    if "office" not in _OFFICE:
        _OFFICE["office"] = make_office(registry)
    with _OFFICE["office"].session() as session:
        answers = door.take_in(session, kinds_for(registry, frozenset(registry.plugins.tabs)), [one for one in found if not isinstance(one, Fault)])
        assert {answer.outcome for answer in answers} <= {"created", "updated", "unchanged", "refused"}
        session.rollback()


_OFFICE: dict = {}
