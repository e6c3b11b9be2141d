"""Closing a practice, and erasing it: its office takes everything along, and then nothing is left."""

import io
import secrets
import zipfile
from datetime import UTC, datetime, timedelta
from functools import partial

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from core.audit import AuditEvent
from core.people.models import Provider
from core.testing import browser
from plugins.account.models import Payment
from tenants import cli, closing, erasing, practices
from tenants.addresses import slugs
from tenants.closing import CannotClose
from tenants.models import Practice
from tenants.practices import CannotMakePractice
from tenants.settings import Author

NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=31)
TABLES = "select table_name, column_name from information_schema.columns where table_schema = 'public' and (column_name = 'practice_id' or column_name like '%\\_practice\\_id')"


@pytest.fixture
def left(migrate_url, registry):
    """`left(practice)`: how many rows and files there are of a practice, by table, past the wall."""

    def count(practice) -> dict[str, int]:
        with psycopg.connect(migrate_url) as connection:
            found: dict[str, int] = {}
            for table, column in connection.execute(TABLES).fetchall():
                query = sql.SQL("select count(*) from {} where {} = {}").format(sql.Identifier(table), sql.Identifier(column), sql.Literal(practice.id))
                found[table] = found.get(table, 0) + connection.execute(query).fetchone()[0]
        return {name: rows for name, rows in found.items() | {("files", registry.files.count(practice.id))} if rows}

    return count


@pytest.fixture
def close(db, practice, work_off):
    """`close()`: begin to close the practice, and make its export."""

    def begin() -> None:
        closing.close(db, practice.id, NOW)
        db.commit()
        for _ in range(8):
            work_off()

    return begin


@pytest.fixture
def filled(make, chart, image, practice, signed_in):
    """A practice with something everywhere."""
    patient = make.patient()
    chart(patient, "word")
    image(patient, "smile.jpg")
    account = make.account(patient)
    make.grant(account, make.patient())
    signed_in(account=account).get("/home")
    make.staff()
    return practice


def manage(app, practice):
    return app.get(f"/office/practices/{practice.slug}/manage")


def test_a_practice_that_is_being_closed_lets_its_admins_in_for_the_export_alone(operator_browser, practice, signed_in, make, portal, work_off, mails, audited_at):
    person, admin, desk = make.patient(last_name="Quistgaard"), make.staff(), make.staff("front_desk")
    patient, office, front, stranger = signed_in(person), signed_in(account=admin), signed_in(account=desk), browser(portal, practice)
    operator = operator_browser()
    form = manage(operator, practice).forms["close"]
    form["name"] = "something else"
    assert "Type the name just as it stands above." in form.submit(status=422)
    form["name"] = f"Practice {practice.slug}"
    page = form.submit().follow()
    assert "Being closed" in page
    assert "0 of 1 done" in page
    for app, path in ((patient, "/home"), (stranger, "/"), (stranger, "/pay"), (stranger, "/sign-in"), (office, "/office/patients"), (office, f"/office/patients/{person.id}")):
        answer = app.get(path, status=503)
        assert "This portal is closed" in answer
        assert "Quistgaard" not in answer
    assert stranger.get("/office/sign-in").status_int == 200
    front.get("/office").follow(status=403)
    page = office.get("/office").follow()
    assert "Take everything along" in page
    assert [link.get_text(strip=True) for link in page.html.select(".office__nav a")] == ["Exports"]
    for _ in range(8):
        work_off()
    [mail] = mails.to(admin.email)
    assert mail["Subject"] == "The export that was asked for is ready"
    assert mails.to(desk.email) == []
    body = office.get("/office/exports").click("Download", href="/download").body
    assert any("Quistgaard" in name for name in zipfile.ZipFile(io.BytesIO(body)).namelist())
    page = manage(operator, practice)
    assert "Ready for the office admins until" in page
    assert "/download" not in page
    assert "Quistgaard" not in page
    page.forms["reopen"].submit()
    patient.get("/home", status=200)
    office.get("/office/patients", status=200)
    assert audited_at(practice) == ["office.practice.close", "office.practice.reopen"]


def test_erasing_leaves_no_row_and_no_file_and_a_tombstone_that_keeps_the_address(filled, other_make, other_practice, close, left, registry, migrate_url, portal, base, db, chart):
    other_make.patient()
    other, seen = left(other_practice), browser(portal, filled)
    close()
    before = left(filled)
    assert set(before) >= {"audit_event", "audit_seal", "outbox", "sign_in_session", "files", "images_image", "summary_allergy", "patient_word"} - {"audit_seal"}
    seen.get("/office/sign-in", status=200)
    rows = erasing.erase(registry, migrate_url, filled.id, LATER)
    assert rows == sum(before.values()) - before["files"]
    assert left(filled) == {}
    assert left(other_practice) == other
    assert seen.get("/office/sign-in", status=404).text == "Not found\n"
    assert registry.tenants.practice_at(filled.host) in (None, filled.id)
    with base.session() as session:
        tombstone = session.scalars(select(Practice).where(Practice.slug == filled.slug)).one()
        assert (tombstone.state, tombstone.name, tombstone.erased_at) == ("erased", filled.slug, LATER)
        assert tombstone.id != filled.id
        with pytest.raises(CannotMakePractice, match="taken"):
            practices.create(session, filled.slug, "Elm", "UTC", NOW)
        with pytest.raises(CannotMakePractice, match="no practice"):
            practices.find(session, filled.slug)
        assert practices.listed(session, filled.slug) == ([], False)
    with base.session() as session:
        assert session.scalars(select(AuditEvent.action).where(AuditEvent.practice_id == base.id, AuditEvent.target_id == filled.id)).all() == ["operator.practice.erase"]


def test_erasing_that_is_broken_off_anywhere_goes_on_to_the_end(filled, close, left, registry, migrate_url, monkeypatch):
    close()
    delete, deleted = erasing._delete, []

    class Killed(BaseException):
        pass

    def killed_after(number):
        def dies(connection, table, columns, practice_id):
            rows = delete(connection, table, columns, practice_id)
            deleted.append(table)
            if rows and len(deleted) >= number:
                raise Killed
            return rows

        return dies

    for number in (1, 8, 30, 1000):
        deleted.clear()
        monkeypatch.setattr(erasing, "_delete", killed_after(number))
        try:
            erasing.erase(registry, migrate_url, filled.id, LATER)
        except Killed:
            with filled.session() as session:
                assert session.get_one(Practice, filled.id).state == "erasing"
                with pytest.raises(CannotClose):
                    closing.reopen(session, filled.id, NOW)
    assert left(filled) == {}


def test_what_a_request_or_task_that_had_begun_before_writes_afterwards_finds_no_practice(filled, close, registry, migrate_url, left):
    close()
    with filled.session() as late:
        assert late.scalar(select(Practice.state).where(Practice.id == filled.id)) == "closing"
        erasing.erase(registry, migrate_url, filled.id, LATER)
        late.add(Provider(first_name="too", last_name="late"))
        with pytest.raises(IntegrityError):
            late.flush()
    assert left(filled) == {}


def test_nothing_is_erased_before_its_time_without_an_export_or_while_a_payment_is_under_way(make, db, practice, registry, migrate_url, left, work_off):
    patient = make.patient()
    name, before = f"Practice {practice.slug}", left(practice)

    def refused(sentence, at, typed=""):
        with pytest.raises(CannotClose, match=sentence):
            erasing.erase(registry, migrate_url, practice.id, at, typed)

    refused("Close the practice first", LATER, name)
    closing.close(db, practice.id, NOW)
    db.commit()
    refused("type its name", NOW)
    refused("The name does not match", NOW, "Practice")
    refused("Its export is not there", LATER)
    payment = Payment(patient_id=patient.id, amount_cents=500, currency="USD", state="unknown", idempotency_key="k", form_nonce="n", receipt_number="R", gateway="local", created_at=NOW)
    db.add(payment)
    db.commit()
    refused("The tab Account could not end what it has outside the portal, so nothing is erased: 1 payments are not settled yet", NOW, name)
    assert left(practice).items() >= {key: rows for key, rows in before.items() if key not in ("audit_event", "outbox")}.items()
    payment.state = "failed"
    db.commit()
    erasing.erase(registry, migrate_url, practice.id, NOW, name)
    assert left(practice) == {}


def test_commands_close_open_again_and_erase_what_is_due(practice, command_line, migrate_url, monkeypatch, work_off, left):
    monkeypatch.setattr("tenants.closing.due", lambda session, now: [practice.slug])
    monkeypatch.setenv("CUSPID_MIGRATE_URL", migrate_url)
    run = partial(command_line, cli.practice)
    assert f"{practice.slug} is being closed. It may be erased from" in run("close", practice.slug).output
    assert "is being closed already" in run("close", practice.slug).output
    assert run("reopen", practice.slug).output == f"{practice.slug} is open again.\n"
    assert run("close", practice.slug, "--days", "0").exit_code == 0
    assert f"{practice.slug}  Practice" not in run("list").output
    assert "(closing)" in run("list").output
    answer = run("erase", "--due")
    assert answer.exit_code == 1
    assert "Its export is not there" in answer.output
    for _ in range(8):
        work_off()
    assert run("erase").exit_code == run("erase", practice.slug, "--due").exit_code == 2
    assert f"{practice.slug} is erased" in run("erase", "--due").output
    assert left(practice) == {}
    monkeypatch.delenv("CUSPID_MIGRATE_URL")
    assert "Name the login that migrates" in run("erase", practice.slug).output


def test_due_is_what_has_waited_long_enough_or_broke_off(db, practice, other_practice):
    closing.close(db, practice.id, NOW)
    db.commit()
    assert practice.slug not in closing.due(db, NOW + timedelta(days=29))
    assert practice.slug in closing.due(db, LATER)
    db.execute(update(Practice).where(Practice.id == practice.id).values(state="erasing"))
    assert practice.slug in closing.due(db, NOW)
    db.rollback()
    assert other_practice.slug not in closing.due(db, LATER)


def test_an_address_that_it_had_before_stays_taken_and_leads_nowhere(practice, close, registry, migrate_url, db, other_practice):
    before = practice.slug
    slugs.move(db, practice.id, f"n{secrets.token_hex(6)}", Author("test", None), NOW)
    db.commit()
    close()
    erasing.erase(registry, migrate_url, practice.id, LATER)
    with other_practice.session() as session, pytest.raises(slugs.CannotTake, match="taken"):
        slugs.claim(session, before)
    assert registry.tenants.owner_now(f"{before}.localhost") is None
