"""Connecting the practice's own account for card payments, how it stands, and what does not agree."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests
from sqlalchemy import select

from core import outside
from plugins.account.gateway import card_account_of
from plugins.account.gateway.asking import SeenAccount
from plugins.account.models import CardAccount, Difference
from plugins.account.services import card_accounts

HERE = "/office/account/card-service"


@pytest.fixture
def admin(office):
    """A browser of an office admin."""
    return office("office_admin")


@pytest.fixture
def accounts(db):
    """`accounts()`: the practice's accounts as they are now."""

    def read():
        db.rollback()
        mine = CardAccount.practice_id == db.info["practice_id"]
        return list(db.scalars(select(CardAccount).where(mine).order_by(CardAccount.opened_at).execution_options(populate_existing=True)))

    return read


@pytest.fixture
def stand_in(stand_ins):
    return stand_ins["stripe_address"]


def form_to(page, path):
    return next(form for form in page.forms.values() if form.action.endswith(path))


def tell(address, answer="wholly"):
    """Tell the card service who the practice is, on its own page; gives where that leads."""
    return requests.post(address, {"answer": answer}, allow_redirects=False, timeout=10).headers["Location"]


def used(registry, practice, clinic_id=None):
    return card_account_of(registry.portal, registry.tenants.current(practice.id, clinic_id))


def test_what_the_card_service_needs_stands_above_every_page_for_those_who_can_act_on_it_without_a_statement(
    admin, office, accounts, stand_in, text_of, statements, make, practice, db
):
    def above(app, path="/office/account/accounts"):
        return app.get(path).lxml.xpath("string(//main/div[@class='office__banners'])").strip()

    def stands(**values):
        (row,) = accounts()
        seen = SeenAccount(row.reference, {}, (), None, "", True, True, True)
        card_accounts.take_in(db, practice.id, replace(seen, **values), datetime.now(UTC))
        db.commit()

    admin.get("/office/account/accounts")
    with statements() as before:
        admin.get("/office/account/accounts")
    tell(form_to(admin.get(HERE), "/connect").submit().location)
    admin.get(HERE)
    assert above(admin) == ""
    day = datetime(2026, 12, 24, tzinfo=UTC)
    stands(due=("external_account",), due_at=day)
    assert "Stripe needs to be told something by December 24, 2026" in above(admin)
    with statements() as seen:
        page = admin.get("/office/account/accounts")
    assert len(seen) == len(before)
    assert "Card payments" in page.click("See what is needed")
    assert above(admin, HERE) == ""  # the page itself says more
    assert above(office("billing")) == above(office("office_admin", clinic_ids=(practice.clinic_id,))) == ""
    stands(payouts_enabled=False, due=("external_account",))
    assert "pays nothing out to your bank" in above(admin)
    stands(charges_enabled=False, due=("company.tax_id",))
    assert "Patients cannot pay by card" in above(admin, "/office")
    stands(details_submitted=False, charges_enabled=False)
    assert "not finished" in above(admin)
    stands()
    assert above(admin) == ""
    card_accounts.lost(db, practice.id, accounts()[0].reference, datetime.now(UTC))
    db.commit()
    assert "disconnected at Stripe" in above(admin)
    form_to(admin.get(HERE), "/disconnect").submit(status=303)
    assert "disconnected at Stripe" not in above(admin)


def test_an_account_is_connected_and_used_once_it_may_take_payments(admin, accounts, registry, practice, stand_in, text_of):
    page = admin.get(HERE)
    assert "test payments only" in text_of(page)
    assert stand_in.address in page.headers["Content-Security-Policy"]
    before = used(registry, practice)
    hosted = form_to(page, "/connect").submit()
    assert hosted.status_int == 303
    assert hosted.location.startswith(f"{stand_in.address}/connect/")
    (row,) = accounts()
    assert (row.details_submitted, used(registry, practice)) == (False, before)
    assert "Not finished yet" in text_of(admin.get(HERE))
    assert tell(hosted.location) == f"http://{practice.host}{HERE}"
    assert "Not finished yet" not in text_of(admin.get(HERE))
    (row,) = accounts()
    assert (row.charges_enabled, row.capabilities["card_payments"]) == (True, "active")
    assert used(registry, practice) == row.reference
    with practice.session() as session:
        assert outside.practice_of(session, "stripe", row.reference) == practice.id


def test_what_stripe_needs_is_said_in_plain_words_and_waits_on_the_first_page(admin, accounts, stand_in, text_of):
    hosted = form_to(admin.get(HERE), "/connect").submit()
    tell(hosted.location, "partly")
    text = text_of(admin.get(HERE))
    assert "The practice’s tax number" in text
    assert "company.tax_id" not in text
    assert "Account for card payments" in text_of(admin.get("/office"))
    again = form_to(admin.get(HERE), "/go-on").submit()
    tell(again.location)
    assert "tax number" not in text_of(admin.get(HERE)).partition("Connect")[0]
    assert "Account for card payments" not in text_of(admin.get("/office"))


def test_a_page_of_the_card_service_works_once_and_is_asked_for_again(admin, accounts, stand_in, practice, text_of):
    hosted = form_to(admin.get(HERE), "/connect").submit().location
    stand_in.pass_time(301)
    assert tell(hosted) == f"http://{practice.host}{HERE}?again"
    assert "That page of the card service was over" in text_of(admin.get(f"{HERE}?again"))


def test_paused_payments_are_told_and_an_account_that_is_disconnected_is_not_used(admin, accounts, registry, practice, stand_in, text_of):
    tell(form_to(admin.get(HERE), "/connect").submit().location)
    admin.get(HERE)
    (row,) = accounts()
    requests.post(f"{stand_in.address}/desk/pause/{row.reference}", allow_redirects=False, timeout=10)
    assert "Payments are paused" in text_of(admin.get(HERE))
    form_to(admin.get(HERE), "/disconnect").submit().follow()
    (row,) = accounts()
    assert row.closed_at is not None
    assert used(registry, practice) != row.reference
    # What was paid to it can still be given back. Another one can be connected afterwards: it is not the old one again.
    form_to(admin.get(HERE), "/connect").submit()
    assert len({one.reference for one in accounts()}) == 2


def test_a_clinic_may_have_an_account_of_its_own(admin, accounts, registry, practice, make):
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    page = admin.get(HERE)
    form = next(form for form in page.forms.values() if "clinic" in form.fields and form["clinic"].value == str(practice.clinic_id))
    tell(form.submit().location)
    admin.get(HERE)
    (row,) = accounts()
    assert used(registry, practice, practice.clinic_id) == row.reference
    assert used(registry, practice) != row.reference
    assert "There is an account already" in form.submit().follow().text


def test_the_page_works_while_the_card_service_is_away(admin, accounts, stand_in, monkeypatch, text_of):
    form_to(admin.get(HERE), "/connect").submit()
    monkeypatch.setattr(stand_in, "away", True)
    assert "does not answer right now" in text_of(admin.get(HERE))
    assert "does not answer right now" in form_to(admin.get(HERE), "/go-on").submit().follow().text


def test_what_does_not_agree_is_shown_and_taken_off_by_whoever_may(admin, office, db, text_of):
    db.add(Difference(kind="unknown_here", reference="pi_1", here={}, there={"amount_cents": 7000}, found_at=datetime.now(UTC)))
    db.commit()
    billing = office("billing").get(HERE)
    assert "$70.00" in text_of(billing)
    assert not [form for form in billing.forms.values() if form.action.endswith("/settle")]
    assert "Payments that do not agree" in text_of(admin.get("/office"))
    form = form_to(admin.get(HERE), "/settle")
    assert "Everything agrees" in form.submit().follow().text
    assert form.submit(status="*").status_int == 404


def test_an_account_of_another_practice_is_nowhere(admin, other_db, other_practice):
    row = CardAccount(reference="acct_other", opened_at=datetime.now(UTC))
    other_db.add(row)
    other_db.commit()
    token = form_to(admin.get(HERE), "/connect")["csrf_token"].value
    for act in ("go-on", "disconnect"):
        admin.post(f"{HERE}/{row.id}/{act}", {"csrf_token": token}, status=404)
    admin.post(f"{HERE}/connect", {"csrf_token": token, "clinic": str(other_practice.clinic_id)}, status=404)
