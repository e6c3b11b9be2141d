"""Payments whose answer was lost, and receipts."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from core import tasks
from core.auth.models import Account
from core.mail import MailNotSent
from core.outbox import OutboxRow
from core.people.models import Patient
from core.tasks import Work
from plugins.account.gateway import Charged, Declined, Unknown
from plugins.account.gateway.local import LocalGateway
from plugins.account.models import Payment
from plugins.account.services import payments, settling
from plugins.account.services.answers import seen_of

GOOD, LOST = "test_card_4242", "test_card_0119"


@pytest.fixture
def pay(db, practice, patient, make):
    """`pay(method)`: a payment of $50.00, made just now."""
    account = make.account(patient)
    gateway = LocalGateway(practice.registry.engine, practice.id)

    def make_one(method=GOOD, at=None, gateway=gateway):
        order = payments.Order(
            patient.id, account.id, practice.clinic_id, "other", 5000, method, payments.new_nonce(), ZoneInfo("America/New_York")
        )
        payment_id = payments.make_payment(db, gateway, order, at or datetime.now(UTC), lambda _: db.commit())
        db.commit()
        return payment_id

    return make_one


class Silent:
    """A gateway that never got the charge."""

    name = "local"
    card_form = True

    def charge(self, *_):
        return Unknown()

    def find(self, *_):
        return None


@pytest.fixture
def state(db):
    def read(payment_id):
        db.rollback()
        return db.scalars(select(Payment).where(Payment.practice_id == db.info["practice_id"], Payment.id == payment_id)).one()

    return read


def run(practice, name, later=timedelta(minutes=3), **ids):
    """Run a task as a worker would at a later time."""
    with practice.session() as session:
        tenant = practice.registry.tenants.current(practice.id)
        tasks._tasks[name](Work(practice.registry, session, tenant, practice.id, datetime.now(UTC) + later), **ids)
        session.commit()


def tell(db, payment, answer):
    settling.take_in(db, payment.practice_id, seen_of(payment, answer), "answer", datetime.now(UTC))


def waiting(db, task):
    db.rollback()
    return db.scalars(select(OutboxRow).where(OutboxRow.practice_id == db.info["practice_id"], OutboxRow.task == task)).all()


def test_every_payment_is_looked_into_later_by_a_task_that_was_written_with_it(pay, db):
    before = datetime.now(UTC)
    payment_id = pay(LOST)
    [row] = waiting(db, "account.settle_payment")
    assert row.ids == {"payment_id": str(payment_id)}
    assert row.available_at >= before + timedelta(minutes=2)


def test_a_lost_answer_is_found_and_the_receipt_follows(pay, practice, state, db):
    payment_id = pay(LOST)
    assert state(payment_id).state == "unknown"
    assert waiting(db, "account.send_receipt") == []
    run(practice, "account.settle_payment", payment_id=str(payment_id))
    found = state(payment_id)
    assert (found.state, found.card) == ("succeeded", "Visa ending in 0119")
    assert found.gateway_reference
    assert len(waiting(db, "account.send_receipt")) == 1
    run(practice, "account.settle_payment", payment_id=str(payment_id))
    assert len(waiting(db, "account.send_receipt")) == 1


def test_a_payment_that_was_settled_stays_as_it_is(pay, practice, state, db):
    payment_id = pay()
    settled = state(payment_id).settled_at
    tell(db, state(payment_id), Declined("card_declined"))
    db.commit()
    run(practice, "account.settle_payment", payment_id=str(payment_id))
    assert (state(payment_id).state, state(payment_id).settled_at) == ("succeeded", settled)


def test_a_charge_that_never_arrived_fails_after_a_quarter_of_an_hour_and_not_before(pay, practice, state, monkeypatch):
    payment_id = pay(gateway=Silent())
    run(practice, "account.settle_payments", timedelta(minutes=14))
    assert state(payment_id).state == "unknown"
    run(practice, "account.settle_payments", timedelta(minutes=16))
    assert (state(payment_id).state, state(payment_id).refusal) == ("failed", "never_arrived")


def test_a_payment_that_is_still_under_way_is_left_alone(pay, practice, state):
    payment_id = pay(LOST)
    run(practice, "account.settle_payments", timedelta(minutes=1))
    assert state(payment_id).state == "unknown"


def test_a_crash_after_the_charge_is_made_good(pay, practice, state, db):
    payment_id = pay()
    with practice.session() as session:  # as if the process had died before it wrote the answer down
        session.execute(
            update(Payment).where(Payment.practice_id == practice.id, Payment.id == payment_id).values(state="submitted", settled_at=None)
        )
        session.commit()
    run(practice, "account.settle_payments")
    assert state(payment_id).state == "succeeded"


def test_a_payment_of_a_gateway_that_is_gone_waits_for_a_person(pay, practice, state, db):
    payment_id = pay(LOST)
    with practice.session() as session:
        session.execute(update(Payment).where(Payment.practice_id == practice.id).values(gateway="stripe"))
        session.commit()
    run(practice, "account.settle_payment", payment_id=str(payment_id))
    assert state(payment_id).state == "unknown"


def test_an_unknown_answer_keeps_the_reference_for_the_next_question(pay, practice, state, db):
    payment_id = pay(gateway=Silent())
    for answer in (Unknown("ref_1"), Unknown(), Charged("ref_1", "Visa")):
        tell(db, state(payment_id), answer)
        db.commit()
    assert (state(payment_id).state, state(payment_id).gateway_reference) == ("succeeded", "ref_1")


def test_the_receipt_goes_out_once_and_is_tried_again_when_the_mail_server_is_away(pay, practice, state, monkeypatch):
    payment_id, sent, away = pay(), [], [True]

    def send(message):
        if away:
            away.pop()
            raise MailNotSent("away")
        sent.append(message)

    monkeypatch.setattr(practice.registry.mail, "send", send)
    with pytest.raises(MailNotSent):
        run(practice, "account.send_receipt", payment_id=str(payment_id))
    for _ in range(2):
        run(practice, "account.send_receipt", payment_id=str(payment_id))
    [message] = sent
    assert message["To"] == "robin@example.test"
    assert state(payment_id).receipt_sent_at


def test_a_payer_without_an_address_gets_no_mail(pay, practice, state, make, db):
    payment_id = pay()
    with practice.session() as session:
        session.execute(update(Account).where(Account.practice_id == practice.id).values(email=""))
        session.execute(update(Patient).where(Patient.practice_id == practice.id).values(email=""))
        session.commit()
    run(practice, "account.send_receipt", payment_id=str(payment_id))
    assert state(payment_id).receipt_sent_at is None


def test_a_failed_payment_gets_no_receipt(pay, practice, state, db):
    payment_id = pay("test_card_0002")
    assert waiting(db, "account.send_receipt") == []
    run(practice, "account.send_receipt", payment_id=str(payment_id))
    assert state(payment_id).receipt_sent_at is None
