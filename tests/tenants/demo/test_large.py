"""The large made-up practice: the same for the same seed, whole when it is made again, and with books that add up."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from core.db import SessionFactory, bind_tenant
from core.people.models import Patient
from core.records.models import RecordsRun
from plugins.account.models import Claim, Entry, Statement
from plugins.appointments.models import Appointment
from tenants.demo import large
from tenants.demo.large.people import households
from tenants.models import Practice

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
PATIENTS = 60


class BrokenOff(Exception):
    """Somebody has ended it in the middle."""


@pytest.fixture(scope="module")
def told(registry) -> list[int]:
    """The practice is made once, and is broken off in the middle; how many patients were whole, as it went on."""
    found: list[int] = []

    def break_off(done: int) -> None:
        if done > PATIENTS / 2:
            raise BrokenOff

    with pytest.raises(BrokenOff):
        large.fill(registry, PATIENTS, NOW, break_off)
    large.fill(registry, PATIENTS, NOW + timedelta(hours=5), found.append)
    return found


@pytest.fixture
def there(registry, told):
    """A session in the practice."""
    with SessionFactory(bind=registry.engine) as session:
        bind_tenant(session, session.scalars(select(Practice.id).where(Practice.slug == "cottonwood")).one())
        yield session


def _outcomes(session) -> list[set[str]]:
    runs = session.scalars(select(RecordsRun).where(RecordsRun.practice_id == session.info["practice_id"]).order_by(RecordsRun.heard_at))
    return [{outcome for of_kind in run.counts.values() for outcome in of_kind} for run in runs]


def test_there_are_as_many_patients_as_were_asked_for_and_it_says_how_far_it_is(there, told):
    assert there.scalar(select(func.count()).select_from(Patient)) == PATIENTS
    assert told == sorted(told)
    assert told[-1] == PATIENTS


def test_what_was_broken_off_goes_on_and_made_again_nothing_changes_and_more_are_added(there, registry):
    opened, broken_off, whole = _outcomes(there)
    assert opened == broken_off == {"created"}
    assert whole == {"created", "unchanged"}
    later = NOW.replace(year=2027)
    large.fill(registry, PATIENTS, later, lambda done: None)
    assert _outcomes(there)[-1] == {"unchanged"}
    large.fill(registry, PATIENTS + 1, later, lambda done: None)
    assert there.scalar(select(func.count()).select_from(Patient)) == PATIENTS + 1
    assert "updated" not in _outcomes(there)[-1]


def test_what_insurance_paid_is_what_its_claims_say_and_statements_hold_what_was_owed(there):
    mine = there.info["practice_id"]
    paid = there.scalar(select(-func.sum(Entry.amount_cents)).where(Entry.practice_id == mine, Entry.entry_type == "insurance_payment"))
    assert paid == there.scalar(select(func.sum(Claim.paid_cents)).where(Claim.practice_id == mine)) > 0
    for statement in there.scalars(select(Statement).where(Statement.practice_id == mine)):
        theirs = (Entry.practice_id == mine, Entry.patient_id == statement.patient_id, Entry.entered_on <= statement.sent_on)
        assert statement.balance_cents == there.scalar(select(func.coalesce(func.sum(Entry.amount_cents), 0)).where(*theirs))


def test_no_two_visits_to_come_are_in_one_chair_at_one_time(there):
    coming = (Appointment.practice_id == there.info["practice_id"], Appointment.starts_at > NOW, Appointment.status == "scheduled")
    places = there.execute(select(Appointment.operatory_id, Appointment.starts_at).where(*coming)).all()
    assert len(places) == len(set(places)) > 5


def test_families_are_the_same_whenever_they_are_made_and_however_many_follow():
    few, many = list(households(3, 40)), list(households(3, 400))
    assert [[member.number for member in house.members] for house in few[:-1]] == [[member.number for member in house.members] for house in many[: len(few) - 1]]
    assert sum(len(house.members) for house in many) == 400
    ages = [member.age for house in many for member in house.members]
    assert min(ages) < 10
    assert max(ages) > 75
    assert 0.1 < sum(age < 18 for age in ages) / len(ages) < 0.45
    assert [house.members[0].last_name for house in households(4, 40)] != [house.members[0].last_name for house in few]


