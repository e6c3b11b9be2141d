"""The client against the stand-in: keys, turns, tries, faults, limits, and what never stands in an address or a log."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from plugins.opendental.stand_in.office import ENTERPRISE, READ_ONLY
from plugins.opendental.wire import client as module
from plugins.opendental.wire.faults import Away, NotAllowed, NotThere, Refused, SlowDown, TimedOut, TooLarge, TooOld, fault_of
from plugins.opendental.wire.throttle import SECONDS, SharedThrottle

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def read_all(client, path="patients/Simple", **filters):
    found = []
    while True:
        rows = client.page(path, filters, len(found))
        found += rows
        if len(rows) < client.limit:
            return found


def test_a_list_is_read_page_by_page_with_everybody_once(wire, people):
    people(250)
    rows = read_all(wire.client())
    assert [row["PatNum"] for row in rows] == list(range(1, 251))
    assert len(wire.office.asked) == 3
    assert rows[0]["serverDateTime"]


@pytest.mark.parametrize(("way", "level", "permissions", "size"), [("service", "write", None, 1000), ("remote", "enterprise", ENTERPRISE, 1000), ("local", "enterprise", ENTERPRISE, 10_000)])
def test_the_way_and_the_key_say_how_many_rows_come_at_once(wire, people, way, level, permissions, size):
    people(1001)
    wire.office.permissions = permissions or wire.office.permissions
    client = wire.client(level, way)
    assert client.limit == size
    assert len(read_all(client)) == 1001
    assert len(wire.office.asked) == (1 if size > 1001 else 2)


def test_a_key_that_gives_fewer_rows_than_the_office_said_ends_no_list_too_soon(wire, people):
    people(450)
    client = wire.client("enterprise")  # but the office's key is none for Enterprise
    assert len(read_all(client)) == 450


def test_amounts_come_exactly_and_odd_values_as_they_are(wire):
    wire.office.store.add("patient", LName="A", FName="B", EstBalance=0.1 + 0.2, FamFinUrgNote="one\r\ntwo", Premed=1)
    row = wire.client().one("patients/1")
    assert isinstance(row["EstBalance"], Decimal)
    assert (row["Birthdate"], row["Premed"], row["FamFinUrgNote"], row["PatStatus"]) == ("0001-01-01", "true", "one two", "Patient")


@pytest.mark.parametrize("how", ["429", "400", "504"])
def test_whoever_is_told_to_wait_waits_and_goes_on_by_itself(wire, people, how):
    people(150)
    wire.office.quirks.throttle = how
    assert len(read_all(wire.client())) == 150
    assert wire.slept


def test_a_429_is_waited_for_as_long_as_it_says(wire, people):
    people(1)
    wire.office.permissions, wire.office.quirks.throttle = READ_ONLY, "429"
    client = wire.client("read")
    client.one("patients/1")
    client.one("patients/1")
    assert 4 <= wire.slept[0] <= 6


def test_the_turns_of_one_key_are_so_far_apart_that_nobody_is_told_to_wait(wire, people, registry, practice, db, connect):
    people(320)
    connect(db, practice, wire.office.key)
    wire.office.quirks.throttle = "429"
    throttle = SharedThrottle(registry.engine, practice.id, SECONDS["write"])
    throttle.turn()
    waits = [throttle.turn() for _ in range(3)]  # nobody slept meanwhile: each turn stands behind the one before
    assert [round(wait) for wait in waits] == [1, 2, 3]
    throttle.slow_down(30)
    assert 29 < throttle.turn() <= 30


@pytest.mark.parametrize(
    ("change", "fault", "words"),
    [
        ({"disabled": True}, NotAllowed, "does not accept the office’s key"),
        ({"connector_down": True}, Away, "eConnector"),
        ({"too_old": {"patients"}}, TooOld, "too old"),
        ({"retired": {"patients"}}, TooOld, "no longer"),
        ({"away": True}, Away, "cannot be reached"),
    ],
)
def test_what_is_the_matter_is_said_in_plain_words(wire, people, change, fault, words):
    people(1)
    for name, value in change.items():
        setattr(wire.office.quirks, name, value)
    with pytest.raises(fault, match=words):
        wire.client().one("patients/1")


def test_reads_are_tried_again_with_longer_and_uneven_pauses_and_then_given_up(wire, people):
    people(1)
    wire.office.quirks.connector_down = True
    with pytest.raises(Away):
        wire.client().one("patients/1")
    assert len(wire.office.asked) == 5
    assert wire.slept[3] > wire.slept[0]
    assert len(set(wire.slept)) == 4


def test_nobody_is_kept_for_as_long_as_they_would_like(wire, people, monkeypatch):
    people(1)
    monkeypatch.setattr(module, "fault_of", lambda *about: SlowDown(600))
    wire.office.quirks.disabled = True
    with pytest.raises(SlowDown):
        wire.client().one("patients/1")
    assert wire.slept == []


def test_a_page_that_takes_too_long_is_asked_for_in_smaller_ones(wire, people):
    people(230)
    wire.office.quirks.slow_above = 60
    assert len(read_all(wire.client())) == 230


def test_a_write_whose_answer_is_lost_is_not_sent_again_and_says_that_it_may_be_done(wire, people):
    people(1)
    wire.office.quirks.lose_answers = 1
    with pytest.raises(Away) as lost:
        wire.client().add("payments", {"PatNum": 1, "PayAmt": 10})
    assert lost.value.may_be_done
    assert len(wire.office.store.all("payment")) == 1


def test_a_write_that_is_told_to_wait_is_sent_again_because_nobody_looked_at_it(wire, people):
    people(1)
    wire.office.quirks.throttle = "429"
    client = wire.client()
    client.one("patients/1")
    client.add("payments", {"PatNum": 1, "PayAmt": 10})
    assert len(wire.office.store.all("payment")) == 1


def test_nobody_there_is_known_to_have_done_nothing(wire):
    with pytest.raises(Away) as away:
        wire.client(address="http://127.0.0.1:9").add("payments", {"PatNum": 1, "PayAmt": 10})
    assert not away.value.may_be_done


def test_a_refusal_keeps_their_words_apart_from_ours(wire):
    with pytest.raises(Refused) as refused:
        wire.client().add("payments", {"PayAmt": 10})
    assert refused.value.said == "PayAmt and PatNum are required."
    assert "PatNum" not in str(refused.value)


def test_what_is_not_there_and_what_the_key_may_not_do(wire, people):
    people(1)
    with pytest.raises(NotThere):
        wire.client().one("patients/99")
    wire.office.permissions = READ_ONLY
    with pytest.raises(NotAllowed, match="lacks a permission"):
        wire.client().add("commlogs", {"PatNum": 1, "Note": "Hello"})
    with pytest.raises(NotAllowed, match="does not accept"):
        wire.client(customer_key="another").one("patients/1")


def test_more_than_a_body_may_hold_never_leaves(wire, monkeypatch):
    monkeypatch.setattr(module, "MOST_CHARACTERS", 1000)
    with pytest.raises(TooLarge):
        wire.client().add("documents/Upload", {"rawBase64": "A" * 1000})
    assert wire.office.asked == []


def test_names_and_birthdates_are_never_looked_for_since_they_would_stand_in_an_address(wire):
    for name in ("LName", "FName", "Birthdate", "Phone", "Email", "SSN"):
        with pytest.raises(ValueError, match=name):
            wire.client().rows("patients/Simple", **{name: "x"})
    with pytest.raises(ValueError, match="names and numbers"):
        wire.client().one("patients/1?LName=x")


def test_days_and_moments_are_written_by_the_offices_clock_without_a_zone(wire, people):
    people(1)
    wire.office.store.update("patient", 1, DateTStamp="2026-03-01 10:00:00")
    client = wire.client()
    assert len(read_all(client, DateTStamp=datetime(2026, 3, 1, 10))) == 1
    assert read_all(client, DateTStamp=date(2026, 3, 2)) == []


def test_a_query_reads_the_databases_own_values_and_changes_nothing(wire, people):
    people(230)
    rows = wire.client().query("SELECT PatNum, PatStatus FROM patient WHERE PatNum > 100 ORDER BY PatNum LIMIT 100")
    assert [row["PatNum"] for row in rows] == list(range(101, 201))
    assert rows[0]["PatStatus"] == 0  # the database's own numbers, not the API's words
    with pytest.raises(Refused):
        wire.client().query("DELETE FROM patient")


@pytest.mark.parametrize(
    ("status", "said", "headers", "fault", "after"),
    [
        (429, "", {"Retry-After": "7"}, SlowDown, 7), (429, "", {}, SlowDown, None), (429, "", {"Retry-After": "Sun, 29 Nov 2026 00:00:09 GMT"}, SlowDown, 9),
        (429, "", {"Retry-After": "soon"}, SlowDown, None), (400, "Too many requests", {}, SlowDown, None), (400, "eConnector is down", {}, Away, None),
        (400, "Timeout expired", {}, TimedOut, None), (504, "", {}, TimedOut, None), (500, "", {}, Away, None), (302, "", {}, Away, None), (418, "", {}, Away, None),
    ],
)  # fmt: skip
def test_each_answer_has_one_meaning(status, said, headers, fault, after):
    found = fault_of(status, said, headers, NOW)
    assert type(found) is fault
    assert getattr(found, "after", None) == after
