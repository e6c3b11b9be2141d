"""What operators decide about practices: making one, suspending and resuming it, and the tabs that it is offered."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update

from core import outbox, tasks
from core.db import SessionFactory
from core.files.storage import count_bytes
from core.mail import MailNotSent
from core.outbox import OutboxRow
from core.records import freshness, runs
from core.records.kinds import kinds_for
from core.records.models import RecordsArrival
from core.testing import browser
from tenants import settings
from tenants.models import Practice
from tenants.operator import health
from tenants.practices import book


@pytest.fixture
def slug():
    return f"new-{secrets.token_hex(5)}"


def fill(app, address, /, **typed):
    form = app.get("/office/new-practice").forms["create"]
    given = {"name": "Elm Dental", "slug": address, "time_zone": "America/Denver", "clinics": "North\nSouth", "admin_name": "Lee Ode", "admin_email": f"{address}@example.test"}
    for name, value in (given | typed).items():
        form[name] = value
    return form.submit(status="*")


def kept(registry, slug) -> int:
    with SessionFactory(bind=registry.engine) as session:
        return session.scalar(select(func.count()).where(Practice.slug == slug)) or 0


def test_a_practice_is_made_reachable_with_its_clinics_and_its_admin_invited(operator_browser, registry, slug, mails):
    page = fill(operator_browser(), slug).follow()
    assert "The invitation to its office admin is on its way." in page
    id_ = registry.tenants.practice_at(f"{slug}.localhost")
    tenant = registry.tenants.current(id_)
    assert [clinic.name for clinic in tenant.clinics] == ["North", "South"]
    with SessionFactory(bind=registry.engine) as session:
        rows = session.scalars(select(OutboxRow.id).where(OutboxRow.practice_id == id_)).all()
    for row in rows:
        tasks.deliver(str(row))
    [mail] = mails.to(f"{slug}@example.test")
    assert f"http://{slug}.localhost/office/invitation/" in mail.get_body(("plain",)).get_content()


@pytest.mark.parametrize(("typed", "sentence"), [
    ({"name": ""}, "Fill in the name."), ({"slug": "Elm Dental"}, "small letters, digits and hyphens"), ({"slug": "operator"}, "is kept for"),
    ({"admin_email": "lee"}, "such as name@example.com"), ({"clinics": "x" * 101}, "at most 100 characters each"), ({"admin_name": "K\u202eim"}, "name"),
])  # fmt: skip
def test_what_cannot_be_is_told_nothing_typed_is_lost_and_nothing_is_half_made(operator_browser, registry, slug, typed, sentence):
    page = fill(operator_browser(), slug, **typed)
    assert page.status_int == 422
    assert sentence in page.html.find("main").get_text(" ")
    for name, value in typed.items():
        assert page.forms["create"][name].value == value
    assert kept(registry, slug) == 0


def test_an_address_that_is_taken_is_refused(operator_browser, practice):
    page = fill(operator_browser(), practice.slug)
    assert page.status_int == 422
    assert "is taken by another practice" in page


def test_whoever_has_not_proven_who_they_are_lately_is_asked_and_finds_what_was_typed(operator_browser, slug, base):
    app = operator_browser()
    form = app.get("/office/new-practice").forms["create"]
    form["name"] = "Elm Dental"
    with base.session() as session:
        session.execute(text("update sign_in_session set proven_at = proven_at - interval '1 hour'"))
        session.commit()
    assert "/office/profile/prove" in form.submit(status=303).location


def manage(app, practice):
    return app.get(f"/office/practices/{practice.slug}/manage")


def test_nobody_gets_into_a_suspended_practice_and_everybody_reads_whom_to_call(operator_browser, practice, signed_in, make, portal, audited_at):
    patient, staff, stranger = signed_in(make.patient()), signed_in(account=make.staff()), browser(portal, practice)
    operator = operator_browser()
    page = manage(operator, practice).forms["suspend"].submit().follow()
    assert "Suspended" in page
    for app, path in ((patient, "/home"), (staff, "/office"), (stranger, "/"), (stranger, "/pay"), (patient, "/office/patients")):
        answer = app.get(path, status=503)
        assert "This portal is closed for the moment" in answer
        assert answer.html.select_one("main a.button")["href"] == "tel:5550100"
        assert "Robin" not in answer
        assert "/contact" not in answer
    stranger.get("/theme.css", status=200)
    manage(operator, practice).forms["resume"].submit()
    patient.get("/home", status=200)
    staff.get("/office", status="*")
    assert audited_at(practice) == ["office.practice.suspend", "office.practice.resume"]


def test_the_work_of_a_suspended_practice_waits_and_is_done_when_it_is_open_again(operator_browser, practice, db, make, work_off):
    patient = make.patient()
    from core.auth import access

    access.invite(db, practice.id, patient.external_id, datetime.now(UTC))
    db.commit()
    operator = operator_browser()
    manage(operator, practice).forms["suspend"].submit()
    later = outbox.put(db, practice.id, "office.nothing", {}, datetime.now(UTC) + timedelta(days=3))
    db.commit()
    assert work_off() >= 1
    waiting = select(func.count()).where(OutboxRow.practice_id == practice.id, OutboxRow.done_at.is_(None), OutboxRow.id != later)
    assert db.scalar(waiting) >= 1
    assert db.scalar(select(func.max(OutboxRow.attempts)).where(OutboxRow.practice_id == practice.id)) == 0
    manage(operator, practice).forms["resume"].submit()
    due = select(func.count()).where(OutboxRow.practice_id == practice.id, OutboxRow.available_at <= func.now())
    db.rollback()
    assert db.scalar(due) >= 1
    assert db.scalar(select(OutboxRow.available_at).where(OutboxRow.id == later)) > datetime.now(UTC) + timedelta(days=2)
    work_off()
    db.rollback()
    assert db.scalar(waiting) == 0


def test_a_tab_that_is_withheld_is_off_and_offered_again_it_is_as_the_practice_had_it(operator_browser, practice, signed_in, make):
    patient, operator = signed_in(make.patient()), operator_browser()
    form = manage(operator, practice).forms["tabs"]
    for box in form.fields["offered"]:
        box.checked = box._value != "images"
    form.submit().follow()
    patient.get("/images", status=404)
    patient.get("/plan", status=200)
    form = manage(operator, practice).forms["tabs"]
    for box in form.fields["offered"]:
        box.checked = True
    form.submit()
    patient.get("/images", status=200)


def test_a_practice_that_is_not_there_is_not_found(operator_browser):
    operator_browser().get("/office/practices/nobody-here/manage", status=404)


def test_these_pages_are_the_operators_alone(practice, signed_in, make):
    staff = signed_in(account=make.staff())
    for path in ("/office/new-practice", f"/office/practices/{practice.slug}/manage", "/office/health", "/office/plugins"):
        staff.get(path, status=404)


def test_health_tells_of_services_and_waiting_work_and_of_no_patient(operator_browser, practice, db, make):
    patient = make.patient(first_name="Quentin", last_name="Abernathy")
    outbox.put(db, practice.id, "office.nothing", {"patient_id": str(patient.id)}, datetime.now(UTC) + timedelta(days=3))
    db.commit()
    page = operator_browser().get("/office/health")
    words = page.html.find("main").get_text(" ")
    assert "Database" in words
    assert "Files" in {row.get_text() for row in page.html.select("[aria-labelledby=services] tbody th")}
    assert "office.nothing" in words
    assert "Quentin" not in page
    assert str(patient.id) not in page


def test_the_plugins_are_listed_with_version_and_hooks(operator_browser):
    words = operator_browser().get("/office/plugins").html.find("main").get_text(" ")
    assert "plugins.account" in words
    assert "home card" in words


def test_health_asks_services_once_a_minute_or_when_one_wants_to_know(operator_browser, registry, monkeypatch):
    asked = []
    monkeypatch.setattr("tenants.operator.health.doctor.look_at", lambda settings: asked.append(settings) or [])
    monkeypatch.delattr(registry, "health", raising=False)
    app = operator_browser()
    page = app.get("/office/health")
    app.get("/office/health")
    assert len(asked) == 1
    page.forms["look"].submit(status=303).follow()
    assert len(asked) == 2


def test_a_test_mail_goes_to_whoever_asks_and_a_refusal_is_said(operator_browser, make_operator, registry, mails, monkeypatch):
    monkeypatch.setattr("tenants.operator.health.doctor.look_at", lambda settings: [])
    operator = make_operator()
    app = operator_browser(operator)
    form = app.get("/office/health").forms["test-mail"]
    assert "The mail server has taken a mail" in form.submit(status=303).follow()
    assert [mail["Subject"] for mail in mails.to(operator.email)] == ["A test mail"]

    def refuse(message):
        raise MailNotSent("the mail server is away")

    monkeypatch.setattr(registry.mail, "send", refuse)
    assert "The mail was not sent: the mail server is away." in form.submit(status=303).follow()


def test_health_counts_failed_work_by_practice(operator_browser, practice, db):
    row = outbox.put(db, practice.id, "office.nothing", {})
    db.flush()
    db.execute(update(OutboxRow).where(OutboxRow.id == row).values(attempts=12, dead_at=datetime.now(UTC), last_error="LookupError"))
    db.commit()
    assert (practice.slug, 1, 0) in health.failing_at(db)


def test_the_page_of_a_practice_tells_how_much_it_stores(operator_browser, practice, db):
    count_bytes(db, 3 * 2**20)
    db.commit()
    rows = operator_browser().get(f"/office/practices/{practice.slug}/manage").html.select("#plan tbody tr")
    assert {row.th.get_text(): row.td.get_text() for row in rows}["Stored files"] == "3 MB"


def test_health_adds_up_what_all_practices_store(operator_browser, practice, other_practice, db, other_db, monkeypatch):
    monkeypatch.setattr("tenants.operator.health.doctor.look_at", lambda settings: [])
    before = health.stored(db)
    count_bytes(db, 7 * 2**40)
    db.commit()
    count_bytes(other_db, 5 * 2**40)
    other_db.commit()
    after = health.stored(db)
    assert (after.whole - before.whole, after.practices - before.practices) == (12 * 2**40, 2)
    assert after.most[:2] == [(practice.slug, 7 * 2**40), (other_practice.slug, 5 * 2**40)]
    words = operator_browser().get("/office/health").html.find("section", attrs={"aria-labelledby": "stored"}).get_text(" ")
    assert f"{practice.slug} 7,168 GB, {other_practice.slug} 5,120 GB" in " ".join(words.split())
    for session, size in ((db, 7), (other_db, 5)):
        count_bytes(session, -size * 2**40)
        session.commit()


def test_a_plan_is_set_on_the_page_and_stands_in_the_practices_audit(operator_browser, practice, make, audited_at):
    make.patient(last_name="Abernathy")
    app = operator_browser()
    form = app.get(f"/office/practices/{practice.slug}/manage").forms["plan"]
    assert form["plan"].value == "Unlimited"
    form["plan"] = "Starter"
    page = form.submit(status=303).follow()
    assert page.forms["plan"]["plan"].value == "Starter"
    assert "1,000" in page
    assert "Abernathy" not in page
    assert audited_at(practice) == ["office.practice.plan"]
    form["plan"].force_value("King")
    assert "Choose the plan from the list." in form.submit(status=422)


def test_a_plan_that_is_not_offered_any_more_stays_chosen_until_another_one_is(operator_browser, practice, db):
    book(db, practice.id, {"Small": {"patients": 5}}, "Small")
    db.commit()
    form = operator_browser().get(f"/office/practices/{practice.slug}/manage").forms["plan"]
    assert form["plan"].value == "Small"
    assert "Choose the plan from the list." in form.submit(status=422)


def test_health_says_how_fresh_each_practice_is_and_nothing_of_its_records(operator_browser, practice, db, registry, monkeypatch):
    monkeypatch.setattr("tenants.operator.health.doctor.look_at", lambda settings: [])
    kinds, now = kinds_for(registry, frozenset()), datetime.now(UTC)
    settings.change(db, registry.plugins, practice.id, None, "portal.records_stale_hours", 24, "test", now)
    ann = {"kind": "patient", "first_name": "Ann", "last_name": "Zelenka"}
    runs.receive(db, kinds, [{**ann, "external_id": "P7781"}, {**ann, "external_id": "P7782", "sex": "X"}], "nightly", now - timedelta(hours=2))
    db.commit()

    def row():
        table = operator_browser().get("/office/health").html.find("section", attrs={"aria-labelledby": "fed"})
        assert "P778" not in table.text
        assert "Zelenka" not in table.text
        [cells] = [line.find_all("td") for line in table.find_all("tr") if practice.slug in line.text]
        return cells[1].text, cells[2].text

    assert row() == ("Worth a look", "1")
    runs.receive(db, kinds, [], "nightly", now)
    db.execute(update(RecordsArrival).where(RecordsArrival.practice_id == practice.id).values(came_at=now - timedelta(hours=25)))
    freshness.refresh_state(db, practice.id, now)
    db.commit()
    assert row() == ("Out of date", "1")
