"""Requests to confirm a visit: the code, the link, what an answer does, and what is said when the visit is another one by then."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.tenant import Tenant
from plugins.appointments.models import Confirmation, ConfirmationStatus, Request
from plugins.appointments.services import confirming

NOW = datetime.now(UTC)


@pytest.fixture
def tenant(registry, practice) -> Tenant:
    return registry.tenants.current(practice.id)


@pytest.fixture
def ask(db, practice):
    """`ask(visit)`: a request to confirm it that has been sent."""

    def put(visit, code="") -> confirming.Asked:
        asked = confirming.ask(db, practice.id, visit.id, NOW, code)
        confirming.sent(db, practice.id, asked.id, NOW)
        return asked

    return put


def _states(db) -> list[str]:
    return sorted(db.scalars(select(Confirmation.state).execution_options(populate_existing=True)))


def test_a_request_that_was_sent_says_so_at_the_visit_and_keeps_no_secret(db, make, visit, ask):
    due = visit(make.patient())
    asked = ask(due)
    row = db.get_one(Confirmation, (due.practice_id, asked.id))
    assert (row.state, row.code, due.confirmation) == ("sent", "C", "asked")
    assert asked.token not in str(vars(row))


def test_one_that_could_not_be_delivered_fails_and_is_not_sent_any_more(db, make, visit, practice):
    due = visit(make.patient())
    asked = confirming.ask(db, practice.id, due.id, NOW)
    confirming.failed(db, practice.id, asked.id, NOW)
    confirming.sent(db, practice.id, asked.id, NOW)
    assert (due.confirmation, _states(db)) == ("failed", ["failed"])


def test_each_open_request_of_a_patient_has_a_code_of_its_own_and_those_who_share_a_telephone_none_in_common(db, make, visit, ask, practice):
    patient, sister = make.patient(), make.patient(first_name="Mia")
    assert [ask(visit(patient, days)).code for days in (3, 5, 7)] == ["C", "C2", "C3"]
    assert ask(visit(sister)).code == "C"
    code = confirming.next_code(db, practice.id, [patient.id, sister.id])
    assert [ask(visit(one, 9), code).code for one in (patient, sister)] == ["C4", "C4"]


def test_asking_again_about_one_visit_frees_the_first_code_and_both_links_work(db, make, visit, ask, practice, tenant):
    due = visit(make.patient())
    first, second = ask(due), ask(due)
    assert second.code == "C"
    assert confirming.open_link(db, practice.id, first.token, NOW).state == "open"
    assert confirming.answer(db, tenant, first.token, "confirm", NOW).state == "confirmed"
    assert confirming.open_link(db, practice.id, second.token, NOW).state == "confirmed"


def test_an_answer_confirms_all_visits_of_the_patient_on_that_day_and_no_others(db, make, visit, ask, practice, tenant):
    patient = make.patient()
    morning = datetime(2031, 3, 4, 16, tzinfo=UTC)
    # In Denver the last one is still on the 4th, though it is the 5th in UTC; the other person's stays as it is.
    times = [morning, morning + timedelta(hours=2), datetime(2031, 3, 5, 1, tzinfo=UTC), morning + timedelta(days=1)]
    due = [visit(patient, starts_at=time) for time in times]
    foreign = visit(make.patient(first_name="Otto"), starts_at=morning)
    asked = ask(due[1])
    confirming.answer(db, tenant, asked.token, "confirm", NOW)
    assert [one.confirmation for one in [*due, foreign]] == ["confirmed"] * 3 + ["unconfirmed"] * 2


@pytest.mark.parametrize("text", ["C", " c ", "C\n"])
def test_a_text_message_with_the_code_and_nothing_else_confirms(db, make, visit, ask, tenant, text):
    patient = make.patient()
    due, other = visit(patient), visit(patient, 5)
    ask(due), ask(other)
    [answer] = confirming.answer_code(db, tenant, [patient.id], text, NOW)
    assert (answer.state, due.confirmation, other.confirmation) == ("confirmed", "confirmed", "asked")


@pytest.mark.parametrize("text", ["", "C yes", "yes", "C9", "CC", "C\u0662", "\0", "C2" * 9, "С"])
def test_any_other_text_confirms_nothing(db, make, visit, ask, tenant, text):
    patient = make.patient()
    due = visit(patient)
    ask(due)
    assert confirming.answer_code(db, tenant, [patient.id], text, NOW) == []
    assert due.confirmation == "asked"


def test_the_code_of_another_patient_confirms_nothing(db, make, visit, ask, tenant):
    due = visit(make.patient())
    ask(due)
    assert confirming.answer_code(db, tenant, [make.patient(first_name="Otto").id], "C", NOW) == []


def test_a_callback_is_asked_for_once_and_is_over_when_the_visit_is_confirmed(db, make, visit, ask, tenant):
    due = visit(make.patient())
    asked = ask(due)
    for _ in range(2):
        assert confirming.answer(db, tenant, asked.token, "callback", NOW).state == "callback"
    [request] = db.scalars(select(Request))
    assert (request.kind, request.state, request.appointment_id, due.confirmation) == ("callback", "waiting", due.id, "callback")
    assert confirming.answer(db, tenant, asked.token, "confirm", NOW).state == "confirmed"
    db.refresh(request)
    assert (request.state, _states(db)) == ("withdrawn", ["confirmed"])


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"status": "complete"}, "complete"),
        ({"status": "broken"}, "called_off"),
        ({"starts_at": NOW + timedelta(days=8)}, "changed"),
        ({"starts_at": NOW - timedelta(hours=1)}, "expired"),
        ({"operatory_id": None, "minutes": 60}, "open"),
    ],
)
def test_what_became_of_the_visit_is_said_and_nothing_is_confirmed_unless_it_is_the_same(db, make, visit, ask, practice, tenant, change, state):
    due = visit(make.patient())
    asked = ask(due)
    for name, value in change.items():
        setattr(due, name, value)
    db.flush()
    assert confirming.open_link(db, practice.id, asked.token, NOW).state == state
    answer = confirming.answer(db, tenant, asked.token, "confirm", NOW)
    assert (answer.state, due.confirmation) == (("confirmed", "confirmed") if state == "open" else (state, "asked"))
    confirming.close_old(db, practice.id, NOW)
    assert confirming.answer_code(db, tenant, [due.patient_id], "C", NOW) == []


@pytest.mark.parametrize("token", ["", "x", "é" * 500])
def test_a_link_of_another_practice_or_none_at_all_opens_nothing(db, other_db, make, visit, ask, practice, other_practice, token):
    asked = ask(visit(make.patient()))
    for session, practice_id, tried in ((db, practice.id, token), (other_db, other_practice.id, asked.token)):
        with pytest.raises(confirming.NoSuchVisit):
            confirming.open_link(session, practice_id, tried, NOW)


@pytest.mark.parametrize("change", [{"status": "complete"}, {"starts_at": NOW - timedelta(minutes=1)}])
def test_nobody_is_asked_about_a_visit_that_is_over(db, make, visit, practice, change):
    due = visit(make.patient(), **change)
    with pytest.raises(confirming.CannotConfirm):
        confirming.ask(db, practice.id, due.id, NOW)


@pytest.mark.parametrize("may_change", [True, False])
def test_the_offices_own_status_follows_where_it_may_be_changed(db, make, visit, practice, tenant, may_change):
    names = {"sent": "eConfirm sent", "accepted": "eConfirmed", "not_accepted": "eConfirm callback", "failed": "eConfirm failed", "": "Arrived"}
    statuses = {meaning: ConfirmationStatus(name=name, meaning=meaning, may_change=bool(meaning) or may_change) for meaning, name in names.items()}
    db.add_all(statuses.values())
    db.flush()
    due = visit(make.patient())
    due.confirmation_status_id = statuses[""].id
    asked = confirming.ask(db, practice.id, due.id, NOW)
    seen = []
    for step in ("sent", "callback", "confirm"):
        if step == "sent":
            confirming.sent(db, practice.id, asked.id, NOW)
        else:
            confirming.answer(db, tenant, asked.token, step, NOW)
        seen.append(db.get_one(ConfirmationStatus, (practice.id, due.confirmation_status_id)).meaning)
    assert seen == (["sent", "not_accepted", "accepted"] if may_change else ["", "", ""])
    assert due.confirmation == "confirmed"
