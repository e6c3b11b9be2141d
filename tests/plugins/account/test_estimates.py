"""Good-faith estimates: a patient asks, the office makes one of what is planned, and it stays as it was given."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pypdfium2
import pypdfium2.raw
import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.people.merging import merge
from core.plugins import Planned
from core.tasks import enqueue
from plugins.account.models import Estimate
from plugins.account.services import business_days, estimates, scheduled_estimates
from tenants import settings as office_settings

ROOT = "/office/account"


@pytest.fixture
def robin(make):
    """A patient with a saved plan of two procedures."""
    found = make.patient(email="robin.asks@example.test")
    plan = {"kind": "treatment_plan", "external_id": "T1", "patient": found.external_id, "heading": "Crown and filling", "saved_on": "2026-11-01", "status": "saved"}
    line = {"kind": "planned_procedure", "plan": "T1"}
    crown = line | {"external_id": "L1", "code": "D2740", "description": "Crown", "tooth": "14", "fee_cents": 120_000, "discount_cents": 2_000, "primary_estimate_cents": 60_000}
    filling = line | {"external_id": "L2", "position": 1, "code": "D2392", "description": "White filling", "tooth": "3", "surface": "MO", "fee_cents": 21_050}
    make.take_in([plan, crown, filling])
    return found


@pytest.fixture
def asked(robin, signed_in):
    """`asked(about)`: Robin's browser, having asked."""

    def ask(about="The crown"):
        app = signed_in(robin)
        form = app.get("/account/estimates").forms["ask"]
        form["about"] = about
        form.submit(status=303)
        return app

    return ask


@pytest.fixture
def desk(signed_in, make):
    return signed_in(account=make.staff("billing"))


@pytest.fixture
def estimates_of(db):
    def read():
        db.rollback()
        return list(db.scalars(select(Estimate).where(Estimate.practice_id == db.info["practice_id"]).order_by(Estimate.asked_at, Estimate.id)))

    return read


def _make(desk, patient, **values):
    form = desk.get(f"{ROOT}/accounts/{patient.id}/estimate").forms["make"]
    for name, value in values.items():
        form[name] = value
    return form


def test_a_patient_asks_the_office_answers_and_the_patient_reads_downloads_and_keeps_it(robin, asked, desk, estimates_of, practice, registry, db, work_off, mails, text_of, make):
    app = asked("The crown, please")
    [wish] = estimates_of()
    tenant = registry.tenants.current(practice.id, robin.clinic_id)
    today = datetime.now(UTC).astimezone(tenant.time_zone).date()
    assert (wish.state, wish.origin, wish.due_on) == ("asked", "patient", business_days.due_on_request(today, business_days.open_days(tenant.clinic)))
    page = app.get("/account/estimates")
    assert "ask" not in page.forms
    assert "The office answers by" in text_of(page)
    assert "Good-faith estimates" in desk.get("/office").text
    opened = desk.get(f"{ROOT}/estimates").click("Robin Vale")
    assert "The crown, please" in opened.text
    form = opened.click("Make the estimate").forms["make"]
    assert [form[f"line_{number}_{name}"].value for number in (0, 1) for name in ("words", "code", "tooth", "amount")] == [
        "Crown", "D2740", "14", "1180.00", "White filling", "D2392", "3 MO", "210.50",
    ]  # fmt: skip
    form["about"], form["line_1_amount"], form["line_2_words"], form["line_2_amount"], form["note"] = "A crown", "200", "X-ray", "0", "Call us"
    done = form.submit("act", value="give", status=303).follow()
    assert "Given" in done.text
    work_off()
    [mail] = mails.to("robin.asks@example.test")
    assert not [word for word in ("crown", "Crown", "1,380", "Robin", "Vale") if word in mail.as_string()]
    [given] = estimates_of()
    assert (given.id, given.state, given.total_cents) == (wish.id, "given", 138_000)
    shown = app.get("/account/estimates").click("A crown", index=0)
    for words in ("$1,380.00", "D2740", "Crown", "X-ray", "$0.00", "April 12, 1985", "$400 or more", "1-800-985-3059", "not a contract", "Call us"):
        assert words in text_of(shown), words
    paper = shown.click("Download")
    document = pypdfium2.PdfDocument(paper.body)
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    assert pypdfium2.raw.FPDFCatalog_IsTagged(document)
    assert b"pdfuaid" in paper.body
    for words in ("Good-faith estimate", "$1,380.00", "D2740", "Robin Vale", "cms.gov/nosurprises", "complications"):
        assert words in text, words
    # What changes afterwards changes nothing of what was given.
    make.take_in([{"kind": "planned_procedure", "external_id": "L1", "plan": "T1", "code": "D2740", "description": "Gold crown", "fee_cents": 999_999}])
    assert app.get(paper.request.path).body == paper.body
    actions = db.scalars(select(AuditEvent.action).where(AuditEvent.action.like("account.estimate.%"), AuditEvent.patient_id == robin.id)).all()
    assert {"account.estimate.ask", "account.estimate.give", "account.estimate.view", "account.estimate.download"} <= set(actions)


def test_a_page_of_estimates_costs_five_statements_at_most(asked, statements):
    app = asked()
    with statements() as seen:
        app.get("/account/estimates")
    assert len(seen) <= 5, seen


def test_whoever_asks_twice_waits_for_one(robin, asked, signed_in, estimates_of, text_of):
    app = signed_in(robin)
    form = app.get("/account/estimates").forms["ask"]
    asked("First")
    assert "You have asked already." in text_of(form.submit(status=303).follow())
    assert [one.about for one in estimates_of()] == ["First"]


def test_a_visit_that_comes_sooner_hurries_the_answer_and_lends_its_lines(robin, asked, desk, make, estimates_of, registry, practice):
    tenant = registry.tenants.current(practice.id, robin.clinic_id)
    is_open, today = business_days.open_days(tenant.clinic), datetime.now(tenant.time_zone).date()
    visit_on = business_days.after(today, 4, is_open)
    starts = datetime(visit_on.year, visit_on.month, visit_on.day, 10, tzinfo=tenant.time_zone)
    about = {"kind": "appointment", "patient": robin.external_id, "minutes": 60, "status": "scheduled"}
    make.take_in([about | {"external_id": "V1", "starts_at": starts.isoformat(), "reason": "Crown", "procedures": [{"code": "D2740", "words": "Crown"}, {"code": "D0140", "words": "A look"}]}])
    asked()
    assert estimates_of()[0].due_on == business_days.after(today, 1, is_open)
    page = desk.get(f"{ROOT}/accounts/{robin.id}/estimate")
    link = next(one for one in page.html.find_all("a", href=True) if "planned=appointments." in one["href"])
    form = desk.get(link["href"]).forms["make"]
    # The fee of the crown is known from the plan, the other is for the office to fill in.
    assert [form[f"line_{number}_amount"].value for number in (0, 1)] == ["1180.00", ""]
    assert form["planned_on"].value == visit_on.isoformat()


def test_an_answer_without_an_estimate_is_read_by_the_patient_and_ends_the_wait(asked, desk, estimates_of, text_of):
    app = asked()
    form = desk.get(f"{ROOT}/estimates/{estimates_of()[0].id}").forms["answer"]
    assert "Say in a few words why" in form.submit(status=422).text
    form["words"] = "Your insurance is billed for this."
    form.submit(status=303)
    assert "Your insurance is billed for this." in text_of(app.get("/account/estimates"))
    form.submit(status=303)
    assert [one.state for one in estimates_of()] == ["closed"]
    assert "ask" in app.get("/account/estimates").forms


def test_the_same_page_sent_twice_gives_one_estimate(robin, desk, estimates_of):
    form = _make(desk, robin)
    form.submit("act", value="give", status=303)
    form.submit("act", value="give", status=303)
    assert [(one.state, one.origin, one.total_cents) for one in estimates_of()] == [("given", "office", 139_050)]


def test_an_estimate_for_a_question_that_somebody_else_has_answered_meanwhile_is_not_given(robin, asked, desk, estimates_of, text_of):
    asked()
    form = _make(desk, robin)
    answer = desk.get(f"{ROOT}/estimates/{estimates_of()[0].id}").forms["answer"]
    answer["words"] = "Told by telephone"
    answer.submit(status=303)
    assert "Somebody has answered this meanwhile." in text_of(form.submit("act", value="give", status=303).follow())
    assert [one.state for one in estimates_of()] == ["closed"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("line_0_amount", "12,34", "Line 1: We could not read this amount."),
        ("line_0_amount", "-5", "Line 1: The amount must be more than zero."),
        ("line_0_amount", "9999999", "Line 1: The charge must be at most $1,000,000.00."),
        ("line_0_words", "", "Line 1: say what it is."),
        ("line_0_words", "x" * 201, "Line 1: Shorten the line"),
        ("about", "", "Say what the estimate is for"),
        ("planned_on", "soon", "as a date"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(robin, desk, estimates_of, text_of, name, value, words):
    form = _make(desk, robin, note="Keep me")
    form[name] = value
    page = form.submit("act", value="give", status=422)
    assert words in text_of(page)
    assert page.forms["make"]["note"].value == "Keep me"
    assert page.forms["make"][name].value == value
    assert estimates_of() == []


def test_more_lines_are_there_for_the_asking_and_keep_what_was_typed(robin, desk, estimates_of):
    form = _make(desk, robin, line_5_words="Last")
    more = form.submit("act", value="more", status=200).forms["make"]
    assert (more["line_5_words"].value, more["line_9_words"].value) == ("Last", "")
    assert estimates_of() == []


def test_without_a_plan_the_office_fills_the_lines_in_by_hand(make, desk, estimates_of, text_of):
    patient = make.patient()
    form = _make(desk, patient, about="Check-up")
    assert "Fill in at least one line." in text_of(form.submit("act", value="give", status=422))
    form["line_0_words"], form["line_0_code"], form["line_0_amount"] = "Check-up", "D0120", "$65"
    form.submit("act", value="give", status=303)
    assert [one.given["lines"][0]["cents"] for one in estimates_of()] == [6_500]


def test_an_estimate_is_for_the_patient_and_the_clinic_alone(robin, asked, desk, make, signed_in, other_signed_in, other_make, estimates_of, practice):
    asked()
    [wish] = estimates_of()
    app = signed_in(robin)
    app.get(f"/account/estimates/{wish.id}", status=404)  # nothing was given yet
    desk.get(f"{ROOT}/estimates/{wish.id}/file", status=404)
    _make(desk, robin).submit("act", value="give", status=303)
    for other in (signed_in(make.patient()), other_signed_in(other_make.patient())):
        other.get(f"/account/estimates/{wish.id}", status=404)
        other.get(f"/account/estimates/{wish.id}/download", status=404)
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    elsewhere = make.patient(clinic="C2")
    lakeside = signed_in(account=make.staff("billing", clinic_ids=(elsewhere.clinic_id,)))
    lakeside.get(f"{ROOT}/estimates/{wish.id}", status=404)
    lakeside.get(f"{ROOT}/accounts/{robin.id}/estimate", status=404)
    assert "Robin Vale" not in lakeside.get(f"{ROOT}/estimates").text


def test_an_office_that_switches_asking_off_still_gives_estimates(robin, signed_in, desk, practice, db, registry, text_of):
    app = signed_in(robin)
    form = app.get("/account/estimates").forms["ask"]
    office_settings.change(db, registry.plugins, practice.id, None, "account.estimate", False, "Alex", datetime.now(UTC))
    db.commit()
    assert "ask" not in app.get("/account/estimates").forms
    form.submit(status=404)
    _make(desk, robin).submit("act", value="give", status=303)
    assert "Crown and filling" in app.get("/account/estimates").text


def test_the_numbers_of_the_office_stand_on_it(robin, desk, signed_in, practice, db, registry, text_of):
    for name, value in (("account.estimate_npi", "1234567893"), ("account.estimate_tin", "12-3456789")):
        office_settings.change(db, registry.plugins, practice.id, None, name, value, "Alex", datetime.now(UTC))
    db.commit()
    page = _make(desk, robin).submit("act", value="give", status=303).follow()
    assert "NPI of the office 1234567893" in text_of(page)
    assert "Tax number of the office 12-3456789" in text_of(page)


def test_of_two_charts_that_become_one_a_single_wish_waits_and_nothing_given_is_lost(robin, make, db, asked, desk, estimates_of, registry, practice):
    asked("The kept one")
    twin = make.patient(first_name="Robin", last_name="Vale")
    form = _make(desk, twin, about="Given before", line_0_words="Look", line_0_amount="10")
    form.submit("act", value="give", status=303)
    [wish] = [one for one in estimates_of() if one.state == "asked"]
    soon = wish.due_on - timedelta(days=1)
    db.add(Estimate(patient_id=twin.id, about="The other", asked_at=datetime.now(UTC), due_on=soon))
    db.commit()
    merge(db, registry.plugins, practice.id, robin.id, twin.id, "Two charts of one person", datetime.now(UTC))
    db.commit()
    found = estimates_of()
    assert {one.patient_id for one in found} == {robin.id}
    assert sorted((one.state, one.due_on == soon) for one in found) == [("asked", True), ("closed", True), ("given", False)]
    assert next(one for one in found if one.state == "asked").about == "The kept one\nThe other"


def test_a_visit_that_was_scheduled_asks_by_itself_where_the_office_wants_that_and_nobody_has_insurance(make, db, practice, registry, estimates_of):
    plain, insured, soon = (make.patient(first_name=name) for name in ("Plain", "Insured", "Soon"))
    make.take_in([{"kind": "insurance_coverage", "external_id": "C1", "patient": insured.external_id, "carrier": "Summit"}])
    place, now, by = partial(registry.tenants.current, practice.id), datetime.now(UTC), make.staff("billing").id

    def look():
        scheduled = ((plain, 30), (insured, 30), (soon, 1))
        visits = [Planned(f"appointments.{one.id}", one.id, "Crown", (), starts_at=now + timedelta(days=days), scheduled_at=now) for one, days in scheduled]
        found = scheduled_estimates.ask_for_visits(db, practice.id, visits, place, now)
        db.commit()
        return found

    assert look() == 0
    office_settings.change(db, registry.plugins, practice.id, None, "account.estimates_for_visits", True, "Alex", now)
    db.commit()
    assert [look(), look()] == [1, 0]
    [wish] = estimates_of()
    tenant = place(plain.clinic_id)
    due_on = business_days.after(now.astimezone(tenant.time_zone).date(), 3, business_days.open_days(tenant.clinic))
    assert (wish.patient_id, wish.origin, wish.due_on, wish.planned_key) == (plain.id, "visit", due_on, f"appointments.{plain.id}")
    estimates.close(db, wish, "Told by telephone", by, now + timedelta(minutes=1))
    db.commit()
    assert look() == 0


def test_the_hourly_look_finds_visits_by_the_tabs_that_are_on(make, db, practice, registry, estimates_of, work_off):
    patient, now = make.patient(), datetime.now(UTC)
    office_settings.change(db, registry.plugins, practice.id, None, "account.estimates_for_visits", True, "Alex", now)
    db.commit()
    visit = {"kind": "appointment", "external_id": "V9", "patient": patient.external_id, "minutes": 60, "status": "scheduled", "reason": "Crown"}
    make.take_in([visit | {"starts_at": (now + timedelta(days=40)).isoformat()}])
    enqueue(db, "account.ask_for_visits")
    db.commit()
    work_off()
    assert [(one.patient_id, one.about) for one in estimates_of()] == [(patient.id, "Crown")]
