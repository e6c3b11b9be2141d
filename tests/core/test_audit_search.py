"""Searching the audit log: every filter, every page, and what the database reads for it."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from core import audit
from core.audit_search import Asked, Place, _statement, everything, search
from core.audit_words import kind_of
from core.auth.models import SupportAccess

START = datetime(2026, 5, 4, 11, tzinfo=UTC)
ACTIONS = ["portal.home.view", "images.image.view", "images.image.download", "access.given", "auth.sign_in", "auth.sign_in.failed", "office.staff.invite"]
ADDRESSES = ["10.0.0.1", "10.0.0.2"]


@pytest.fixture
def log(practice, make, db):
    """Sixty entries of several people, many at the same moment; gives them as (moment, action, account, patient, address, support)."""
    patients, drawn = [make.patient(), make.patient()], random.Random(7)
    accounts = [make.account(patients[0]).id, make.staff().id, None]
    support = SupportAccess(account_id=accounts[1], patient_id=patients[0].id, reason="Because", level="see", began_at=START, until=START)
    db.add(support)
    db.flush()
    made = []
    for _ in range(60):
        account = drawn.choice(accounts)
        entry = {"account_id": account, "patient_id": drawn.choice([patients[0].id, patients[1].id, None]), "address": drawn.choice(ADDRESSES),
                 "support_id": support.id if account == accounts[1] and drawn.random() < 0.4 else None}  # fmt: skip
        moment, action = START + timedelta(minutes=drawn.randrange(20)), drawn.choice(ACTIONS)
        audit.record(db, practice.id, action, moment, **entry)
        made.append({"at": moment, "action": action, **entry})
    db.commit()
    return made, patients, accounts


def _fits(entry: dict, asked: Asked) -> bool:
    """The same question, asked in plain words."""
    return (
        (asked.since is None or entry["at"] >= asked.since) and (asked.until is None or entry["at"] < asked.until)
        and (asked.patient_id is None or entry["patient_id"] == asked.patient_id)
        and (asked.account_id is None or entry["account_id"] == asked.account_id)
        and (not asked.address or entry["address"] == asked.address)
        and (not asked.kind or (entry["support_id"] is not None if asked.kind == "support" else kind_of(entry["action"]) == asked.kind))
    )  # fmt: skip


MOMENTS = st.none() | st.integers(-1, 21).map(lambda minutes: START + timedelta(minutes=minutes))
KINDS = st.sampled_from(["", "", "view", "download", "grant", "sign_in", "failure", "staff", "change", "support"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(since=MOMENTS, until=MOMENTS, kind=KINDS, who=st.integers(-1, 1), whom=st.integers(-1, 1), address=st.sampled_from(["", *ADDRESSES]), most=st.integers(1, 70))
def test_every_search_finds_what_fits_page_after_page_and_nothing_twice(log, db, practice, since, until, kind, who, whom, address, most):
    made, patients, accounts = log
    asked = Asked(since, until, kind, patients[whom].id if whom >= 0 else None, accounts[who] if who >= 0 else None, address)
    found, before, more = [], None, True
    while more:
        page, more = search(db, practice.id, asked, before, most)
        assert len(page) == most or not more
        found += page
        before = page[-1].place if page else None
    assert len({entry.id for entry in found}) == len(found) == sum(_fits(entry, asked) for entry in made)
    assert sorted(found, key=lambda entry: (entry.at, entry.id), reverse=True) == found


def test_all_of_it_comes_one_after_another(log, db, practice):
    assert len(list(everything(db, practice.id, Asked(), most=7))) == 60
    assert list(everything(db, practice.id, Asked(address="10.9.9.9"))) == []


def test_each_entry_says_who_for_whom_and_why(db, practice, make):
    patient, other = make.patient(first_name="Robin"), make.patient(first_name="Sam")
    own, staff = make.account(patient), make.staff(name="Kim Sato")
    support = SupportAccess(account_id=staff.id, patient_id=patient.id, reason="Called us", level="see", began_at=START, until=START)
    db.add(support)
    db.flush()
    for about in (
        {"account_id": own.id, "patient_id": patient.id}, {"account_id": own.id, "patient_id": other.id}, {"account_id": own.id},
        {"account_id": staff.id, "patient_id": patient.id, "support_id": support.id}, {"address": "10.0.0.1"}, {},
        {"account_id": staff.id, "target_id": staff.id},
    ):  # fmt: skip
        audit.record(db, practice.id, "plan.plan.view", datetime.now(UTC), **about)
    db.commit()
    found = sorted(search(db, practice.id, Asked())[0], key=lambda entry: entry.id)
    assert [(entry.who, entry.who_kind, entry.patient, entry.reason, entry.target) for entry in found] == [
        ("Robin Vale", "patient", "Robin Vale", "", ""), ("Robin Vale", "representative", "Sam Vale", "", ""), ("Robin Vale", "patient", "", "", ""),
        ("Kim Sato", "staff", "Robin Vale", "Called us", ""), ("", "nobody signed in", "", "", ""), ("", "the portal itself", "", "", ""),
        ("Kim Sato", "staff", "", "", "Kim Sato"),
    ]  # fmt: skip


def test_whoever_is_limited_to_clinics_sees_entries_of_their_patients_and_of_nobody(db, practice, make):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    here, there = make.patient(), make.patient(clinic="C2")
    of_there, staff = make.account(there), make.staff()
    for about in ({"patient_id": here.id, "account_id": staff.id}, {"patient_id": there.id, "account_id": staff.id}, {"account_id": of_there.id},
                  {"account_id": staff.id}, {"patient_id": here.id, "account_id": of_there.id}):  # fmt: skip
        audit.record(db, practice.id, "plan.plan.view", datetime.now(UTC), **about)
    db.commit()
    found = search(db, practice.id, Asked(clinic_ids=[practice.clinic_id]))[0]
    seen = sorted([(entry.patient_id, entry.account_id) for entry in found], key=str)
    assert seen == sorted([(here.id, staff.id), (None, staff.id), (here.id, of_there.id)], key=str)
    assert len(search(db, practice.id, Asked())[0]) == 5


def test_another_practice_is_not_searched(db, practice, other_practice, other_db):
    audit.record(other_db, other_practice.id, "plan.plan.view", START)
    other_db.commit()
    assert search(db, practice.id, Asked()) == ([], False)


@pytest.fixture(scope="module")
def big(registry, migrate_url):
    """A practice with thirty thousand entries; what is rare lies far back."""
    from core.testing import make_office

    office = make_office(registry)
    rows = """insert into audit_event (practice_id, id, happened_at, action, account_id, patient_id, address, request_id, support_id)
        select %s, gen_random_uuid(), now() - i * interval '1 minute', %s, %s, %s, %s, 'r', %s from generate_series(%s::int, %s::int) i"""
    rare, often = uuid4(), uuid4()
    with psycopg.connect(migrate_url, autocommit=True) as connection:
        for action, account, address, support, first, last in (
            ("portal.home.view", often, "10.0.0.1", None, 1, 30_000), ("access.given", rare, "10.0.0.9", uuid4(), 29_900, 29_960),
        ):  # fmt: skip
            connection.execute(rows, [office.id, action, account, account, address, support, first, last])
        connection.execute("analyze audit_event")
    return office, rare


@pytest.mark.parametrize("name", ["everything", "deep", "kind", "rare kind", "support", "rare account", "account and kind", "address", "patient", "span"])
def test_a_page_reads_some_hundred_entries_however_many_there_are(big, name):
    office, rare = big
    now = datetime.now(UTC)
    asked, actions, before = {
        "everything": (Asked(), None, None), "deep": (Asked(), None, Place(now - timedelta(minutes=20_000), UUID(int=0))),
        "kind": (Asked(kind="view"), ["portal.home.view", "plan.plan.view"], None), "rare kind": (Asked(kind="grant"), ["access.given", "access.closed"], None),
        "support": (Asked(kind="support"), None, None), "rare account": (Asked(account_id=rare), None, None),
        "account and kind": (Asked(kind="grant", account_id=rare), ["access.given"], None), "address": (Asked(address="10.0.0.9"), None, None),
        "patient": (Asked(patient_id=rare), None, None), "span": (Asked(now - timedelta(minutes=15_000), now - timedelta(minutes=14_000)), None, None),
    }[name]  # fmt: skip
    statement = _statement(office.id, asked, before, actions, 51).compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    with office.session() as session:
        plan = session.execute(text(f"explain (analyze, format json) {statement}".replace(":", r"\:"))).scalar_one()
    read = [_rows(node) for node in _nodes(plan[0]["Plan"]) if node.get("Relation Name") == "audit_event"]
    assert read
    assert sum(read) < 500, plan


def _nodes(node: dict):
    yield node
    for part in node.get("Plans", []):
        yield from _nodes(part)


def _rows(node: dict) -> int:
    """The rows that a step looked at."""
    return (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
