"""A merge that is taken back: what came from the other chart goes back to it, and nobody sees more than before."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from core.audit import AuditEvent
from core.auth import access
from core.auth.models import Account, SignInSession
from core.people import charts, pictures
from core.people.merging import merge
from core.people.models import Grant, MergedChart, Patient, Relationship
from core.people.moved_models import MergedRow
from core.people.unmerging import CannotUnmerge, unmerge
from core.records import door
from core.records.changes.models import RecordsChange
from core.records.kinds import kinds_for
from core.testing import make_office
from plugins.appointments.models import Appointment, Confirmation, Recall
from plugins.webmail.models import Message
from tests.core.people.test_merging import add_row, grants

NOW = datetime.now(UTC)
WHY, BACK = "Entered twice at the desk", "They are father and son"


@pytest.fixture
def two(make):
    """Two charts: the one that is kept, and the other."""
    return make.patient(external_id="K-1", last_name="Quill"), make.patient(external_id="A-1", last_name="Qill", email="old@example.test")


@pytest.fixture
def join(db, practice, registry):
    """`join(kept, absorbed)`: make one of them at the office, committed."""

    def act(kept, absorbed):
        merge(db, registry.plugins, practice.id, kept.id, absorbed.id, WHY, datetime.now(UTC))
        db.commit()

    return act


@pytest.fixture
def part(db, practice, registry):
    """`part(kept, absorbed)`: take that back at the office, committed."""

    def act(kept, absorbed):
        chart = unmerge(db, registry.plugins, practice.id, kept.id, absorbed.id, BACK, datetime.now(UTC))
        db.commit()
        return chart

    return act


def sent(number: str, **more) -> dict:
    return {"kind": "patient", "external_id": number, "first_name": "Robin", "last_name": "Quill"} | more


def visit(number: str, patient: str) -> dict:
    return {"kind": "appointment", "external_id": number, "patient": patient, "starts_at": NOW, "minutes": 30, "reason": "Filling"}


def visits(db, practice) -> dict:
    """Whose the visits are, by their numbers."""
    db.rollback()
    return dict(db.execute(select(Appointment.external_id, Appointment.patient_id).where(Appointment.practice_id == practice.id)).all())


def test_every_row_of_every_table_goes_back_to_where_it_was(db, practice, two, join, part, registry):
    """Every table with a patient in it, of core and of each tab: one that is forgotten is found here."""
    kept, absorbed = two
    chart = {column.name: getattr(absorbed, column.name) for column in Patient.__table__.c}
    plugins = registry.plugins.plugins
    # A session ends, and what a chart is found by is made anew.
    tables = [table for table in (*charts.own_tables(plugins), *(t for name in plugins for t in charts.tables_of(name))) if table.name not in ("patient_word", "sign_in_session")]
    mine = {table: add_row(db, practice.id, table, patient_id=absorbed.id) for table in tables}
    # Of what both have, and may be there once, the merge keeps one.
    doubles = ("account_estimate", "appointments_preference", "appointments_notice_choice")
    theirs = {table: add_row(db, practice.id, table, patient_id=kept.id) for table in tables if table.name not in doubles}
    db.commit()
    join(kept, absorbed)
    part(kept, absorbed)
    again = db.get_one(Patient, (practice.id, absorbed.id), populate_existing=True)
    assert {column.name: getattr(again, column.name) for column in Patient.__table__.c} == chart
    for rows, patient in ((mine, absorbed), (theirs, kept)):
        for table, row_id in rows.items():
            assert db.scalar(select(table.c.patient_id).where(table.c.practice_id == practice.id, table.c.id == row_id)) == patient.id, table.name
    assert not db.scalars(select(MergedRow).where(MergedRow.practice_id == practice.id, MergedRow.merged_id == absorbed.id)).all()


def test_what_the_practices_system_has_merged_it_takes_back_by_saying_no_more_of_it(db, practice, two, make):
    kept, absorbed = two
    make.take_in([visit("V1", "A-1"), visit("V2", "K-1")])
    make.take_in([sent("A-1", merged_into="K-1")])
    make.take_in([visit("V3", "A-1"), visit("V4", "K-1"), visit("V5", "A-1")])
    make.take_in([visit("V5", "K-1")])
    assert set(visits(db, practice).values()) == {kept.id}
    answers = make.take_in([visit("V6", "A-1"), sent("A-1", last_name="Qill", merged_into=None)])
    assert [answer.outcome for answer in answers] == ["created", "updated"]
    here, there = kept.id, absorbed.id
    assert visits(db, practice) == {"V1": there, "V2": here, "V3": there, "V4": here, "V5": here, "V6": there}
    assert db.get_one(Patient, (practice.id, there)).last_name == "Qill"
    assert [answer.outcome for answer in make.take_in([sent("A-1", last_name="Qill")])] == ["unchanged"]
    [event] = db.scalars(select(AuditEvent).where(AuditEvent.practice_id == practice.id, AuditEvent.action == "office.patients.unmerge"))
    assert (event.patient_id, event.target_id, event.account_id) == (here, there, None)


def test_long_afterwards_too_though_nothing_is_kept_of_what_the_chart_was(db, practice, two, make):
    make.take_in([visit("V1", "A-1"), sent("A-1", merged_into="K-1")])
    pictures.forget_pictures(db, practice.id, datetime.now(UTC) + pictures.KEPT)
    db.commit()
    make.take_in([sent("A-1", first_name="Ada", birthdate="1990-02-03")])
    again = db.get_one(Patient, (practice.id, two[1].id), populate_existing=True)
    assert (again.first_name, again.birthdate, visits(db, practice)) == ("Ada", date(1990, 2, 3), {"V1": two[1].id})


def test_of_another_system_nobody_takes_it_back(db, practice, two, make, registry):
    make.take_in([sent("A-1", merged_into="K-1")])
    door.take_in(db, kinds_for(registry, frozenset()), [sent("A-1")], is_second=True)
    assert db.get(Patient, (practice.id, two[1].id), populate_existing=True) is None


def test_a_chart_that_becomes_part_of_another_one_instead_goes_there_alone(db, practice, two, make):
    other = make.patient(external_id="C-1")
    make.take_in([visit("V1", "A-1"), visit("V2", "K-1"), sent("A-1", merged_into="K-1")])
    make.take_in([sent("A-1", merged_into="C-1")])
    assert visits(db, practice) == {"V1": other.id, "V2": two[0].id}


def test_one_that_is_refused_takes_nothing_back(db, practice, two, make, registry):
    make.take_in([sent("A-1", merged_into="K-1")])
    [answer] = door.take_in(db, kinds_for(registry, frozenset()), [sent("A-1", guarantor="Z-9")])
    assert answer.outcome == "refused"
    assert db.get(Patient, (practice.id, two[1].id), populate_existing=True) is None


def test_a_merge_of_the_office_is_not_taken_back_by_records(db, practice, two, make, join, part):
    kept, absorbed = two
    make.take_in([visit("V1", "A-1")])
    join(kept, absorbed)
    assert [answer.outcome for answer in make.take_in([sent("A-1"), visit("V2", "A-1"), visit("V3", "K-1")])] == ["unchanged", "created", "created"]
    part(kept, absorbed)
    assert visits(db, practice) == {"V1": absorbed.id, "V2": absorbed.id, "V3": kept.id}
    change = db.scalars(select(RecordsChange).where(RecordsChange.practice_id == practice.id, RecordsChange.kind == "patient.unmerged")).one()
    assert (change.patient_id, change.data["restored"]["portal_id"], change.data["reason"]) == (kept.id, str(absorbed.id), BACK)
    with pytest.raises(CannotUnmerge, match="not part of this one"):
        part(kept, absorbed)


def test_the_office_takes_back_neither_what_its_system_has_merged_nor_what_was_merged_long_ago(db, practice, two, make, join, part):
    kept, absorbed = two
    make.take_in([sent("A-1", merged_into="K-1")])
    with pytest.raises(CannotUnmerge, match="practice system has merged"):
        part(kept, absorbed)
    db.rollback()
    other = make.patient()
    join(kept, other)
    pictures.forget_pictures(db, practice.id, datetime.now(UTC) + pictures.KEPT - timedelta(hours=1))
    assert db.get_one(MergedChart, (practice.id, other.id), populate_existing=True).was
    pictures.forget_pictures(db, practice.id, datetime.now(UTC) + pictures.KEPT)
    with pytest.raises(CannotUnmerge, match="After 90 days"):
        part(kept, other)


def test_what_was_made_meanwhile_stays_unless_it_hangs_on_what_goes_back(db, practice, two, make, join, part):
    kept, absorbed = two
    make.take_in([visit("V1", "A-1"), visit("V2", "K-1")])
    question = add_row(db, practice.id, Message.__table__, patient_id=absorbed.id)
    db.commit()
    join(kept, absorbed)
    rows = dict(db.execute(select(Appointment.external_id, Appointment.id).where(Appointment.practice_id == practice.id)).all())
    answer = add_row(db, practice.id, Message.__table__, patient_id=kept.id, reply_to_id=question)
    last = add_row(db, practice.id, Message.__table__, patient_id=kept.id, reply_to_id=answer)
    own = add_row(db, practice.id, Message.__table__, patient_id=kept.id)
    confirmed = [add_row(db, practice.id, Confirmation.__table__, patient_id=kept.id, appointment_id=rows[f"V{place}"], code=f"C{place}") for place in (1, 2)]
    db.commit()
    part(kept, absorbed)
    messages = dict(db.execute(select(Message.id, Message.patient_id).where(Message.practice_id == practice.id)).all())
    assert messages == {question: absorbed.id, answer: absorbed.id, last: absorbed.id, own: kept.id}
    assert [db.get_one(Confirmation, (practice.id, id_)).patient_id for id_ in confirmed] == [absorbed.id, kept.id]


def test_what_the_system_has_given_to_the_kept_chart_since_stays_with_what_hangs_on_it(db, practice, two, make, join, part):
    kept, absorbed = two
    make.take_in([visit("V1", "A-1")])
    [visit_id] = db.scalars(select(Appointment.id).where(Appointment.practice_id == practice.id))
    confirmation = add_row(db, practice.id, Confirmation.__table__, patient_id=absorbed.id, appointment_id=visit_id)
    db.commit()
    join(kept, absorbed)
    make.take_in([visit("V1", "K-1")])
    part(kept, absorbed)
    assert visits(db, practice) == {"V1": kept.id}
    assert db.get_one(Confirmation, (practice.id, confirmation)).patient_id == kept.id


def test_what_was_dropped_as_a_double_comes_back_with_its_record(db, practice, two, make, join, part):
    kept, absorbed = two
    recall_type = {"kind": "recall_type", "external_id": "T", "name": "Cleaning"}
    recalls = [{"kind": "recall", "external_id": f"R-{number}", "patient": number, "recall_type": "T", "due_on": "2027-01-01"} for number in ("K-1", "A-1")]
    make.take_in([recall_type, *recalls])
    join(kept, absorbed)
    part(kept, absorbed)
    make.take_in(recalls)
    rows = dict(db.execute(select(Recall.external_id, Recall.patient_id).where(Recall.practice_id == practice.id)).all())
    assert rows == {"R-K-1": kept.id, "R-A-1": absorbed.id}


def test_family_and_guardians_are_as_before(db, practice, make, join, part):
    born = date(NOW.year - 8, 1, 1)
    kept, absorbed = make.patient(external_id="K-2", birthdate=born), make.patient(external_id="A-2", birthdate=born)
    mother, head = make.patient(external_id="M-2"), make.patient(external_id="H-2")
    mothers, heads = make.account(mother), make.account(head)
    make.take_in([{"kind": "relationship", "external_id": "R", "patient": "A-2", "related": "M-2", "relation": "mother", "is_guardian": True},
                  {"kind": "patient", "external_id": "A-2", "first_name": "Ann", "last_name": "Lee", "birthdate": born, "guarantor": "H-2"},
                  {"kind": "patient", "external_id": "N-2", "first_name": "Nan", "last_name": "Lee", "birthdate": born, "guarantor": "A-2"}])  # fmt: skip
    before = grants(db, practice, absorbed)
    assert set(before) == {mothers.id, heads.id}
    join(kept, absorbed)
    assert grants(db, practice, kept) == {}
    part(kept, absorbed)
    assert (grants(db, practice, absorbed), grants(db, practice, kept)) == (before, {})
    nan = db.scalars(select(Patient).where(Patient.practice_id == practice.id, Patient.external_id == "N-2")).one()
    assert nan.guarantor_id == absorbed.id


def test_what_is_said_of_a_guardian_meanwhile_counts(db, practice, make, join, part):
    kept, absorbed, _ = (make.patient(external_id=number) for number in ("K-3", "A-3", "M-3"))
    said = {"kind": "relationship", "external_id": "R", "patient": "A-3", "related": "M-3", "relation": "mother", "is_guardian": True}
    make.take_in([said])
    join(kept, absorbed)
    make.take_in([said | {"is_guardian": False}])
    part(kept, absorbed)
    row = db.execute(select(Relationship.patient_id, Relationship.is_guardian).where(Relationship.practice_id == practice.id)).one()
    assert tuple(row) == (absorbed.id, False)


def test_the_only_account_goes_back_and_opens_its_own_chart_alone(db, practice, two, make, join, part, signed_in):
    kept, absorbed = two
    account = make.account(absorbed)
    app = signed_in(account=account)
    join(kept, absorbed)
    assert "Quill" in app.get("/profile").text
    friend = make.account(make.patient(first_name="Fay"))
    services_grant = Grant(account_id=friend.id, patient_id=kept.id, plugin="images", level="see", relation="friend", given_by="account", since=datetime.now(UTC), giver_id=account.id)
    db.add(services_grant)
    db.commit()
    part(kept, absorbed)
    assert (grants(db, practice, absorbed), grants(db, practice, kept)) == ({account.id: {"*.act"}}, {})
    app.get("/home", status=303)
    assert "Qill" in signed_in(account=db.get_one(Account, (practice.id, account.id), populate_existing=True)).get("/profile").text


def test_an_account_that_the_merge_has_closed_is_open_again_with_what_it_had(db, practice, two, make, join, part):
    kept, absorbed = two
    first, second, others = make.account(kept), make.account(absorbed), make.patient(first_name="Oma")
    make.grant(second, others, "images", "see")
    join(kept, absorbed)
    assert grants(db, practice, others) == {first.id: {"images.see"}}
    part(kept, absorbed)
    db.refresh(second)
    assert second.closed_at is None
    held = {patient.last_name: grants(db, practice, patient) for patient in two} | {"others": grants(db, practice, others)}
    assert held == {"Quill": {first.id: {"*.act"}}, "Qill": {second.id: {"*.act"}}, "others": {second.id: {"images.see"}}}


def test_one_whose_password_was_made_anew_meanwhile_is_closed(db, practice, two, make, join, part):
    """The office has given it to whoever it took for the patient."""
    kept, absorbed = two
    account = make.account(absorbed)
    join(kept, absorbed)
    access.give(db, practice.id, kept.id, datetime.now(UTC))
    db.commit()
    part(kept, absorbed)
    assert db.get_one(Account, (practice.id, account.id), populate_existing=True).closed_at


def test_what_was_given_of_the_other_chart_by_hand_is_not_given_again(db, practice, two, make, join, part):
    kept, absorbed = two
    make.grant(make.account(make.patient(first_name="Ben")), absorbed)
    join(kept, absorbed)
    part(kept, absorbed)
    assert grants(db, practice, absorbed) == {}


def test_a_session_of_the_kept_charts_person_sees_nothing_of_the_other(db, practice, two, make, join, part, signed_in):
    kept, absorbed = two
    make.take_in([visit("V1", "A-1") | {"starts_at": NOW + timedelta(days=3), "reason": "Root canal"}])
    app = signed_in(kept)
    join(kept, absorbed)
    assert "Root canal" in app.get("/appointments").text
    part(kept, absorbed)
    assert "Root canal" not in app.get("/appointments").text
    assert not db.scalars(select(SignInSession).where(SignInSession.practice_id == practice.id, SignInSession.patient_id == absorbed.id)).all()


@pytest.mark.parametrize(("source", "stays"), [("records", True), ("office", False)])
def test_a_confidential_flag_comes_back_and_leaves_a_chart_that_nobody_sends(db, practice, two, join, part, source, stays):
    kept, absorbed = two
    for patient, values in ((absorbed, {"is_confidential": True}), (kept, {"source": source})):
        db.execute(update(Patient).where(Patient.practice_id == practice.id, Patient.id == patient.id).values(values))
    db.commit()
    join(kept, absorbed)
    part(kept, absorbed)
    flags = [db.get_one(Patient, (practice.id, patient.id), populate_existing=True).is_confidential for patient in two]
    assert flags == [stays, True]


def test_of_a_chain_each_link_can_be_taken_back(db, practice, two, make, join, part):
    first, (middle, inner) = make.patient(external_id="L-1"), two
    make.take_in([visit("V1", "A-1"), visit("V2", "K-1"), visit("V3", "L-1")])
    join(middle, inner)
    join(first, middle)
    make.take_in([visit("V4", "A-1")])
    part(first, middle)
    assert visits(db, practice) == {"V1": middle.id, "V2": middle.id, "V3": first.id, "V4": middle.id}
    assert db.get_one(MergedChart, (practice.id, inner.id), populate_existing=True).patient_id == middle.id
    part(middle, inner)
    assert visits(db, practice) == {"V1": inner.id, "V2": middle.id, "V3": first.id, "V4": inner.id}


def test_a_chart_that_was_named_and_is_part_of_another_one_is_named_there(db, practice, two, make, join, part):
    kept, absorbed = two
    head, other = make.patient(external_id="H-1"), make.patient(external_id="O-1")
    make.take_in([sent("A-1", guarantor="H-1")])
    join(kept, absorbed)
    join(other, head)
    part(kept, absorbed)
    assert db.get_one(Patient, (practice.id, absorbed.id), populate_existing=True).guarantor_id == other.id


def threads(*acts):
    started = [threading.Thread(target=act) for act in acts]
    for one in started:
        one.start()
    for one in started:
        one.join()


def test_of_two_who_take_the_same_merge_back_one_is_told(practice, two, join, registry):
    kept, absorbed = two
    join(kept, absorbed)
    outcomes: list[str] = []

    def act():
        with practice.session() as session:
            try:
                unmerge(session, registry.plugins, practice.id, kept.id, absorbed.id, BACK, datetime.now(UTC))
                session.commit()
                outcomes.append("done")
            except CannotUnmerge:
                outcomes.append("told")

    threads(act, act)
    assert sorted(outcomes) == ["done", "told"]


def test_of_two_batches_that_take_the_same_merge_back_both_come_in(practice, two, make, registry, db):
    make.take_in([sent("A-1", merged_into="K-1")])
    outcomes: list[str] = []

    def act():
        with practice.session() as session:
            answers = door.take_in(session, kinds_for(registry, frozenset()), [sent("A-1", guarantor="A-1"), sent("K-1")])
            session.commit()
            outcomes.append(answers[0].outcome)

    threads(act, act)
    assert sorted(outcomes) == ["unchanged", "updated"]
    assert db.get(Patient, (practice.id, two[1].id), populate_existing=True)


def test_a_record_that_comes_in_meanwhile_waits_and_arrives_at_the_chart_that_is_there_again(practice, two, join, registry, db):
    kept, absorbed = two
    join(kept, absorbed)
    taking_back = practice.session()
    unmerge(taking_back, registry.plugins, practice.id, kept.id, absorbed.id, BACK, datetime.now(UTC))
    answers = []

    def take_in():
        with practice.session() as session:
            answers.extend(door.take_in(session, kinds_for(registry, frozenset(registry.plugins.plugins)), [visit("V4", "A-1")]))
            session.commit()

    taking = threading.Thread(target=take_in)
    taking.start()
    waits = text("select count(*) from pg_locks where not granted and locktype in ('tuple', 'transactionid')")
    while not db.scalar(waits) and taking.is_alive():
        db.rollback()
    taking_back.commit()
    taking_back.close()
    taking.join()
    assert [answer.outcome for answer in answers] == ["created"]
    assert visits(db, practice) == {"V4": absorbed.id}


def test_whoever_takes_it_back_waits_for_a_record_that_is_coming_in(practice, two, join, registry, db):
    kept, absorbed = two
    join(kept, absorbed)
    coming = practice.session()
    door.take_in(coming, kinds_for(registry, frozenset(registry.plugins.plugins)), [visit("V4", "A-1")])

    def take_back():
        with practice.session() as session:
            unmerge(session, registry.plugins, practice.id, kept.id, absorbed.id, BACK, datetime.now(UTC))
            session.commit()

    taking = threading.Thread(target=take_back)
    taking.start()
    waits = text("select count(*) from pg_locks where not granted and locktype in ('tuple', 'transactionid')")
    while not db.scalar(waits) and taking.is_alive():
        db.rollback()
    coming.commit()
    coming.close()
    taking.join()
    assert visits(db, practice) == {"V4": absorbed.id}


PEOPLE, VISITS, FAMILY = ("A", "B", "C", "D"), ("V1", "V2", "V3"), ("X", "Y")
person = st.sampled_from(PEOPLE)
acts = st.one_of(
    st.tuples(st.just("visit"), st.sampled_from(VISITS), person),
    st.tuples(st.just("head"), st.sampled_from(FAMILY), person),
    st.tuples(st.just("merged"), person, person),
    st.tuples(st.just("sent"), person, person),
    st.tuples(st.just("merge"), person, person),
    st.tuples(st.just("undo"), person, person),
)


class Model:
    """What the practice's system and the office have said: which number is part of which other one, and which number each record names."""

    def __init__(self):
        self.into: dict[str, str] = {}
        self.by_office: set[str] = set()
        self.visits: dict[str, str] = {}
        self.heads: dict[str, str] = {}

    def root(self, number: str) -> str:
        while number in self.into:
            number = self.into[number]
        return number

    def say(self, number: str, into: str | None) -> None:
        """The practice's system has sent a patient."""
        if into and self.root(into) == self.root(number):
            return
        if number not in self.by_office:
            self.into.pop(number, None)
        if into and self.root(into) != self.root(number):
            self.into[self.root(number)] = into


@given(st.lists(acts, max_size=14))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_merged_and_taken_back_each_record_is_at_the_chart_that_its_number_says(registry, said):
    office, model = make_office(registry), Model()
    kinds = kinds_for(registry, frozenset(registry.plugins.plugins))
    with office.session() as session:

        def take_in(*batch):
            assert "refused" not in {answer.outcome for answer in door.take_in(session, kinds, batch)}

        take_in(*(sent(name) for name in (*PEOPLE, *FAMILY)))
        ids = dict(session.execute(select(Patient.external_id, Patient.id).where(Patient.practice_id == office.id)).all())
        for act, one, other in said:
            if act == "visit":
                take_in(visit(one, other))
                model.visits[one] = other
            elif act == "head":
                take_in(sent(one, guarantor=other))
                model.heads[one] = other
            elif act in ("sent", "merged"):
                into = other if act == "merged" and one != other else None
                take_in(sent(one, merged_into=into))
                model.say(one, into)
            elif act == "merge" and one != other and not {one, other} & model.into.keys():
                merge(session, registry.plugins, office.id, ids[other], ids[one], WHY, datetime.now(UTC))
                model.into[one] = other
                model.by_office.add(one)
            elif act == "undo" and one in model.by_office:
                unmerge(session, registry.plugins, office.id, ids[model.root(one)], ids[one], BACK, datetime.now(UTC))
                del model.into[one]
                model.by_office.remove(one)
            session.flush()
            there = dict(session.execute(select(Patient.external_id, Patient.id).where(Patient.practice_id == office.id)).all())
            assert there == {name: ids[name] for name in ids if name not in model.into}
            stand = dict(session.execute(select(Appointment.external_id, Appointment.patient_id).where(Appointment.practice_id == office.id)).all())
            assert stand == {name: ids[model.root(number)] for name, number in model.visits.items()}
            heads = select(Patient.external_id, Patient.guarantor_id).where(Patient.practice_id == office.id, Patient.external_id.in_(model.heads))
            assert dict(session.execute(heads).all()) == {name: ids[model.root(number)] for name, number in model.heads.items()}
        session.rollback()
