"""What the portal asks of its card service, through Stripe's own library, and what becomes of it at the stand-in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from secrets import token_hex

import pytest

from core.db import uuid7
from plugins.account.gateway import card_service_at, card_service_for
from plugins.account.gateway.asking import Ask, CardServiceAway, CardServiceRefused
from plugins.account.services import card_accounts
from tenants import settings

BACK = "http://practice.localhost/account/payments/1"
LONG_AGO = datetime.now(UTC) - timedelta(days=1)


def ask(cents=5000, **more):
    payment = str(uuid7())
    return Ask(payment, cents, "USD", more.pop("key", f"pay:{payment}:1"), BACK, **more)


@pytest.fixture
def kept(service, payer):
    """`kept(number)`: a customer who keeps this card, and the reference of it."""

    def keep(number="4242424242424242"):
        customer = service.new_customer(str(uuid7()), token_hex(8))
        page = service.open_keeping_page("payer", token_hex(8), BACK, customer, ("card",))
        went = payer.card(page, number)
        if "/bank/" in went.goes_to:
            payer.answer_bank(page, went.goes_to, "approve")
        left = service.kept_on(page.checkout)
        assert left is not None
        assert left.payer == "payer"
        return customer, left.method.reference

    return keep


def seen_now(service, asked, checkout=None, reference=None):
    return service.look_up(reference, checkout, asked.payment, LONG_AGO)


def test_a_hosted_page_takes_a_card_and_leads_back(service, payer):
    asked = ask()
    page = service.open_page(asked, keeps_method=False, kinds=("card",))
    assert (page.state, page.payment, page.amount_cents, page.reference) == ("payer", asked.payment, 5000, None)
    assert payer.card(page).goes_to == BACK
    seen = seen_now(service, asked, page.checkout)
    assert (seen.state, seen.card, seen.amount_cents, seen.currency, seen.go_to) == ("succeeded", "Visa ending in 4242", 5000, "USD", "")
    assert not seen.kept
    assert seen_now(service, asked, reference=seen.reference).state == "succeeded"


def test_the_same_key_gives_the_same_page_and_another_amount_with_it_is_a_fault(service):
    asked = ask()
    first = service.open_page(asked, False, ("card",))
    assert service.open_page(asked, False, ("card",)).checkout == first.checkout
    with pytest.raises(CardServiceAway):
        service.open_page(replace(asked, amount_cents=6000), False, ("card",))


def test_a_page_whose_answer_was_lost_is_found_by_our_id(service, payer):
    asked = ask()
    page = service.open_page(asked, False, ("card",))
    found = service.look_up(None, None, asked.payment, LONG_AGO)
    assert (found.state, found.checkout) == ("payer", page.checkout)
    assert service.look_up(None, None, str(uuid7()), LONG_AGO) is None


def test_a_declined_card_leaves_the_page_open_for_another(service, payer):
    asked = ask()
    page = service.open_page(asked, False, ("card",))
    assert payer.card(page, "4000000000009995").refusals == ["Your card has insufficient funds. Try another one."]
    assert seen_now(service, asked, page.checkout).state == "payer"
    payer.card(page)
    assert seen_now(service, asked, page.checkout).state == "succeeded"


def test_the_payers_bank_asks_and_may_be_refused(service, payer):
    asked = ask()
    page = service.open_page(asked, False, ("card",))
    at_bank = payer.card(page, "4000002760003184").goes_to
    assert payer.answer_bank(page, at_bank, "refuse").goes_to == page.go_to
    assert seen_now(service, asked, page.checkout).state == "payer"
    at_bank = payer.card(page, "4000002760003184").goes_to
    assert payer.answer_bank(page, at_bank, "approve").goes_to == BACK
    assert seen_now(service, asked, page.checkout).state == "succeeded"


@pytest.mark.parametrize(("number", "ends", "reason"), [("000123456789", "succeeded", ""), ("000111111116", "failed", "bank_refused")])
def test_a_bank_account_is_debited_after_some_time(service, payer, stand_in, number, ends, reason):
    asked = ask()
    page = service.open_page(asked, False, ("card", "bank"))
    payer.bank_account(page, number)
    seen = seen_now(service, asked, page.checkout)
    assert (seen.state, seen.card) == ("processing", f"Stripe Test Bank account ending in {number[-4:]}")
    stand_in.pass_time(60)
    seen = seen_now(service, asked, page.checkout)
    assert (seen.state, seen.reason) == (ends, reason)


def test_a_closed_page_takes_nothing_any_more_and_a_paid_one_says_so(service, payer):
    asked = ask()
    page = service.open_page(asked, False, ("card",))
    assert service.close_page(page.checkout).state == "canceled"
    assert payer.card(page).status == 410
    asked = ask()
    page = service.open_page(asked, False, ("card",))
    payer.card(page)
    assert service.close_page(page.checkout).state == "succeeded"


def test_a_page_is_over_after_a_day(service, payer, stand_in):
    asked = ask()
    page = service.open_page(asked, False, ("card",))
    stand_in.pass_time(25 * 3600)
    assert seen_now(service, asked, page.checkout).state == "canceled"


def test_a_kept_card_is_charged_once_for_each_key(service, kept):
    customer, method = kept()
    assert [shown.last_four for shown in service.methods(customer)] == ["4242"]
    asked = ask(customer=customer)
    seen = service.charge(asked, method, payer_is_here=True)
    assert (seen.state, seen.method.reference) == ("succeeded", method)
    assert service.charge(asked, method, payer_is_here=True).reference == seen.reference
    mine = [one for one in service.payments_since(LONG_AGO) if one.payment == asked.payment]
    assert [one.amount_cents for one in mine] == [5000]


def test_a_kept_card_that_its_bank_declines_says_why(service, kept):
    customer, method = kept("4000000000000341")
    asked = ask(customer=customer)
    seen = service.charge(asked, method, payer_is_here=False)
    assert (seen.state, seen.reason) == ("failed", "card_declined")
    assert seen_now(service, asked, reference=seen.reference).state == "failed"


def test_the_bank_asks_about_a_kept_card_when_the_payer_is_here_and_refuses_when_not(service, kept, payer):
    customer, method = kept("4000002760003184")
    assert service.charge(ask(customer=customer), method, payer_is_here=False).reason == "needs_authentication"
    asked = ask(customer=customer)
    seen = service.charge(asked, method, payer_is_here=True)
    assert seen.state == "payer"
    assert payer.answer_bank(seen, seen.go_to, "approve").goes_to == BACK
    assert seen_now(service, asked, reference=seen.reference).state == "succeeded"
    seen = service.charge(ask(customer=customer), method, payer_is_here=True)
    assert service.call_off(seen.reference).state == "canceled"


def test_a_card_kept_with_the_banks_approval_is_charged_without_asking(service, kept):
    customer, method = kept("4000002500003155")
    assert service.charge(ask(customer=customer), method, payer_is_here=False).state == "succeeded"


def test_an_answer_that_is_lost_is_no_refusal_and_nothing_is_charged_twice(registry, practice, service, kept, monkeypatch):
    customer, method = kept("4000000000000119")
    asked = ask(customer=customer)
    with pytest.raises(CardServiceAway):
        service.charge(asked, method, payer_is_here=False)
    assert seen_now(service, asked).state == "succeeded"
    with pytest.raises(CardServiceAway):
        service.charge(asked, method, payer_is_here=False)
    assert len([one for one in service.payments_since(LONG_AGO) if one.payment == asked.payment]) == 1


def test_a_card_is_kept_while_paying_and_can_be_forgotten(service, payer):
    customer = service.new_customer("payer", token_hex(8))
    asked = ask(customer=customer)
    page = service.open_page(asked, True, ("card",))
    payer.card(page, "5555555555554444")
    seen = seen_now(service, asked, page.checkout)
    assert seen.kept
    assert [(one.reference, one.brand, one.ends_year) for one in service.methods(customer)] == [(seen.method.reference, "Mastercard", 2034)]
    service.forget_method(seen.method.reference)
    service.forget_method(seen.method.reference)
    assert service.methods(customer) == []
    with pytest.raises(CardServiceRefused):
        service.charge(ask(customer=customer), seen.method.reference, payer_is_here=True)


def test_money_goes_back_in_part_then_wholly_and_never_more(service, kept):
    customer, method = kept()
    paid = service.charge(ask(customer=customer), method, True)
    first = service.refund(paid.reference, 2000, "r1", key := token_hex(8))
    assert (first.state, first.refund) == ("succeeded", "r1")
    assert service.refund(paid.reference, 2000, "r1", key).reference == first.reference
    with pytest.raises(CardServiceRefused):
        service.refund(paid.reference, 3001, "r2", token_hex(8))
    service.refund(paid.reference, 3000, "r3", token_hex(8))
    assert service.look_up(paid.reference, None, "", LONG_AGO).refunded_cents == 5000
    assert sorted(refund.amount_cents for refund in service.refunds_since(LONG_AGO)) == [2000, 3000]
    assert sum(line.amount_cents for line in service.balance_since(LONG_AGO)) == 0


def test_a_dispute_comes_in_and_is_decided(service, kept, stand_in):
    customer, method = kept("4000000000000259")
    paid = service.charge(ask(customer=customer), method, True)
    (dispute,) = service.disputes_since(LONG_AGO)
    assert (dispute.payment_reference, dispute.amount_cents, dispute.is_over) == (paid.reference, 5000, False)
    with pytest.raises(CardServiceRefused):
        service.refund(paid.reference, 5000, "r1", token_hex(8))
    for won in (False, True):  # a bank decides once
        stand_in.decide(dispute.reference, won=won)
    dispute = service.seen_dispute(dispute.reference)
    assert (dispute.is_over, dispute.won) == (True, False)


def test_no_account_sees_into_another(registry, practice, other_practice, service, kept):
    customer, method = kept()
    paid = service.charge(ask(customer=customer), method, True)
    other = card_service_for(registry, registry.tenants.current(other_practice.id, None))
    assert other.card_account != service.card_account
    assert other.look_up(paid.reference, None, "", LONG_AGO) is None
    assert list(other.payments_since(LONG_AGO)) == []
    for refused in (
        lambda: other.methods(customer),
        lambda: other.charge(ask(customer=customer), method, True),
        lambda: other.refund(paid.reference, 1, "r", token_hex(8)),
    ):
        with pytest.raises(CardServiceRefused):
            refused()


def test_amounts_that_cannot_be_are_refused(service, kept):
    customer, method = kept()
    for cents in (-1, 0, 49, 100_000_000, 10**13):
        with pytest.raises(CardServiceRefused):
            service.charge(ask(cents, customer=customer), method, True)
    with pytest.raises(CardServiceRefused):
        service.charge(replace(ask(customer=customer), currency="XTS"), method, True)


def test_nobody_there_is_no_refusal(registry, practice, service, stand_in, monkeypatch):
    monkeypatch.setattr(stand_in, "away", True)
    with pytest.raises(CardServiceAway):
        service.account()


def test_an_account_tells_what_it_may_and_what_is_missing(registry, practice, service):
    account = service.account()
    assert (account.charges_enabled, account.payouts_enabled, account.due) == (True, True, ())
    assert account.capabilities["card_payments"] == "active"


def test_an_account_is_used_by_the_practice_alone_that_has_it_whatever_a_setting_says(registry, practice, db, other_practice, other_db):
    """With the account of another practice in the setting, patients would pay that one, and its payments would be seen here."""
    card_accounts.add(other_db, other_practice.id, None, "acct_1Others", False, None, datetime.now(UTC))
    other_db.commit()
    for account in ("acct_1Others", "acct_1Nobodys", f"acct_test{other_practice.id.hex}", "acct_testNonsense"):
        settings.change(db, registry.plugins, practice.id, None, "account.stripe_account", account, "Alex", datetime.now(UTC))
        db.commit()
        assert card_service_for(registry, registry.tenants.current(practice.id)) is None
    assert card_service_at(registry, registry.tenants.current(other_practice.id), "acct_1Others").card_account == "acct_1Others"
