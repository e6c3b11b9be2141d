"""The cards and bank accounts that are kept."""

from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from plugins.account.gateway.asking import KeptMethod
from plugins.account.models import Method, PaymentPlan
from plugins.account.services import methods

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def add(type_card):
    """`add(app)`: keep a new card; the page of what is kept."""

    def send(app, **more):
        form = app.get("/account/methods").forms["add"]
        form["agrees"] = True
        back = type_card(form.submit(status=303), **more)
        return app.get(urlsplit(back).path, status=303).follow()

    return send


@pytest.fixture
def kept(db):
    def read():
        db.rollback()
        return list(db.scalars(select(Method).order_by(Method.id).execution_options(populate_existing=True)))

    return read


def test_a_card_is_added_named_chosen_first_and_removed(signed_in, patient, add, kept, text_of, stand_in):
    app = signed_in(patient)
    assert "Nothing is kept yet" in app.get("/account/methods").text
    assert "Visa ending in 4242" in add(app).text
    add(app, number="5555555555554444")
    first, second = kept()
    assert (first.is_default, second.is_default) == (True, False)
    page = app.get("/account/methods")
    form = next(form for form in page.forms.values() if form.action.endswith(f"{second.id}/name"))
    form["name"] = "My blue card"
    assert "My blue card" in form.submit(status=303).follow().text
    page = app.post(f"/account/methods/{second.id}/default", {"csrf_token": form["csrf_token"].value}, status=303).follow()
    assert [one.is_default for one in kept()] == [False, True]
    app.post(f"/account/methods/{second.id}/remove", {"csrf_token": form["csrf_token"].value}, status=303)
    assert [(one.is_default, one.removed_at is None) for one in kept()] == [(True, True), (False, False)]
    app.get("/account/methods/back", status=303)
    assert kept()[1].removed_at is not None, "it is forgotten at the card service, too"


def test_without_consent_nothing_is_kept(signed_in, patient, text_of, stand_in):
    page = signed_in(patient).get("/account/methods").forms["add"].submit(status=422)
    assert "Say that it may be kept" in text_of(page)


def test_what_somebody_else_keeps_is_not_found(signed_in, patient, make, add, kept, other_signed_in, other_make, stand_in):
    add(signed_in(patient))
    [method] = kept()
    for app in (signed_in(make.patient(first_name="Ada")), other_signed_in(other_make.patient())):
        token = app.get("/account/methods").forms["add"]["csrf_token"].value
        for act in ("name", "default", "remove"):
            app.post(f"/account/methods/{method.id}/{act}", {"csrf_token": token, "name": "x"}, status=404)
    assert kept()[0].name == ""


def test_what_pays_a_plan_is_not_removed(signed_in, patient, add, kept, db, text_of, stand_in):
    app = signed_in(patient)
    page = add(app)
    [method] = kept()
    about = {"patient_id": patient.id, "title": "Crown", "state": "active", "total_cents": 5000, "first_due_on": date(2026, 12, 1), "offered_at": NOW}
    db.add(PaymentPlan(external_id="P1", method_id=method.id, consented_at=NOW, **about))
    db.commit()
    form = next(form for form in page.forms.values() if form.action.endswith("/remove"))
    assert "A payment plan is paid with this." in text_of(form.submit(status=303).follow())
    assert kept()[0].removed_at is None


@pytest.mark.parametrize(
    ("ends", "soon", "over"), [((2026, 10), True, True), ((2026, 11), True, False), ((2026, 12), True, False), ((2027, 1), False, False)]
)
def test_a_card_that_ends_soon_is_said_to(ends, soon, over):
    method = Method(ends_year=ends[0], ends_month=ends[1])
    assert (methods.ends_soon(method, date(2026, 11, 20)), methods.has_ended(method, date(2026, 11, 20))) == (soon, over)


def test_a_payer_is_one_at_each_account_of_the_card_service(db, practice, patient, make):
    account = make.account(patient)
    first = methods.payer_of(db, "acct_1", NOW, account_id=account.id)
    assert methods.payer_of(db, "acct_1", NOW, account_id=account.id).id == first.id
    other = methods.payer_of(db, "acct_2", NOW, account_id=account.id)
    as_patient = methods.payer_of(db, "acct_1", NOW, patient_id=patient.id)
    assert len({first.id, other.id, as_patient.id}) == 3
    methods.keep(db, first, KeptMethod("pm_1", "card", "Visa", "4242"), NOW)
    assert [len(methods.methods_of(db, practice.id, place, account_id=account.id)) for place in ("acct_1", "acct_2")] == [1, 0]
    assert methods.methods_of(db, practice.id, "acct_1", patient_id=patient.id) == []
