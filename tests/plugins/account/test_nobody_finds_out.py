"""Nobody finds out who is a patient here: where one pays without signing in, each door answers a stranger as it answers a patient.

Compared is everything that can be told apart without a clock: status, headers, words, and the statements on the database.
"""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from core.auth.limits import Limiter
from core.testing import browser
from plugins.account.models import PayRequest
from plugins.account.services import pay_requests

CHANCE = re.compile(r'value="[^"]*"|nonce-?="?[^"\s;\']*|[0-9a-f]{8}-[0-9a-f-]{27}')
OF_THE_ADDRESS = re.compile(r"\bFROM (practice|domain)\b", re.IGNORECASE)
OF_THE_ANSWER = {"X-Request-Id", "Content-Length", "Date"}


@pytest.fixture(autouse=True)
def fresh_limiter(registry):
    """Each test counts tries for itself."""
    before, registry.limiter = registry.limiter, Limiter("memory://")
    yield
    registry.limiter = before


@pytest.fixture
def seen_of(statements):
    """`seen_of(act)`: all that whoever acts can see of the answer, and the statements that it took, without what differs in any two answers."""

    def look(act):
        with statements() as asked:
            answer = act()
        headers = [(name, CHANCE.sub("", value.split("=")[0] if name == "Set-Cookie" else value)) for name, value in answer.headerlist if name not in OF_THE_ANSWER]
        # Whose address this is the process looks up every second, whoever asks.
        kept = [re.sub(r"'[^']*'", "", one) for one in asked if not OF_THE_ADDRESS.search(one)]
        return answer.status_int, headers, CHANCE.sub("", answer.text), kept

    return look


@pytest.fixture
def people(make):
    """Who can be typed: a patient, one of another clinic, two with one name and birthdate, one with a confidential record, and a stranger."""
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    make.patient(first_name="Robin", last_name="Vale", birthdate="1985-04-12")
    make.patient(first_name="Moved", last_name="Vale", birthdate="1985-04-12", clinic="C2")
    make.patient(first_name="Secret", last_name="Vale", birthdate="1985-04-12", is_confidential=True)
    for _ in range(2):
        make.patient(first_name="Twin", last_name="Vale", birthdate="1985-04-12")
    return ("Robin", "Moved", "Secret", "Twin", "Stranger")


@pytest.mark.parametrize(("path", "form", "more"), [("", "guest", {"amount": "0.10"}), ("/verify", "verify", {}), ("/verify", "verify", {"channel": "text"})])
def test_a_patient_and_a_stranger_get_one_answer_at_each_form_of_a_clinic(people, portal, practice, seen_of, path, form, more):
    found = []
    for name in people:
        app = browser(portal, practice)
        typed = app.get(f"/account/pay-now/{practice.clinic_id}{path}").forms[form]
        for field, value in ({"first_name": name, "last_name": "Vale", "birthdate": "1985-04-12"} | more).items():
            typed[field] = value
        seen = seen_of(lambda typed=typed: typed.submit(expect_errors=True))
        found.append((seen[0], seen[1], seen[2].replace(name, ""), seen[3]))
    assert found[0][3]
    assert not any("from patient" in one.lower() for one in found[0][3])
    assert [one for one in found if one != found[0]] == []


def test_a_code_that_was_never_sent_and_one_that_was_are_refused_alike(people, portal, practice, seen_of, work_off):
    found = []
    for name in people:
        typed = browser(portal, practice).get(f"/account/pay-now/{practice.clinic_id}/verify").forms["verify"]
        typed["first_name"], typed["last_name"], typed["birthdate"] = name, "Vale", "1985-04-12"
        form = typed.submit(status=200).forms["code"]
        work_off()
        form["code"] = "00000"
        found.append(seen_of(lambda form=form: form.submit(status=422)))
    assert [one for one in found if one != found[0]] == []


def test_behind_a_link_that_is_over_or_was_never_sent_or_is_garbled_is_what_is_behind_one_that_opens(make, db, registry, portal, practice, seen_of):
    patient, secret, now = make.patient(), registry.portal.secret_key, datetime.now(UTC)
    message = pay_requests.written(registry.tenants.current(practice.id, patient.clinic_id), patient, 8_000, pay_requests.MAIL, "https://x")
    live, over = (pay_requests.ask(db, patient, None, "patient", message, 8_000, None, now).id for _ in range(2))
    db.execute(update(PayRequest).where(PayRequest.practice_id == practice.id, PayRequest.id == over).values(expires_at=now - timedelta(days=1)))
    db.commit()
    signed = [pay_requests.path_of(secret, practice.id, one) for one in (live, over, uuid4())]
    garbled = [signed[0][:-3] + "abc", "/account/asked/" + "x" * 60, pay_requests.path_of(secret, uuid4(), live)]
    opened, answered, again = [], [], []
    for path in (*signed, *garbled):
        app, registry.limiter = browser(portal, practice), Limiter("memory://")
        opened.append(seen_of(lambda app=app, path=path: app.get(path)))
        form = app.get(path).forms["asked"]
        form["birthdate"] = "1901-02-03"
        answered.append(_without(path, seen_of(lambda form=form: form.submit("act", value="open", status=422))))
        more = app.get(path).forms["again"]
        again.append(_without(path, seen_of(lambda form=more: form.submit("act", value="again", status=200))))
    opened = [_without(path, seen) for path, seen in zip((*signed, *garbled), opened, strict=True)]
    for found in (opened, answered, again):
        assert [one[:3] for one in found if one[:3] != found[0][:3]] == []
    # Who is on record behind a link is looked up in each case; the birthdate is compared to nobody's where there is none.
    assert len({tuple(one[3]) for one in opened}) == 1
    assert len({tuple(one[3]) for one in answered[1:]}) == 1
    assert [one for one in again[0][3] if "patient" in one.lower()] == []


def _without(path, seen):
    """What was seen, without the link itself, which is in the address of the form."""
    return seen[0], [(name, value.replace(path, "")) for name, value in seen[1]], seen[2].replace(path, ""), seen[3]
