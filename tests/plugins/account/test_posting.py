"""What is taken in of payments, refunds and disputes, in any order, and what stands in the books for it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from core.outbox import OutboxRow
from core.records import changes
from plugins.account.gateway.asking import KeptMethod, Seen, SeenDispute, SeenRefund
from plugins.account.models import Allocation, Difference, Dispute, Entry, Method, Payment, PaymentStep, Refund
from plugins.account.services import payments, posting, settling, states
from plugins.account.services.open_charges import open_charges

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
SERVICE = SimpleNamespace(name="stripe", card_account="acct_1")
VISA = KeptMethod("pm_1", "card", "Visa", "4242", 12, 2040)
RULES = posting.Rules(keeps_books=True, at_once=True, zone=ZoneInfo("America/New_York"))
BY_HAND = posting.Rules(keeps_books=True, at_once=False, zone=ZoneInfo("America/New_York"))


@pytest.fixture
def asked(db, practice, patient, make):
    """`asked(cents)`: a payment that was asked for and of which nothing is known yet."""
    account = make.account(patient)

    def put(cents=5000, **more):
        values = payments.new_payment(SERVICE, practice.clinic_id, cents, payments.new_nonce(), NOW)
        payment = Payment(**values | {"patient_id": patient.id, "account_id": account.id, "state": "submitted"} | more)
        db.add(payment)
        db.commit()
        return payment

    return put


@pytest.fixture
def see(db, practice):
    """`see(payment, state)`: take in that the card service says so."""

    def take(payment, state, told_by="event", **more):
        values = {"amount_cents": payment.amount_cents, "currency": payment.currency, "payment": str(payment.id), "reference": f"pi_{payment.id.hex}"}
        return settling.take_in(db, practice.id, Seen(state, **values | more), told_by, NOW)

    return take


@pytest.fixture
def rows(db):
    """`rows(Model)`: all of the practice, in order."""

    def read(model):
        db.flush()
        query = select(model).where(model.practice_id == db.info["practice_id"]).order_by(model.id)
        return list(db.scalars(query.execution_options(populate_existing=True)))

    return read


def tasks_of(db):
    query = select(OutboxRow.task).where(OutboxRow.practice_id == db.info["practice_id"]).order_by(OutboxRow.task)
    return [task for task in db.scalars(query) if task.startswith("account.")]


def test_a_payment_that_was_made_gets_one_receipt_and_is_booked_once(asked, see, rows, db):
    payment = asked()
    for _ in range(3):
        see(payment, "succeeded", method=VISA)
    see(payment, "processing")
    see(payment, "failed", reason="card_declined")
    assert (payment.state, payment.card, payment.method_kind, payment.settled_at) == ("succeeded", "Visa ending in 4242", "card", NOW)
    [step] = rows(PaymentStep)
    assert (step.number, step.from_state, step.to_state, step.told_by) == (1, "submitted", "succeeded", "event")
    assert tasks_of(db) == ["account.book_payment", "account.send_receipt"]


def test_another_amount_or_currency_is_never_booked_but_noted_once(asked, see, rows):
    payment = asked()
    for more in ({"amount_cents": 500}, {"amount_cents": 500}, {"currency": "eur"}):
        assert see(payment, "succeeded", **more).state == "submitted"
    [difference] = rows(Difference)
    assert (difference.kind, difference.payment_id, difference.there["amount_cents"]) == ("amount", payment.id, 500)
    assert rows(PaymentStep) == []


def test_money_that_was_taken_for_a_payment_that_is_over_is_noted(asked, see, rows):
    payment = asked()
    see(payment, "canceled")
    assert see(payment, "succeeded").state == "canceled"
    assert [difference.kind for difference in rows(Difference)] == ["state"]


def test_a_second_payment_there_for_one_of_ours_is_noted(asked, see, rows):
    payment = asked()
    see(payment, "succeeded")
    see(payment, "succeeded", reference="pi_other")
    assert [(difference.kind, difference.reference) for difference in rows(Difference)] == [("unknown_here", "pi_other")]


def test_what_is_none_of_ours_is_left_alone(db, practice):
    for name in ("", "pay:x", str(UUID(int=7))):
        assert settling.take_in(db, practice.id, Seen("succeeded", 1, "USD", payment=name, reference="pi_x"), "event", NOW) is None
    assert settling.take_in_refund(db, practice.id, SeenRefund("re_1", "pi_x", 5, "succeeded"), "event", NOW) is None


def test_a_card_is_kept_only_where_the_payer_wanted_it_and_only_once(asked, see, rows):
    see(asked(), "succeeded", method=VISA, kept=True)
    assert rows(Method) == []
    payment = asked(keeps_method=True)
    for _ in range(2):
        see(payment, "succeeded", method=VISA, kept=True)
    [method] = rows(Method)
    assert (method.reference, method.last_four, method.is_default) == ("pm_1", "4242", True)
    see(asked(keeps_method=True), "succeeded", method=KeptMethod("pm_2", "bank", "Test Bank", "6789"), kept=True)
    assert [method.is_default for method in rows(Method)] == [True, False]


STORIES = [
    ("payer", "succeeded"),
    ("payer", "payer", "canceled"),
    ("processing", "succeeded"),
    ("payer", "processing", "failed"),
    ("succeeded",),
    ("failed",),
]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(STORIES), st.data())
def test_whatever_comes_twice_and_in_whichever_order_ends_the_same(asked, see, rows, db, story, data):
    told = data.draw(st.permutations([*story, *data.draw(st.lists(st.sampled_from(story), max_size=3))]))
    payment = asked()
    for state in told:
        see(payment, state)
    assert payment.state == story[-1]
    steps = [step for step in rows(PaymentStep) if step.payment_id == payment.id]
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    path = ["submitted", *(step.to_state for step in steps)]
    assert [step.from_state for step in steps] == path[:-1]
    assert all(states.may_follow(before, after) for before, after in pairwise(path))
    receipts = select(func.count()).select_from(OutboxRow).where(OutboxRow.task == "account.send_receipt")
    assert db.scalar(receipts.where(OutboxRow.ids["payment_id"].astext == str(payment.id))) == (story[-1] == "succeeded")


def test_a_refund_whose_answer_was_lost_is_found_again_by_its_amount_and_one_made_elsewhere_becomes_a_row(asked, see, rows, db, practice):
    payment = asked()
    see(payment, "succeeded")
    mine = Refund(payment_id=payment.id, amount_cents=700, state="unknown", idempotency_key="k", form_nonce="n", made_at=NOW)
    db.add(mine)
    db.flush()
    for reference, cents, state in (("re_1", 700, "processing"), ("re_2", 100, "succeeded"), ("re_1", 700, "succeeded"), ("re_1", 700, "processing")):
        settling.take_in_refund(db, practice.id, SeenRefund(reference, payment.gateway_reference, cents, state), "event", NOW)
    assert [(one.gateway_reference, one.amount_cents, one.state) for one in rows(Refund)] == [("re_1", 700, "succeeded"), ("re_2", 100, "succeeded")]
    assert payment.refunded_cents == 800
    settling.take_in_refund(db, practice.id, SeenRefund("re_1", payment.gateway_reference, 700, "failed"), "event", NOW)
    assert payment.refunded_cents == 100


def test_an_inquiry_takes_nothing_a_dispute_does_and_one_that_was_won_gives_it_back(asked, see, rows, db, practice):
    payment = asked()
    see(payment, "succeeded")

    def tell(state, is_over=False, won=None):
        seen = SeenDispute("dp_1", payment.gateway_reference, 5000, state, "fraudulent", NOW, NOW + timedelta(days=7), is_over, won)
        settling.take_in_dispute(db, practice.id, seen, "event", NOW)
        return payment.disputed_cents

    assert [tell("warning_needs_response"), tell("needs_response"), tell("won", True, True), tell("needs_response")] == [0, 5000, 0, 0]
    assert [one.state for one in rows(Dispute)] == ["won"]


def balance(rows):
    return sum(entry.amount_cents for entry in rows(Entry))


def test_a_payment_is_allocated_when_it_is_made_and_posted_when_the_office_has_processed_it(asked, see, rows, db, practice):
    payment = asked(30000)
    see(payment, "succeeded")
    before = balance(rows)
    for _ in range(2):
        posting.book(db, practice.id, payment.id, BY_HAND, NOW)
    assert [(part.amount_cents, part.entry_id is None) for part in rows(Allocation)] == [(13000, False), (17000, True)]
    assert (payment.process_state, balance(rows)) == ("pending", before)
    by = payment.account_id
    assert posting.process(db, practice.id, payment.id, BY_HAND, NOW, by)
    assert not posting.process(db, practice.id, payment.id, BY_HAND, NOW, by)
    [entry] = [entry for entry in rows(Entry) if entry.source == "portal"]
    assert (entry.amount_cents, entry.receipt_number, entry.entry_type, entry.entered_by) == (-30000, payment.receipt_number, "payment", by)
    assert balance(rows) == before - 30000


def test_what_the_practices_system_has_entered_is_not_posted_again(asked, see, rows, db, practice, make, patient):
    payment = asked()
    see(payment, "succeeded")
    db.commit()
    record = {"kind": "ledger_entry", "external_id": "E9", "patient": patient.external_id, "entry_type": "payment", "entered_on": "2026-11-20"}
    make.take_in([record | {"description": "Card", "amount_cents": -5000, "receipt_number": payment.receipt_number}])
    posting.book(db, practice.id, payment.id, RULES, NOW)
    assert [entry for entry in rows(Entry) if entry.source == "portal"] == []
    assert payment.process_state == "processed"


def test_where_the_system_keeps_the_books_nothing_is_posted(asked, see, rows, db, practice):
    payment = asked()
    see(payment, "succeeded")
    posting.book(db, practice.id, payment.id, posting.Rules(False, True, RULES.zone), NOW)
    assert [entry for entry in rows(Entry) if entry.source == "portal"] == []


def test_a_payment_for_the_family_is_posted_to_whose_charges_it_pays_and_comes_back_from_there(asked, see, rows, db, practice, make, patient):
    child = make.patient(first_name="Sam", guarantor=patient.external_id)
    charge = {"kind": "ledger_entry", "external_id": "S1", "patient": child.external_id, "entry_type": "charge", "entered_on": "2026-10-01"}
    make.take_in([charge | {"description": "Cleaning", "amount_cents": 9000}])
    payment = asked(20000, scope="family")
    see(payment, "succeeded")
    posting.book(db, practice.id, payment.id, RULES, NOW)
    posted = {entry.patient_id: entry.amount_cents for entry in rows(Entry) if entry.source == "portal"}
    assert posted == {patient.id: -13000, child.id: -7000}
    settling.take_in_refund(db, practice.id, SeenRefund("re_1", payment.gateway_reference, 8000, "succeeded"), "event", NOW)
    posting.book(db, practice.id, payment.id, RULES, NOW)
    back = [(entry.patient_id, entry.amount_cents) for entry in rows(Entry) if entry.source == "portal" and entry.amount_cents > 0]
    assert sorted(back, key=lambda row: row[1]) == [(patient.id, 1000), (child.id, 7000)]
    assert [(one.patient_id, one.open_cents) for one in open_charges(db, practice.id, [patient.id, child.id])] == [(patient.id, 1000), (child.id, 9000)]


ACTS = st.one_of(
    st.tuples(st.just("pay"), st.integers(1, 20_000), st.sampled_from(["succeeded", "failed", "processing"])),
    st.tuples(st.just("refund"), st.integers(1, 20_000), st.sampled_from(["processing", "succeeded", "failed"])),
    st.tuples(st.just("dispute"), st.integers(1, 20_000), st.sampled_from(["needs_response", "won", "lost"])),
    st.tuples(st.just("charge"), st.integers(1, 20_000), st.just("")),
)


class Story:
    """Payments of one patient as they go, with what the card service has of each, and what was charged."""

    def __init__(self, db, practice, patient, asked, see):
        self.db, self.practice, self.patient, self.asked, self.see = db, practice, patient, asked, see
        self.charged, self.left, self.number = 0, {}, 0

    def act(self, act, cents, outcome, chance):
        self.number += 1
        if act == "charge":
            self.charge(cents)
        elif act == "pay":
            self.pay(cents, outcome)
        elif self.left:
            payment = self.db.get(Payment, (self.practice.id, chance.choice(sorted(self.left))))
            part = min(cents, self.left[payment.id])
            if part and getattr(self, act)(payment, f"x_{payment.id}_{self.number}", part, outcome):
                self.left[payment.id] -= part

    def charge(self, cents):
        values = {"patient_id": self.patient.id, "entry_type": "charge", "entered_on": NOW.date(), "description": "Filling", "amount_cents": cents}
        self.db.add(Entry(external_id=f"C{self.number}", **values))
        self.charged += cents

    def pay(self, cents, outcome):
        payment = self.asked(cents)
        self.see(payment, outcome)
        if outcome == "succeeded":
            self.left[payment.id] = cents

    def refund(self, payment, reference, cents, outcome):
        seen = SeenRefund(reference, payment.gateway_reference, cents, outcome)
        settling.take_in_refund(self.db, self.practice.id, seen, "event", NOW)
        return outcome != "failed"

    def dispute(self, payment, reference, cents, outcome):
        over = outcome != "needs_response"
        seen = SeenDispute(reference, payment.gateway_reference, cents, outcome, "", NOW, None, over, outcome == "won" if over else None)
        settling.take_in_dispute(self.db, self.practice.id, seen, "event", NOW)
        return outcome == "lost"

    def book(self, payment_ids):
        for payment_id in payment_ids:
            posting.book(self.db, self.practice.id, payment_id, RULES, NOW)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTS, max_size=7), st.randoms(use_true_random=False))
def test_the_ledger_is_what_was_charged_less_what_the_card_service_has_whatever_happened(asked, see, rows, db, practice, patient, acts, chance):
    for model in (Allocation, Dispute, Refund, PaymentStep, Payment, Entry):
        db.execute(delete(model).where(model.practice_id == practice.id))
    db.commit()
    story = Story(db, practice, patient, asked, see)
    for act in acts:
        story.act(*act, chance)
        story.book(chance.sample(sorted(story.left), len(story.left))[:2])
    story.book(story.left)
    owed = story.charged - sum(story.left.values())
    assert balance(rows) == owed
    assert sum(one.open_cents for one in open_charges(db, practice.id, [patient.id])) == max(0, owed)
    for payment in rows(Payment):
        parts = sum(part.amount_cents for part in rows(Allocation) if part.payment_id == payment.id)
        assert parts == (payment.amount_cents if payment.id in story.left else 0)


def test_the_practices_system_is_told_of_a_payment_once_with_its_parts_and_of_what_came_back(asked, see, db, practice, patient, make):
    payment = asked(5000)
    see(payment, "succeeded", method=VISA)
    for _ in range(2):
        posting.book(db, practice.id, payment.id, BY_HAND, NOW)
    assert posting.process(db, practice.id, payment.id, BY_HAND, NOW, make.staff().id)
    refund = SeenRefund("re_1", payment.gateway_reference, 2000, "succeeded", "")
    for _ in range(2):
        settling.take_in_refund(db, practice.id, refund, "event", NOW)
    made, processed, back = [one for one in changes.waiting(db, practice.id, "test") if one.kind.startswith("payment.")]
    assert (made.kind, processed.kind, back.kind) == ("payment.made", "payment.processed", "payment.returned")
    assert {made.data["receipt_number"], processed.data["receipt_number"], back.data["receipt_number"]} == {payment.receipt_number}
    assert (made.data["amount_cents"], made.data["method"], made.data["card"], made.patient["external_id"]) == (5000, "card", "Visa ending in 4242", patient.external_id)
    assert [(one["amount_cents"], one["patient"]["external_id"], one["entry"]["external_id"]) for one in made.data["parts"]] == [(5000, patient.external_id, "E1")]
    assert (back.data["refunded_cents"], back.data["disputed_cents"]) == (2000, 0)
