"""The office's list of those who asked for access and did not get it by themselves."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.auth import matching, unmatched
from core.auth.models import Registration
from core.auth.unmatched import NotWaiting
from core.db import uuid7

NOW = datetime.now(UTC)


def put(session, practice, name: str = "Nobody", reason: str = matching.NOBODY, at: datetime = NOW, patient=None) -> int:
    entry = Registration(
        practice_id=practice.id, id=uuid7(), first_name=name, last_name="Vale", birthdate=date(1985, 4, 12), contact="555-0100", asked_at=at
    )
    session.add(entry)
    session.flush()
    unmatched.put(session, entry, reason, patient.id if patient else None)
    session.commit()
    return entry.number


def numbers(session, practice, at: datetime = NOW) -> list[int]:
    return [entry.number for entry in unmatched.entries(session, practice.id, at)[0]]


def test_an_entry_says_what_was_typed_and_which_chart_it_may_be(db, practice, make):
    patient = make.patient()
    put(db, practice, "Robin", matching.NO_ADDRESS, patient=patient)
    [entry], more = unmatched.entries(db, practice.id, NOW)
    assert (entry.first_name, entry.last_name, entry.birthdate, entry.contact, entry.asked_at) == (
        "Robin", "Vale", date(1985, 4, 12), "555-0100", NOW,
    )  # fmt: skip
    assert (entry.chart, entry.why, more) == (patient.external_id, matching.WHY[matching.NO_ADDRESS], False)


def test_the_list_has_pages_newest_first(db, practice):
    for count in range(52):
        put(db, practice, f"Name{count}")
    first, more = unmatched.entries(db, practice.id, NOW)
    rest, end = unmatched.entries(db, practice.id, NOW, page=2)
    assert [entry.number for entry in first + rest] == list(range(52, 0, -1))
    assert (len(first), more, len(rest), end) == (50, True, 2, False)


def test_who_asks_again_has_one_entry_the_last(db, practice):
    for reason in (matching.NOBODY, matching.SEVERAL, matching.NO_ADDRESS):
        put(db, practice, "Robin", reason)
    put(db, practice, "Sam")
    assert [(entry.first_name, entry.reason) for entry in unmatched.entries(db, practice.id, NOW)[0]] == [
        ("Sam", matching.NOBODY),
        ("Robin", matching.NO_ADDRESS),
    ]


def test_a_code_is_nobodys_business_until_its_time_is_over(db, practice):
    number = put(db, practice, reason=matching.SENT)
    assert numbers(db, practice, NOW + timedelta(minutes=20, seconds=-1)) == []
    assert numbers(db, practice, NOW + timedelta(minutes=20)) == [number]


@pytest.mark.parametrize("outcome", [unmatched.DONE, unmatched.DISMISSED])
def test_settling_takes_it_off_and_keeps_who_and_when(db, practice, make, outcome):
    alex = make.staff(name="Alex")
    kept, settled = put(db, practice, "Kept"), put(db, practice, "Settled")
    unmatched.settle(db, practice.id, settled, outcome, NOW, alex.id)
    db.commit()
    assert numbers(db, practice) == [kept]
    row = db.scalars(select(Registration).where(Registration.practice_id == practice.id, Registration.number == settled)).one()
    assert (row.outcome, row.settled_by, row.settled_at) == (outcome, alex.id, NOW)
    said = select(AuditEvent.action, AuditEvent.account_id, AuditEvent.target_id).where(AuditEvent.practice_id == practice.id)
    assert db.execute(said).one() == (f"office.unmatched.{outcome}", alex.id, row.id)


def test_what_does_not_wait_cannot_be_settled(db, practice, other_practice, other_db):
    number, theirs = put(db, practice), [put(other_db, other_practice, f"Name{count}") for count in range(3)][-1]
    unmatched.settle(db, practice.id, number, unmatched.DONE, NOW)
    for wrong in (number, theirs, 0, -1, 10**9):
        with pytest.raises(NotWaiting):
            unmatched.settle(db, practice.id, wrong, unmatched.DONE, NOW)
    assert theirs in numbers(other_db, other_practice)


def test_many_at_once_get_numbers_of_their_own(practice):
    def one(count: int) -> int:
        with practice.session() as session:
            return put(session, practice, f"Name{count}")

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(8))) == list(range(1, 9))
