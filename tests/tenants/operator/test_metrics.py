"""The numbers for Prometheus: read by its own library, by nobody outside, and about nobody."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
import webtest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine

from core import config, outbox
from core.files.models import PracticeStorage
from core.outbox import OutboxRow
from core.records.models import RecordsState


@pytest.fixture
def prometheus(portal):
    """A Prometheus on this machine, which asks by the application's own address."""
    return webtest.TestApp(portal, extra_environ={"HTTP_HOST": "10.1.2.4:8080", "REMOTE_ADDR": "127.0.0.1"})


def numbers(prometheus) -> dict[tuple[str, str], float]:
    """What it has, by name and label."""
    families = text_string_to_metric_families(prometheus.get("/metrics", status=200).text)
    return {(sample.name, "".join(sample.labels.values())): sample.value for family in families for sample in family.samples}


def test_waiting_work_is_counted_by_task_with_the_age_of_the_oldest(prometheus, practice, db):
    task, now = f"garden.{secrets.token_hex(4)}", datetime.now(UTC)
    assert ("cuspid_tasks_waiting", task) not in numbers(prometheus)
    for due in (now - timedelta(minutes=9), now - timedelta(minutes=3), now + timedelta(days=1)):
        outbox.put(db, practice.id, task, {}, due)
    db.flush()
    db.get(OutboxRow, outbox.put(db, practice.id, task, {}, now)).dead_at = now
    failed = db.get(OutboxRow, outbox.put(db, practice.id, task, {}, now))
    failed.attempts, failed.last_error = 2, "it rained"
    db.commit()
    found = numbers(prometheus)
    assert {name: found[f"cuspid_tasks_{name}", task] for name in ("waiting", "failing", "dead")} == {"waiting": 4, "failing": 1, "dead": 1}
    assert 540 <= found["cuspid_tasks_oldest_seconds", task] < 900


def test_work_that_is_not_due_yet_has_no_age(prometheus, practice, db):
    task = f"garden.{secrets.token_hex(4)}"
    outbox.put(db, practice.id, task, {}, datetime.now(UTC) + timedelta(days=1))
    db.commit()
    found = numbers(prometheus)
    assert found["cuspid_tasks_waiting", task] == 1
    assert ("cuspid_tasks_oldest_seconds", task) not in found


def test_records_of_every_practice_are_told_by_its_short_address(prometheus, practice, other_practice, db):
    now = datetime.now(UTC)
    db.add(RecordsState(practice_id=practice.id, came_at=now - timedelta(hours=5), stale_at=now - timedelta(hours=1), refused=7))
    db.add(RecordsState(practice_id=other_practice.id, came_at=None, stale_at=None, refused=0))
    db.commit()
    found = numbers(prometheus)
    assert 18_000 <= found["cuspid_records_age_seconds", practice.slug] < 18_600
    assert ("cuspid_records_age_seconds", other_practice.slug) not in found
    told = {office.slug: (found["cuspid_records_stale", office.slug], found["cuspid_records_refused", office.slug]) for office in (practice, other_practice)}
    assert told == {practice.slug: (1, 7), other_practice.slug: (0, 0)}


def test_more_practices_are_told_than_the_page_has_room_for(prometheus, practice, db, monkeypatch):
    db.add(RecordsState(practice_id=practice.id, came_at=datetime.now(UTC), stale_at=None, refused=0))
    db.commit()
    monkeypatch.setattr("tenants.operator.health.MOST_PRACTICES", 0)
    assert ("cuspid_records_stale", practice.slug) in numbers(prometheus)


def test_mails_files_and_the_version_are_told(prometheus, practice, db, registry, monkeypatch):
    task, now = f"garden.{secrets.token_hex(4)}", datetime.now(UTC)
    monkeypatch.setattr("tenants.operator.health.mail_tasks", lambda: [task])
    before = numbers(prometheus)
    assert ("cuspid_mail_sent_seconds", "") not in before
    assert [value for (name, _), value in before.items() if name == "cuspid_build_info"] == [1]
    db.add(PracticeStorage(practice_id=practice.id, bytes=1_000, counted_at=now))
    db.get(OutboxRow, outbox.put(db, practice.id, task, {}, now)).done_at = now - timedelta(minutes=2)
    db.get(OutboxRow, outbox.put(db, practice.id, task, {}, now)).dead_at = now - timedelta(hours=2)
    db.commit()
    found = numbers(prometheus)
    assert found["cuspid_stored_bytes", ""] - before["cuspid_stored_bytes", ""] == 1_000
    assert 120 <= found["cuspid_mail_sent_seconds", ""] < 600
    assert 7_200 <= found["cuspid_mail_given_up_seconds", ""] < 7_800


def test_nothing_is_told_of_a_patient(prometheus, practice, db, make):
    patient = make.patient(first_name="Quentin", last_name="Abernathy")
    outbox.put(db, practice.id, "office.nothing", {"patient_id": str(patient.id)})
    db.commit()
    text = prometheus.get("/metrics").text
    assert [word for word in ("Quentin", "Abernathy", str(patient.id), patient.id.hex, str(practice.id)) if word in text] == []


def test_it_costs_five_statements_however_many_practices_there_are(prometheus, statements):
    with statements() as seen:
        prometheus.get("/metrics")
    assert len(seen) <= 5


def test_nobody_may_read_it_from_outside(prometheus, practice, base):
    for header in ("X-Forwarded-For", "Forwarded", "X-Forwarded-Proto"):
        prometheus.get("/metrics", headers={header: "127.0.0.1"}, status=404)
    for host in ("10.1.2.4", practice.host, base.host):
        page = prometheus.get("/metrics", extra_environ={"REMOTE_ADDR": "203.0.113.9", "HTTP_HOST": host}, status=404)
        assert "We can’t find that page" in page


def test_the_networks_that_the_operator_names_may(prometheus, registry, monkeypatch):
    monkeypatch.setattr(registry, "portal", registry.portal.model_copy(update={"metrics_from": "10.1.2.0/24, 2001:db8::7"}))
    for address, status in (("10.1.2.9", 200), ("2001:db8::7", 200), ("10.1.3.9", 404), ("2001:db8::8", 404)):
        prometheus.get("/metrics", extra_environ={"REMOTE_ADDR": address}, status=status)


@pytest.mark.parametrize("wrong", ["inside", "10.1.2.0/33", "10.1.2.4,", "10.1.2.4 10.1.2.5"])
def test_what_is_no_network_stops_the_start(wrong, monkeypatch):
    monkeypatch.setenv("CUSPID_METRICS_FROM", wrong)
    with pytest.raises(config.WrongSetting, match=r"CUSPID_METRICS_FROM: .* such as 10\.1\.2\.0/24"):
        config.load()


def test_without_the_database_it_says_so(prometheus, registry, monkeypatch):
    away = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    monkeypatch.setattr(registry, "engine", away)
    assert prometheus.get("/metrics", status=503).text == "the database cannot be reached\n"
    away.dispose()
