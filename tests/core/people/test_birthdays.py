"""Thirty days before a birthday narrows or ends access, those whom it concerns get a mail, once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from core import tasks
from core.outbox import OutboxRow
from core.people.birthdays import tell_beforehand
from core.people.models import Grant
from tenants import settings

IN_A_WEEK = datetime.now(UTC).date() + timedelta(days=7)


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 3, 1)  # whose day is February 29 has the birthday on March 1


@pytest.fixture
def family(make):
    """`family(age, day)`: a child who gets that old on a day, a father, and both their accounts."""

    def found(age: int, day: date = IN_A_WEEK, **fields):
        child = make.patient(first_name="Quentin", last_name="Abernathy", email="child@family.test", birthdate=_years_before(day, age), **fields)
        father = make.patient(first_name="Barnaby", email="father@family.test")
        relation = {"kind": "relationship", "external_id": "R1", "patient": child.external_id, "related": father.external_id}
        make.take_in([relation | {"relation": "father", "is_guardian": True}])
        return child, father, make.account(child), make.account(father)

    return found


@pytest.fixture
def round_of(practice, work_off, mails):
    """`round_of(now)`: the portal's round at a moment; gives the mails that are there after it, by address."""
    before = {address: len(mails.to(address)) for address in ("child@family.test", "father@family.test")}

    def go(now: datetime | None = None) -> dict[str, list]:
        with practice.session() as session:
            tell_beforehand(session, practice.id, now or datetime.now(UTC))
            session.commit()
        work_off()
        return {address: mails.to(address)[count:] for address, count in before.items()}

    return go


def _counts(found: dict[str, list]) -> dict[str, int]:
    return {address.partition("@")[0]: len(mails) for address, mails in found.items()}


def _words(mail) -> str:
    return mail.get_body(("plain",)).get_content()


def test_both_sides_hear_of_the_end_once_however_often_the_round_is_made(family, round_of):
    family(18)
    for _ in range(3):
        found = round_of()
    assert _counts(found) == {"child": 1, "father": 1}
    [to_father] = found["father@family.test"]
    assert "you will no longer see it" in _words(to_father)
    assert f"{IN_A_WEEK:%B} {IN_A_WEEK.day}, {IN_A_WEEK.year}" in _words(to_father)


def test_the_mails_name_nobody_and_nothing_of_the_record(family, round_of, practice):
    family(18)
    for mail in (mail for mails in round_of().values() for mail in mails):
        for word in ("Quentin", "Abernathy", "Barnaby", "appointment", "teeth", "treat"):
            assert word.lower() not in mail.as_string().lower().replace(practice.slug, "")


def test_when_it_narrows_they_are_told_that_it_narrows(family, round_of, db, practice, registry):
    settings.change(db, registry.plugins, practice.id, None, "portal.narrow_age", 13, "test", datetime.now(UTC))
    db.commit()
    family(13)
    found = round_of()
    assert _counts(found) == {"child": 1, "father": 1}
    assert "you will see less of it" in _words(found["father@family.test"][0])


def test_when_several_tabs_and_two_parents_lose_it_on_one_day_each_person_gets_one_mail(family, round_of, make, db, practice, registry):
    settings.change(db, registry.plugins, practice.id, None, "portal.narrow_age", 13, "test", datetime.now(UTC))
    db.commit()
    child, *_ = family(18)
    assert _counts(round_of()) == {"child": 1, "father": 1}
    mother = make.patient(email="father@family.test")
    make.account(mother)
    relation = {"kind": "relationship", "external_id": "R2", "patient": child.external_id, "related": mother.external_id}
    make.take_in([relation | {"relation": "mother", "is_guardian": True}])
    assert _counts(round_of()) == {"child": 1, "father": 2}


@pytest.mark.parametrize(("days", "count"), [(29, 1), (32, 0)])
def test_the_mail_comes_thirty_days_before_and_not_earlier(family, round_of, days, count):
    day = datetime.now(UTC).date() + timedelta(days=days)
    child, *_ = family(18, day if day.day <= 28 else day.replace(day=28))
    ends_at = datetime(child.birthdate.year + 18, child.birthdate.month, child.birthdate.day, tzinfo=UTC)
    assert _counts(round_of(ends_at - timedelta(days=days))) == {"child": count, "father": count}


def test_an_end_that_changes_nothing_is_not_told(family, round_of, make):
    child, _, _, account = family(18)
    make.grant(account, child)
    assert _counts(round_of()) == {"child": 0, "father": 0}


def test_whoever_lost_the_access_before_the_mail_went_out_gets_none(family, practice, make, round_of):
    child, father, *_ = family(18)
    with practice.session() as session:
        tell_beforehand(session, practice.id, datetime.now(UTC))
        session.commit()
    make.take_in([{"kind": "relationship", "external_id": "R1", "patient": child.external_id, "related": father.external_id, "relation": "father"}])
    assert _counts(round_of()) == {"child": 0, "father": 0}


def test_a_young_person_without_an_account_or_an_address_is_no_obstacle(make, round_of):
    child = make.patient(email="", birthdate=_years_before(IN_A_WEEK, 18))
    father = make.patient(email="father@family.test")
    make.account(child)
    make.account(father)
    relation = {"kind": "relationship", "external_id": "R1", "patient": child.external_id, "related": father.external_id}
    make.take_in([relation | {"relation": "father", "is_guardian": True}])
    assert _counts(round_of()) == {"child": 0, "father": 1}


def test_rounds_at_the_same_moment_ask_for_one_mail(family, practice, db):
    family(18)

    def go(_) -> None:
        with practice.session() as session:
            tell_beforehand(session, practice.id, datetime.now(UTC))
            session.commit()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(go, range(4)))
    asked = db.scalars(select(OutboxRow.task).where(OutboxRow.practice_id == practice.id, OutboxRow.task.startswith("family."))).all()
    assert sorted(asked) == ["family.tell_patient", "family.tell_representative"]


def test_a_worker_that_dies_in_the_middle_of_a_round_leaves_it_to_the_next(family, practice, round_of):
    family(18)
    with practice.session() as session:
        tell_beforehand(session, practice.id, datetime.now(UTC))
        session.rollback()
    assert _counts(round_of()) == {"child": 1, "father": 1}


def test_the_round_stands_in_the_timetable_and_brings_grants_up_to_date(registry, practice, make, db, monkeypatch):
    head = make.patient()
    make.patient(guarantor=head.external_id)
    account = make.account(head)
    db.execute(update(Grant).where(Grant.practice_id == practice.id, Grant.account_id == account.id, Grant.relation == "guarantor").values(level="see"))
    db.commit()
    monkeypatch.setattr(type(registry.tenants), "practice_ids", lambda _: [practice.id])
    assert tasks.schedule(registry.plugins)["family.tell_beforehand"]["schedule"] <= timedelta(days=1)
    tasks.go_round("family.tell_beforehand")
    grants = select(Grant.level).where(Grant.practice_id == practice.id, Grant.account_id == account.id, Grant.until.is_(None))
    assert sorted(db.scalars(grants.where(Grant.relation == "guarantor"))) == ["act"]
