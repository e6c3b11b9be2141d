"""Publishing the notice of privacy practices."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.auth.welcome import notice_in_force
from tenants import cli, privacy
from tenants.models import PrivacyNotice

NOW = datetime.now(UTC)


def versions(db, practice) -> list[tuple[int, str]]:
    rows = select(PrivacyNotice.version, PrivacyNotice.body).where(PrivacyNotice.practice_id == practice.id)
    return [tuple(row) for row in db.execute(rows.order_by(PrivacyNotice.version))]


def test_each_new_text_is_a_version_and_is_asked_of_everybody(db, practice, registry, make, web):
    account = make.account(make.patient())
    for number, text in enumerate(("# One", "Two", "# One"), start=1):
        notice, is_new = privacy.publish(db, practice.id, text, NOW)
        db.commit()
        assert (notice.version, is_new) == (number, True)
        assert registry.tenants.current(practice.id).notice_version == number
    assert versions(db, practice) == [(1, "# One"), (2, "Two"), (3, "# One")]
    assert "<h3>One</h3>" in web.get("/privacy").text
    form = web.get("/sign-in").forms["sign-in"]
    form["user_name"], form["password"] = account.user_name, "Correct-horse-7"
    assert "<h3>One</h3>" in form.submit().follow().text


@pytest.mark.parametrize("again", ["One\n\nTwo", "\ufeffOne\r\n\r\nTwo\r\n", "  \nOne\n\nTwo  "])
def test_the_text_that_is_in_force_changes_nothing(db, practice, again):
    privacy.publish(db, practice.id, "One\n\nTwo", NOW)
    assert privacy.publish(db, practice.id, again, NOW) == (notice_in_force(db, practice.id), False)
    db.commit()
    assert versions(db, practice) == [(1, "One\n\nTwo")]


def test_it_is_in_the_audit_log_with_who_did_it(db, practice, make):
    alex = make.staff(name="Alex")
    privacy.publish(db, practice.id, "One", NOW, alex.id)
    privacy.publish(db, practice.id, "One", NOW, alex.id)
    db.commit()
    notice_id = db.scalars(select(PrivacyNotice.id).where(PrivacyNotice.practice_id == practice.id)).one()
    said = select(AuditEvent.action, AuditEvent.account_id, AuditEvent.target_id).where(AuditEvent.practice_id == practice.id)
    assert db.execute(said).all() == [("office.notice.publish", alex.id, notice_id)]


def test_two_who_publish_at_once_make_two_versions(db, practice):
    def publish(text: str) -> None:
        with practice.session() as session:
            privacy.publish(session, practice.id, text, NOW)
            session.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(publish, ["One", "Two", "Three", "Four"]))
    assert [version for version, _ in versions(db, practice)] == [1, 2, 3, 4]


@pytest.mark.parametrize("text", ["", " \n\ufeff ", "a\0b", "a\x1bb", "x" * 100_001])
def test_what_is_no_notice_is_refused(db, practice, text):
    with pytest.raises(privacy.WrongNotice):
        privacy.publish(db, practice.id, text, NOW)
    assert versions(db, practice) == []


@pytest.fixture
def run(command_line, practice):
    """`run(...)`: `cuspid practice notice` for the practice."""
    return partial(command_line, cli.practice, "notice", practice.slug)


def test_the_command_publishes_a_file_and_shows_what_is_in_force(run, tmp_path, registry, practice):
    file = tmp_path / "notice.md"
    file.write_text("# Notice\n\nذاك\n", encoding="utf-8")
    assert run("--show").output == f"{practice.slug} has no notice.\n"
    for word in ("now", "already"):
        assert run(str(file)).output == f"Version 1 is {word} in force: {registry.portal.address(practice.host)}/privacy\n"
    assert run("--show").output == "# Notice\n\nذاك\n"


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7\n\xff", "Ümlaut".encode("latin-1"), b"x" * 10_000_000, b"a\0b"])
def test_a_file_that_is_no_text_is_refused_in_a_sentence(run, tmp_path, db, practice, content):
    file = tmp_path / "notice"
    file.write_bytes(content)
    answer = run(str(file))
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")
    assert len(answer.output.splitlines()) == 1
    assert versions(db, practice) == []


def test_without_a_file_it_says_what_to_do(run, tmp_path):
    assert "--show" in run().output
    assert run(str(tmp_path)).exit_code == run("nowhere.txt").exit_code == 2
