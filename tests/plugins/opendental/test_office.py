"""The office's page of the connector."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from core import config
from core.auth.secrets import decrypt
from core.records.changes.models import RecordsChangeReader
from plugins.opendental import progress, working
from plugins.opendental.models import Connection, Cursor, Push, WantedFile
from plugins.opendental.wire import Away
from plugins.opendental.wire.choice import drop_for
from tenants import settings
from tests.plugins.opendental.conftest import NOW, definitions

PATH = "/office/opendental/connection"
KEY = "Key0of0the0office0"
LEAST = {"CUSPID_DATABASE_URL": "postgresql://a/b", "CUSPID_BROKER_URL": "memory://", "CUSPID_MAIL_URL": "mailbox:/x", "CUSPID_FILES_URL": "file:/x", "CUSPID_SECRET_KEY": "k" * 32}


@pytest.fixture(autouse=True)
def switched_on(db, registry, practice, monkeypatch):
    settings.change(db, registry.plugins, practice.id, None, "opendental", True, "Alex", NOW)
    db.commit()
    monkeypatch.setattr(registry, "portal", registry.portal.model_copy(update={"opendental_key": "developer"}))


@pytest.fixture
def desk(signed_in, make):
    return lambda role="office_admin": signed_in(account=make.staff(role))


def row(db, practice) -> Connection:
    db.expire_all()
    return db.scalars(select(Connection).where(Connection.practice_id == practice.id)).one()


def connect(app, key=KEY):
    form = app.get(PATH).forms["connect"]
    form["customer_key"] = key
    return form.submit(status="*")


def test_an_admin_connects_and_the_key_is_kept_encrypted_and_shown_never_again(desk, db, practice, registry):
    app = desk()
    assert connect(app).status_int == 303
    kept = row(db, practice)
    assert KEY not in kept.customer_key
    assert decrypt(registry.portal.secret_key, practice.id, kept.customer_key) == KEY
    page = app.get(PATH).text
    assert KEY not in page
    assert "Asking" in page


@pytest.mark.parametrize("key", ["", "with spaces in it", "short", "x" * 200, "ключ-из-букв"])
def test_what_is_no_key_is_told_and_keeps_nothing(desk, db, practice, key):
    answer = connect(desk(), key)
    assert answer.status_int == 422
    assert db.scalar(select(Connection.id).where(Connection.practice_id == practice.id)) is None


def test_without_a_developer_key_the_page_says_who_can_help(desk, registry, monkeypatch):
    monkeypatch.setattr(registry, "portal", registry.portal.model_copy(update={"opendental_key": None, "opendental_address": None}))
    page = desk().get(PATH)
    assert "Whoever runs this portal" in page.text
    assert "connect" not in page.forms


def test_the_time_of_the_first_load_is_shown_before_it_is_started(desk, office, tables, db, practice):
    definitions(tables)
    tables.counts = dict.fromkeys(["recall", "procedurelog", "claimproc", "paysplit", "document"], 100_000) | {"patient": 10_000}
    connection = row(db, practice)
    connection.is_running = False
    db.commit()
    working.look(working.Turn(office, tables, lambda: NOW))
    page = desk().get(PATH)
    assert "10,000 patients" in page.text
    assert progress.in_words(progress.first_load(row(db, practice))) in page.text
    assert timedelta(hours=1) < progress.first_load(row(db, practice)) < timedelta(hours=4)


def test_starting_pausing_and_going_on(desk, office, tables, db, practice):
    definitions(tables)
    connection = row(db, practice)
    connection.is_running = False
    db.commit()
    working.look(working.Turn(office, tables, lambda: NOW))
    app = desk()
    app.get(PATH).forms["run"].submit()
    assert row(db, practice).is_running
    assert db.scalar(select(RecordsChangeReader.name).where(RecordsChangeReader.practice_id == practice.id)) == "opendental"
    assert "First load" in app.get(PATH).text
    app.get(PATH).forms["pause"].submit()
    assert not row(db, practice).is_running
    assert not working.take_turn(working.Turn(office, tables, lambda: NOW))


def test_trouble_is_told_in_plain_words_and_waits_a_while(desk, office, tables, db, practice, monkeypatch):
    def away(*_):
        raise Away

    monkeypatch.setattr(tables, "rows_of", away)
    working.take_turn(working.Turn(office, tables, lambda: NOW))
    assert str(Away()) in desk().get(PATH).text.replace("&#39;", "’")
    monkeypatch.undo()
    asked = len(tables.asked)
    working.take_turn(working.Turn(office, tables, lambda: NOW + timedelta(minutes=1)))
    assert len(tables.asked) == asked
    working.take_turn(working.Turn(office, tables, lambda: NOW + timedelta(minutes=3)))
    assert len(tables.asked) > asked
    assert row(db, practice).problem == ""


def test_only_one_worker_at_a_time_takes_the_turn(office, tables, db, practice):
    connection = row(db, practice)
    connection.busy_until = NOW + timedelta(minutes=1)
    db.commit()
    assert not working.take_turn(working.Turn(office, tables, lambda: NOW))
    assert tables.asked == []


def test_what_the_office_chooses_counts_and_is_read_anew(desk, office, tables, db, practice, pull):
    definitions(tables)
    pull()
    page = desk().get(PATH)
    form = page.forms["choose"]
    form["confirmation_21"], form["category_31"], form["payment_type"], form["task_list"] = "callback", "no", "51", "seven"
    refused = form.submit(status=422)
    assert "digits only" in refused.text
    form["task_list"] = "7"
    form.submit()
    assert row(db, practice).choices == {"confirmations": {"21": "callback"}, "categories": {"31": False}, "payment_type": "51", "task_list": "7"}
    assert {cursor.resource for cursor in db.scalars(select(Cursor).where(Cursor.practice_id == practice.id, Cursor.pulled_at.is_(None)))} == {"definitions", "appointments"}


def test_what_open_dental_would_not_take_waits_for_a_person(desk, office, db, practice):
    told = {"kind": "appointment.confirmed", "number": 1, "what": {}, "problem": "It is broken over there.", "noted_at": NOW}
    pushes = [Push(practice_id=practice.id, change_id=uuid4(), target_id=uuid4(), state="stuck", **told) for _ in range(2)]
    db.add_all(pushes)
    db.commit()
    app = desk("front_desk")
    page = app.get(PATH)
    assert "It is broken over there." in page.text
    page.forms[f"settle-{pushes[0].id}"].submit("act", value="again")
    app.get(PATH).forms[f"settle-{pushes[1].id}"].submit("act", value="leave")
    db.expire_all()
    assert [push.state for push in pushes] == ["waiting", "passed"]
    assert app.post("/office/opendental/settle", {"csrf_token": page.forms[f"settle-{pushes[0].id}"]["csrf_token"].value, "push": str(uuid4())}, status="*").status_int == 404


def test_disconnecting_forgets_the_key_and_keeps_what_came_in(desk, office, tables, db, practice, pull):
    tables.put("providers", {"ProvNum": 1, "FName": "Ann", "LName": "Lee"})
    pull()
    desk().get(PATH).forms["disconnect"].submit()
    assert db.scalar(select(Connection.id).where(Connection.practice_id == practice.id)) is None
    assert db.scalar(select(Cursor.id).where(Cursor.practice_id == practice.id)) is None


def wanted(practice, number, **fields):
    about = {"kind": "image", "external_id": str(number), "document": str(number), "chart": "1", "folder": "31", "dated_on": NOW.date(), "stamp": "x", "record": {}}
    return WantedFile(practice_id=practice.id, **about | fields)


def test_how_far_the_files_are_and_why_some_were_not_taken_and_another_try(desk, office, tables, db, practice, pull):
    definitions(tables)
    pull()
    db.add_all([wanted(practice, 1, state="done"), wanted(practice, 2), wanted(practice, 3, state="refused", problem="It is a TIFF picture."), wanted(practice, 4, folder="99")])
    row(db, practice).files_problem = "The office cannot write to drop.example.com."
    db.commit()
    page = desk("front_desk").get(PATH)
    for words in ("1 file is in", "1 is to come", "It is a TIFF picture.", "drop.example.com"):
        assert words in page.text
    page.forms["files"].submit()
    db.expire_all()
    assert {one.external_id: one.state for one in db.scalars(select(WantedFile).where(WantedFile.practice_id == practice.id))}["3"] == "waiting"


def test_without_a_drop_the_page_says_that_statements_and_images_come_without_files(desk, office, tables, registry, monkeypatch, pull):
    definitions(tables)
    pull()
    monkeypatch.setattr(registry, "portal", registry.portal.model_copy(update={"opendental_address": None}))
    assert "They come without their files" in desk().get(PATH).text


def test_a_drop_without_a_known_key_stops_the_start():
    environ = {"CUSPID_OPENDENTAL_DROP": "sftp://office:p%40ss@drop.example.com:2222/incoming", "CUSPID_OPENDENTAL_DROP_KEY": "ssh-ed25519 AAAA"}
    login = drop_for(config.load(environ=LEAST | environ)).reader
    assert (login.host, login.port, login.user, login.password, login.path("a.pdf")) == ("drop.example.com", 2222, "office", "p@ss", "/incoming/a.pdf")
    with pytest.raises(config.WrongSetting, match="CUSPID_OPENDENTAL_DROP_KEY"):
        config.load(environ=LEAST | environ | {"CUSPID_OPENDENTAL_DROP_KEY": ""})


def test_the_page_says_whether_open_dental_reports_changes_by_itself(desk, office, tables, db, practice, pull):
    definitions(tables)
    pull()
    app = desk()
    assert "by itself what changes" not in app.get(PATH).text
    row(db, practice).reporting_since = NOW
    db.commit()
    assert "has reported nothing yet" in app.get(PATH).text
    connection = row(db, practice)
    connection.heard_at, connection.reporting_problem = NOW, "The eConnector does not run."
    db.commit()
    page = app.get(PATH).text
    assert "it last did" in page
    assert "does not report changes by itself" in page
