"""The webhook at the office: its secret is shown this once, what was sent stands there, and whoever may make keys sets it."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from core.people import changes as people
from core.records import changes
from core.records.changes import webhooks
from tenants.console.webhooks import WAITING

PATH = "/office/webhooks"
ADDRESS = "https://hooks.example.test/cuspid"


@pytest.fixture
def admin(office):
    return office("office_admin")


def set_address(app, address: str = ADDRESS):
    form = app.get(PATH).forms["address-form"]
    form["address"] = address
    return form.submit(status="*")


def secret_on(page) -> str:
    return re.search(r"whsec_[A-Za-z0-9+/=]{44}", page.text).group()


def test_the_secret_is_shown_once_and_another_one_when_it_is_asked_for(admin, db, practice, audited):
    first = secret_on(set_address(admin))
    page = admin.get(PATH)
    assert ADDRESS in page
    assert "whsec_" not in page
    assert "Its secret stays as it is." in set_address(admin, ADDRESS + "/2").follow()
    assert secret_on(page.forms["rotate"].submit()) != first
    assert first not in webhooks.hook_of(db, practice.id).secret
    assert len(audited("office.webhook.change")) == 2
    page.forms["remove"].submit(status=303)
    assert webhooks.hook_of(db, practice.id) is None
    admin.post(f"{PATH}/test", {"csrf_token": page.forms["test"]["csrf_token"].value}, status=404)


def test_an_address_that_is_none_is_refused_and_nothing_typed_is_lost(admin, db, practice):
    page = set_address(admin, "http://10.0.0.1/in")
    assert page.status_int == 422
    assert "begins with https://" in page
    assert page.forms["address-form"]["address"].value == "http://10.0.0.1/in"
    assert webhooks.hook_of(db, practice.id) is None


def test_what_was_sent_and_that_it_is_paused_stand_there_until_it_goes_on(admin, db, practice):
    set_address(admin)
    page = admin.get(PATH)
    assert "The test is on its way." in page.forms["test"].submit().follow()
    now, key = datetime.now(UTC), webhooks.Signing(admin.app.registry.portal.secret_key)
    [sent] = webhooks.deliveries(db, practice.id, 5)
    hook = webhooks.hook_of(db, practice.id)
    hook.address = "https://localhost/"
    webhooks.deliver(db, practice.id, sent.id, key, now)
    hook.paused_at = now - timedelta(minutes=1)
    db.commit()
    page = admin.get(PATH)
    assert "The address leads to a private network." in page
    assert "The webhook is paused" in admin.get("/office")
    assert "told again" in page.forms["resume"].submit().follow()
    assert "The webhook is paused" not in admin.get("/office")


def test_it_says_who_reads_and_tells_when_changes_wait_for_two_days(admin, make, db, practice, registry):
    patient, now = make.patient(), datetime.now(UTC)
    changes.begin(db, practice.id, "opendental", now)
    people.note_of(db, people.ACCESS, practice.id, patient.id, now - timedelta(days=3))
    db.commit()
    row = admin.get(PATH).lxml.xpath("string(//tr[contains(., 'Open Dental')])")
    assert re.sub(r"\s+", " ", row).strip() == "Open Dental1Never"
    assert "Changes wait for a practice system" in admin.get("/office")
    [found] = changes.waiting(db, practice.id, "opendental")
    changes.acknowledge(db, practice.id, "opendental", found.number, now)
    db.commit()
    assert "Changes wait for a practice system" not in admin.get("/office")
    assert WAITING in registry.office_items


@pytest.mark.parametrize("role", ["front_desk", "billing", "clinical", "read_only"])
def test_nobody_else_sees_it(office, role):
    office(role).get(PATH, status=(403, 404))
