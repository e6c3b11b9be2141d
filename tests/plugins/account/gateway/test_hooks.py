"""What the card service reports, at the base domain: signature first, then whose it is; kept once, and in any order the same comes of it."""

import json
from datetime import UTC, datetime
from random import Random
from time import time
from types import SimpleNamespace

import pytest
import webtest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from core.auth.limits import TooManyAttempts
from core.db import uuid7
from core.outbox import OutboxRow
from plugins.account.gateway.stand_in.events import signature
from plugins.account.gateway.stand_in.server import STAND_IN_KEY
from plugins.account.models import CardAccount, Dispute, GatewayEvent, Guest, Method, Payment, PaymentStep, Refund
from plugins.account.services import card_accounts, guests, methods
from tenants.settings import switch_plugin

PLACE = "/hooks/account/stripe"
SECRET = "whsec_of_tests"


@pytest.fixture
def door(portal):
    """The installation's base domain, as the card service reaches it."""
    return webtest.TestApp(portal, extra_environ={"HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.9"})


def send(door, body, secret=SECRET, at=None, signed=None, **more):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Stripe-Signature": signed if signed is not None else signature(body, secret, int(time()) if at is None else at)}
    return door.post(PLACE, body, headers=headers, content_type="application/json", expect_errors=True, **more)


def event(account, reference="pi_1", kind="payment_intent.succeeded", **more):
    thing = {"id": reference, "object": "payment_intent", "metadata": {}}
    named = {"id": f"evt_{uuid7().hex}", "object": "event", "type": kind, "account": account, "created": int(time()), "livemode": False}
    return named | {"data": {"object": thing}} | more


def kept(db):
    db.rollback()
    mine = select(GatewayEvent).where(GatewayEvent.practice_id == db.info["practice_id"])
    return list(db.scalars(mine.order_by(GatewayEvent.received_at, GatewayEvent.id)))


def test_an_event_is_kept_once_and_looked_into(door, account, db, stand_in, work_off, pay_with):
    row = pay_with()
    stand_in.state.rows.execute("delete from delivery")
    told = event(account, row.checkout_reference, "checkout.session.completed")
    assert [send(door, told).status_int for _ in range(3)] == [200, 200, 200]
    assert [(one.event_id, one.object_reference, one.handled_at) for one in kept(db)] == [(told["id"], row.checkout_reference, None)]
    work_off()
    db.refresh(row)
    assert (row.state, row.card) == ("succeeded", "Visa ending in 4242")
    (one,) = kept(db)
    assert one.outcome == "taken in"
    step = db.scalars(select(PaymentStep).where(PaymentStep.practice_id == row.practice_id, PaymentStep.payment_id == row.id)).one()
    assert (step.told_by, step.event_id, step.to_state) == ("event", told["id"], "succeeded")


def test_what_is_not_signed_by_the_card_service_is_refused_whatever_it_says(door, account, db):
    told = event(account)
    body = json.dumps(told).encode()
    for answer in (
        send(door, told, secret="whsec_of_somebody"),
        send(door, told, signed=""),
        send(door, told, signed="t=1,v1=" + "0" * 64),
        send(door, told, signed="t=١,v1=é".encode().decode("latin-1")),
        send(door, told, at=int(time()) - 301),
        send(door, body + b" ", signed=signature(body, SECRET, int(time()))),
    ):
        assert (answer.status_int, answer.text) == (400, "The signature is not right.\n")
    assert kept(db) == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"nonsense", b"{}", b"\xff\xfe", b"[" * 5000, b'{"id": 1}', b'{"id": "evt_1\\u0000", "type": "a"}', "🦷".encode()]
)
def test_what_is_signed_and_no_event_is_refused_in_a_clear_way(door, body):
    assert send(door, body).status_int == 400


def test_what_is_too_large_is_refused_before_it_is_looked_at(door, account):
    assert send(door, event(account, padding="x" * 600_000)).status_int == 413


def test_nothing_is_taken_for_accounts_that_are_not_served_here(door, account, db, practice, registry, other_practice):
    assert send(door, event("acct_somebody")).status_int == 404
    without = event(account)
    del without["account"]
    assert send(door, without).status_int == 404
    with practice.session() as session:
        switch_plugin(session, registry.plugins, registry.tenants.current(practice.id), "account", False, "Grace", datetime.now(UTC))
        session.commit()
    assert send(door, event(account)).status_int == 404
    with practice.session() as session:
        switch_plugin(session, registry.plugins, registry.tenants.current(practice.id), "account", True, "Grace", datetime.now(UTC))
        card_accounts.close(session, card_accounts.by_reference(session, practice.id, account), datetime.now(UTC))
        session.commit()
    assert send(door, event(account)).status_int == 404
    assert kept(db) == []


def test_what_is_of_the_other_mode_or_of_no_interest_is_let_pass_and_not_kept(door, account, db):
    assert send(door, event(account, livemode=True)).status_int == 200
    assert send(door, event(account, kind="invoice.paid")).status_int == 200
    assert kept(db) == []


def test_without_a_secret_and_at_a_practices_address_there_is_no_such_place(door, web, portal_with, registry, monkeypatch, account):
    assert send(web, event(account)).status_int == 404
    monkeypatch.setattr(registry, "portal", registry.portal.model_copy(update={"stripe_webhook_secret": None}))
    assert send(door, event(account)).status_int == 404
    assert door.get(PLACE, status=404).status_int == 404


def test_an_event_of_one_practices_account_changes_nothing_at_another(door, account, db, payer, work_off, other_practice, other_db, pay_with):
    """The payment's own id in the metadata is no proof of whose it is."""
    row = pay_with()
    other = f"acct_test{other_practice.id.hex}"
    card_accounts.add(other_db, other_practice.id, None, other, False, None, datetime.now(UTC))
    other_db.commit()
    told = event(other, row.checkout_reference, "checkout.session.completed")
    told["data"]["object"]["metadata"] = {"payment": str(row.id)}
    assert send(door, told).status_int == 200
    work_off(other_practice)
    db.refresh(row)
    assert row.state == "payer"
    (one,) = kept(other_db)
    assert one.outcome == "none of ours"
    with pytest.raises(card_accounts.AccountOfAnother):
        card_accounts.add(other_db, other_practice.id, None, account, False, None, datetime.now(UTC))


def test_an_event_waits_while_the_card_service_is_away(door, account, db, stand_in, work_off, monkeypatch, pay_with):
    row = pay_with()
    send(door, event(account, row.checkout_reference, "checkout.session.completed"))
    monkeypatch.setattr(stand_in, "away", True)
    work_off()
    assert [one.handled_at for one in kept(db)] == [None]


def test_how_an_account_stands_is_taken_in(door, account, db, work_off):
    told = event(account, account, "account.updated")
    told["data"]["object"]["object"] = "account"
    send(door, told)
    work_off()
    db.rollback()
    row = db.scalars(select(CardAccount).where(CardAccount.practice_id == db.info["practice_id"])).one()
    assert (row.charges_enabled, row.payouts_enabled, row.capabilities["card_payments"]) == (True, True, "active")
    send(door, event(account, kind="account.application.deauthorized"))
    work_off()
    db.refresh(row)
    assert (row.charges_enabled, row.disabled_reason) == (False, "disconnected")


def test_another_tab_may_have_made_the_payment(account, db, registry, practice, garden, portal_with):
    from core.plugins import hookimpl
    from plugins.account.services import reports

    class Club(garden):
        @hookimpl
        def portal_payment_event(self, db, practice_id, event):
            return event.object_reference == "pi_of_the_club"

    app = portal_with(Club())
    now = datetime.now(UTC)
    row = GatewayEvent(event_id="evt_1", event_type="payment_intent.succeeded", card_account=account, object_reference="pi_of_the_club", happened_at=now, received_at=now)
    db.add(row)
    db.flush()
    reports.take_in(SimpleNamespace(db=db, registry=app.registry, tenant=app.registry.tenants.current(practice.id), now=now), row.id)
    assert row.outcome == "another tab"


def test_a_card_that_is_declined_on_the_page_is_no_end_while_the_page_is_open(door, account, db, service, payer, work_off, pay_with):
    row = pay_with("4000000000009995")
    page = service.look_up(None, row.checkout_reference, "", datetime.now(UTC))
    declined = event(account, page.reference, "payment_intent.payment_failed")
    send(door, declined)
    work_off()
    db.refresh(row)
    assert row.state == "payer"
    payer.card(page)
    send(door, event(account, page.reference))
    send(door, declined | {"id": "evt_again"})
    work_off()
    db.refresh(row)
    assert row.state == "succeeded"


FLOWS = {
    "a card that is given back in part": ("4242424242424242", lambda service, row, stand_in, reference: service.refund(reference, 2000, "", f"r{row.id}")),
    "a card that is disputed": ("4000000000000259", lambda service, row, stand_in, reference: stand_in.work()),
    "a card that is given back in two parts": ("4242424242424242", lambda service, row, stand_in, reference: [service.refund(reference, 2000 + part, "", f"r{part}{row.id}") for part in (0, 1)]),
    "a card that takes nothing back": ("4000000000005126", lambda service, row, stand_in, reference: (service.refund(reference, 2000, "", f"r{row.id}"), stand_in.pass_time(60))),
    "a dispute that is won": ("4000000000000259", lambda service, row, stand_in, reference: (stand_in.work(), stand_in.decide(next(iter(service.disputes_since(row.created_at))).reference, won=True))),
    "a bank account that fails": ("000111111116", lambda service, row, stand_in, reference: stand_in.pass_time(60)),
    "a bank account that pays, and whose debit comes back": ("000555555559", lambda service, row, stand_in, reference: (stand_in.pass_time(60), stand_in.work())),
}


# To be heard of a refund or a dispute before its payment was a fault once: it was taken for none of ours.
@pytest.mark.parametrize("flow", FLOWS)
def test_whatever_the_order_of_events_and_however_often_they_come_the_same_comes_of_it(flow, door, account, db, service, stand_in, work_off, pay_with):
    """All that was reported of a whole flow, in any order, with repetitions."""
    number, then = FLOWS[flow]
    stand_in.listen(STAND_IN_KEY, PLACE, SECRET)
    ends = set()

    @settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.randoms(use_true_random=False), st.integers(1, 2))
    def run(random: Random, times: int) -> None:
        stand_in.state.rows.execute("delete from delivery")
        row = pay_with(number)
        seen = service.look_up(None, row.checkout_reference, "", datetime.now(UTC))
        then(service, row, stand_in, seen.reference)
        came: list[tuple[bytes, str]] = []
        stand_in.deliver(lambda url, body, signed: came.append((body, signed)) or 200)
        came *= times
        random.shuffle(came)
        for body, signed in came:
            assert send(door, body, signed=signed).status_int == 200
        work_off()
        db.rollback()
        mine = (Payment.practice_id == row.practice_id, Payment.id == row.id)
        of = lambda model: db.scalars(select(model).where(model.practice_id == row.practice_id, model.payment_id == row.id)).all()  # noqa: E731
        now = db.scalars(select(Payment).where(*mine).execution_options(populate_existing=True)).one()
        made = [one.to_state for one in of(PaymentStep)].count("succeeded")
        receipts = select(OutboxRow.id).where(OutboxRow.practice_id == row.practice_id, OutboxRow.task == "account.send_receipt", OutboxRow.ids["payment_id"].astext == str(row.id))
        assert made == len(db.scalars(receipts).all()) == (now.state == "succeeded")
        ends.add((now.state, now.refunded_cents, now.disputed_cents, tuple(sorted((one.state, one.amount_cents) for one in [*of(Refund), *of(Dispute)]))))

    run()
    assert len(ends) == 1, ends
    assert ends == {
        "a card that is given back in part": {("succeeded", 2000, 0, (("succeeded", 2000),))},
        "a card that is disputed": {("succeeded", 0, 5000, (("needs_response", 5000),))},
        "a card that is given back in two parts": {("succeeded", 4001, 0, (("succeeded", 2000), ("succeeded", 2001)))},
        "a card that takes nothing back": {("succeeded", 0, 0, (("failed", 2000),))},
        "a dispute that is won": {("succeeded", 0, 0, (("won", 5000),))},
        "a bank account that fails": {("failed", 0, 0, ())},
        "a bank account that pays, and whose debit comes back": {("succeeded", 0, 5000, (("lost", 5000),))},
    }[flow]


def test_a_card_that_is_left_without_paying_is_kept_though_its_payer_never_comes_back_and_a_removed_one_stays_away(
    door, account, db, service, payer, make, practice, work_off, pay_with, stand_in
):
    """Any number of payments has no reference yet; once such a report was taken for one of them, or for too many."""
    now = datetime.now(UTC)
    for _ in range(2):
        pay_with("4000002760003184")
    db.execute(update(Payment).where(Payment.practice_id == practice.id).values(gateway_reference=None))
    owner = methods.payer_of(db, service.card_account, now, account_id=make.account(make.patient()).id)
    customer = methods.customer_of(db, service, owner)
    db.commit()
    page = service.open_keeping_page(str(owner.id), f"keep:{owner.id}", "http://practice.localhost/account/methods/back", customer, ("card",))
    payer.card(page)
    completed = event(account, page.checkout, "checkout.session.completed")
    send(door, completed)
    work_off()
    [method] = db.scalars(select(Method).where(Method.practice_id == practice.id))
    assert (method.payer_id, method.last_four, method.is_default) == (owner.id, "4242", True)
    methods.remove(db, service, method, now)
    db.commit()
    send(door, completed | {"id": "evt_late"})
    work_off()
    db.refresh(method)
    assert method.removed_at
    assert [one.outcome for one in kept(db)] == ["taken in", "none of ours"]


def test_cards_that_are_declined_for_a_guest_who_never_comes_back_are_counted_at_the_address_once_each(
    door, account, db, service, payer, registry, practice, work_off, pay_with
):
    row = pay_with("4000000000009995")
    db.add(Guest(id=row.id, first_name="X", last_name="Y", birthdate=datetime(1985, 4, 12).date(), address="10.7.0.1"))
    db.commit()
    page = service.look_up(None, row.checkout_reference, "", datetime.now(UTC))
    for _ in range(2):
        payer.card(page, "4000000000000002")
    declined = event(account, page.reference, "payment_intent.payment_failed")
    guests.take_try(registry.limiter, practice.id, "10.7.0.1", datetime.now(UTC))
    for number in range(2):
        send(door, declined | {"id": f"evt_{number}"})
        work_off()
        work_off()
        db.rollback()
        assert db.scalar(select(Guest.declines).where(Guest.practice_id == practice.id)) == 3
    with pytest.raises(TooManyAttempts):
        guests.take_try(registry.limiter, practice.id, "10.7.0.1", datetime.now(UTC))
    guests.take_try(registry.limiter, practice.id, "10.9.0.1", datetime.now(UTC))
    for _ in range(2):  # whoever goes on with the page that is open finds it closed
        payer.card(page, "4000000000000002")
    send(door, declined | {"id": "evt_last"})
    work_off()
    work_off()
    assert payer.card(page).status == 410
    db.refresh(row)
    assert row.state == "canceled"
