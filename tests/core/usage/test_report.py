"""The numbers of a period against a model in plain Python, whatever was rolled up when."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from core import audit
from core.people.merging import merge
from core.testing import make_office
from core.usage.meanings import meaning
from core.usage.models import PortalUse
from core.usage.report import Numbers, Period, report
from core.usage.roll_up import roll_up

ZONE = ZoneInfo("America/New_York")
# Around both ends of daylight saving time in 2026: March 8 has 23 hours, November 1 has 25.
BEGINS = (date(2026, 2, 25), date(2026, 10, 20))
NOON = datetime(2026, 11, 28, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("action", "what"),
    [
        ("access.invited", "invited"), ("access.given", "invited"), ("auth.sign_in", "signed_in"), ("auth.sign_in.failed", ""), ("auth.sign_in.second", ""),
        ("account.ledger.view", "view:account"), ("garden.list.view", "view:garden"), ("portal.home.view", ""), ("records_request.view", ""),
        ("account.payment.make", "act:account.payment.make"), ("images.image.download", "act:images.image.download"), ("garden.bed.dig", "act:garden.bed.dig"),
        ("records_request.asked", "act:records_request.asked"), ("portal.grant.offer", "act:portal.grant.offer"), ("auth.password.change", ""), ("office.setting.change", ""),
    ],
)  # fmt: skip
def test_an_action_says_by_its_own_words_what_it_is(action, what):
    assert meaning(action) == what


@pytest.fixture(scope="module")
def crowd(registry):
    """A practice, the accounts of two patients at two clinics, and of somebody of the office."""
    office = make_office(registry)
    office.make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    accounts = [office.make.account(office.make.patient(clinic=clinic)) for clinic in ("C1", "C2")]
    return office, [*accounts, office.make.staff()]


ACTS = ("auth.sign_in", "account.ledger.view", "account.payment.make", "access.invited")
EVENTS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(ACTS), st.integers(0, 1), st.integers(0, 24 * 60 * 21)), max_size=14)
RUNS = st.lists(st.integers(0, 30), max_size=3)


def model(events, patients, first: date, last: date) -> list[tuple]:
    """The numbers of the whole and of each clinic, worked out once more."""
    found = []
    for clinic in (None, 0, 1):
        did = {name: set() for name in ACTS}
        for who, action, at in events:
            # The patient of an invitation is who is invited, whoever does it; the office's own acts are none of a patient's.
            person = who % 2 if action == "access.invited" else who
            if person < 2 and clinic in (None, person):
                did[action].add((person, at.astimezone(ZONE).date()))
        inside = {name: {person for person, day in pairs if first <= day <= last} for name, pairs in did.items()}
        before = {person for person, day in did["auth.sign_in"] if day < first}
        found.append((len(inside["access.invited"]), len(inside["auth.sign_in"] - before), *(len(inside[name]) for name in ACTS[:3])))
    return found


@given(events=EVENTS, runs=RUNS, begin=st.sampled_from(BEGINS), since=st.integers(0, 20), days=st.integers(0, 20), unit=st.sampled_from(["week", "month"]))
@settings(max_examples=40)
def test_the_numbers_are_right_however_late_and_often_days_were_rolled_up(crowd, events, runs, begin, since, days, unit):
    office, accounts = crowd
    zero = datetime.combine(begin, time(), ZONE).astimezone(UTC)
    done = [(who, action, zero + timedelta(minutes=at)) for who, action, _, at in events]
    first = begin + timedelta(days=since)
    last = first + timedelta(days=days)
    with office.session() as session:
        # The application may not take back what is in the log: each example has its own time, so it is rolled back as a whole.
        session.commit = session.flush
        for who, action, at in done:
            patient = accounts[who % 2].patient_id if action == "access.invited" else None
            session.execute(
                text("insert into audit_event (practice_id, id, happened_at, action, account_id, patient_id, address, request_id) values (:p, :i, :t, :a, :w, :s, '', '')"),
                {"p": office.id, "i": uuid4(), "t": at, "a": action, "w": accounts[who].id, "s": patient},
            )
        for day in sorted(runs):
            roll_up(session, office.id, zero + timedelta(days=day, hours=2))
            roll_up(session, office.id, zero + timedelta(days=day, hours=2))
        made = report(session, office.id, Period(first, last, unit), NOON)
        expected = model(done, accounts, first, last)
        assert tuple(made.whole) == expected[0]
        assert tuple(made.clinics.get(office.clinic_id, Numbers())) == expected[1]
        assert tuple(report(session, office.id, Period(first, last, unit), NOON, [office.clinic_id]).whole) == expected[1]
        assert sum(part.is_new for part in made.parts.values()) == made.whole.is_new
        assert max((part.signed_in for part in made.parts.values()), default=0) <= made.whole.signed_in
        session.rollback()


def test_a_day_is_rolled_up_once_it_is_over_and_only_once(db, practice, make):
    account = make.account(make.patient())
    for hours in (30, 31, 2):
        audit.record(db, practice.id, "auth.sign_in", NOON - timedelta(hours=hours), account_id=account.id)
    db.commit()
    midnight = datetime(2026, 11, 28, 5, tzinfo=UTC)
    roll_up(db, practice.id, midnight + timedelta(minutes=59))
    assert db.scalar(select(func.count()).select_from(PortalUse).where(PortalUse.practice_id == practice.id)) == 0
    for _ in range(2):
        roll_up(db, practice.id, midnight + timedelta(minutes=60))
    [row] = db.scalars(select(PortalUse).where(PortalUse.practice_id == practice.id))
    assert (row.day, row.person_id, row.signed_in, row.is_first, row.whats) == (date(2026, 11, 27), account.patient_id, True, True, [])


def test_years_without_use_are_gone_through(db, practice, make):
    account = make.account(make.patient())
    for at in (NOON - timedelta(days=900), NOON - timedelta(days=2)):
        audit.record(db, practice.id, "auth.sign_in", at, account_id=account.id)
    db.commit()
    roll_up(db, practice.id, NOON)
    assert db.scalars(select(PortalUse.is_first).where(PortalUse.practice_id == practice.id).order_by(PortalUse.day)).all() == [True, False]


def test_one_who_was_two_charts_counts_once(db, practice, make, registry):
    kept, absorbed = make.patient(), make.patient(first_name="Other")
    for patient in (kept, absorbed):
        account = make.account(patient)
        audit.record(db, practice.id, "auth.sign_in", NOON - timedelta(days=3), account_id=account.id)
    db.commit()
    roll_up(db, practice.id, NOON)
    merge(db, registry.plugins, practice.id, kept.id, absorbed.id, "Entered twice at the desk", NOON)
    db.commit()
    made = report(db, practice.id, Period(date(2026, 11, 1), date(2026, 11, 28), "month"), NOON)
    assert made.whole.signed_in == 1
    assert set(made.clinics) == {practice.clinic_id}


def test_whoever_looks_as_a_patient_uses_nothing(db, practice, make):
    account = make.account(make.patient())
    audit.record(db, practice.id, "account.ledger.view", NOON, account_id=account.id, support_id=uuid4())
    db.commit()
    assert report(db, practice.id, Period(date(2026, 11, 28), date(2026, 11, 28), "week"), NOON).views == {}


def test_weeks_begin_on_mondays_and_months_on_the_first():
    assert Period(date(2026, 10, 29), date(2026, 11, 10), "week").parts() == [date(2026, 10, 26), date(2026, 11, 2), date(2026, 11, 9)]
    assert Period(date(2026, 11, 30), date(2027, 1, 1), "month").parts() == [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)]


def test_what_is_too_much_to_be_counted_while_somebody_waits_is_left_out_and_said(db, practice, make, monkeypatch):
    account = make.account(make.patient())
    for days in (200, 100, 2, 1):
        audit.record(db, practice.id, "auth.sign_in", NOON - timedelta(days=days), account_id=account.id)
    db.commit()
    year = Period(date(2026, 1, 1), date(2026, 11, 28), "month")
    whole = report(db, practice.id, year, NOON)
    assert (whole.counted_from, sum(part.signed_in for part in whole.parts.values())) == (None, 3)
    monkeypatch.setattr("core.usage.report.MOST_LIVE", 3)
    late = report(db, practice.id, year, NOON)
    assert late.counted_from is not None
    assert sum(part.signed_in for part in late.parts.values()) == 2
    roll_up(db, practice.id, NOON)
    assert report(db, practice.id, year, NOON).parts == whole.parts
