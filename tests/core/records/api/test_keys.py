"""Keys of the API: shown once, right until they end, made anew with an overlap, counted."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from core.auth.limits import windows
from core.records import changes
from core.records.api import asking, keys
from core.records.changes.models import RecordsChangeReader

NOW = datetime(2026, 11, 28, 16, 42, tzinfo=UTC)


@pytest.fixture
def made(db, practice):
    return keys.make(db, practice.id, "Practice system", NOW, None, [], True)


def test_no_part_of_the_secret_is_kept(db, practice, made):
    key, words = made
    secret = words.split("_", 2)[2]
    kept = str(db.execute(text("select * from api_key")).mappings().all())
    assert key.lookup in words
    assert secret not in kept
    assert key.secret_hash in kept


def test_a_key_made_anew_is_right_beside_the_former_one_for_seven_days(db, practice, made):
    key, first = made
    second = keys.make_anew(db, key, NOW)
    assert first != second
    assert {keys.find(db, practice.id, words, NOW + keys.OVERLAP - timedelta(seconds=1)).id for words in (first, second)} == {key.id}
    assert keys.find(db, practice.id, first, NOW + keys.OVERLAP) is None
    third = keys.make_anew(db, key, NOW)
    assert keys.find(db, practice.id, first, NOW) is None
    assert keys.find(db, practice.id, second, NOW) is keys.find(db, practice.id, third, NOW) is key


def test_an_ended_or_revoked_key_opens_nothing_and_reads_no_more(db, practice, made):
    key, words = made
    key.ends_at = NOW + timedelta(days=1)
    assert keys.find(db, practice.id, words, NOW) is key
    assert keys.find(db, practice.id, words, NOW + timedelta(days=1)) is None
    readers = select(RecordsChangeReader.name).where(RecordsChangeReader.practice_id == practice.id)
    assert db.scalars(readers).all() == [key.reader]
    keys.revoke(db, key, NOW, None)
    assert keys.find(db, practice.id, words, NOW) is None
    assert db.scalars(readers).all() == []


@pytest.mark.parametrize("words", ["", "cuspid", "cuspid__", "cuspid_aaaaaaaaaaaa_", "\0", "cuspid_" + "a" * 12 + "_" + "b" * 43, "Bearer"])
def test_what_is_no_key_finds_nothing(db, practice, made, words):
    assert keys.find(db, practice.id, words, NOW) is None


def test_a_secret_that_is_wrong_in_one_letter_finds_nothing(db, practice, made):
    words = made[1]
    assert keys.find(db, practice.id, words[:-1] + ("A" if words[-1] != "A" else "B"), NOW) is None


def test_a_practice_has_only_so_many(db, practice, monkeypatch):
    monkeypatch.setattr(keys, "MOST", 1)
    key, _ = keys.make(db, practice.id, "One", NOW, None, None, True)
    with pytest.raises(keys.TooManyKeys):
        keys.make(db, practice.id, "Two", NOW, None, None, True)
    keys.revoke(db, key, NOW, None)
    keys.make(db, practice.id, "Two", NOW, None, None, True)


def test_the_last_use_is_kept_to_the_minute(db, practice, made):
    key, _ = made
    for seconds, expected in ((0, 0), (59, 0), (60, 60)):
        keys.note_use(db, key, NOW + timedelta(seconds=seconds))
        db.expire_all()
        assert key.used_at == NOW + timedelta(seconds=expected)


def test_who_asks_too_often_is_told_when_to_go_on(system, monkeypatch):
    monkeypatch.setattr(asking, "PER_KEY", windows("1 per 1 minute"))
    system.send({"kind": "dragon"})
    answer = system.ask("POST", "records", {"source": "a", "records": [{}]}, status=429)
    assert 0 < int(answer.headers["Retry-After"]) <= 61
    assert answer.content_type == "application/problem+json"


def test_who_tries_keys_out_is_stopped(system, monkeypatch):
    monkeypatch.setattr(asking, "WRONG", windows("2 per 1 minute"))
    right, system.words = system.words, "cuspid_nothing"
    assert [system.ask("GET", "runs/x").status_int for _ in range(3)] == [401, 401, 429]
    system.words = right
    assert system.ask("GET", "runs/x").status_int == 429


def test_only_a_reader_keeps_changes_waiting(db, practice):
    key, _ = keys.make(db, practice.id, "Sends only", NOW, None, [], False)
    assert changes.waiting(db, practice.id, key.reader) == []
    assert db.scalars(select(RecordsChangeReader.name).where(RecordsChangeReader.practice_id == practice.id)).all() == []
