"""`cuspid doctor`: what is right, and for everything that is wrong the sentence that says how to mend it."""

import os
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import update
from structlog.testing import capture_logs

from core import app, doctor
from core.cli import cuspid
from core.doctor import State, database, services, surroundings
from core.local.folder import free_port
from core.records.models import RecordsState
from tenants.practices import book


@pytest.fixture
def environ(portal_settings, migrate_url):
    """The environment of an installation in which everything is right."""
    return os.environ | {f"CUSPID_{name.upper()}": str(value) for name, value in portal_settings if value is not None} | {"CUSPID_MIGRATE_URL": migrate_url}


def find(environ: dict, subject: str) -> doctor.Finding:
    return next(finding for finding in doctor.examine(environ) if finding.subject == subject)


def look(check, settings, **changes) -> doctor.Finding:
    return check(settings.model_copy(update=changes))


def test_an_installation_in_which_everything_is_right(environ):
    findings = list(doctor.examine(environ))
    assert [finding for finding in findings if finding.state == State.WRONG and finding.subject != "assets"] == []
    assert {"settings", "database", "wall", "tables", "migrating", "broker", "mail", "files", "secret"} <= {finding.subject for finding in findings}


def test_every_missing_setting_is_named():
    texts = [finding.text for finding in doctor.examine({})]
    for name in ("DATABASE_URL", "BROKER_URL", "MAIL_URL", "FILES_URL", "SECRET_KEY"):
        assert any(text.startswith(f"CUSPID_{name}:") for text in texts)


def test_no_password_is_shown(environ):
    secret = environ["CUSPID_SECRET_KEY"]
    passwords = {environ[name].split("@")[0].split(":")[-1] for name in ("CUSPID_DATABASE_URL", "CUSPID_MIGRATE_URL", "CUSPID_BROKER_URL")}
    shown = " ".join(finding.text for finding in doctor.examine(environ))
    assert not [word for word in {secret, *passwords} if word in shown]


@pytest.mark.parametrize(("change", "words"), [
    (lambda url: url.rpartition("@")[0] + f"@127.0.0.1:{free_port()}/cuspid", "no server listens there"),
    (lambda url: url.replace("cuspid_app:", "cuspid_app:x"), "the password in the address is not the login's"),
    (lambda url: url.rpartition("/")[0] + "/nowhere", "is not there"),
])  # fmt: skip
def test_a_database_that_cannot_be_reached(portal_settings, change, words):
    finding = look(database.database, portal_settings, database_url=change(portal_settings.database_url))
    assert finding.state == State.WRONG
    assert words in finding.text


def test_a_login_that_could_see_past_the_wall(portal_settings, migrate_url):
    finding = look(database.wall, portal_settings, database_url=migrate_url)
    assert finding.state == State.WRONG
    assert "cuspid_migrate bypasses row security" in finding.text


def test_a_table_that_is_not_behind_the_wall(portal_settings, migrate_url):
    with psycopg.connect(migrate_url, autocommit=True) as connection:
        connection.execute("SET ROLE cuspid_owner")
        connection.execute("CREATE TABLE forgotten (practice_id uuid, id uuid, PRIMARY KEY (practice_id, id))")
        try:
            finding = look(database.wall, portal_settings)
        finally:
            connection.execute("DROP TABLE forgotten")
    assert finding.state == State.WRONG
    assert "not forced on forgotten" in finding.text


def test_tables_of_an_older_version(portal_settings):
    empty = portal_settings.database_url.rpartition("/")[0] + "/cuspid_empty"
    with psycopg.connect(os.environ["CUSPID_TEST_ADMIN_URL"], autocommit=True) as connection:
        connection.execute("CREATE DATABASE cuspid_empty")
        try:
            finding = look(database.tables, portal_settings, database_url=empty)
        finally:
            connection.execute("DROP DATABASE cuspid_empty WITH (FORCE)")
    assert finding.state == State.WRONG
    assert "run `cuspid migrate`" in finding.text


def test_a_migrating_login_that_cannot_change_tables(portal_settings):
    finding = look(database.migrating, portal_settings, migrate_url=portal_settings.database_url)
    assert finding.state == State.WRONG
    assert "BYPASSRLS" in finding.text


@pytest.mark.parametrize(("check", "name", "value"), [
    (services.broker, "broker_url", "redis://127.0.0.1:{port}/0"),
    (services.counting, "limits_url", "redis://127.0.0.1:{port}/0"),
    (services.mail, "mail_url", "smtp://127.0.0.1:{port}"),
    (services.mail, "mail_url", "imap://example.test"),
    (services.texts, "texts_url", "twilio://example.test"),
    (services.texts, "texts_url", "twilio://AC1:a@127.0.0.1:{port}?from=MG1"),
    (services.files, "files_url", "ftp://example.test"),
    (services.files, "files_url", "file:/proc/no/such/folder"),
    (surroundings.secret, "secret_key", "abcabcabcabcabcabcabcabcabcabcabcabc"),
])  # fmt: skip
def test_a_service_that_cannot_be_used_names_its_setting(portal_settings, check, name, value):
    finding = look(check, portal_settings, **{name: value.format(port=free_port())})
    assert finding.state == State.WRONG
    assert f"CUSPID_{name.upper()}" in finding.text


def test_card_payments_need_their_key(portal_settings):
    assert look(services.payments, portal_settings, payments="stripe").state == State.WRONG
    assert look(services.payments, portal_settings, payments="stripe", stripe_key="sk_test_x", stripe_webhook_secret=None).state == State.CARE
    assert look(services.payments, portal_settings, payments="stripe", stripe_key="sk_test_x", stripe_webhook_secret="whsec_x").state == State.RIGHT
    assert look(services.payments, portal_settings, stripe_address=None).state == State.WRONG


@pytest.mark.parametrize("check", [services.mail, services.texts, services.files, services.payments])
def test_production_is_warned_of_what_is_only_local(portal_settings, check):
    assert look(check, portal_settings).state == State.RIGHT
    assert look(check, portal_settings, environment="production").state == State.CARE


def test_an_installation_without_text_messages_is_right(portal_settings):
    assert look(services.texts, portal_settings, texts_url=None, environment="production").state == State.RIGHT


def test_the_start_of_a_real_installation_names_what_stays_on_its_machine(portal_settings):
    with capture_logs() as said:
        app.warn_of_stand_ins(portal_settings)
        assert said == []
        app.warn_of_stand_ins(portal_settings.model_copy(update={"environment": "production", "files_url": "s3://bucket"}))
    assert [line["setting"] for line in said] == ["CUSPID_MAIL_URL", "CUSPID_TEXTS_URL", "CUSPID_PAYMENTS"]


def test_production_needs_a_domain_and_a_sender(portal_settings):
    assert look(surroundings.address, portal_settings, environment="production").state == State.WRONG
    real = {"environment": "production", "base_domain": "portal.test"}
    assert look(surroundings.address, portal_settings, **real).state == State.WRONG
    assert look(surroundings.address, portal_settings, **real, mail_from="office@portal.test").state == State.RIGHT


def test_a_plan_that_is_no_more_as_it_was_booked_is_named(portal_settings, practice, db):
    assert book(db, practice.id, {"Small": {"patients": 5}}, "Small")
    db.commit()
    found = look(database.plans, portal_settings, plans='{"Small": {"patients": 6}}')
    assert found.state == State.CARE
    assert "the plan is not as CUSPID_PLANS has it now" in found.text
    book(db, practice.id, {"Unlimited": {}}, "Unlimited")
    db.commit()


def test_records_that_stopped_coming_in_are_told_with_the_practice(portal_settings, practice, db):
    now = datetime.now(UTC)
    db.add(RecordsState(practice_id=practice.id, came_at=now, stale_at=now - timedelta(minutes=1), refused=2))
    db.commit()
    found = look(database.records, portal_settings)
    assert found.state == State.CARE
    assert practice.slug in found.text
    db.execute(update(RecordsState).where(RecordsState.practice_id == practice.id).values(stale_at=now + timedelta(hours=1)))
    db.commit()
    assert practice.slug not in look(database.records, portal_settings).text


def test_production_is_asked_for_its_proxies(portal_settings):
    assert look(surroundings.proxy, portal_settings).state == State.RIGHT
    assert look(surroundings.proxy, portal_settings, environment="production").state == State.CARE
    assert look(surroundings.proxy, portal_settings, environment="production", trusted_proxies="10.0.0.7").state == State.RIGHT


def test_one_examination_that_fails_does_not_hide_the_others(environ, monkeypatch):
    def secret(settings):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(surroundings, "CHECKS", (secret, surroundings.time_zones))
    assert find(environ, "secret").text == "could not be examined: RuntimeError: a fault of ours"
    assert find(environ, "time zones").state == State.RIGHT


def test_a_deployment_can_stop_when_something_is_wrong(monkeypatch):
    monkeypatch.setattr("core.doctor.examine", lambda: [doctor.wrong("mail", "the mail server is away")])
    answer = CliRunner().invoke(cuspid, ["doctor"])
    assert answer.exit_code == 1
    assert "the mail server is away" in answer.output
    monkeypatch.setattr("core.doctor.examine", lambda: [doctor.right("mail", "the server takes mails")])
    assert CliRunner().invoke(cuspid, ["doctor"]).exit_code == 0
