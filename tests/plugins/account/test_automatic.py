"""Automatic payments of plans: consent, what is charged when and how often, what is counted, and what is told."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from core.people.models import Grant
from plugins.account.gateway.asking import SeenDispute
from plugins.account.models import Entry, Installment, PaymentPlan, PlanConsent
from plugins.account.services import consents, counting, plans, settling
from plugins.account.services.counting import spread
from tests.plugins.account.plan_scenes import Life, Scene


@pytest.fixture
def scene(practice, make):
    """A plan of $1,200.00 in twelve months, with automatic payments on."""
    made = Scene(practice, make)
    made.switch_on()
    yield made
    made.db.close()


def test_a_whole_year_is_charged_each_month_once_and_the_plan_is_over(scene):
    scene.live(400)
    made = scene.payments()
    assert [payment.amount_cents for payment in made] == [10_000] * 12
    assert [payment.created_at.astimezone(scene.tenant.time_zone).date() for payment in made] == [part.due_on for part in scene.shown.parts]
    assert {(payment.source, payment.state, payment.account_id, payment.installment_attempt) for payment in made} == {("plan", "succeeded", scene.account.id, 1)}
    assert scene.bank.asked == [(payment.idempotency_key, False) for payment in made], "the payer is away, and the key is of the row"
    assert scene.plan.state == "completed"
    assert consents.current(scene.db, scene.plan) is None
    scene.book()
    assert scene.ledger() == 0


def test_interest_is_posted_once_for_each_payment_when_it_falls_due(practice, make):
    scene = Scene(practice, make, points=1200)
    whole, interest_cents = scene.shown.whole_cents, scene.shown.interest_cents
    assert interest_cents > 0
    scene.pass_days(9)
    scene.book()
    assert scene.ledger() == 120_000
    for _ in range(2):
        scene.pass_days(1)
        scene.book()
    assert scene.ledger() == 120_000 + scene.shown.parts[0].interest_cents
    scene.pay_by_hand(whole)
    for _ in range(2):
        scene.book()
    query = select(Entry.amount_cents).where(Entry.practice_id == practice.id, Entry.description.like("Interest%"))
    assert sorted(scene.db.scalars(query)) == sorted(part.interest_cents for part in scene.shown.parts if part.interest_cents)
    assert scene.ledger() == whole


@pytest.mark.parametrize(("mood", "asked"), [("insufficient_funds", 3), ("needs_authentication", 3), ("not_again", 1), ("expired_card", 1)])
def test_a_declined_payment_is_tried_twice_more_days_apart_and_then_the_office_is_told(scene, mood, asked, work_off, mails):
    scene.bank.mood = mood
    scene.live(25)
    made = scene.payments()
    days = [(payment.created_at - scene.start).days for payment in made]
    assert days == [10, 13, 16][:asked]
    assert [payment.installment_attempt for payment in made] == list(range(1, asked + 1))
    plan = scene.plan
    assert plan.trouble == ("declined" if asked == 3 else "ended" if mood == "expired_card" else "refused")
    assert (consents.current(scene.db, plan) is None) == (asked == 1), "a card that is lost is not charged for the next payment either"
    scene.db.commit()
    work_off()
    told = [mail for mail in mails.to(scene.patient.email) if "could not be made" in mail["Subject"]]
    assert len(told) == asked
    text = told[-1].get_body(("plain",)).get_content()
    assert "$" not in text
    assert f"/account/plans/{scene.plan_id}" in text
    assert "Visa ending in 4242" in text
    scene.bank.mood = ""
    scene.live(30)
    assert len(scene.payments(state="succeeded")) == (1 if asked == 3 else 0), "the next payment is charged, the one that was given up is not"


def test_two_beats_at_the_same_moment_charge_once(scene, practice):
    scene.pass_days(10)
    scene.db.commit()

    def go(_):
        with practice.session() as session:
            scene.beat(session)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(go, range(8)))
    assert [payment.state for payment in scene.payments()] == ["succeeded"]
    assert len(scene.bank.taken) == 1


def test_a_payment_whose_answer_was_lost_is_found_and_not_asked_for_again(scene):
    scene.bank.mood = "lost"
    scene.pass_days(10)
    scene.beat()
    scene.beat()
    assert [payment.state for payment in scene.payments()] == ["unknown"]
    scene.sweep()
    assert [payment.state for payment in scene.payments()] == ["succeeded"]
    assert scene.shown.parts[0].paid_cents == 10_000
    assert len(scene.bank.asked) == 1


def _remove_card(scene) -> None:
    method = scene.db.get_one(consents.Method, (scene.practice.id, scene.method_id))
    method.removed_at = scene.now
    consents.end_with_method(scene.db, method, scene.account.id, scene.now)


def _owe_nothing(scene) -> None:
    scene.db.add(Entry(patient_id=scene.patient.id, entry_type="payment", entered_on=scene.today, description="Check", amount_cents=-120_000))


HINDRANCES = {
    "off": (lambda scene: scene.switch_off(), ""),
    "paused": (lambda scene: scene.pause(), ""),
    "canceled": (lambda scene: plans.cancel(scene.db, scene.plan, scene.now), ""),
    "paid": (lambda scene: scene.pay_by_hand(10_000), ""),
    "card removed": (_remove_card, "removed"),
    "no right": (lambda scene: scene.db.execute(update(Grant).where(Grant.practice_id == scene.practice.id).values(until=scene.now)), "no_right"),
    "owes nothing": (_owe_nothing, ""),
    "another account of the practice": (lambda scene: setattr(scene.bank, "card_account", "acct_another"), "removed"),
}


@pytest.mark.parametrize("why", HINDRANCES)
def test_nothing_is_charged_once_it_must_not_be(scene, why):
    hinder, trouble = HINDRANCES[why]
    hinder(scene)
    scene.db.commit()
    scene.live(11)
    assert scene.payments() == []
    assert scene.bank.asked == []
    assert scene.plan.trouble == trouble


def test_what_fell_due_in_a_pause_is_not_charged_afterwards_by_itself(scene):
    scene.pause()
    scene.live(12)
    plans.go_on(scene.db, scene.plan, scene.today, scene.now)
    scene.db.commit()
    scene.live(3)
    assert scene.payments() == []
    scene.live(28)
    assert [payment.installment_id for payment in scene.payments()] == [scene.shown.parts[1].id]
    assert [part.paid_cents for part in scene.shown.parts[:2]] == [0, 10_000]


def test_never_more_than_is_owed_and_never_in_the_night_or_after_ten_days(scene):
    scene.db.add(Entry(patient_id=scene.patient.id, entry_type="payment", entered_on=scene.today, description="Check", amount_cents=-116_000))
    scene.db.commit()
    scene.now += timedelta(days=10, hours=-9)
    scene.beat()
    assert scene.payments() == []
    scene.now += timedelta(hours=9)
    scene.beat()
    assert [payment.amount_cents for payment in scene.payments()] == [4_000]
    scene.pass_days(41)
    scene.beat()
    assert len(scene.payments()) == 1, "eleven days late, nobody is charged any more"


def test_what_is_given_back_comes_off_again_and_is_not_charged_a_second_time(scene):
    scene.live(11)
    [payment] = scene.payments()
    scene.give_back(payment, 2_500)
    assert (scene.shown.parts[0].paid_cents, scene.payments()[0].plan_cents) == (7_500, 7_500)
    scene.live(9)
    assert len(scene.payments()) == 1


def test_what_a_bank_takes_back_comes_off_the_plan_and_is_not_charged_a_second_time(scene, practice):
    scene.live(11)
    [payment] = scene.payments()
    lost = SeenDispute(f"dp_{payment.id.hex}", payment.gateway_reference, 10_000, "lost", "debit_not_authorized", scene.now, None, True, False)
    for _ in range(2):
        settling.take_in_dispute(scene.db, practice.id, lost, "event", scene.now)
        scene.db.commit()
        assert (scene.shown.parts[0].paid_cents, scene.payments()[0].plan_cents) == (0, 0)
    scene.live(9)
    assert len(scene.payments()) == 1


def test_a_plan_that_was_paid_goes_on_when_money_comes_back(practice, make):
    scene = Scene(practice, make, months=1)
    scene.switch_on()
    scene.live(11)
    assert scene.plan.state == "completed"
    scene.give_back(scene.payments()[0], 120_000)
    assert scene.plan.state == "active"
    scene.live(5)
    assert len(scene.payments()) == 1


def test_the_database_refuses_an_automatic_payment_without_a_consent(scene):
    scene.pass_days(10)
    scene.beat()
    [payment] = scene.payments()
    payment.consent_id = None
    with pytest.raises(IntegrityError):
        scene.db.flush()
    scene.db.rollback()


def test_the_consent_says_what_when_whom_and_how_to_stop_and_another_card_takes_another(scene, practice):
    first = consents.current(scene.db, scene.plan)
    for words in ("I allow Main Street to charge", "12 payments of $100.00, every month from", "Switch off", "555-0100", "3 days before", "2 more times"):
        assert words in first.words
    assert first.words_sha256 == consents.hash_of(first.words)
    assert (first.given_by, first.card, first.address) == (scene.account.id, "Visa ending in 4242", "127.0.0.1")
    scene.bank.mood = "insufficient_funds"
    scene.live(11)
    scene.switch_on()
    second = consents.current(scene.db, scene.plan)
    assert "which was due on" in second.words, "what was declined is agreed to anew"
    scene.db.refresh(first)
    assert (first.ended_why, first.ended_by) == ("changed", scene.account.id)
    scene.bank.mood = ""
    scene.beat()
    assert [(payment.state, payment.consent_id) for payment in scene.payments()] == [("failed", first.id), ("succeeded", second.id)]


PARTS = st.lists(st.integers(1, 50).flatmap(lambda amount: st.tuples(st.just(amount), st.integers(0, amount))), min_size=1, max_size=6)


@settings(max_examples=150)
@given(PARTS, st.integers(-400, 400), st.data())
def test_cents_that_are_counted_or_come_off_are_conserved_and_no_part_is_more_than_paid(parts, cents, data):
    first = data.draw(st.none() | st.integers(0, len(parts) - 1))
    paid = spread(parts, cents, first)
    room = sum(amount - before for amount, before in parts) if cents >= 0 else sum(before for _, before in parts)
    change = sum(paid) - sum(before for _, before in parts)
    assert change == (min(cents, room) if cents >= 0 else -min(-cents, room))
    assert all(0 <= now <= amount for now, (amount, _) in zip(paid, parts, strict=True))
    if first is not None and cents > 0:
        assert paid[first] == min(parts[first][0], parts[first][1] + cents)


ACTS = st.sampled_from(["days", "days", "days", "decline", "lose", "recover", "pay_some", "pause", "go_on", "switch_off", "agree_again", "give_some_back", "sweep", "beat_twice"])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(ACTS, st.integers(1, 12)), min_size=4, max_size=14))
def test_whatever_happens_each_payment_is_charged_once_and_only_with_consent_and_cents_are_conserved(practice, make, acts):
    with closing(Life(practice, make, months=6, cents=60_000)) as life:
        life.switch_on()
        for act, number in acts:
            getattr(life, act)(number)
            life.db.commit()
        life.sweep(0)
        made = life.payments(state="succeeded")
        assert len({payment.installment_id for payment in made}) == len(made) == len(life.bank.taken)
        for payment in life.payments():
            consent = life.db.get_one(PlanConsent, (practice.id, payment.consent_id))
            assert consent.given_at <= payment.created_at
            assert consent.ended_at is None or payment.created_at <= consent.ended_at
        counted = sum(payment.plan_cents for payment in made)
        assert counted <= sum(payment.amount_cents - payment.refunded_cents for payment in made)
        assert life.shown.paid_cents == counted + life.by_hand
        assert len(life.payments()) <= 3 * (6 + sum(act == "agree_again" for act, _ in acts)), "a new consent begins to count anew"


def test_the_portal_counts_nothing_towards_a_plan_that_the_practice_system_keeps(scene, db):
    scene.live(11)
    [payment] = scene.payments()
    db.execute(update(PaymentPlan).where(PaymentPlan.id == scene.plan_id).values(external_id="P1"))
    db.commit()
    before = scene.shown.paid_cents
    payment.plan_cents = 0
    counting.count(scene.db, payment, scene.now)
    assert scene.shown.paid_cents == before
    assert counting.next_cents(scene.db, scene.plan) == 0


def test_a_mail_before_says_that_it_is_charged_and_whoever_agreed_to_it_from_which_card(scene, make, work_off, mails, practice):
    other = make.patient(first_name="Bo", email=f"bo{scene.patient.id.hex}@example.test")
    mother = make.account(other)
    make.grant(mother, scene.patient)
    scene.db.execute(update(PlanConsent).where(PlanConsent.payment_plan_id == scene.plan_id).values(given_by=mother.id))
    plans.tell_before(scene.db, practice.id, scene.today + timedelta(days=8), 3, scene.now)
    scene.db.commit()
    work_off()
    texts = {}
    for to in (scene.patient.email, other.email):
        [mail] = [mail for mail in mails.to(to) if mail["Subject"] == "A payment is made by itself soon"]
        texts[to] = mail.get_body(("plain",)).get_content()
    assert "from Visa ending in 4242" in texts[other.email]
    assert "4242" not in texts[scene.patient.email], "whose card it is, is nobody else’s business"
    assert "$" not in texts[other.email]


def test_installments_that_are_not_due_yet_are_not_looked_at(scene, practice):
    from plugins.account.services import charging

    assert charging.due(scene.db, practice.id, scene.now) == []
    scene.db.execute(update(Installment).where(Installment.payment_plan_id == scene.plan_id).values(due_on=datetime.now(UTC).date()))
    assert len(charging.due(scene.db, practice.id, scene.now)) == 12
    scene.db.rollback()
