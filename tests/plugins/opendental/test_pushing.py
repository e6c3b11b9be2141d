"""What is done here reaches Open Dental once, whatever dies on the way."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from io import BytesIO
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.db import uuid7
from core.people import changes as people
from core.people.models import Patient
from core.records.changes import NamedFile, begin, note, thing
from plugins.account.changes import BACK, PAID, PaidPart, PaymentBackDetails, PaymentDetails
from plugins.account.services import plans
from plugins.account.services.amortizing import Deal, schedule
from plugins.appointments.changes import (
    ANSWERED,
    BOOKED,
    CALLBACK,
    CANCELED,
    CONFIRMED,
    RESTORED,
    WITHDRAWN,
    AnswerDetails,
    CancelDetails,
    RequestDetails,
    note_visit,
)
from plugins.appointments.models import Appointment, Operatory
from plugins.opendental import pulling, pushing
from plugins.opendental.mapping.calls import NOT_PUSHED, PUSHED
from plugins.opendental.models import Connection, Push
from plugins.opendental.tasks import file_of_change
from plugins.opendental.wire import Away, NotAllowed
from plugins.plan.changes import SIGNED, SignedDetails
from plugins.plan.models import TreatmentPlan
from plugins.webmail.changes import WRITTEN, MessageDetails
from tests.plugins.opendental.conftest import NOW, Deadly, Killed

SEED = {"ItemOrder": 0, "isHidden": 0}


@pytest.fixture
def theirs(wire, office, db, practice):
    """An office with one patient, a chair, statuses and a visit, which is in the portal too; what is done from now on is pushed."""
    store = wire.office.store
    for number, name, category in ((21, "Unconfirmed", 2), (22, "Confirmed", 2), (23, "Call back", 2), (51, "Card", 10)):
        store.add("definition", DefNum=number, ItemName=name, Category=category)
    store.add("definition", DefNum=61, ItemName="Payment plans", ItemValue="A", Category=18)
    for name, value in (("ApptEConfirmStatusAccepted", 22), ("ApptEConfirmStatusDeclined", 23)):
        store.add("preference", PrefName=name, ValueString=str(value))
    store.add("provider", ProvNum=1, Abbr="DOC", LName="Lee", FName="Ann")
    store.add("operatory", OperatoryNum=4, OpName="Chair 1", ProvDentist=1)
    store.add("patient", PatNum=15, LName="Ode", FName="Mia", Guarantor=15, PriProv=1)
    store.add("appointment", AptNum=7, PatNum=15, AptStatus=1, Op=4, ProvNum=1, Pattern="XXXX", Confirmed=21, AptDateTime="2027-01-05 08:00:00")
    begin(db, practice.id, "opendental", NOW)
    db.commit()
    pull(office, wire)
    return store


def pull(office, wire, now=NOW):
    client = wire.client(way="service")
    while pulling.step(office, client, now):
        pass


def push(office, system, now=NOW):
    while pushing.push_next(office, system, now):
        pass


@pytest.fixture
def told(db, practice):
    """`told(kind, target_id, details)`: something was done by the patient."""

    def do(kind, target_id, details):
        patient_id = db.scalars(select(Patient.id).where(Patient.practice_id == practice.id, Patient.external_id == "15")).one()
        note(db, practice.id, kind, patient_id, target_id, NOW, details)
        db.commit()
        return patient_id

    return do


def visit_of(db, practice):
    return db.scalars(select(Appointment).where(Appointment.practice_id == practice.id, Appointment.external_id == "7")).one()


def paid(patient_id, receipt, cents=8050):
    parts = [PaidPart(patient=thing(Patient, patient_id), entry=None, amount_cents=cents)]
    about = {"currency": "usd", "method": "card", "card": "Visa 4242", "paid_at": NOW, "source": "portal", "note": "", "gateway": "stripe", "gateway_reference": None}
    return PaymentDetails(receipt_number=receipt, amount_cents=cents, clinic=None, statement=None, payment_plan=None, parts=parts, **about)


def states(db, practice):
    db.expire_all()
    return {one.kind: (one.state, one.problem) for one in db.scalars(select(Push).where(Push.practice_id == practice.id))}


def answer(confirmation):
    return AnswerDetails(starts_at=NOW, confirmation=confirmation, status=None)


@pytest.mark.parametrize("kind, confirmation, status", [(CONFIRMED, "confirmed", 22), (CALLBACK, "callback", 23)])
def test_answers_to_confirmations_become_their_status(theirs, told, office, wire, db, practice, kind, confirmation, status):
    connection = db.scalars(select(Connection).where(Connection.practice_id == practice.id)).one()
    connection.choices = {"task_list": "3"}
    told(kind, visit_of(db, practice).id, answer(confirmation))
    push(office, wire.client(way="service"))
    assert theirs.get("appointment", 7)["Confirmed"] == status
    assert [task["TaskListNum"] for task in theirs.all("task")] == ([3] if kind is CALLBACK else [])


def test_a_visit_is_called_off_and_comes_back(theirs, told, office, wire, db, practice):
    visit = visit_of(db, practice)
    told(CANCELED, visit.id, CancelDetails(starts_at=visit.starts_at, reason="Away"))
    push(office, wire.client(way="service"))
    assert theirs.get("appointment", 7)["AptStatus"] == 5
    note_visit(db, RESTORED, visit, NOW)
    db.commit()
    push(office, wire.client(way="service"))
    assert (theirs.get("appointment", 7)["AptStatus"], theirs.get("appointment", 7)["AptDateTime"]) == (1, "2027-01-05 08:00:00")


def test_what_the_office_has_called_off_itself_is_no_trouble(theirs, told, office, wire, db, practice):
    visit = visit_of(db, practice)
    theirs.update("appointment", 7, AptStatus=5)
    told(CANCELED, visit.id, CancelDetails(starts_at=visit.starts_at, reason=""))
    push(office, wire.client(way="service"))
    assert states(db, practice)["appointment.canceled"] == ("sent", "")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deaths=st.lists(st.sampled_from(["before", "after", "lost", "away"]), max_size=5), commits=st.sets(st.integers(1, 6), max_size=3))
def test_a_payment_is_there_once_whatever_dies(theirs, told, office, wire, db, practice, monkeypatch, deaths, commits):
    receipt = f"{uuid4().hex[:4]}-{uuid4().hex[:4]}".upper()
    patient_id = db.scalars(select(Patient.id).where(Patient.practice_id == practice.id, Patient.external_id == "15")).one()
    told(PAID, uuid4(), paid(patient_id, receipt))
    system, now, count = Deadly(wire.client(way="service"), deaths), NOW, 0
    settle = pushing._settle

    def dies(*about):
        nonlocal count
        count += 1
        if count in commits:
            raise Killed
        settle(*about)

    with monkeypatch.context() as patched:
        patched.setattr(pushing, "_settle", dies)
        for _ in range(30):
            try:
                push(office, system, now)
            except (Killed, Away):
                pass
            now += timedelta(hours=1)
    assert [row["PayAmt"] for row in theirs.all("payment", "CheckNum = ?", [receipt])] == [80.5]
    assert db.scalar(select(func.count()).where(Push.practice_id == practice.id, Push.state == "waiting")) == 0


def test_what_was_begun_is_left_alone_while_an_answer_may_be_on_its_way(theirs, told, office, wire, db, practice):
    patient_id = db.scalars(select(Patient.id).where(Patient.practice_id == practice.id, Patient.external_id == "15")).one()
    told(PAID, uuid4(), paid(patient_id, "AAAA-BBBB"))
    with pytest.raises(Killed):
        push(office, Deadly(wire.client(way="service"), ["before"]))
    assert not pushing.push_next(office, wire.client(way="service"), NOW + timedelta(seconds=30))
    push(office, wire.client(way="service"), NOW + timedelta(minutes=2))
    assert len(theirs.all("payment", "CheckNum = 'AAAA-BBBB'")) == 1


def test_a_payment_that_comes_back_with_the_ledger_names_its_receipt_and_is_given_back_whole_only(theirs, told, office, wire, db, practice):
    from plugins.account.models import Entry

    patient_id = db.scalars(select(Patient.id).where(Patient.practice_id == practice.id, Patient.external_id == "15")).one()
    payments = [uuid4(), uuid4()]
    for payment_id, receipt in zip(payments, ("WHOL-EEEE", "PART-LLLL"), strict=True):
        told(PAID, payment_id, paid(patient_id, receipt))
    push(office, wire.client(way="service"))
    pull(office, wire, NOW + timedelta(minutes=10))
    receipts = db.scalars(select(Entry.receipt_number).where(Entry.practice_id == practice.id)).all()
    assert sorted(receipts) == ["PART-LLLL", "WHOL-EEEE"]
    for payment_id, receipt, back in zip(payments, ("WHOL-EEEE", "PART-LLLL"), (8050, 1000), strict=True):
        told(BACK, payment_id, PaymentBackDetails(receipt_number=receipt, amount_cents=8050, refunded_cents=back, disputed_cents=0))
    push(office, wire.client(way="service"))
    assert sorted(row["PayAmt"] for row in theirs.all("payment")) == [-80.5, 80.5, 80.5]
    [stuck] = db.scalars(select(Push).where(Push.practice_id == practice.id, Push.state == "stuck"))
    assert "$10.00 of $80.50" in stuck.problem


@pytest.mark.parametrize("death", ["", "after", "before"])
def test_a_visit_that_was_booked_here_is_there_once_and_comes_back_as_the_same(theirs, told, office, wire, db, practice, death):
    chair = db.scalars(select(Operatory).where(Operatory.practice_id == practice.id)).one()
    patient_id = db.scalars(select(Patient.id).where(Patient.practice_id == practice.id, Patient.external_id == "15")).one()
    about = {"starts_at": visit_of(db, practice).starts_at + timedelta(days=1), "minutes": 40, "reason": "Cleaning", "pattern": "XXXXXXXX", "procedures": []}
    visit = Appointment(practice_id=practice.id, id=uuid4(), patient_id=patient_id, operatory_id=chair.id, clinic_id=practice.clinic_id, made_by="existing", **about)
    db.add(visit)
    note_visit(db, BOOKED, visit, NOW)
    db.commit()
    client = wire.client(way="service")
    try:
        push(office, Deadly(client, [death]))
    except Killed:
        pull(office, wire, NOW + timedelta(minutes=6))
        push(office, client, NOW + timedelta(minutes=10))
    pull(office, wire, NOW + timedelta(minutes=20))
    [made] = theirs.all("appointment", "AptNum <> 7")
    db.expire_all()
    found = db.scalars(select(Appointment).where(Appointment.practice_id == practice.id, Appointment.external_id == str(made["AptNum"]))).all()
    assert [one.id for one in found] == [visit.id]
    assert (made["AptDateTime"], made["Pattern"]) == ("2027-01-06 08:00:00", "XXXXXXXX")
    told(CANCELED, visit.id, CancelDetails(starts_at=visit.starts_at, reason=""))
    push(office, client, NOW + timedelta(minutes=30))
    assert theirs.get("appointment", made["AptNum"])["AptStatus"] == 5


def test_messages_become_lines_of_the_communications_log(theirs, told, office, wire, db, practice):
    told(WRITTEN, uuid4(), MessageDetails(subject="Pain", body="It\nhurts", sent_at=NOW, thread="t", provider=None, reply_to=None))
    push(office, wire.client(way="service"))
    [line] = theirs.all("commlog")
    assert line["Note"].startswith("Pain")
    assert line["SentOrReceived"] == 2


def test_what_is_refused_waits_for_a_person_and_what_is_away_is_tried_again(theirs, told, office, wire, db, practice):
    visit = visit_of(db, practice)
    told(CONFIRMED, visit.id, answer("confirmed"))
    wire.office.quirks.connector_down = True
    client = wire.client(way="service")
    with pytest.raises(Away):
        pushing.push_next(office, client, NOW)
    assert states(db, practice)["appointment.confirmed"][0] == "waiting"
    wire.office.quirks.connector_down = False
    theirs.delete("appointment", 7)
    push(office, client, NOW + timedelta(minutes=5))
    state, problem = states(db, practice)["appointment.confirmed"]
    assert state == "stuck"
    assert problem


def test_a_key_that_is_switched_off_makes_nothing_wait_for_a_person(theirs, told, office, wire, db, practice):
    told(CONFIRMED, visit_of(db, practice).id, answer("confirmed"))
    wire.office.quirks.disabled = True
    with pytest.raises(NotAllowed):
        pushing.push_next(office, wire.client(way="service"), NOW)
    assert states(db, practice)["appointment.confirmed"][0] == "waiting"


def test_every_kind_of_change_is_pushed_or_has_a_reason_why_not(registry):
    assert registry.change_kinds.keys() <= PUSHED | NOT_PUSHED.keys()
    assert not PUSHED & NOT_PUSHED.keys()
    assert pushing.PUSHED.keys() == PUSHED
    assert all(len(reason.split()) > 5 for reason in NOT_PUSHED.values())


@pytest.fixture
def agreed(theirs, db, practice, make):
    """A payment plan that Mia has just signed."""
    patient = db.scalars(select(Patient).where(Patient.practice_id == practice.id, Patient.external_id == "15")).one()
    deal = Deal(60_000, 0, 0, "monthly", NOW.date() + timedelta(days=30), 6)
    plan = plans.offer(db, patient, "Crown", deal, plans.terms_of(deal, schedule(deal, NOW.date()), "Main Street"), None, make.staff().id, NOW.date(), NOW, uuid7())
    plans.agree(db, plan, plans.Signature("Mia Ode", "", plans.hash_of(plan.terms), ""), make.account(patient).id, NOW.date(), NOW + timedelta(seconds=1))
    db.commit()
    return plan


def papers(theirs):
    """What was put into charts: title, folder and first bytes."""
    return [(row["Description"], row["DocCategory"], theirs.file(row["DocNum"])[:5]) for row in theirs.all("document")]


@pytest.mark.parametrize("deaths", [[], ["", "", "before"], ["", "", "after"], ["", "", "lost"], ["", "before"], ["", "after"]])
def test_a_payment_plan_that_was_signed_lies_in_the_chart_once_and_stands_in_the_log(agreed, theirs, office, wire, db, practice, registry, deaths):
    office = replace(office, file_of=partial(file_of_change, registry, practice.id))
    system, now = Deadly(wire.client(way="service"), deaths), NOW
    for _ in range(4):
        try:
            push(office, system, now)
        except (Killed, Away):
            pass
        now += timedelta(hours=1)
    assert set(states(db, practice).values()) == {("sent", "")}
    [(title, folder, start)] = papers(theirs)
    assert title.startswith("Payment plan: Crown (portal ")
    assert (folder, start) == (61, b"%PDF-")
    notes = [row["Note"] for row in theirs.all("commlog")]
    assert [("was offered" in note, "Signed by Mia Ode" in note) for note in notes] == [(True, False), (False, True)]


@pytest.mark.parametrize("death", ["", "before", "after"])
def test_a_treatment_plan_that_was_signed_is_signed_there_and_its_paper_lies_in_the_chart_once(theirs, told, office, wire, db, practice, registry, death):
    theirs.add("treatplan", TreatPlanNum=5, PatNum=15, DateTP="2026-11-01", Heading="Crown", TPStatus=0)
    pull(office, wire, NOW + timedelta(minutes=6))
    plan = db.scalars(select(TreatmentPlan).where(TreatmentPlan.practice_id == practice.id)).one()
    files = registry.files.within(practice.id)
    stored = files.put(files.new_key("plan", uuid7()), BytesIO(b"%PDF-signed"), "application/pdf")
    named = NamedFile(content_type="application/pdf", size=stored.size, sha256=stored.sha256, key=stored.key)
    signed = SignedDetails(signed_name="Mia Ode", by_patient=True, signed_at=NOW, heading="Crown", saved_on="2026-11-01", terms_sha256="0" * 64, file=named)
    told(SIGNED, plan.id, signed)
    system = Deadly(wire.client(way="service"), [death])
    office = replace(office, file_of=partial(file_of_change, registry, practice.id))
    for hours in range(3):
        try:
            push(office, system, NOW + timedelta(hours=hours))
        except Killed:
            pass
    assert theirs.get("treatplan", 5)["Signature"]
    assert states(db, practice)["treatment_plan.signed"] == ("sent", "")
    [(title, _, start)] = papers(theirs)
    assert title.startswith("Treatment plan, signed by Mia Ode (portal ")
    assert start == b"%PDF-"


def test_a_paper_that_is_no_longer_kept_waits_for_a_person(agreed, theirs, office, wire, db, practice):
    push(office, wire.client(way="service"))
    stuck = [problem for state, problem in ((one.state, one.problem) for one in db.scalars(select(Push).where(Push.practice_id == practice.id))) if state == "stuck"]
    assert "Download it in the portal" in stuck[0]


def test_charts_that_became_one_here_are_for_a_person_over_there(theirs, told, office, wire, db, practice):
    patient_id = visit_of(db, practice).patient_id
    told(people.MERGED, patient_id, people.MergedDetails(absorbed_id=uuid4(), absorbed_number=None, reason="Twice"))
    told(people.MERGED, patient_id, people.MergedDetails(absorbed_id=uuid4(), absorbed_number="16", reason="Twice"))
    push(office, wire.client(way="service"))
    rows = {one.number: (one.state, one.problem) for one in db.scalars(select(Push).where(Push.practice_id == practice.id))}
    assert [state for _, (state, _) in sorted(rows.items())] == ["passed", "stuck"]
    assert "Chart 16 became a part of chart 15" in max(problem for _, problem in rows.values())


def test_requests_for_the_record_and_about_visits_become_lines_of_the_log_and_a_changed_chart_is_changed(theirs, told, office, wire, db, practice):
    patient_id = visit_of(db, practice).patient_id
    wanted = {"wanted": ["all"], "format": "pdf", "recipient": "me", "recipient_address": "", "first_on": None, "last_on": None, "due_on": NOW.date()}
    told(people.RECORDS_REQUEST, uuid4(), people.RecordsRequestDetails(act="asked", state="asked", words="All of it", answer="", **wanted))
    told(people.RECORDS_REQUEST, uuid4(), people.RecordsRequestDetails(act="taken", state="taken", words="", answer="", **wanted))
    asked = {"what": "visit", "words": "Soon", "wanted": {}, "appointment": None, "clinic": None}
    told(ANSWERED, uuid4(), RequestDetails(state="answered", answer="Call us", **asked))
    told(WITHDRAWN, uuid4(), RequestDetails(state="withdrawn", answer="", **asked))
    chart = {"first_name": "Maya", "last_name": "Ode", "preferred_name": "", "birthdate": None, "phone": "", "email": "m@example.test", "clinic": None, "guarantor": None, "source": "office"}
    told(people.CHANGED, patient_id, people.PatientDetails(**chart))
    push(office, wire.client(way="service"))
    assert {state for state, _ in states(db, practice).values()} <= {"sent", "passed"}
    notes = " ".join(row["Note"] for row in theirs.all("commlog"))
    for words in ("asks for the record: All of it", "answered in the portal: Call us", "no longer needed"):
        assert words in notes
    assert len(theirs.all("commlog")) == 3
    assert (theirs.get("patient", 15)["FName"], theirs.get("patient", 15)["Email"]) == ("Maya", "m@example.test")
