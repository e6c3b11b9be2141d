"""What is owed and how old it is, against a slow count; and nothing of anybody in it whose account the viewer may not see."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.db import uuid7
from plugins.account.models import Allocation, Claim, Dispute, Entry, Installment, Payment, PaymentPlan
from plugins.account.services import offers, owed, owing, statements
from plugins.account.services.reckoning import aged

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


PAID = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["created", "payer", "submitted", "unknown", "processing", "succeeded", "failed"]),
        "parts": st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9_000)), min_size=1, max_size=3, unique_by=lambda part: part[0]),
        "is_allocated": st.booleans(),
        "is_entered": st.booleans(),
        "given_back": st.integers(0, 9_000),
        "disputed": st.sampled_from([None, (False, None), (True, True), (True, False)]),
    }
)
CLAIM = st.tuples(st.integers(0, 2), st.sampled_from(["waiting", "sent", "received"]), st.integers(0, 9_000), st.integers(0, 900))


def pay(db, people, paid):
    """A payment with its parts, what was given back of it or disputed, and perhaps the entry that records it; what is left for each, if it counts."""
    cents = sum(part for _, part in paid["parts"])
    back, payment_id, first = min(paid["given_back"], cents), uuid7(), people[paid["parts"][0][0]]
    about = {"currency": "USD", "gateway": "x", "created_at": datetime.now(UTC), "form_nonce": str(payment_id), "idempotency_key": str(payment_id)}
    number = payment_id.hex[-12:]
    db.add(Payment(id=payment_id, patient_id=first.id, amount_cents=cents, state=paid["state"], receipt_number=number, refunded_cents=back, **about))
    db.flush()
    parts = [(people[place], part) for place, part in paid["parts"]] if paid["is_allocated"] else [(first, cents)]
    if paid["is_allocated"]:
        db.add_all([Allocation(id=uuid7(), payment_id=payment_id, patient_id=one.id, amount_cents=part) for one, part in parts])
    if paid["disputed"]:
        is_over, won = paid["disputed"]
        lost = Dispute(payment_id=payment_id, gateway_reference=number, amount_cents=700, state="x", is_over=is_over, won=won, opened_at=datetime.now(UTC))
        db.add(lost)
        back += 700 if won is False else 0
    if paid["is_entered"]:
        db.add(Entry(patient_id=first.id, entry_type="payment", entered_on=TODAY, description="x", amount_cents=-cents, receipt_number=number))
        return [(first, cents)]
    for place in reversed(range(len(parts))):  # what came back comes off the last parts first
        one, part = parts[place]
        gone = min(part, back)
        parts[place], back = (one, part - gone), back - gone
    return parts if paid["state"] in ("processing", "succeeded") else []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ledgers=st.tuples(LINES, LINES, LINES), payments=st.lists(PAID, max_size=3), claims=st.lists(CLAIM, max_size=3), back=st.booleans())
def test_the_patient_the_family_the_office_the_statement_and_the_page_of_paying_agree_to_the_cent(make, db, ledgers, payments, claims, back):
    head = make.patient()
    people = [head, *(make.patient(first_name=f"Child{n}", guarantor=head.external_id) for n in range(2))]
    slow = {one.id: list(lines) for one, lines in zip(people, ledgers, strict=True)}
    expected = dict.fromkeys(slow, 0)
    for one, lines in zip(people, ledgers, strict=True):
        enter(db, one, lines)
    for paid in payments:
        for one, cents in pay(db, people, paid):
            slow[one.id].append((0, -cents))
    for place, state, estimated, off in claims:
        db.add(Claim(patient_id=people[place].id, carrier="x", state=state, billed_cents=1, estimated_cents=estimated, write_off_cents=off))
        expected[people[place].id] += estimated + off if state != "received" else 0
    if back:
        take_back(db, people[1])
    db.flush()

    whole = account(db, head, people)
    for one in people:
        mine, lines = whole.family[one.id], slow[one.id]
        assert (mine.owed_cents, mine.aging.cents, mine.insurance.total_cents) == (sum(cents for _, cents in lines), slowly(lines), expected[one.id])
        all_say(db, one, "patient", mine)
        page = offers.offers_of(db, one.practice_id, offers.About(one.id, ZONE)).balance
        assert (page.owed_cents, page.payable_cents) == (mine.owed_cents, max(0, mine.owed_cents - mine.uncertain_cents))
    all_say(db, head, "family", whole.together)
    to_pay = max(0, whole.together.owed_cents - whole.together.uncertain_cents)
    assert offers.family_cents(db, head.practice_id, [one.id for one in people], ZONE) == to_pay


def all_say(db, patient, scope, reckoned):
    """The office's aging, the filters by age, and a statement that is made today say the same."""
    filters, practice_id = owing.Filters(scope=scope, negative=True), patient.practice_id
    office = {one.head_id: one for one in owing.owing(db, practice_id, filters, TODAY)}.get(patient.id)
    told = (office.owed_cents, office.ages, office.pending_insurance_cents) if office else (0, (0, 0, 0, 0), reckoned.insurance.total_cents)
    assert told == (reckoned.owed_cents, reckoned.aging.cents, reckoned.insurance.total_cents)
    for place, age in enumerate(("0", "30", "60", "90")):
        assert owing.fits(db, practice_id, owing.Filters(scope=scope, age=age), TODAY, patient.id) == (sum(reckoned.aging.cents[place:]) > 0)
    made = statements.compose(db, practice_id, patient, statements.Wish(scope, 0, 30), TODAY, ZONE)
    assert (made.balance_cents, made.insurance_pending_cents) == (reckoned.owed_cents, reckoned.insurance.total_cents)


def take_back(db, patient):
    """A charge that staff entered by mistake and took back."""
    wrong = Entry(id=uuid7(), patient_id=patient.id, entry_type="charge", entered_on=TODAY, description="Slip", amount_cents=700, source="office")
    db.add(wrong)
    db.flush()
    about = {"entry_type": "charge", "entered_on": TODAY, "description": "Slip, taken back", "source": "office"}
    db.add(Entry(patient_id=patient.id, amount_cents=-700, voids_id=wrong.id, **about))


def test_what_was_taken_back_is_neither_a_charge_nor_a_payment_that_pays_older_ones(make, db):
    patient = make.patient()
    enter(db, patient, [(100, 5_000)])
    take_back(db, patient)
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
