"""Who may see whose record because the practice's system says so: rules become grants, and end as history."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import select

from core.auth import services
from core.auth.identity import find_visitor
from core.people.family import GIVEN_BY, refresh_grants
from core.people.models import Grant
from tenants import settings

NOW = datetime.now(UTC)


def _relation(make, ward, guardian, number="R1", **fields):
    record = {
        "kind": "relationship",
        "external_id": number,
        "patient": ward.external_id,
        "related": guardian.external_id,
        "relation": "mother",
    }
    [answer] = make.take_in([record | {"is_guardian": True} | fields])
    return answer


def _seen(db, practice, account) -> set:
    """Whose records a session of this account can put in view now."""
    token = services.open_session(db, account, NOW)
    db.flush()
    return {entry[1] for entry in find_visitor(db, practice.id, token, datetime.now(UTC)).row.people}


def _grants(db, account) -> list[Grant]:
    where = (Grant.practice_id == account.practice_id, Grant.account_id == account.id, Grant.given_by == GIVEN_BY)
    return list(db.scalars(select(Grant).where(*where).order_by(Grant.since)))


def test_a_guarantor_sees_the_family_and_nobody_else(db, practice, make):
    head = make.patient(first_name="Elena")
    make.patient(first_name="Mia", guarantor=head.external_id)
    make.patient(first_name="Stranger")
    assert _seen(db, practice, make.account(head)) == {"Elena", "Mia"}


def test_a_member_who_comes_later_is_seen_and_one_who_leaves_is_not(db, practice, make):
    head = make.patient(first_name="Elena")
    account = make.account(head)
    mia = make.patient(first_name="Mia", guarantor=head.external_id)
    assert _seen(db, practice, account) == {"Elena", "Mia"}
    make.take_in(
        [{"kind": "patient", "external_id": mia.external_id, "first_name": "Mia", "last_name": mia.last_name, "guarantor": mia.external_id}]
    )
    assert _seen(db, practice, account) == {"Elena"}
    assert [grant.until is not None for grant in _grants(db, account)] == [True]


def test_a_member_of_the_family_does_not_see_the_guarantor(db, practice, make):
    head = make.patient(first_name="Elena")
    mia = make.patient(first_name="Mia", guarantor=head.external_id)
    assert _seen(db, practice, make.account(mia)) == {"Mia"}


def test_the_office_can_switch_the_rule_off_for_all_guarantors_and_on_again(db, practice, make, registry):
    head = make.patient(first_name="Elena")
    make.patient(first_name="Mia", guarantor=head.external_id)
    account = make.account(head)
    for on, seen in ((False, {"Elena"}), (True, {"Elena", "Mia"})):
        settings.change(db, registry.plugins, practice.id, None, "portal.guarantor_access", on, "test", datetime.now(UTC))
        db.commit()
        assert _seen(db, practice, account) == seen


def test_a_guardian_of_another_family_sees_the_one_ward(db, practice, make):
    born = date(2018, 3, 9)
    ward, sibling, aunt = (
        make.patient(first_name="Mia", birthdate=born),
        make.patient(first_name="Leo", birthdate=born),
        make.patient(first_name="Ada"),
    )
    account = make.account(aunt)
    assert _relation(make, ward, aunt).outcome == "created"
    assert _relation(make, sibling, aunt, "R2", is_guardian=False).outcome == "created"
    assert _seen(db, practice, account) == {"Ada", "Mia"}
    _relation(make, ward, aunt, is_guardian=False)
    assert _seen(db, practice, account) == {"Ada"}


@pytest.mark.parametrize(("days", "seen"), [(1, {"Ada", "Mia"}), (-1, {"Ada"})])
def test_a_guardians_access_ends_with_the_birthday(db, practice, make, days, seen):
    today = datetime.now(UTC).date() + timedelta(days=days)
    ward = make.patient(first_name="Mia", birthdate=_years_before(today, 18))
    guardian = make.patient(first_name="Ada")
    _relation(make, ward, guardian)
    assert _seen(db, practice, make.account(guardian)) == seen


@pytest.mark.parametrize("relation", ["guardian", "caregiver"])
def test_who_looks_after_a_grown_up_keeps_the_access(db, practice, make, relation):
    ward, guardian = make.patient(first_name="Mia", birthdate=date(1950, 5, 4)), make.patient(first_name="Ada")
    _relation(make, ward, guardian, relation=relation)
    account = make.account(guardian)
    assert _seen(db, practice, account) == {"Ada", "Mia"}
    assert [grant.until for grant in _grants(db, account)] == [None]


def test_the_end_on_the_birthday_is_midnight_on_the_practices_calendar(db, practice, make):
    ward, guardian = make.patient(birthdate=date(2015, 5, 4)), make.patient()
    account = make.account(guardian)
    _relation(make, ward, guardian)
    [grant] = _grants(db, account)
    zone = practice.registry.tenants.current(practice.id).time_zone
    assert grant.until == datetime(2033, 5, 4, tzinfo=zone)


def test_a_confidential_record_is_hidden_from_representatives_and_not_from_its_owner(db, practice, make):
    head = make.patient(first_name="Elena")
    mia = make.patient(first_name="Mia", guarantor=head.external_id)
    mother, own = make.account(head), make.account(mia)
    _relation(make, mia, head)
    assert _seen(db, practice, mother) == {"Elena", "Mia"}
    record = {
        "kind": "patient",
        "external_id": mia.external_id,
        "first_name": "Mia",
        "last_name": mia.last_name,
        "guarantor": head.external_id,
    }
    make.take_in([record | {"is_confidential": True}])
    assert _seen(db, practice, mother) == {"Elena"}
    assert _seen(db, practice, own) == {"Mia"}


def test_what_was_granted_by_hand_is_left_alone(db, practice, make):
    friend, patient = make.patient(first_name="Ada"), make.patient(first_name="Mia")
    account = make.account(friend)
    make.grant(account, patient)
    refresh_grants(db, practice.id, datetime.now(UTC))
    assert _seen(db, practice, account) == {"Ada", "Mia"}


def test_nothing_is_written_when_nothing_has_changed(db, practice, make):
    head = make.patient()
    make.patient(guarantor=head.external_id)
    account = make.account(head)
    before = [(grant.id, grant.until) for grant in _grants(db, account)]
    for _ in range(3):
        refresh_grants(db, practice.id, datetime.now(UTC))
    assert [(grant.id, grant.until) for grant in _grants(db, account)] == before


def test_the_patients_of_another_practice_are_never_touched(db, practice, make, other_db, other_practice, other_make):
    head = other_make.patient(first_name="Eve")
    other_make.patient(first_name="Kid", guarantor=head.external_id)
    account = other_make.account(head)
    refresh_grants(db, practice.id, datetime.now(UTC))
    db.commit()
    assert _seen(other_db, other_practice, account) == {"Eve", "Kid"}


PEOPLE = 4
links = st.lists(st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1), st.booleans()), max_size=5)


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12, deadline=None)
@given(
    guarantors=st.lists(st.integers(0, PEOPLE - 1), min_size=PEOPLE, max_size=PEOPLE),
    confidential=st.lists(st.booleans(), min_size=PEOPLE, max_size=PEOPLE),
    of_age=st.lists(st.booleans(), min_size=PEOPLE, max_size=PEOPLE),
    guardians=links,
    rule=st.booleans(),
)
def test_whatever_the_family_what_is_seen_is_what_the_rules_say(
    practice, make, registry, guarantors, confidential, of_age, guardians, rule
):
    """The rules, worked out a second time in a few plain lines."""
    today = datetime.now(UTC).date()
    people = [make.patient() for _ in range(PEOPLE)]
    batch = [
        {
            "kind": "patient", "external_id": person.external_id, "first_name": f"P{number}", "last_name": "Test",
            "guarantor": people[guarantors[number]].external_id, "is_confidential": confidential[number],
            "birthdate": _years_before(today, 30 if of_age[number] else 9),
        }
        for number, person in enumerate(people)
    ]  # fmt: skip
    batch += [
        {"kind": "relationship", "external_id": f"{people[0].id}-{count}", "patient": people[ward].external_id, "related": people[other].external_id,
         "relation": "other", "is_guardian": is_guardian}
        for count, (ward, other, is_guardian) in enumerate(guardians)
    ]  # fmt: skip
    make.take_in(batch)
    accounts = [make.account(person) for person in people]
    with practice.session() as session:
        settings.change(session, registry.plugins, practice.id, None, "portal.guarantor_access", rule, "test", datetime.now(UTC))
        session.commit()
        for number, account in enumerate(accounts):
            expected = {f"P{number}"}
            expected |= {f"P{one}" for one in range(PEOPLE) if rule and guarantors[one] == number and not confidential[one]}
            expected |= {
                f"P{ward}"
                for ward, other, is_guardian in guardians
                if is_guardian and other == number and not (confidential[ward] or of_age[ward])
            }
            assert _seen(session, practice, account) == expected


def _years_before(day: date, years: int) -> date:
    return day.replace(year=day.year - years, day=min(day.day, 28))
