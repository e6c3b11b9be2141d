"""Who comes in under an unknown number and is here already: found, or asked about; nobody gets to see another one’s record."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import delete, select

from core.db import uuid7
from core.people import deciding
from core.people.found_by import keep_words
from core.people.matching import SURE, compare
from core.people.models import Patient, PatientNumber, PatientWord
from core.people.recognizing import WAITS
from core.records import runs
from core.records.kinds import kinds_for

NOW = datetime.now(UTC)
ROSA = {"first_name": "Rosa", "last_name": "Vale", "birthdate": date(1984, 5, 17), "phone": "303-555-0114", "email": "rosa@example.test"}


@pytest.fixture
def by_hand(db, practice):
    """`by_hand(**changes)`: a chart that was made in the portal, without a number."""

    def make(**changes) -> Patient:
        patient = Patient(source="office", **(ROSA | changes))
        db.add(patient)
        db.flush()
        keep_words(db, [patient.id])
        db.commit()
        return patient

    return make


@pytest.fixture
def send(db, practice, registry):
    """`send(*people, is_second=False)`: what becomes of them."""

    def act(*people: dict, is_second: bool = False):
        run = runs.begin("other" if is_second else "own", datetime.now(UTC), is_second=is_second)
        answers = runs.take_in(db, run, kinds_for(registry, frozenset()), people, datetime.now(UTC))
        db.commit()
        db.expire_all()
        return answers

    return act


def person(number: str, **changes) -> dict:
    return {"kind": "patient", "external_id": number, **ROSA} | changes


def _questions(db, practice) -> list[PatientNumber]:
    return list(db.scalars(select(PatientNumber).where(PatientNumber.practice_id == practice.id).order_by(PatientNumber.external_id, PatientNumber.id)))


def test_a_chart_made_by_hand_gets_its_number_when_the_practices_system_sends_the_same_person(db, by_hand, send):
    chart = by_hand()
    assert [answer.outcome for answer in send(person("P1", city="Boulder"))] == ["updated"]
    db.refresh(chart)
    assert (chart.external_id, chart.source, chart.city) == ("P1", "records", "Boulder")
    assert [answer.outcome for answer in send(person("P1", city="Boulder"))] == ["unchanged"]


def test_whoever_may_be_here_waits_and_what_the_office_says_counts_from_then_on(db, practice, by_hand, send):
    chart = by_hand(phone="303-555-0199")
    [answer] = send(person("P1"))
    assert (answer.outcome, answer.reason) == ("refused", WAITS)
    [row] = _questions(db, practice)
    assert (row.patient_id, row.state, row.said["phone"]) == (chart.id, "waits", "303-555-0114")
    send(person("P1", phone="303-555-0115"))
    assert [one.said["phone"] for one in _questions(db, practice)] == ["303-555-0115"]

    deciding.same(db, practice.id, row.id, NOW, None)
    db.commit()
    assert [answer.outcome for answer in send(person("P1"))] == ["updated"]
    db.refresh(chart)
    assert (chart.external_id, chart.phone, _questions(db, practice)[0].said) == ("P1", "303-555-0114", None)


def test_whoever_is_somebody_else_gets_a_chart_and_is_not_asked_about_again(db, practice, by_hand, send):
    chart = by_hand(phone="303-555-0199")
    send(person("P1"))
    [row] = _questions(db, practice)
    deciding.different(db, practice.id, row.id, NOW, None)
    db.commit()
    assert [answer.outcome for answer in send(person("P1"))] == ["created"]
    assert db.get_one(Patient, (practice.id, chart.id)).external_id is None


def test_people_of_another_system_are_recognized_and_their_records_arrive_at_the_chart(db, practice, make, send):
    chart = make.patient(**ROSA)
    assert send(person("OTHER-7"), is_second=True)[0].outcome == "unchanged"
    assert db.scalar(select(Patient.id).where(Patient.practice_id == practice.id, Patient.external_id == "OTHER-7")) is None
    child = person("OTHER-8", first_name="June", birthdate=date(2017, 9, 2), guarantor="OTHER-7")
    assert send(child, is_second=True)[0].outcome == "created"
    assert db.scalar(select(Patient.guarantor_id).where(Patient.practice_id == practice.id, Patient.external_id == "OTHER-8")) == chart.id


def test_numbers_of_the_practices_own_system_make_charts_of_their_own_where_all_have_numbers(make, send):
    make.patient(**ROSA)
    assert send(person("P-9"))[0].outcome == "created"


def test_two_who_both_say_to_be_one_person_wait_both(by_hand, send):
    by_hand()
    assert {answer.outcome for answer in send(person("P1"), person("P2"))} == {"refused"}


def test_a_thousand_people_take_no_more_statements_than_ten(by_hand, send, statements):
    by_hand()
    counts = []
    for many in (10, 300):
        with statements() as seen:
            send(*(person(f"{many}-{one}", first_name=f"Quill{one}", phone=f"303555{one:04}", email="") for one in range(many)), is_second=True)
        counts.append(len(seen))
    assert counts[1] <= counts[0] + 2


family = st.builds(
    lambda first, last, born, sex, phone, email: {"first_name": first, "last_name": last, "birthdate": born, "sex": sex, "phone": phone, "email": email},
    st.sampled_from(["John", "Jon", "Ana", "Anna", "Vale"]), st.sampled_from(["Vale", "Vale Jr", "Vale Sr", "Valé"]),
    st.sampled_from([None, date(1980, 3, 4), date(1980, 4, 3), date(2010, 3, 4)]), st.sampled_from("FMU"),
    st.sampled_from(["303-555-0114", ""]), st.sampled_from(["home@example.test", ""]),
)  # fmt: skip


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, deadline=None)
@given(here=st.lists(family, min_size=1, max_size=3), coming=st.lists(family, min_size=1, max_size=3), is_second=st.booleans())
def test_whatever_families_come_no_number_leads_to_a_chart_that_is_not_surely_the_persons(db, practice, by_hand, send, here, coming, is_second):
    """Twins, fathers and sons, and whole households on one phone: by itself a number leads only to the one chart that agrees in all."""
    mark = uuid7().hex[:8]
    for one in here:
        by_hand(**one)
    send(*({"kind": "patient", "external_id": f"{mark}-{place}", **one} for place, one in enumerate(coming)), is_second=is_second)
    rows = [row for row in _questions(db, practice) if row.external_id.startswith(mark) and row.state == "same"]
    for row in rows:
        said = coming[int(row.external_id.rpartition("-")[2])]
        chart = db.get_one(Patient, (practice.id, row.patient_id))
        assert compare(Patient(**said, preferred_name=""), chart).verdict == SURE
        assert said["birthdate"] == chart.birthdate is not None
    assert len({row.patient_id for row in rows}) == len(rows)
    for patient in db.scalars(select(Patient).where(Patient.practice_id == practice.id)):
        for child in (PatientNumber, PatientWord):
            db.execute(delete(child).where(child.practice_id == practice.id, child.patient_id == patient.id))
        db.delete(patient)
    db.commit()
