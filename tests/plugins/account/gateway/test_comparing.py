"""Comparing with the card service: what it knows is taken in, the rest is noted, and the sums are equal to the cent."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from secrets import token_hex

import pytest
from sqlalchemy import select

from core.db import uuid7
from core.tasks import enqueue
from plugins.account.gateway.asking import Ask, CardServiceAway
from plugins.account.models import BalanceLine, Difference, Dispute, Payment, Refund
from plugins.account.services import comparing

BACK = "http://practice.localhost/account/payments/1"


@pytest.fixture
def compare(db, practice, service):
    """`compare()`: do it now, and give what does not agree."""

    def run(at=None):
        comparing.compare(db, practice.id, service, at or datetime.now(UTC))
        db.commit()
        return [(one.kind, one.reference) for one in comparing.open_ones(db, practice.id)]

    return run


def of(db, model):
    return list(db.scalars(select(model).where(model.practice_id == db.info["practice_id"]).execution_options(populate_existing=True)))


def reference_of(service, row):
    return service.look_up(None, row.checkout_reference, "", datetime.now(UTC)).reference


def test_what_nobody_reported_is_taken_in(compare, pay_with, service, db):
    row, open_row, disputed = pay_with(), pay_with("4000000000009995"), pay_with("4000000000000259")
    service.refund(reference_of(service, row), 1200, "", token_hex(8))
    assert compare() == []
    db.expire_all()
    assert [(one.state, one.refunded_cents, one.disputed_cents) for one in (row, open_row, disputed)] == [("succeeded", 1200, 0), ("payer", 0, 0), ("succeeded", 0, 5000)]
    assert [(one.amount_cents, one.state) for one in of(db, Refund)] == [(1200, "succeeded")]
    assert [one.amount_cents for one in of(db, Dispute)] == [5000]
    assert compare() == []


def test_a_payment_that_nobody_here_asked_for_is_noted_once_and_closed_by_staff(compare, service, payer, db, practice, make):
    page = service.open_page(Ask(str(uuid7()), 7000, "USD", token_hex(8), BACK), False, ("card",))
    payer.card(page)
    reference = service.look_up(None, page.checkout, "", datetime.now(UTC)).reference
    service.refund(reference, 500, "", token_hex(8))
    assert sorted(kind for kind, _ in compare()) == sorted(kind for kind, _ in compare()) == ["refund", "unknown_here"]
    (one,) = [one for one in of(db, Difference) if one.kind == "unknown_here"]
    assert one.there == {"state": "succeeded", "amount_cents": 7000, "currency": "USD"}
    by = make.staff().id
    assert comparing.close(db, practice.id, one.id, by, datetime.now(UTC))
    assert not comparing.close(db, practice.id, one.id, by, datetime.now(UTC))
    assert [kind for kind, _ in compare()] == ["refund"]


def test_a_payment_that_the_card_service_does_not_have_and_one_of_another_amount_are_noted(compare, pay_with, db):
    row, other = pay_with(), pay_with()
    compare()
    db.refresh(row)
    row.gateway_reference = "pi_nowhere"
    row.checkout_reference = None
    other.amount_cents = 4000
    db.commit()
    found = compare()
    assert ("unknown_there", "pi_nowhere") in found
    assert ("amount", other.gateway_reference) in found


def test_while_the_card_service_is_away_nothing_changes(compare, pay_with, stand_in, monkeypatch, db):
    row = pay_with()
    monkeypatch.setattr(stand_in, "away", True)
    with pytest.raises(CardServiceAway):
        compare()
    db.refresh(row)
    assert row.state == "payer"


def test_sums_are_equal_to_the_cent_whatever_happened(compare, pay_with, service, stand_in, db, practice):
    rows = [pay_with(cents=cents) for cents in (5000, 333, 12345)] + [pay_with("000123456789", 777), pay_with("4000000000005126", 900), pay_with("4000000000009995")]
    for row, cents in ((rows[0], 5000), (rows[2], 1), (rows[4], 900)):
        service.refund(reference_of(service, row), cents, "", token_hex(8))
    stand_in.pass_time(60)
    compare()
    later = datetime.now(UTC) + comparing.SETTLES_WITHIN + timedelta(minutes=1)
    sums = comparing.compare_sums(db, practice.id, service, later)
    assert sums.here_cents == sums.there_cents == 333 + 12344 + 777 + 900
    assert comparing.open_ones(db, practice.id) == []
    rows[1].refunded_cents = 33
    db.flush()
    comparing.compare_sums(db, practice.id, service, later)
    assert [(one.kind, one.here, one.there) for one in comparing.open_ones(db, practice.id)] == [("ledger", {"amount_cents": 300}, {"amount_cents": 333})]


def test_what_stays_for_half_an_hour_fails_where_operators_look(db, practice):
    now = datetime.now(UTC)
    db.add(Difference(kind="unknown_here", reference="pi_1", here={}, there={}, found_at=now))
    db.flush()
    comparing.check_that_none_stays(db, practice.id, now + timedelta(minutes=29))
    with pytest.raises(comparing.DifferencesStay):
        comparing.check_that_none_stays(db, practice.id, now + timedelta(minutes=31))


def test_fees_and_payouts_are_taken_in_once_and_come_to_what_reaches_the_bank(pay_with, service, db, registry, practice, stand_ins, work_off, signed_in, make, web):
    row, other = pay_with(), pay_with()
    service.refund(reference_of(service, row), 1200, "", token_hex(8))
    comparing.compare(db, practice.id, service, datetime.now(UTC))
    for _ in range(2):
        enqueue(db, "account.compare_sums")
        db.commit()
        work_off()
    assert {one.payout_reference for one in of(db, BalanceLine)} == {""}
    stand_ins["stripe_address"].pay_out(service.card_account)
    enqueue(db, "account.compare_sums")
    db.commit()
    work_off()
    app = signed_in(account=make.staff("billing"))
    page = app.get("/office/account/bookkeeping")
    rows = list(csv.DictReader(StringIO(page.click("Each line as CSV").text)))
    lines, whole = rows[:-1], {name: round(100 * float(rows[-1][name])) for name in ("Gross", "Fee", "Net")}
    expected = [("Payment", row.receipt_number), ("Payment", other.receipt_number), ("Refund", row.receipt_number)]
    assert sorted((one["What"], one["Receipt"]) for one in lines) == sorted(expected)
    [payout] = service.payouts()
    assert {one["Payout"] for one in lines} == {payout.reference}
    assert whole == {"Gross": 8_800, "Fee": 350, "Net": 8_450}
    assert whole["Net"] == payout.amount_cents == sum(round(100 * float(one["Net"])) for one in lines)
    assert rows[-1]["Day"] == "Together"
    assert "$3.50" in page
    assert len(list(csv.reader(StringIO(signed_in(account=make.staff("billing", clinic_ids=(uuid7(),))).get("/office/account/bookkeeping/card-service").text)))) == 2


def test_the_task_compares_every_account_that_payments_went_to(pay_with, db, registry, practice, work_off):
    row = pay_with()
    enqueue(db, "account.compare")
    enqueue(db, "account.compare_sums")
    db.commit()
    work_off()
    db.refresh(row)
    assert row.state == "succeeded"
    assert of(db, Payment) == [row]
