"""Two practices with the same numbers, and two senders at once: nobody touches what is another's, and nothing is half written."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from core.people.models import Patient
from core.records.kinds import kinds_for
from core.records.models import RecordsRun, RecordsUpload
from core.testing import make_office
from tests.core.records.api.conftest import System
from tests.core.records.test_examples import FILES

ADDRESSES = [("POST", "records"), ("POST", "runs"), ("GET", "runs/{run}"), ("POST", "runs/{run}/end"), ("POST", "uploads"), ("PUT", "uploads/{upload}"), ("GET", "changes"), ("POST", "changes/acknowledge")]
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def kinds(registry):
    return kinds_for(registry, frozenset(registry.plugins.plugins))


@pytest.fixture(scope="module")
def theirs(portal, registry, kinds):
    """A practice that has a record of every kind."""
    theirs = System(portal, make_office(registry))
    assert {one["outcome"] for one in theirs.send(*_examples(theirs, kinds))["answers"]} <= {"created", "updated"}
    return theirs


def _examples(system: System, kinds) -> list[dict]:
    found = [{"kind": name, **example} for name, kind in kinds.items() for example in kind.schema.model_json_schema()["examples"]]
    for record in found:
        if "file" in record:
            record["file"] = _upload(system, record["kind"])
    return found


def _upload(system: System, kind: str) -> str:
    content_type, made = FILES[kind]
    sent = made()
    begun = system.ask("POST", "uploads", {"kind": kind, "size": len(sent), "content_type": content_type, "sha256": hashlib.sha256(sent).hexdigest()}, status=201).json
    system.ask("PUT", f"uploads/{begun['upload']}", sent, content_type, 204)
    return begun["upload"]


def _all_of(office, kinds) -> dict[str, list[tuple]]:
    """Every column of every row that records of a practice have made."""
    tables = {kind.model.__table__ for kind in kinds.values()} | {RecordsRun.__table__, RecordsUpload.__table__}
    with office.session() as session:
        return {table.name: sorted(map(repr, session.execute(select(table).where(table.c.practice_id == office.id)))) for table in tables}


def test_a_key_of_one_practice_reads_and_changes_nothing_of_another_with_the_same_numbers_in_every_kind(portal, registry, kinds, theirs):
    ours = System(portal, make_office(registry))
    before = _all_of(theirs.office, kinds)
    assert {kind.model.__table__.name for kind in kinds.values()} <= {name for name, rows in before.items() if rows}
    examples = _examples(ours, kinds)
    assert {one["outcome"] for one in ours.send(*({"kind": one["kind"], "external_id": one["external_id"], "deleted": True} for one in examples))["answers"]} <= {"unchanged", "deleted", "refused"}
    assert {one["outcome"] for one in ours.send(*examples)["answers"]} <= {"created", "updated"}
    ours.send(*({"kind": one["kind"], "external_id": one["external_id"], "deleted": True} for one in examples))
    ours.send(*(one | {"file": _upload(theirs, one["kind"])} for one in examples if "file" in one))
    run = theirs.ask("POST", "runs", {"source": "nightly", "snapshot": ["patient"]}, status=201).json["run"]
    before = _all_of(theirs.office, kinds)
    for method, path, body in (("GET", f"runs/{run}", b""), ("POST", f"runs/{run}/end", {}), ("PUT", f"uploads/{_upload(theirs, 'image')}", b"")):
        ours.ask(method, path, body, status=404)
    assert _all_of(theirs.office, kinds) == before


def test_at_the_address_of_another_practice_a_key_opens_nothing(portal, practice, kinds, theirs):
    ours = System(portal, practice)
    records = _examples(theirs, kinds)
    before = _all_of(theirs.office, kinds)
    for method, path in ADDRESSES:
        ours.ask(method, path.format(run=NOBODY, upload=NOBODY), {"source": "a", "records": records}, status=401, Host=theirs.office.host)
    assert _all_of(theirs.office, kinds) == before


def test_who_sends_the_same_at_once_in_another_order_is_answered_and_nothing_is_there_twice_or_in_part(portal, practice):
    """Rows locked in opposite orders are what two transactions die of."""
    systems = [System(portal, practice) for _ in range(4)]
    patients = [{"kind": "patient", "external_id": f"T{number}", "first_name": "Ann", "last_name": "Ode"} for number in range(40)]
    visits = [{"kind": "appointment", "external_id": f"T{number}", "patient": f"T{number}", "starts_at": "2026-11-27T15:00:00Z", "minutes": 30} for number in range(40)]
    both = patients + visits
    orders = [both, both[::-1], visits + patients, patients[::-1] + visits[::-1]]
    for name in ("Ann", "Bea", "Cleo"):
        for record in patients:
            record["first_name"] = name
        with ThreadPoolExecutor(4) as senders:
            answers = list(senders.map(lambda system, order: system.ask("POST", "records", {"source": "nightly", "records": order}), systems, orders))
        assert [answer.status_int for answer in answers] == [200] * 4, [answer.text[:300] for answer in answers]
        assert {one["outcome"] for answer in answers for one in answer.json["answers"]} <= {"created", "updated", "unchanged"}
        assert sum(one["outcome"] != "unchanged" for answer in answers for one in answer.json["answers"]) == (80 if name == "Ann" else 40)
        with practice.session() as session:
            assert session.scalars(select(Patient.first_name).where(Patient.practice_id == practice.id, Patient.external_id.like("T%"))).all() == [name] * 40
