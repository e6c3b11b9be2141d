"""The pages of one visit: what is shown, calling it off, taking that back, asking the office, and answering by a link."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from core.audit import AuditEvent
from core.records.models import RecordsArrival
from core.tenant import touch
from plugins.appointments.models import Appointment, AppointmentType, Recall, RecallType, Request
from plugins.appointments.services import changing, confirming, requests
from tenants import settings
from tenants.models import Clinic

NOW = datetime.now(UTC)


@pytest.fixture
def choose(db, registry, practice):
    """`choose(name, value)`: a setting of the tab."""

    def change(name, value):
        settings.change(db, registry.plugins, practice.id, None, f"appointments.{name}", value, "test", NOW)
        db.commit()

    return change


def _row(practice, visit_id) -> Appointment:
    with practice.session() as session:
        return session.get_one(Appointment, (practice.id, visit_id))


def _token(browser) -> str:
    return browser.get("/home").forms["sign-out"]["csrf_token"].value


def test_the_page_says_who_where_when_what_for_and_what_to_know_and_nothing_in_it_is_markup(signed_in, make, visit, db, practice):
    kind = AppointmentType(name="Crown", instructions_before="Eat **before**.\n<script>alert(1)</script>", instructions_after="Chew left.", bring="- Your card", procedures=[],
                           forms=[{"title": "History", "address": "https://forms.example/h"}, {"title": "Bad", "address": "javascript:alert(1)"}])  # fmt: skip
    db.add(kind)
    patient = make.patient()
    due = visit(patient, 3, reason="Crown", arrive_at=NOW + timedelta(days=3, minutes=-15), procedures=[{"code": "D2750", "words": "A crown"}])
    due.appointment_type_id = kind.id
    db.execute(update(Clinic).where(Clinic.practice_id == practice.id).values(address_1="12 Elm St", city="Denver"))
    touch(db, practice.id)
    db.commit()
    page = signed_in(patient).get(f"/appointments/{due.id}")
    for words in ("Dana Okafor, DDS", "Main Street", "50 minutes", "Please be there at", "A crown", "<strong>before</strong>", "Chew left.", "Your card", "https://forms.example/h"):
        assert words in page.text, words
    assert "12%20Elm" in page.html.select_one("a[href*=openstreetmap]")["href"]
    assert "<script>alert" not in page.text
    assert "javascript:" not in page.text
    assert "D2750" not in page.text


def test_a_visit_of_hygiene_is_the_hygienists_in_the_list_and_its_page_names_both(signed_in, make, visit):
    make.take_in([{"kind": "provider", "external_id": "D2", "first_name": "Mia", "last_name": "Lund", "suffix": "RDH"}])
    patient = make.patient()
    cleaning, filling = visit(patient, 3, hygienist="D2", is_hygiene=True), visit(patient, 5, hygienist="D2")
    browser = signed_in(patient)
    listed = [row.get_text() for row in browser.get("/appointments").html.select(".appointments-visit__place span:last-child")]
    assert [words.split(" · ")[0] for words in listed] == 2 * ["Mia Lund, RDH", "Dana Okafor, DDS"], "among those to confirm, and among all"
    for one, names in ((cleaning, ["Mia Lund, RDH", "Dana Okafor, DDS"]), (filling, ["Dana Okafor, DDS", "Mia Lund, RDH"])):
        page = browser.get(f"/appointments/{one.id}").html
        assert [name.get_text() for name in page.select(".appointments-sheet__name")][:2] == names


@pytest.mark.parametrize("path", ["", "/cancel", "/move", "/ask/callback", "/ask/cancel", "/ask/move", "/visit.ics"])
def test_the_visit_of_another_one_that_is_none_and_what_is_no_id_are_not_there(signed_in, make, visit, path):
    foreign = visit(make.patient(first_name="Otto"))
    browser = signed_in(make.patient())
    for id_ in (foreign.id, uuid4(), "x", "%00"):
        assert browser.get(f"/appointments/{id_}{path}", expect_errors=True).status_int in (400, 404)


@pytest.mark.parametrize(("status", "setting"), [("broken", "show_broken"), ("planned", "show_planned"), ("unscheduled", "show_planned")])
def test_broken_and_planned_visits_are_there_where_the_office_shows_them(signed_in, make, visit, choose, status, setting):
    patient = make.patient()
    due = visit(patient, 3, status=status, reason="Special one")
    browser = signed_in(patient)
    assert browser.get(f"/appointments/{due.id}", expect_errors=True).status_int == 404
    choose(setting, True)
    for path in ("/appointments", f"/appointments/{due.id}"):
        assert "Special one" in browser.get(path).text


def test_cancelling_says_the_policy_asks_why_and_can_be_taken_back(signed_in, make, visit, choose, practice):
    choose("cancel_policy", "A missed visit costs **40 dollars**.")
    patient = make.patient()
    due = visit(patient, 5)
    browser = signed_in(patient)
    page = browser.get(f"/appointments/{due.id}/cancel")
    assert "<strong>40 dollars</strong>" in page.text
    refused = page.forms["cancel"].submit(expect_errors=True)
    assert (refused.status_int, "Choose a reason." in refused.text) == (422, True)
    form = refused.forms["cancel"]
    form["reason"], form["words"] = "ill", "Fever"
    after = form.submit().follow()
    row = _row(practice, due.id)
    assert (row.status, row.end_reason) == ("broken", "I am ill: Fever")
    assert "This visit is cancelled" in after.text
    back = after.forms["undo"].submit().follow()
    assert "yours again" in back.text
    assert _row(practice, due.id).status == "scheduled"
    with practice.session() as session:
        seen = session.scalars(select(AuditEvent.action).where(AuditEvent.target_id == due.id).order_by(AuditEvent.id)).all()
    assert [action for action in seen if not action.endswith("view")] == ["appointments.visit.cancel", "appointments.visit.restore"]


def test_inside_the_notice_period_there_is_the_telephone_and_a_request(signed_in, make, visit, choose, practice):
    choose("notice_hours", 48)
    patient = make.patient()
    due = visit(patient, 1)
    browser = signed_in(patient)
    page = browser.get(f"/appointments/{due.id}/cancel")
    assert "cancel" not in page.forms
    assert "less than 48 hours" in page.text
    late = browser.post(f"/appointments/{due.id}/cancel", {"csrf_token": _token(browser), "reason": "ill", "words": "kept words"}, expect_errors=True)
    assert (late.status_int, "kept words" in late.text) == (422, True)
    assert _row(practice, due.id).status == "scheduled"
    form = page.forms["ask"]
    form["words"] = "Please cancel"
    assert "The office has your request" in form.submit().follow().text
    with practice.session() as session:
        [request] = session.scalars(select(Request))
        assert (request.kind, request.words, request.appointment_id) == ("cancel", "Please cancel", due.id)


@pytest.mark.parametrize(
    ("fields", "words"), [({"status": "complete"}, "has taken place"), ({"days": -2}, "has passed"), ({"status": "broken"}, "not scheduled any more")]
)
def test_a_visit_that_is_over_says_so_whatever_is_asked(signed_in, make, visit, choose, fields, words):
    choose("show_broken", True)
    patient = make.patient()
    due = visit(patient, **fields)
    browser = signed_in(patient)
    token = _token(browser)
    for path in ("cancel", "move", "ask/callback"):
        assert words in browser.get(f"/appointments/{due.id}/{path}").follow().text
    for path in ("cancel", "ask/move"):
        assert words in browser.post(f"/appointments/{due.id}/{path}", {"csrf_token": token, "reason": "ill"}).follow().text
    assert "nothing to take back" in browser.post(f"/appointments/{due.id}/undo", {"csrf_token": token}).follow().text


def test_only_whoever_cancelled_takes_it_back(signed_in, make, visit, db, practice):
    patient = make.patient()
    due = visit(patient, 5)
    changing.call_off(db, practice.id, patient.id, due.id, make.staff().id, "", timedelta(0), NOW)
    db.commit()
    browser = signed_in(patient)
    page = browser.get(f"/appointments/{due.id}")
    assert "This visit is cancelled" in page.text
    assert "undo" not in page.forms
    assert "nothing to take back" in browser.post(f"/appointments/{due.id}/undo", {"csrf_token": _token(browser)}).follow().text


def test_undo_after_three_minutes_is_refused_in_words(signed_in, make, visit, db, practice):
    patient = make.patient()
    due, account = visit(patient, 5), make.account(patient)
    changing.call_off(db, practice.id, patient.id, due.id, account.id, "", timedelta(0), NOW - timedelta(minutes=4))
    db.commit()
    browser = signed_in(account=account)
    page = browser.get(f"/appointments/{due.id}")
    assert "undo" not in page.forms
    assert "three minutes are over" in browser.post(f"/appointments/{due.id}/undo", {"csrf_token": _token(browser)}).follow().text


def test_a_request_is_in_the_list_can_be_withdrawn_and_its_answer_is_read(signed_in, make, visit, db, practice):
    patient = make.patient()
    due = visit(patient, 5, confirmation="confirmed")
    browser = signed_in(patient)
    form = browser.get(f"/appointments/{due.id}/ask/move").forms["ask"]
    form.set("days", True, index=1)
    form.set("times", True, index=0)
    form.submit()
    page = browser.get("/appointments")
    assert "Tuesday; mornings" in page.text
    [request] = db.scalars(select(Request))
    withdrawn = next(one for one in page.forms.values() if one.action.endswith("/withdraw")).submit().follow()
    assert "Your requests" not in withdrawn.text
    requests.ask(db, requests.Wish(practice.id, patient.id, None, "visit", "A cleaning"), NOW)
    [asked] = db.scalars(select(Request).where(Request.kind == "visit"))
    asked.state, asked.answered_at, asked.answer = "accepted", NOW, "Come on Friday."
    db.commit()
    assert "The office has answered a request" in browser.get("/home").text
    page = browser.get("/appointments")
    assert "Come on Friday." in page.text
    assert "Action needed" in page.text
    seen = next(one for one in page.forms.values() if one.action.endswith("/seen")).submit().follow()
    assert "Come on Friday." in seen.text
    assert "Action needed" not in seen.text
    again = browser.post(f"/appointments/requests/{request.id}/withdraw", {"csrf_token": _token(browser)}).follow()
    assert "was withdrawn before" in again.text


@pytest.mark.parametrize("act", ["withdraw", "seen"])
def test_a_request_of_another_is_not_there(signed_in, make, db, practice, act):
    requests.ask(db, requests.Wish(practice.id, make.patient(first_name="Otto").id, None, "visit"), NOW)
    db.commit()
    [foreign] = db.scalars(select(Request))
    browser = signed_in(make.patient())
    for id_ in (foreign.id, uuid4(), "x"):
        assert browser.post(f"/appointments/requests/{id_}/{act}", {"csrf_token": _token(browser)}, expect_errors=True).status_int == 404


@pytest.mark.parametrize("wrong", [{"words": "x" * 501}, {"days": "9"}, {"times": "night"}, {"words": "\0\u202e\U0001f600" + "y" * 600}])
def test_a_request_that_cannot_be_is_refused_and_nothing_typed_is_lost(signed_in, make, visit, db, wrong):
    patient = make.patient()
    due = visit(patient, 5)
    browser = signed_in(patient)
    answer = browser.post(f"/appointments/{due.id}/ask/move", {"csrf_token": _token(browser), "words": "Kept"} | wrong, expect_errors=True)
    assert answer.status_int == 422
    assert wrong.get("words", "Kept").strip("\0")[:20] in answer.text
    assert not db.scalars(select(Request)).all()


def test_a_sign_that_no_table_can_hold_is_left_out_of_what_was_typed(signed_in, make, visit, practice):
    patient = make.patient()
    due = visit(patient, 5)
    browser = signed_in(patient)
    token = _token(browser)
    browser.post(f"/appointments/{due.id}/ask/move", {"csrf_token": token, "words": "Late\0r"}, status=303)
    browser.post(f"/appointments/{due.id}/cancel", {"csrf_token": token, "reason": "away", "words": "A\0way"}, status=303)
    assert _row(practice, due.id).end_reason == "I am away: Away"
    with practice.session() as session:
        assert session.scalars(select(Request.words)).all() == ["Later"]


@pytest.mark.parametrize("act", ["cancel", "move", "ask", "calendar"])
def test_an_office_can_take_each_act_away(signed_in, make, visit, choose, act):
    patient = make.patient()
    due = visit(patient, 5)
    choose(act, False)
    browser = signed_in(patient)
    path = {"ask": f"/appointments/{due.id}/ask/move", "calendar": "/appointments/calendar"}.get(act, f"/appointments/{due.id}/{act}")
    assert browser.get(path, expect_errors=True).status_int == 404
    for page in ("/appointments", f"/appointments/{due.id}"):
        assert path not in browser.get(page).text


def test_whoever_only_sees_acts_on_nothing(signed_in, make, visit, practice):
    account, child = make.account(make.patient()), make.patient(first_name="Mia")
    make.grant(account, child, "appointments", "see")
    due = visit(child, 5)
    browser = signed_in(account=account)
    token = _token(browser)
    browser.post("/family/switch", {"csrf_token": token, "person": str(child.id)})
    page = browser.get(f"/appointments/{due.id}")
    assert not page.html.select("main form")
    for path in ("cancel", "undo", "ask/move"):
        assert browser.post(f"/appointments/{due.id}/{path}", {"csrf_token": token}, expect_errors=True).status_int == 403
    assert _row(practice, due.id).status == "scheduled"


def test_a_parent_sees_the_familys_visits_in_one_list_as_far_as_it_was_granted(signed_in, make, visit, statements, db):
    parent, mia, tom = make.patient(first_name="Elena"), make.patient(first_name="Mia"), make.patient(first_name="Tom")
    account = make.account(parent)
    make.grant(account, mia, "appointments", "act")
    make.grant(account, tom, "account", "see")
    _, hers, _ = visit(parent, 3, reason="Own one"), visit(mia, 4, reason="Hers"), visit(tom, 5, reason="His")
    browser = signed_in(account=account)
    page = browser.get("/appointments?who=everyone")
    assert ["Own one" in page.text, "Hers" in page.text, "His" in page.text] == [True, True, False]
    with statements() as seen:
        only = browser.get(f"/appointments?who={mia.id}")
    assert len(seen) <= 5, seen
    assert ["Own one" in only.text, "Hers" in only.text] == [False, True]
    for who in (tom.id, uuid4(), "x", "%00"):
        assert browser.get(f"/appointments?who={who}", expect_errors=True).status_int == 404
    form = next(form for form in page.forms.values() if f"/appointments/{hers.id}" in form.text)
    assert "Hers" in form.submit("person").follow().text
    assert "who=everyone" not in signed_in(make.patient()).get("/appointments").text


def test_a_recall_that_is_due_asks_for_a_visit_until_there_is_one(signed_in, make, visit, db, practice):
    patient = make.patient()
    kind, hidden = RecallType(name="Prophy", words="Check-up and cleaning"), RecallType(name="Four bitewings", words="")
    child = RecallType(name="Child", words="For a child", max_age=11)
    db.add_all([kind, hidden, child])
    db.flush()
    today = NOW.date()
    db.add_all(Recall(patient_id=patient.id, recall_type_id=one.id, due_on=today - timedelta(days=9)) for one in (kind, hidden, child))
    db.commit()
    browser = signed_in(patient)
    page = browser.get("/appointments")
    assert "Check-up and cleaning" in page.text
    assert "For a child" not in page.text
    assert "Check-up and cleaning is due" in browser.get("/home").text
    due = visit(patient, 20)
    due.recall_type_id = kind.id
    db.commit()
    assert "Check-up and cleaning is due" not in browser.get("/home").text


def test_the_list_costs_at_most_five_statements_with_requests_and_recalls(signed_in, make, visit, db, practice, statements):
    patient = make.patient()
    visit(patient, 3)
    requests.ask(db, requests.Wish(practice.id, patient.id, None, "visit"), NOW)
    db.commit()
    browser = signed_in(patient)
    browser.get("/appointments")
    with statements() as seen:
        browser.get("/appointments")
    assert len(seen) <= 5, seen


def test_visits_that_the_practice_system_has_not_sent_for_too_long_say_from_when_they_are(signed_in, make, visit, db, practice, registry, statements):
    patient, child = make.patient(), make.patient()
    account = make.account(patient)
    make.grant(account, child, "appointments", "act")
    visit(patient, 3), visit(child, 4)
    db.add(RecordsArrival(source="nightly", kind="appointment", came_at=NOW - timedelta(hours=25), ages=True))
    settings.change(db, registry.plugins, practice.id, None, "portal.records_stale_hours", 0, "test", NOW)
    db.commit()
    browser = signed_in(account=account)
    assert "has sent nothing since" not in browser.get("/appointments"), "nobody watches"
    settings.change(db, registry.plugins, practice.id, None, "portal.records_stale_hours", 24, "test", NOW)
    db.commit()
    browser.get("/home")
    with statements() as seen:
        page = browser.get("/appointments")
    assert len(seen) <= 5, seen
    for shown in (page, browser.get("/appointments?who=everyone")):
        assert re.search(r"As of .* at \d.*has sent nothing since", shown.text, re.DOTALL)
    settings.change(db, registry.plugins, practice.id, None, "portal.records_stale_hours", 48, "test", NOW)
    db.commit()
    assert "has sent nothing since" not in browser.get("/appointments")


@pytest.fixture
def link(db, practice, make, visit):
    """`link(**fields)`: a visit, and the path of the link that asks to confirm it."""

    def put(**fields):
        due = visit(make.patient(), **{"days": 3, **fields})
        asked = confirming.ask(db, practice.id, due.id, NOW)
        confirming.sent(db, practice.id, asked.id, NOW)
        db.commit()
        return due, f"/appointments/answer/{asked.token}"

    return put


@pytest.mark.parametrize("clicks", ["2", "1"])
def test_looking_at_the_link_confirms_nothing_and_its_button_does(web, link, choose, practice, clicks):
    choose("confirm_clicks", clicks)
    due, path = link(reason="Root canal")
    page = web.get(path)
    web.head(path)
    assert _row(practice, due.id).confirmation == "asked"
    assert ("at_once" in page.text) == (clicks == "1")
    assert "Root canal" not in page.text
    done = page.forms["answer"].submit("answer", value="confirm").follow()
    assert "Your visit is confirmed" in done.text
    assert "answer" not in done.forms
    assert _row(practice, due.id).confirmation == "confirmed"
    with practice.session() as session:
        [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "appointments.visit.confirm"))
        assert (event.account_id, event.target_id, event.patient_id) == (None, due.id, due.patient_id)


def test_a_call_can_be_asked_for_by_the_link_and_waits_for_the_office_once(web, link, practice):
    _, path = link()
    page = web.get(path)
    for _ in range(2):
        assert "We will call you" in page.forms["answer"].submit("answer", value="callback").follow().text
    with practice.session() as session:
        [request] = session.scalars(select(Request))
        assert (request.kind, request.account_id) == ("callback", None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"starts_at": NOW + timedelta(days=9)}, "This visit was moved"),
        ({"starts_at": NOW - timedelta(minutes=1)}, "has passed"),
        ({"status": "complete"}, "has taken place"),
        ({"status": "broken"}, "not scheduled any more"),
    ],
)
def test_a_link_says_what_became_of_the_visit(web, link, db, practice, change, words):
    due, path = link()
    token = web.get(path).forms["answer"]["csrf_token"].value
    for name, value in change.items():
        setattr(due, name, value)
    db.commit()
    page = web.get(path)
    assert words in page.text
    assert "answer" not in page.forms
    assert words in web.post(path, {"csrf_token": token, "answer": "confirm"}).follow().text
    assert _row(practice, due.id).confirmation == "asked"


@pytest.mark.parametrize("answer", ["", "no", "\0", "x" * 9000])
def test_an_answer_that_is_none_changes_nothing(web, link, practice, answer):
    due, path = link()
    token = web.get(path).forms["answer"]["csrf_token"].value
    assert web.post(path, {"csrf_token": token, "answer": answer}, expect_errors=True).status_int == 422
    assert _row(practice, due.id).confirmation == "asked"


def test_a_link_is_one_page_not_found_where_it_is_none_or_the_office_takes_confirming_away(web, link, choose):
    _, path = link()
    unknown = web.get("/appointments/answer/" + "x" * 43, expect_errors=True)
    choose("confirm", False)
    off = web.get(path, expect_errors=True)
    assert (unknown.status_int, off.status_int, off.text) == (404, 404, unknown.text)
