"""A key for another system than the practice's: it has numbers of its own, and whom it sends may be here already."""

from sqlalchemy import select

from core.people.models import Patient, PatientNumber
from core.people.recognizing import WAITS
from core.records import refusals, retrying
from core.records.kinds import kinds_at
from tests.core.records.api.conftest import System

ROSA = {"kind": "patient", "external_id": "P1", "first_name": "Rosa", "last_name": "Vale", "birthdate": "1984-05-17", "phone": "303-555-0114", "email": "rosa@example.test"}


def lab(portal, office, **scopes) -> System:
    return System(portal, office, is_second=True, **scopes)


def charts(office) -> dict[str, str]:
    with office.session() as session:
        return dict(session.execute(select(Patient.external_id, Patient.first_name).where(Patient.practice_id == office.id)).all())


def outcomes(answer: dict) -> list[str]:
    return [one["outcome"] for one in answer["answers"]]


def test_whom_it_sends_and_who_is_here_for_sure_gets_no_second_chart_and_what_is_of_them_lies_there(portal, practice, system):
    system.send(ROSA)
    theirs = lab(portal, practice)
    assert outcomes(theirs.send(ROSA | {"external_id": "lab:77"}, {"kind": "allergy", "external_id": "lab:1", "patient": "lab:77", "substance": "Latex"}, source="lab")) == ["unchanged", "created"]
    assert charts(practice) == {"P1": "Rosa"}
    assert outcomes(theirs.send(ROSA | {"external_id": "lab:78", "first_name": "Bo", "birthdate": "1950-01-01", "phone": "", "email": ""}, source="lab")) == ["created"]
    assert charts(practice) == {"P1": "Rosa", "lab:78": "Bo"}


def test_who_may_be_here_waits_for_the_office(portal, practice, system):
    system.send(ROSA)
    [answer] = lab(portal, practice).send(ROSA | {"external_id": "lab:77", "phone": "303-555-0199", "email": ""}, source="lab")["answers"]
    assert (answer["outcome"], answer["reason"]) == ("refused", WAITS)
    with practice.session() as session:
        row = session.scalars(select(PatientNumber).where(PatientNumber.practice_id == practice.id)).one()
        assert (row.external_id, row.is_own) == ("lab:77", False)


def test_in_a_run_over_several_requests_it_is_the_other_system_too(portal, practice, system):
    system.send(ROSA)
    theirs = lab(portal, practice)
    run = theirs.ask("POST", "runs", {"source": "lab"}, status=201).json["run"]
    theirs.ask("POST", "records", {"run": run, "records": [ROSA | {"external_id": "lab:77"}]}, status=200)
    assert charts(practice) == {"P1": "Rosa"}


def test_a_number_of_the_practices_own_system_is_never_overwritten_and_may_be_named(portal, practice, system):
    system.send(ROSA, {"kind": "provider", "external_id": "3", "first_name": "Mina", "last_name": "Okafor"})
    theirs = lab(portal, practice)
    answer = theirs.send(ROSA | {"first_name": "Somebody", "last_name": "Else"}, {"kind": "patient", "external_id": "P1", "deleted": True}, {"kind": "patient"}, source="lab")
    assert outcomes(answer) == ["refused"] * 3
    assert answer["answers"][0]["reason"] == "external_id: the key is of another system than the practice's, so its numbers begin with lab: and are nobody else's."
    assert answer["answers"][1]["pointer"] == "/records/1/external_id"
    assert charts(practice) == {"P1": "Rosa"}
    named = {"kind": "patient", "external_id": "lab:9", "first_name": "Bo", "last_name": "Ode", "provider": "3", "guarantor": "P1"}
    assert outcomes(theirs.send(named, source="lab")) == ["created"]


def test_what_it_sent_and_was_refused_is_tried_again_as_of_the_other_system(portal, practice, system):
    system.send(ROSA)
    theirs = lab(portal, practice)
    assert outcomes(theirs.send(ROSA | {"external_id": "lab:77", "guarantor": "lab:78"}, source="lab")) == ["refused"]
    theirs.send({"kind": "patient", "external_id": "lab:78", "first_name": "Bo", "last_name": "Ode"}, source="lab")
    with practice.session() as session:
        [line] = session.scalars(select(refusals.RecordsRefusal).where(refusals.RecordsRefusal.practice_id == practice.id))
        assert line.is_second
        retrying.try_again(session, kinds_at(practice.registry, practice.id), None, line.last_at)
        session.commit()
    assert charts(practice) == {"P1": "Rosa", "lab:78": "Bo"}


def test_it_opens_nothing_at_another_practice(portal, practice, other_system, system):
    system.send(ROSA)
    theirs = lab(portal, other_system.office)
    theirs.send(ROSA | {"external_id": "lab:77"}, source="lab")
    assert charts(practice) == {"P1": "Rosa"}
    assert charts(other_system.office) == {"lab:77": "Rosa"}
