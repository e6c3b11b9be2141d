"""Files come from Open Dental by way of the drop: each into its record once, whatever dies; and what cannot come is told."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncssh
import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Picture
from sqlalchemy import select

from core.auth.models import Account
from core.people.models import Patient
from core.records.models import RecordsRefusal
from plugins.account.models import Statement
from plugins.images.models import Image
from plugins.opendental import fetching, pulling, wanting, working
from plugins.opendental.models import Connection, WantedFile
from plugins.opendental.stand_in.drop import FOLDER, drop_at
from plugins.opendental.stand_in.office import ALL
from plugins.opendental.wire import Away, NotAllowed
from plugins.opendental.wire.drop import Drop, DropAway, Login
from tests.plugins.opendental.conftest import Deadly, Killed

# An upload is good for a day of the real clock.
NOW = datetime.now(UTC)

SHOWN, STATEMENTS, HIDDEN = 31, 32, 33


def pdf() -> bytes:
    """A page with nothing on it."""
    paper, made = pypdfium2.PdfDocument.new(), io.BytesIO()
    paper.new_page(100, 100)
    paper.save(made)
    return made.getvalue()


def png(shade=90) -> bytes:
    """A small picture."""
    made = io.BytesIO()
    Picture.new("L", (16, 16), shade).save(made, "PNG")
    return made.getvalue()


@pytest.fixture
def theirs(wire, office):
    """An office with two patients, an image that patients see and one that they do not, and a statement with its paper."""
    store = wire.office.store
    for number, name, letters in ((SHOWN, "X-rays", "XL"), (STATEMENTS, "Statements", "S"), (HIDDEN, "Notes", "X")):
        store.add("definition", DefNum=number, ItemName=name, ItemValue=letters, Category=18)
    for number, name in ((15, "Mia"), (16, "Leo")):
        store.add("patient", PatNum=number, LName="Ode", FName=name, Guarantor=number)
    add(store, 1, 15, SHOWN, "ode1.png", png())
    add(store, 2, 15, HIDDEN, "ode2.png", png())
    add(store, 3, 15, STATEMENTS, "ode3.pdf", pdf())
    store.add("statement", StatementNum=8, PatNum=15, DateSent="2026-11-20", IsSent=1, DocNum=3, BalTotal=10)
    return store


def add(store, number, patient, folder, name, body, day="2026-11-01"):
    """One more document with its file."""
    store.add("document", DocNum=number, PatNum=patient, DocCategory=folder, FileName=name, DateCreated=f"{day} 10:00:00")
    store.keep_file(number, body)


@pytest.fixture
def drop(wire):
    """The drop of the stand-in, with nothing in it."""
    for file in lying(wire):
        file.unlink()
    return drop_at(wire.stand_in.address)


def lying(wire) -> list[Path]:
    """What lies in the drop."""
    return sorted(Path(wire.stand_in.drop.folder, FOLDER.strip("/")).iterdir())


def pull(office, system, now=NOW):
    while pulling.step(office, system, now):
        pass


def fetch(office, system, drop, now=NOW, whose="everybody"):
    while fetching.fetch_next(office, system, drop, now, whose):
        pass


def asked(wire) -> int:
    return wire.office.asked.count(("POST", "documents/DownloadSftp"))


def files(db, practice) -> dict[str, WantedFile]:
    db.expire_all()
    return {f"{row.kind} {row.external_id}": row for row in db.scalars(select(WantedFile).where(WantedFile.practice_id == practice.id))}


def there(db, practice) -> dict[str, str | None]:
    """The digests of what patients can open."""
    db.expire_all()
    images = db.execute(select(Image.external_id, Image.source_sha256).where(Image.practice_id == practice.id)).all()
    papers = db.execute(select(Statement.external_id, Statement.file_sha256).where(Statement.practice_id == practice.id)).all()
    return {f"image {number}": digest for number, digest in images} | {f"statement {number}": digest for number, digest in papers}


def connection_of(db, practice) -> Connection:
    db.expire_all()
    return db.scalars(select(Connection).where(Connection.practice_id == practice.id)).one()


def test_statements_and_images_that_patients_see_come_with_their_files_and_nothing_stays_in_the_drop(theirs, office, wire, drop, db, practice):
    client = wire.client(way="service")
    pull(office, client)
    assert not any(there(db, practice).values())
    fetch(office, client, drop)
    found = there(db, practice)
    assert found["image 1"]
    assert found["statement 8"]
    assert found["image 2"] is None
    assert asked(wire) == 2
    assert lying(wire) == []
    assert {row.state for row in files(db, practice).values() if row.folder != str(HIDDEN)} == {"done"}
    assert files(db, practice)["image 1"].record == {}


def test_only_what_has_changed_over_there_is_fetched_again(theirs, office, wire, drop, db, practice):
    client = wire.client(way="service")
    pull(office, client)
    fetch(office, client, drop)
    before = there(db, practice)
    pull(office, client, NOW + timedelta(minutes=10))
    fetch(office, client, drop, NOW + timedelta(minutes=10))
    assert asked(wire) == 2
    theirs.keep_file(1, png(12))
    wire.stand_in.pass_time(2 * 3600)
    theirs.update("document", 1, Description="Taken anew")
    pull(office, client, NOW + timedelta(hours=2))
    fetch(office, client, drop, NOW + timedelta(hours=2))
    assert asked(wire) == 3
    assert there(db, practice)["image 1"] != before["image 1"]
    wire.stand_in.pass_time(2 * 3600)
    theirs.update("document", 1, DocCategory=STATEMENTS)
    pull(office, client, NOW + timedelta(hours=4))
    assert "image 1" not in files(db, practice)


def test_a_folder_that_is_shown_from_now_on_brings_its_files(theirs, office, wire, drop, db, practice):
    client = wire.client(way="service")
    pull(office, client)
    fetch(office, client, drop)
    connection_of(db, practice).choices = {"categories": {str(HIDDEN): True}}
    db.commit()
    fetch(office, client, drop)
    assert there(db, practice)["image 2"]


@pytest.mark.parametrize("death, calls", [("before", 1), ("after", 1), ("lost", 1)])
def test_what_dies_around_the_call_is_looked_for_in_the_drop_before_it_is_asked_for_again(theirs, office, wire, drop, db, practice, death, calls):
    client = wire.client(way="service")
    pull(office, client)
    with pytest.raises((Killed, Away)):
        fetching.fetch_next(office, Deadly(client, [death]), drop, NOW, "everybody")
    fetch(office, client, drop, NOW + timedelta(minutes=2))
    fetch(office, client, drop, NOW + timedelta(minutes=10))
    assert there(db, practice)["image 1"]
    assert there(db, practice)["statement 8"]
    assert asked(wire) == 1 + calls
    assert lying(wire) == []


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deaths=st.lists(st.sampled_from(["before", "after", "lost", "away", ""]), max_size=4), kills=st.sets(st.integers(1, 8), max_size=4))
def test_whatever_dies_every_file_is_in_its_record_and_out_of_the_drop(theirs, office, wire, drop, db, practice, monkeypatch, deaths, kills):
    """Killed around calls, before and after what is fetched is committed, and before it is taken away."""
    client, count, now = Deadly(wire.client(way="service"), deaths), 0, NOW
    pull(office, wire.client(way="service"))
    fetching_again(db, practice)

    def deadly(act):
        def do(*given):
            nonlocal count
            count += 1
            if count in kills:
                raise Killed
            return act(*given)

        return do

    with monkeypatch.context() as patched:
        patched.setattr(fetching.uploaded, "receive", deadly(fetching.uploaded.receive))
        patched.setattr(fetching, "_settle", deadly(fetching._settle))
        patched.setattr(Drop, "remove", deadly(Drop.remove))
        for _ in range(12):
            try:
                fetch(office, client, drop, now)
            except (Killed, Away):
                pass
            now += timedelta(hours=1)
    assert {row.state for row in files(db, practice).values() if row.folder != str(HIDDEN)} == {"done"}
    assert there(db, practice)["image 1"]
    assert there(db, practice)["statement 8"]
    assert lying(wire) == []


def fetching_again(db, practice):
    """All files are wanted anew."""
    for row in files(db, practice).values():
        row.state, row.name, row.next_at, row.attempts = "waiting", "", None, 0
        row.record = row.record or {"kind": row.kind, "external_id": row.external_id} | RECORDS[row.kind]
    db.commit()


RECORDS = {
    "image": {"patient": "15", "folder": str(SHOWN), "taken_on": "2026-11-01", "type": "document"},
    "statement": {"patient": "15", "number": "8", "sent_on": "2026-11-20", "balance_cents": 1000},
}


def test_what_cannot_be_taken_stands_on_the_page_of_records_with_the_reason_and_is_tried_again_when_asked(theirs, office, wire, drop, db, practice):
    add(theirs, 4, 15, SHOWN, "scan.tif", b"II*\0" + b"0" * 200)
    add(theirs, 5, 15, SHOWN, "empty.png", b"")
    add(theirs, 6, 15, SHOWN, "broken.png", png()[:40])
    client = wire.client(way="service")
    pull(office, client)
    fetch(office, client, drop)
    reasons = {row.external_id: row.reason for row in db.scalars(select(RecordsRefusal).where(RecordsRefusal.practice_id == practice.id))}
    assert "TIFF" in reasons["4"]
    assert reasons["6"].startswith("file: ")
    assert files(db, practice)["image 5"].problem == fetching.NO_FILE
    assert fetching.NO_FILE in reasons["5"]
    assert lying(wire) == []
    theirs.keep_file(4, png())
    wanting.try_again(db, practice.id)
    db.commit()
    fetch(office, client, drop)
    assert there(db, practice)["image 4"]


def test_a_file_that_is_too_large_is_refused_before_it_is_read_whole(theirs, office, wire, drop, db, practice):
    client = wire.client(way="service")
    pull(office, client)
    small = {name: kind if not kind.file else fetching_small(kind) for name, kind in office.kinds.items()}
    fetch(pulling.Office(office.engine, office.practice_id, office.time_zone, small), client, drop)
    assert "more than" in files(db, practice)["image 1"].problem
    assert lying(wire) == []


def fetching_small(kind):
    """The same kind, of which a file has a few bytes at most."""
    return replace(kind, file=replace(kind.file, most_bytes=10))


def test_whoever_signs_in_comes_first_then_those_who_have_an_account_then_the_newest(theirs, office, wire, drop, db, practice, make):
    add(theirs, 7, 16, SHOWN, "leo.png", png(1), "2025-01-01")
    client = wire.client(way="service")
    pull(office, client)
    leo = db.scalars(select(Patient).where(Patient.practice_id == practice.id, Patient.external_id == "16")).one()
    assert not fetching.fetch_next(office, client, drop, NOW, "members")
    account = make.account(leo)
    assert not fetching.fetch_next(office, client, drop, NOW, "waiting")
    db.get_one(Account, (practice.id, account.id)).signed_in_at = NOW - timedelta(minutes=1)
    db.commit()
    while not asked(wire):
        assert working._one(working.Turn(office, client, lambda: NOW, drop), NOW)
    assert {name for name, digest in there(db, practice).items() if digest} == {"image 7"}


def test_an_office_that_cannot_reach_the_drop_is_told_and_nothing_else_is_asked_for_meanwhile(theirs, office, wire, drop, db, practice):
    client = wire.client(way="service")
    pull(office, client)
    wrong = Drop(Login(drop.told.host, drop.told.port, "office", "another password", drop.told.folder), drop.reader, drop.keys)
    fetch(office, client, wrong)
    assert asked(wire) == 1
    assert "127.0.0.1" in connection_of(db, practice).files_problem
    fetch(office, client, drop, NOW + timedelta(seconds=30))
    assert asked(wire) == 1
    fetch(office, client, drop, NOW + timedelta(minutes=2))
    assert connection_of(db, practice).files_problem == ""
    assert there(db, practice)["image 1"]


def test_a_server_with_another_key_gets_no_password_and_nothing_is_fetched(theirs, office, wire, drop, db, practice):
    client = wire.client(way="service")
    pull(office, client)
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    fetch(office, client, Drop(drop.told, drop.reader, (other,)))
    assert "another key" in connection_of(db, practice).files_problem
    assert not any(there(db, practice).values())


def test_a_key_without_the_right_for_documents_stops_files_only(theirs, office, wire, drop, db, practice):
    wire.office.permissions = ALL - {"Documents"}
    client = wire.client(way="service")
    pull(office, client)
    fetch(office, client, drop)
    assert connection_of(db, practice).files_problem == fetching.NO_RIGHT
    assert connection_of(db, practice).problem == ""
    wire.office.permissions = ALL
    wire.office.quirks.disabled = True
    with pytest.raises(NotAllowed):
        fetch(office, client, drop, NOW + timedelta(hours=1))


def test_a_file_that_does_not_arrive_is_asked_for_again_but_not_for_ever(theirs, office, wire, drop, db, practice):
    client, now = wire.client(way="service"), NOW
    pull(office, client)
    elsewhere = Drop(drop.told, Login(drop.reader.host, drop.reader.port, drop.reader.user, drop.reader.password, "/nowhere"), drop.keys)
    for _ in range(12):
        fetch(office, client, elsewhere, now)
        now += timedelta(hours=2)
    assert {row.problem for row in files(db, practice).values() if row.folder != str(HIDDEN)} == {fetching.NEVER_CAME}
    assert asked(wire) == 2 * fetching.MOST_ATTEMPTS


def test_without_a_drop_the_round_goes_on_and_no_file_is_asked_for(theirs, office, wire, db, practice):
    client = wire.client(way="service")
    pull(office, client)
    working.take_turn(working.Turn(office, client, lambda: NOW), seconds=1)
    assert asked(wire) == 0
    assert wanting.counts(db, practice.id, office.kinds).waiting == 2


def test_the_login_that_offices_are_told_can_neither_read_nor_remove(drop, wire):
    name = f"{'a' * 32}.pdf"
    told = Drop(drop.told, drop.told, drop.keys)
    for act in (lambda: told.fetch(name, io.BytesIO(), 10), lambda: told.remove(name)):
        with pytest.raises(DropAway):
            act()
    with pytest.raises(ValueError, match="random word"):
        drop.fetch("../other", io.BytesIO(), 10)
