"""What Open Dental reports: only with the secret in the address and the office's key; rows go through the door, and what is wrong is refused in one way."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.outbox import OutboxRow
from core.people.models import Patient
from core.records.models import RecordsRun
from core.tasks import Work
from core.testing import browser
from plugins.opendental import connecting, steering, subscribing
from plugins.opendental.stand_in.seeding import seed
from plugins.opendental.wire.faults import NotAllowed
from tenants.settings import switch_plugin


@pytest.fixture
def connected(registry, practice, db, wire, connect):
    """The practice is connected to an office at the stand-in, and everything was loaded once."""
    switch_plugin(db, registry.plugins, registry.tenants.current(practice.id), "opendental", True, "Alex", datetime.now(UTC))
    connection = connect(db, practice, wire.office.key)
    connection.is_running, connection.loaded_at = True, datetime.now(UTC)
    db.commit()
    return connection


@pytest.fixture
def report(portal, registry, practice, connected, wire):
    """`report(table, rows)`: what Open Dental posts; the answer's status."""
    secret = connecting.hook_secret_of(registry.portal, connected)

    def post(table, rows, secret=secret, key=wire.office.key, **more):
        body = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
        headers = {"Authorization": key, "Event-Type": f"WatchTable: {table}"}
        return browser(portal, practice).post(f"/hooks/opendental/{secret}", body, headers=headers, content_type="application/json", expect_errors=True, **more)

    return post


def someone(number, **more):
    return {"PatNum": number, "LName": "Diaz", "FName": "Elena", "PatStatus": "Patient", "Guarantor": number, "Birthdate": "0001-01-01", "ClinicNum": 0} | more


def _plain(answer) -> str:
    """An answer without the number of its request."""
    return re.sub(r"[0-9a-f]{12,}", "", answer.text)


def patients(db):
    db.rollback()
    return {one.external_id: one for one in db.scalars(select(Patient).where(Patient.practice_id == db.info["practice_id"], Patient.external_id.is_not(None)))}


def test_rows_are_taken_in_at_once_and_a_second_time_change_nothing(report, db):
    assert [report("Patient", [someone(11), someone(12, Guarantor=99)]).status_int for _ in range(2)] == [200, 200]
    found = patients(db)
    assert found["11"].last_name == "Diaz"
    assert found["12"].guarantor_id == found["12"].id  # whose head has not come yet is one's own, until the next pull
    runs = db.scalars(select(RecordsRun).where(RecordsRun.practice_id == db.info["practice_id"])).all()
    assert [run.source for run in runs] == ["opendental"]


@pytest.mark.parametrize("wrong", [{"key": "another"}, {"key": ""}, {"secret": "another"}, {"secret": "%C3%BC"}])
def test_whatever_is_wrong_with_key_or_secret_has_one_answer(report, portal, practice, wrong, db):
    answer = report("Patient", [someone(11)], **wrong)
    unknown = browser(portal, practice).post("/hooks/nothing/here", b"", expect_errors=True)
    assert (answer.status_int, answer.content_type, _plain(answer)) == (404, unknown.content_type, _plain(unknown))
    assert patients(db) == {}


@pytest.mark.parametrize("body", [b"", b"{}", b"3", b"[1]", b"[" * 200_000, b'{"a"', json.dumps([{}] * 1001).encode(), b"\xff\xfe"])
def test_what_is_no_list_of_rows_is_refused(report, body):
    assert report("Patient", body).status_int == 400


def test_rows_without_a_number_are_counted_and_the_others_taken(report, db):
    assert report("Patient", [{"LName": "\0"}, {"PatNum": {"a": []}}, someone(11)]).status_int == 200
    assert set(patients(db)) == {"11"}


def test_tables_that_nobody_asked_for_and_rows_before_the_first_load_are_left_to_the_pulls(report, connected, db):
    assert report("ToothInitial", [{"ToothInitialNum": 1}]).status_int == 200
    connected.loaded_at = None
    db.commit()
    assert report("Patient", [someone(11)]).status_int == 200
    assert patients(db) == {}


def test_a_practice_that_has_the_connector_off_has_no_such_address(report, registry, practice, db):
    switch_plugin(db, registry.plugins, registry.tenants.current(practice.id), "opendental", False, "Alex", datetime.now(UTC))
    db.commit()
    assert report("Patient", [someone(11)]).status_int == 404


def test_what_changes_there_comes_here_by_itself(registry, portal, practice, connected, wire, db):
    seed(wire.office, 20)
    address = subscribing.address_of(registry.portal, practice.host, connected)
    assert subscribing.subscribe(wire.client(), address, "SERVER", datetime.now(UTC)) == 6
    taken = []

    def send(url, headers, body):
        answer = browser(portal, practice).post("/hooks/" + url.partition("/hooks/")[2], body, headers=headers, expect_errors=True)
        taken.append(answer.status_int)
        return answer.status_int

    wire.stand_in.deliver(send)
    row = next(one for one in wire.office.store.all("patient") if one["PatStatus"] == 0)
    wire.office.store.update("patient", row["PatNum"], City="Portland", ClinicNum=0, PriProv=0, Guarantor=row["PatNum"])
    wire.stand_in.pass_time(2)
    wire.stand_in.deliver(send)
    assert set(taken) == {200}
    assert patients(db)[str(row["PatNum"])].city == "Portland"


def test_an_office_that_lets_it_run_is_reported_from_that_moment_on(registry, practice, connected, wire, db, monkeypatch):
    steering.run(db, connected, datetime.now(UTC))
    [row] = db.scalars(select(OutboxRow).where(OutboxRow.practice_id == practice.id, OutboxRow.task == subscribing.SUBSCRIBE))
    monkeypatch.setattr(subscribing, "client_for", lambda *about: wire.client())  # which does not wait for its turns
    work = Work(registry, db, registry.tenants.current(practice.id), row.id, datetime.now(UTC))
    subscribing.subscribe_office(work)
    assert {one["WatchTable"] for one in wire.client().rows("subscriptions")} == {*subscribing.POLLING_SECONDS, "Appointment", "AppointmentDeleted", "Patient"}
    db.refresh(connected)
    assert (connected.reporting_since, connected.reporting_problem) == (work.now, "")
    wire.office.quirks.connector_down = True
    subscribing.subscribe_office(work)  # tomorrow again
    db.refresh(connected)
    assert "eConnector" in connected.reporting_problem


def test_subscriptions_are_made_once_renewed_before_they_end_and_those_of_others_left(registry, practice, connected, wire):
    client, address, now = wire.client(), subscribing.address_of(registry.portal, practice.host, connected), datetime(2030, 1, 1, tzinfo=UTC)
    other = "https://other.example/hooks/opendental/x"
    client.add("subscriptions", {"EndPointUrl": other, "WatchTable": "Patient", "PollingSeconds": 5})
    client.add("subscriptions", {"EndPointUrl": address.rpartition("/")[0] + "/older", "WatchTable": "Patient", "PollingSeconds": 5})
    days = (0, 1, 5, 6)
    assert [subscribing.subscribe(client, address, "SERVER", now + timedelta(days=one)) for one in days] == [6, 0, 0, 0]
    found = client.rows("subscriptions")
    assert sorted(row["EndPointUrl"] for row in found) == sorted([other, *[address] * 6])
    assert {row["DateTimeStop"] for row in found if row["EndPointUrl"] == address} == {"2030-01-13 00:00:00"}
    assert subscribing.subscribe(client, address, "OTHER", now) == 6
    assert len(client.rows("subscriptions")) == 7
    with pytest.raises(NotAllowed):
        wire.client(customer_key="gone").rows("subscriptions")


@pytest.mark.parametrize(("key", "way", "address"), [("", "remote", ""), ("a/b", "remote", ""), ("a b", "remote", ""), ("ü", "remote", ""), ("k", "service", ""), ("k", "service", "http://169.254.169.254"), ("k", "local", "http://127.0.0.1:5432")])  # fmt: skip
def test_a_key_that_is_none_and_an_address_that_the_operator_has_not_opened_are_refused(registry, practice, db, key, way, address):
    with pytest.raises(connecting.NotPossible):
        connecting.connect(db, registry.portal, practice.id, key, way, address)
