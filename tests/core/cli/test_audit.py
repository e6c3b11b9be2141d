"""`cuspid audit`: an unbroken chain is said in one line, each break in one more, and the exit code tells them apart."""

import os
import re
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from core import audit as log
from core.cli import audit, cuspid
from core.sealing import seal

NOW = datetime.now(UTC)


def sealed(session, practice_id, count):
    """That many entries more, and all seals."""
    for _ in range(count):
        log.record(session, practice_id, "plan.plan.view", NOW)
    session.commit()
    seal(session, practice_id, NOW)
    session.commit()
    return list(session.scalars(select(log.AuditSeal).order_by(log.AuditSeal.sequence)))


def take_out(owner, practice_id, seals):
    """Delete these seals and their entries."""
    for victim in seals:
        owner.execute("DELETE FROM audit_seal WHERE practice_id = %s AND id = %s", [practice_id, victim.id])
        owner.execute("DELETE FROM audit_event WHERE practice_id = %s AND id = %s", [practice_id, victim.event_id])


@pytest.fixture
def run(registry, practice, monkeypatch):
    """Run `cuspid audit ...`; answers its exit code and what it said."""
    monkeypatch.setattr(audit, "_registry", lambda: registry)
    # The command ends its own pool of connections; this one is also that of the other tests.
    monkeypatch.setattr(registry.engine, "dispose", lambda: None)

    def command(*words: str):
        done = CliRunner().invoke(cuspid, ["audit", *words])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return command


def test_an_unbroken_chain_is_one_line(run, db, practice):
    sealed(db, practice.id, 4)
    assert run("verify", practice.slug) == (0, f"{practice.slug}: 4 entries, unbroken\n")


def test_entries_that_wait_for_the_next_minute_are_told_and_are_no_fault(run, db, practice):
    log.record(db, practice.id, "plan.plan.view", NOW)
    db.commit()
    assert run("verify", practice.slug) == (0, f"{practice.slug}: 0 entries, unbroken; 1 more waiting for a seal\n")


def test_each_finding_is_one_line_that_says_what_to_do(run, db, practice, migrate_url):
    seals = sealed(db, practice.id, 9)
    with psycopg.connect(migrate_url, autocommit=True) as owner:
        owner.execute("UPDATE audit_event SET action = 'nothing' WHERE id = %s", [seals[1].event_id])
        owner.execute("UPDATE audit_seal SET hash = %s WHERE id = %s", ["0" * 64, seals[7].id])
        take_out(owner, practice.id, seals[4:6])
    code, output = run("verify", practice.slug)
    lines = output.splitlines()
    assert code == 1
    assert len(lines) == 4
    assert lines[0].startswith(f"{practice.slug}: content: entry {seals[1].event_id}, number 2, is not as it was sealed.")
    assert lines[1].startswith(f"{practice.slug}: gap: the numbers 5 to 6 are missing")
    assert lines[2].startswith(f"{practice.slug}: link: the chain does not hold at number 8")
    assert all("backup" in line for line in lines)


def test_a_tail_that_is_gone_shows_against_the_head_that_was_noted(run, db, practice, migrate_url):
    seals = sealed(db, practice.id, 5)
    code, output = run("head", practice.slug)
    [slug, kept] = output.split()
    assert (code, slug) == (0, practice.slug)
    assert kept == f"5:{seals[-1].hash}"
    assert run("verify", practice.slug, "--head", kept)[0] == 0
    with psycopg.connect(migrate_url, autocommit=True) as owner:
        take_out(owner, practice.id, seals[3:])
    assert run("verify", practice.slug)[0] == 0
    code, output = run("verify", practice.slug, "--head", kept)
    assert code == 1
    assert "truncated tail: the numbers 4 to 5 were there" in output
    sealed(db, practice.id, 3)
    code, output = run("verify", practice.slug, "--head", kept)
    assert code == 1
    assert "rewritten: number 5 has another hash" in output


def test_entries_that_wait_too_long_are_a_finding(run, db, practice):
    log.record(db, practice.id, "plan.plan.view", NOW - timedelta(hours=3))
    db.commit()
    code, output = run("verify", practice.slug)
    assert code == 1
    assert re.search(
        r"unsealed: waiting for a seal: 1, the oldest since \d{4}-\d\d-\d\d \d\d:\d\d UTC\. See that a worker runs with --beat\.",
        output,
    )
    seal(db, practice.id, NOW, whole=True)
    db.commit()


def test_more_than_a_hundred_findings_are_counted(run, db, practice, migrate_url):
    sealed(db, practice.id, 120)
    with psycopg.connect(migrate_url, autocommit=True) as owner:
        owner.execute("UPDATE audit_event SET action = 'nothing' WHERE practice_id = %s", [practice.id])
    lines = run("verify", practice.slug)[1].splitlines()
    assert len(lines) == 101
    assert lines[-1] == f"{practice.slug}: and 20 more findings."


def test_without_a_name_every_practice_is_looked_at(run, registry, db, practice, other_db, other_practice, migrate_url, monkeypatch):
    monkeypatch.setattr(type(registry.tenants), "practice_ids", lambda _: [practice.id, other_practice.id])
    seals = sealed(db, practice.id, 2)
    sealed(other_db, other_practice.id, 3)
    assert [line.split()[0] for line in run("head")[1].splitlines()] == [practice.slug, other_practice.slug]
    with psycopg.connect(migrate_url, autocommit=True) as owner:
        owner.execute("UPDATE audit_event SET action = 'nothing' WHERE id = %s", [seals[0].event_id])
    code, output = run("verify")
    assert code == 1
    assert f"{practice.slug}: content" in output
    assert f"{other_practice.slug}: 3 entries, unbroken" in output


def test_a_practice_in_which_nothing_is_sealed_has_no_head(run, practice):
    assert run("head", practice.slug) == (0, f"{practice.slug}: nothing is sealed yet\n")


@pytest.mark.parametrize(("words", "sentence"), [
    (["verify", "nowhere"], "There is no practice called 'nowhere'."),
    (["verify", "x" * 70], "There is no practice called"),
    (["verify", "--head", "1:" + "a" * 64], "name it"),
    (["verify", "{slug}", "--head", "12"], "write it as"),
    (["verify", "{slug}", "--head", "0:" + "a" * 64], "write it as"),
    (["verify", "{slug}", "--head", "²:" + "a" * 64], "write it as"),
])  # fmt: skip
def test_a_wrong_wish_is_said_in_one_sentence(run, practice, words, sentence):
    code, output = run(*[word.format(slug=practice.slug) for word in words])
    assert code != 0
    assert sentence in output


def test_the_command_finds_the_installation_in_the_environment(portal_settings, db, practice):
    sealed(db, practice.id, 2)
    environ = os.environ | {f"CUSPID_{name.upper()}": str(value) for name, value in portal_settings if value is not None}
    done = CliRunner().invoke(cuspid, ["audit", "verify", practice.slug], env=environ)
    assert (done.exit_code, done.output) == (0, f"{practice.slug}: 2 entries, unbroken\n")
