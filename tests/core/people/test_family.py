"""Who may see whose record because the practice's system says so: rules become grants, and end as history."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import select

from core.auth import access, services
from core.auth.identity import find_visitor
from core.people.family import GIVEN_BY, refresh_grants
from core.people.merging import CannotMerge, merge
from core.people.models import Grant, Patient
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


def _all_rights(db, practice, account, moment) -> dict[UUID, set[str]]:
    """What a session of this account may do at a moment, by whose record it is."""
    token = services.open_session(db, account, moment)
    db.flush()
    return {UUID(entry[0]): set(entry[6]) for entry in find_visitor(db, practice.id, token, moment).row.people}


def _rights(db, practice, account, patient, moment) -> set[str]:
    return _all_rights(db, practice, account, moment).get(patient.id, set())


def _choose(db, practice, registry, **chosen) -> None:
    """Set the portal's settings of this practice."""
    for name, value in chosen.items():
        settings.change(db, registry.plugins, practice.id, None, f"portal.{name}", value, "test", datetime.now(UTC))
    db.commit()


def _midnight(practice, day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=practice.registry.tenants.current(practice.id).time_zone).astimezone(UTC)


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
        _choose(db, practice, registry, guarantor_access=on)
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
    assert grant.until == _midnight(practice, date(2033, 5, 4))


def test_who_was_born_on_a_leap_day_is_of_age_on_march_1(db, practice, make):
    ward, guardian = make.patient(birthdate=date(2016, 2, 29)), make.patient()
    account = make.account(guardian)
    _relation(make, ward, guardian)
    assert [grant.until for grant in _grants(db, account)] == [_midnight(practice, date(2034, 3, 1))]


def test_a_birthdate_that_is_still_to_come_is_a_slip_and_ends_nothing(db, practice, make):
    ward, guardian = make.patient(birthdate=date(9999, 12, 31)), make.patient()
    account = make.account(guardian)
    _relation(make, ward, guardian)
    assert [grant.until for grant in _grants(db, account)] == [None]


def test_a_guardian_sees_less_from_one_birthday_on_and_nothing_from_another(db, practice, make, registry):
    _choose(db, practice, registry, narrow_age=13, narrowed_tabs=["account", "webmail"])
    today = datetime.now(UTC).date()
    ward, guardian = make.patient(birthdate=_years_before(today, 9)), make.patient()
    account = make.account(guardian)
    _relation(make, ward, guardian)
    born, second = ward.birthdate, timedelta(seconds=1)
    narrows, ends = (_midnight(practice, born.replace(year=born.year + age)) for age in (13, 18))
    expected = [(datetime.now(UTC), {"*.act"}), (narrows - second, {"*.act"}), (narrows, {"account.act", "webmail.act"})]
    expected += [(ends - second, {"account.act", "webmail.act"}), (ends, set())]
    assert [(moment, _rights(db, practice, account, ward, moment)) for moment, _ in expected] == expected


def test_a_parent_who_is_the_guarantor_too_keeps_nothing_beyond_the_birthday(db, practice, make):
    mother = make.patient(first_name="Ada")
    child = make.patient(first_name="Mia", guarantor=mother.external_id, birthdate=_years_before(datetime.now(UTC).date(), 30))
    account = make.account(mother)
    assert _seen(db, practice, account) == {"Ada", "Mia"}
    _relation(make, child, mother)
    assert _seen(db, practice, account) == {"Ada"}


def test_what_narrowed_for_a_guarantor_stays_narrow_for_who_is_of_age(db, practice, make, registry):
    _choose(db, practice, registry, narrow_age=13)
    head = make.patient()
    grown = make.patient(guarantor=head.external_id, birthdate=date(1990, 1, 1))
    unknown = make.patient(guarantor=head.external_id, birthdate=None)
    account = make.account(head)
    assert _rights(db, practice, account, grown, datetime.now(UTC)) == {"appointments.act", "account.act"}
    assert _rights(db, practice, account, unknown, datetime.now(UTC)) == {"*.act"}


def test_a_responsible_party_sees_that_one_record_and_acts_on_nothing(db, practice, make):
    son = make.patient(first_name="Leo")
    account = make.account(son)
    mother = make.patient(first_name="Mia", responsible_party=son.external_id, birthdate=date(1940, 1, 1))
    make.patient(first_name="Stranger")
    assert _seen(db, practice, account) == {"Leo", "Mia"}
    assert _rights(db, practice, account, mother, datetime.now(UTC)) == {"*.see"}
    [record] = [{"kind": "patient", "external_id": mother.external_id, "first_name": "Mia", "last_name": "Vale"}]
    make.take_in([record | {"responsible_party": son.external_id, "is_confidential": True}])
    assert _seen(db, practice, account) == {"Leo"}
    make.take_in([record])
    assert _seen(db, practice, account) == {"Leo"}


def test_what_was_ahead_and_is_called_off_leaves_no_history(db, practice, make, registry):
    _choose(db, practice, registry, narrow_age=13)
    ward, guardian = make.patient(birthdate=_years_before(datetime.now(UTC).date(), 9)), make.patient()
    account = make.account(guardian)
    _relation(make, ward, guardian)
    assert [grant.plugin for grant in _grants(db, account)][:1] == ["*"]
    assert {grant.plugin for grant in _grants(db, account)} == {"*", "account", "appointments"}
    _choose(db, practice, registry, narrow_age=0)
    db.expire_all()
    assert {(grant.plugin, grant.until > datetime.now(UTC)) for grant in _grants(db, account)} == {("*", False), ("*", True)}


def test_a_confidential_record_is_hidden_from_representatives_and_not_from_its_owner(db, practice, make):
    head = make.patient(first_name="Elena")
    mia = make.patient(first_name="Mia", guarantor=head.external_id, birthdate=_years_before(NOW.date(), 9))
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


PEOPLE = 3
SECOND = timedelta(seconds=1)
links = st.lists(st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1), st.booleans(), st.sampled_from(["other", "caregiver"])), max_size=5)
TODAY = datetime.now(UTC).date()
births = st.one_of(
    st.none(),
    st.sampled_from([date(2012, 2, 29), date(2016, 2, 29), date(2024, 2, 29), date(2011, 3, 1), date(1950, 5, 4)]),
    st.dates(TODAY - timedelta(days=366 * 22), TODAY),
)


@dataclass(frozen=True)
class Rules:
    """What an office chose, and who is what to whom, by number."""

    born: list[date | None]
    guarantors: list[int]
    responsible: list[int | None]
    confidential: list[bool]
    guardians: list[tuple[int, int, bool, str]]
    guarantor_access: bool
    narrow_age: int
    adult_age: int
    narrowed_tabs: list[str]

    def rights(self, patient: int, holder: int, day: date) -> set[str]:
        """The rules, worked out a second time, by the age on a day of the practice's calendar."""
        if patient == holder:
            return {"*.act"}
        if self.confidential[patient]:
            return set()
        marks = [relation for ward, other, is_guardian, relation in self.guardians if is_guardian and (ward, other) == (patient, holder)]
        born = self.born[patient]
        age = day.year - born.year - ((day.month, day.day) < (born.month, born.day)) if born else 0
        rest = {f"{tab}.act" for tab in self.narrowed_tabs} if 0 < self.narrow_age <= age else {"*.act"}
        found = {"*.see"} if self.responsible[patient] == holder else set()
        if "caregiver" in marks:
            return found | {"*.act"}
        if marks:
            return found | (rest if age < self.adult_age else set())
        return found | (rest if self.guarantor_access and self.guarantors[patient] == holder else set())


def each(strategy):
    """One answer for each person."""
    return st.lists(strategy, min_size=PEOPLE, max_size=PEOPLE)


anyone = st.integers(0, PEOPLE - 1)
choices = st.builds(
    Rules, each(births), each(anyone), each(st.none() | anyone), each(st.booleans()), links, st.booleans(), st.sampled_from([0, 12, 13, 18, 21]),
    st.sampled_from([12, 18, 21]), st.lists(st.sampled_from(["account", "images", "plan"]), max_size=3),
)  # fmt: skip


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10, deadline=None)
@given(rules=choices)
def test_whatever_the_family_and_whatever_the_day_what_is_seen_is_what_the_rules_say(practice, make, registry, rules):
    """From now on, without anything that runs later: a second before each midnight that could change something, and at it."""
    people = [make.patient() for _ in range(PEOPLE)]
    make.take_in(_batch(rules, people))
    accounts = [make.account(person) for person in people]
    with practice.session() as session:
        chosen = {name: getattr(rules, name) for name in ("guarantor_access", "narrow_age", "adult_age", "narrowed_tabs")}
        _choose(session, practice, registry, **chosen)
        now = datetime.now(UTC)
        moments = sorted(moment for moment in _moments(practice, rules) if moment > now)

        def check(moments):
            for moment in moments:
                day = moment.astimezone(registry.tenants.current(practice.id).time_zone).date()
                for holder, account in enumerate(accounts):
                    found = _all_rights(session, practice, account, moment)
                    expected = {person.id: rules.rights(number, holder, day) for number, person in enumerate(people)}
                    assert found == {person: rights for person, rights in expected.items() if rights}, (moment, holder)

        check([now, *moments])
        if moments:  # and made anew in the middle of it they say the same
            middle = len(moments) // 2
            refresh_grants(session, practice.id, moments[middle])
            check(moments[middle:])


numbers = st.integers(0, PEOPLE - 1)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("patient"), numbers, st.none() | numbers, st.none() | numbers, st.booleans(), births),
        st.tuples(st.just("relationship"), st.integers(0, 1), numbers, numbers, st.booleans(), st.sampled_from(["mother", "caregiver"])),
        st.tuples(st.just("delete"), st.integers(0, 1)),
        st.tuples(st.just("open"), numbers),
        st.tuples(st.just("close"), numbers),
        st.tuples(st.just("merge"), numbers, numbers),
    ),
    min_size=2,
    max_size=6,
)


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(history=steps)
@example(history=[("relationship", 0, 0, 1, True, "mother"), ("relationship", 0, 2, 0, True, "mother")])
@example(history=[("relationship", 0, 0, 1, True, "mother"), ("delete", 0)])
@example(history=[("patient", 0, 1, None, False, None), ("close", 1), ("open", 1)])
def test_whatever_happens_one_after_the_other_making_all_grants_anew_changes_nothing_more(practice, make, db, registry, history):
    """After each change only the grants on those are made anew whom it concerns: that is all that the change made necessary."""
    _choose(db, practice, registry, narrow_age=13)
    people = [make.patient(birthdate=date(2016, 2, 29)) for _ in range(PEOPLE)]
    numbers = [make.account(person) and person.external_id for person in people]
    for step in history:
        _happen(make, db, practice, registry, numbers, people, step)
        db.commit()
        before = _live_grants(db, practice)
        refresh_grants(db, practice.id, datetime.now(UTC))
        assert _live_grants(db, practice) == before, step
        db.rollback()


def _happen(make, db, practice, registry, numbers: list[str], people: list, step: tuple) -> None:
    def named(number: int | None) -> str | None:
        return None if number is None else numbers[number]

    match step:
        case "patient", one, guarantor, responsible, is_confidential, born:
            names = {"first_name": "Mia", "last_name": "Vale", "birthdate": born, "is_confidential": is_confidential}
            make.take_in([{"kind": "patient", "external_id": numbers[one], "guarantor": named(guarantor), "responsible_party": named(responsible), **names}])
        case "relationship", which, ward, other, is_guardian, relation:
            about = {"patient": numbers[ward], "related": numbers[other], "relation": relation, "is_guardian": is_guardian}
            make.take_in([{"kind": "relationship", "external_id": f"{numbers[0]}-{which}", **about}])
        case "delete", which:
            make.take_in([{"kind": "relationship", "external_id": f"{numbers[0]}-{which}", "deleted": True}])
        case "open", one:
            with suppress(access.CannotGiveAccess):
                access.give(db, practice.id, numbers[one], datetime.now(UTC))
        case "close", one:
            with suppress(access.CannotGiveAccess):
                access.close(db, practice.id, numbers[one], datetime.now(UTC))
        case "merge", kept, absorbed if db.get(Patient, (practice.id, people[kept].id)):
            with suppress(CannotMerge):
                merge(db, registry.plugins, practice.id, people[kept].id, people[absorbed].id, "entered twice", datetime.now(UTC))


def _live_grants(db, practice) -> list[tuple]:
    rows = (Grant.account_id, Grant.patient_id, Grant.plugin, Grant.level, Grant.relation, Grant.since, Grant.until)
    now = datetime.now(UTC)
    live = select(*rows).where(Grant.practice_id == practice.id, Grant.given_by == GIVEN_BY, Grant.until.is_(None) | (Grant.until > now))
    return sorted(db.execute(live), key=str)


def _batch(rules: Rules, people: list) -> list[dict]:
    numbers = [person.external_id for person in people]
    batch = [
        {
            "kind": "patient", "external_id": numbers[one], "first_name": f"P{one}", "last_name": "Test", "guarantor": numbers[rules.guarantors[one]],
            "is_confidential": rules.confidential[one], "birthdate": rules.born[one],
            "responsible_party": None if rules.responsible[one] is None else numbers[rules.responsible[one]],
        }
        for one in range(PEOPLE)
    ]  # fmt: skip
    return batch + [
        {"kind": "relationship", "external_id": f"{numbers[0]}-{count}", "patient": numbers[ward], "related": numbers[other],
         "relation": relation, "is_guardian": is_guardian}
        for count, (ward, other, is_guardian, relation) in enumerate(rules.guardians)
    ]  # fmt: skip


def _moments(practice, rules: Rules) -> set[datetime]:
    """The midnights on which somebody has a birthday that could count, and the second before each; leap days have two candidates."""
    days = {
        day
        for born in rules.born if born
        for age in {rules.narrow_age, rules.adult_age} - {0}
        for day in (_years_later(born, age), _years_later(born + timedelta(days=1), age))
    }  # fmt: skip
    return {moment for day in days for moment in (_midnight(practice, day) - SECOND, _midnight(practice, day))}


def _years_later(born: date, years: int) -> date:
    return date(born.year + years, 3, 1) if (born.month, born.day) == (2, 29) else born.replace(year=born.year + years)


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 3, 1)  # whose day is February 29 has the birthday on March 1
