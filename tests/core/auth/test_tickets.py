"""Single-use links and codes: once, in time, by whom they were made for; everything else has the same answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.auth import tickets
from core.auth.tickets import BadTicket

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def test_a_link_opens_often_and_is_used_once(db, practice, make):
    patient = make.patient()
    token = tickets.issue_link(db, "invitation", NOW, DAY, "robin@example.test", patient_id=patient.id)
    db.commit()
    assert tickets.open_link(db, practice.id, "invitation", token, NOW).patient_id == patient.id
    assert tickets.use_link(db, practice.id, "invitation", token, NOW).email == "robin@example.test"
    for act in (tickets.open_link, tickets.use_link):
        with pytest.raises(BadTicket):
            act(db, practice.id, "invitation", token, NOW)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.text(max_size=80), st.integers(0, 42))
def test_a_link_that_was_changed_anywhere_opens_nothing(db, practice, changed, place):
    token = tickets.issue_link(db, "reset", NOW, DAY)
    other = token[:place] + changed + token[place + 1 :]
    if other != token:
        with pytest.raises(BadTicket):
            tickets.open_link(db, practice.id, "reset", other, NOW)


def test_a_link_of_another_kind_another_practice_or_another_time_opens_nothing(db, other_db, practice, other_practice):
    token = tickets.issue_link(db, "reset", NOW, DAY)
    db.commit()
    with pytest.raises(BadTicket):
        tickets.use_link(db, practice.id, "sign_in", token, NOW)
    with pytest.raises(BadTicket):
        tickets.use_link(other_db, other_practice.id, "reset", token, NOW)
    with pytest.raises(BadTicket):
        tickets.use_link(db, practice.id, "reset", token, NOW + DAY)
    assert tickets.use_link(db, practice.id, "reset", token, NOW + DAY - timedelta(seconds=1))


def test_a_new_link_voids_the_one_before(db, practice, make):
    account = make.account(make.patient())
    first = tickets.issue_link(db, "sign_in", NOW, DAY, account_id=account.id)
    second = tickets.issue_link(db, "sign_in", NOW, DAY, account_id=account.id)
    with pytest.raises(BadTicket):
        tickets.open_link(db, practice.id, "sign_in", first, NOW)
    assert tickets.open_link(db, practice.id, "sign_in", second, NOW)


def test_a_code_has_five_tries_and_then_the_right_one_comes_too_late(db, practice):
    ticket_id, code = tickets.issue_code(db, "second", NOW, DAY)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(5):
        with pytest.raises(BadTicket):
            tickets.use_code(db, practice.id, "second", ticket_id, wrong, NOW)
    with pytest.raises(BadTicket):
        tickets.use_code(db, practice.id, "second", ticket_id, code, NOW)


def test_a_code_of_one_flow_fails_in_another(db, practice):
    (first, code), (second, _) = tickets.issue_code(db, "second", NOW, DAY), tickets.issue_code(db, "second", NOW, DAY)
    with pytest.raises(BadTicket):
        tickets.use_code(db, practice.id, "second", second, code, NOW)
    assert tickets.use_code(db, practice.id, "second", first, code, NOW)


@pytest.mark.parametrize("what", ["link", "code"])
def test_of_eight_who_come_at_the_same_moment_one_gets_in(practice, what):
    with practice.session() as session:
        token = tickets.issue_link(session, "reset", NOW, DAY)
        ticket_id, code = tickets.issue_code(session, "second", NOW, DAY)
        session.commit()

    def come(_) -> bool:
        with practice.session() as session:
            try:
                if what == "link":
                    tickets.use_link(session, practice.id, "reset", token, NOW)
                else:
                    tickets.use_code(session, practice.id, "second", ticket_id, code, NOW)
            except BadTicket:
                return False
            finally:
                session.commit()
            return True

    with ThreadPoolExecutor(8) as people:
        assert sum(people.map(come, range(8))) == 1


def test_the_row_holds_neither_the_link_nor_the_code(db, practice):
    token = tickets.issue_link(db, "reset", NOW, DAY)
    row = tickets.open_link(db, practice.id, "reset", token, NOW)
    assert token not in str(vars(row))
