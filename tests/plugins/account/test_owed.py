"""What is owed and how old it is, against a slow count; and nothing of anybody in it whose account the viewer may not see."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.account.models import Claim, Entry, Installment, PaymentPlan
from plugins.account.services import owed
from plugins.account.services.aging import aged

TODAY, ZONE = date(2026, 11, 28), ZoneInfo("America/Denver")
AGES, CENTS = st.integers(0, 140), st.integers(-20_000, 20_000)
LINES = st.lists(st.tuples(AGES, CENTS), max_size=25)


def slowly(lines):
    """What is left in each part when each credit pays the oldest charge that is left, cent by charge."""
    charges = sorted([age, cents] for age, cents in lines if cents > 0)
    credit = -sum(cents for _, cents in lines if cents < 0)
    for charge in reversed(charges):
        paid = min(charge[1], credit)
        charge[1] -= paid
        credit -= paid
    parts = ((0, 30), (31, 60), (61, 90), (91, 10_000))
    return tuple(sum(cents for age, cents in charges if first <= age <= last) for first, last in parts)


@given(charges=st.tuples(*[st.integers(0, 10**9)] * 4), credits_cents=st.integers(0, 10**10))
def test_aging_never_loses_or_makes_a_cent(charges, credits_cents):
    found = aged(charges, credits_cents)
    assert found.total_cents == max(0, sum(charges) - credits_cents)
    assert all(0 <= left <= charged for (_, left), charged in zip(found.parts, charges, strict=True))


def enter(db, patient, lines):
    for age, cents in lines:
        db.add(Entry(patient_id=patient.id, entry_type="charge", entered_on=TODAY - timedelta(age), description="Line", amount_cents=cents))
    db.flush()


def account(db, patient, seen):
    return owed.account(db, patient.practice_id, patient.id, [one.id for one in seen], ZONE, TODAY)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ledgers=st.tuples(LINES, LINES, LINES, LINES), mask=st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_the_family_is_who_is_billed_together_and_may_be_seen_and_nobody_else_is_in_any_sum(make, db, ledgers, mask):
    guarantor = make.patient()
    children = [make.patient(first_name=f"Child{n}", guarantor=guarantor.external_id) for n in range(2)]
    stranger = make.patient(first_name="Stranger")  # another family; that the viewer may see the account changes nothing
    everyone = [guarantor, *children, stranger]
    for patient, lines in zip(everyone, ledgers, strict=True):
        enter(db, patient, lines)
        db.add(Claim(patient_id=patient.id, carrier="Summit", state="sent", billed_cents=9, estimated_cents=5, write_off_cents=2, sent_on=TODAY))
    db.flush()
    by_id = dict(zip([one.id for one in everyone], ledgers, strict=True))
    for viewed in (guarantor, children[0]):
        seen = {viewed, *(one for one, yes in zip((guarantor, children[1], stranger), mask, strict=True) if yes)}
        found = account(db, viewed, seen)
        family = {one.id for one in seen if one is not stranger}
        lines = [line for id_ in family for line in by_id[id_]]
        together = found.together
        assert found.family.keys() == family
        assert together.owed_cents == sum(cents for _, cents in lines)
        assert tuple(cents for _, cents in together.aging.parts) == slowly(lines)
        assert (together.insurance.claims, together.insurance.total_cents) == (len(family), 7 * len(family))
        assert tuple(cents for _, cents in found.mine.aging.parts) == slowly(by_id[viewed.id])
        assert found.mine.owed_cents == sum(cents for _, cents in by_id[viewed.id])


def test_what_was_taken_back_is_neither_a_charge_nor_a_payment_that_pays_older_ones(make, db):
    patient = make.patient()
    enter(db, patient, [(100, 5_000)])
    wrong = Entry(patient_id=patient.id, entry_type="charge", entered_on=TODAY, description="Slip", amount_cents=700, source="office")
    db.add(wrong)
    db.flush()
    back = Entry(patient_id=patient.id, entry_type="charge", entered_on=TODAY, description="Slip, taken back", amount_cents=-700, source="office")
    back.voids_id = wrong.id
    db.add(back)
    db.flush()
    assert [cents for _, cents in account(db, patient, []).mine.aging.parts] == [0, 0, 0, 5_000]


def test_claims_that_wait_take_off_what_is_probably_left_and_answered_ones_do_not(make, db):
    patient = make.patient()
    enter(db, patient, [(5, 20_000)])
    about = {"patient_id": patient.id, "carrier": "Summit", "billed_cents": 20_000}
    db.add_all([Claim(**about, state="sent", estimated_cents=8_000, write_off_cents=1_000), Claim(**about, state="waiting", estimated_cents=500)])
    db.add(Claim(**about, state="received", estimated_cents=9_000, paid_cents=9_000))
    db.flush()
    mine = account(db, patient, []).mine
    assert (mine.insurance.claims, mine.insurance.estimated_cents, mine.insurance.write_off_cents) == (2, 8_500, 1_000)
    assert mine.after_insurance_cents == 10_500


def test_a_plan_asks_for_what_is_due_and_tells_the_next_payment(make, db):
    patient = make.patient()
    about = {"title": "Braces", "total_cents": 40_000, "first_due_on": TODAY, "offered_at": datetime.now(UTC)}
    plan = PaymentPlan(patient_id=patient.id, state="active", **about)
    over = PaymentPlan(patient_id=patient.id, state="completed", **about)
    db.add_all([plan, over])
    db.flush()
    for number, (days, paid) in enumerate([(-60, 10_000), (-10, 4_000), (20, 0), (50, 0)], 1):
        db.add(Installment(payment_plan_id=plan.id, number=number, due_on=TODAY + timedelta(days), amount_cents=10_000, paid_cents=paid))
    db.flush()
    [due] = account(db, patient, []).mine.plans
    assert due == owed.PlanDue("Braces", 6_000, TODAY + timedelta(20), 10_000, 26_000)


def test_an_account_that_is_not_there_owes_nothing(make, db):
    patient = make.patient()
    found = owed.account(db, patient.practice_id, uuid4(), [patient.id], ZONE, TODAY)
    assert (found.family, found.mine, found.together) == ({}, owed.Owed(), owed.Owed())
