"""Alerts: who of the office hears of what waits, when, and that nothing is told twice, lost, or told to somebody who may not know."""

from datetime import UTC, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Integer, select
from sqlalchemy import text as text_of

from core import outbox
from core.auth import alert_rounds, alerts, staff
from core.auth.alert_models import AlertDay, AlertRound
from core.auth.models import Account
from core.outbox import OutboxRow
from core.people import records_requests
from core.people.models import RecordsRequest
from core.plugins import OfficeItem
from tenants.settings import switch_plugin

ZONE = ZoneInfo("America/New_York")
NOON = datetime(2024, 11, 18, 17, tzinfo=UTC)
RECORDS, MINUTE = "office.records_requests", timedelta(minutes=1)


@pytest.fixture
def member(make, db):
    """`member(role)`: somebody who works here and has been in."""

    def made(role="front_desk", **about) -> Account:
        account = make.staff(role, **about)
        account.signed_in_at = account.created_at = NOON - timedelta(days=30)
        db.commit()
        return account

    return made


@pytest.fixture
def patient(make):
    return make.patient(first_name="Wilhelmina", last_name="Zzyzx")


@pytest.fixture
def ask_for_record(practice, make, patient):
    """`ask_for_record(at)`: somebody asks for a record."""
    account = make.account(patient)

    def ask(at: datetime = NOON, of=patient) -> None:
        with practice.session() as session:
            about = {"patient_id": of.id, "account_id": account.id, "asked_at": at, "time_zone": ZONE.key, "due_on": at.date()}
            session.add(RecordsRequest(practice_id=practice.id, wanted=["images"], format="paper", recipient="", recipient_address="", words="", **about))
            session.commit()

    return ask


@pytest.fixture
def look(practice, registry):
    """`look(at)`: one round; with `dies` the worker ends before it is done."""

    def run(at: datetime, dies: bool = False) -> None:
        with practice.session() as session:
            alert_rounds.look(registry, session, practice.id, at)
            session.rollback() if dies else session.commit()

    return run


@pytest.fixture
def asked(practice):
    """`asked()`: which alerts have been asked for, as (account's id, mode)."""

    def read() -> list[tuple[str, str]]:
        with practice.session() as session:
            rows = select(OutboxRow.ids).where(OutboxRow.practice_id == practice.id, OutboxRow.task == "portal.send_alert").order_by(OutboxRow.id)
            return [(ids["account_id"], ids["mode"]) for ids in session.scalars(rows)]

    return read


@pytest.fixture
def begun(look):
    """The first round of all: what came before it is no news."""
    look(NOON - timedelta(hours=1))


@pytest.mark.usefixtures("begun")
def test_what_comes_is_told_once_with_numbers_and_without_names(member, ask_for_record, look, work_off, mails, practice):
    account = member()
    ask_for_record()
    ask_for_record()
    look(NOON + MINUTE)
    work_off()
    assert not mails.to(account.email)  # it is still collected
    look(NOON + 5 * MINUTE)
    work_off()
    look(NOON + 10 * MINUTE)
    work_off()
    [mail] = mails.to(account.email)
    plain, html = (part.get_content() for part in mail.iter_parts())
    assert "Requests for a record: 2" in plain
    assert practice.host in plain
    assert "/office/records-requests" in html
    for word in ("Wilhelmina", "Zzyzx", "images", "X-ray"):
        assert word not in plain + html + mail["Subject"]


@pytest.mark.usefixtures("begun")
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["comes", "round", "dies", "sent"]), max_size=12))
def test_every_arrival_is_told_and_nothing_that_was_told_is_told_again(member, ask_for_record, look, asked, practice, db, steps):
    account = member()
    about, now, untold, waits = (str(account.id), alerts.NOW), NOON, 0, False
    for row in db.scalars(select(AlertRound).where(AlertRound.practice_id == practice.id)):
        row.told_until = now = max(row.told_until + 10 * MINUTE, NOON)
    db.commit()
    for step in [*steps, "round"]:
        now += 4 * MINUTE
        before = asked().count(about)
        if step == "comes":
            ask_for_record(now - 3 * MINUTE)
            untold += 1
        elif step == "sent":
            for row in db.scalars(select(OutboxRow).where(OutboxRow.practice_id == practice.id, OutboxRow.done_at.is_(None))):
                row.done_at = now
            db.commit()
            waits = False
        else:
            look(now, dies=step == "dies")
        # One mail for all that is new, unless one that will say it is still to go out.
        due = step == "round" and untold > 0 and not waits
        assert asked().count(about) - before == int(due)
        if step == "round":
            waits, untold = waits or due, 0
    staff.close(db, practice.id, account.id, now)
    db.commit()


def _answered(db, account) -> None:
    for one, _ in records_requests.listed(db, account.practice_id, (), 1)[0]:
        one.state = "fulfilled"


WHY = {
    "removed": lambda db, account: staff.close(db, account.practice_id, account.id, NOON),
    "another role": lambda db, account: setattr(account, "role", "billing"),
    "another clinic": lambda db, account: setattr(account, "clinic_ids", [uuid4()]),
    "never been in": lambda db, account: setattr(account, "signed_in_at", None),
    "never chosen": lambda db, account: alerts.choose(db, account.practice_id, account.id, {RECORDS: alerts.NEVER}, 450, NOON),
    "answered": _answered,
}


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize("why", WHY)
def test_who_may_not_know_any_more_or_does_not_want_to_gets_nothing(why, member, ask_for_record, look, work_off, mails, db, practice):
    account = member()
    ask_for_record()
    look(NOON + 5 * MINUTE)
    WHY[why](db, db.get(Account, (practice.id, account.id)))
    db.commit()
    assert work_off()
    assert not mails.to(account.email)


def test_a_question_that_fails_costs_an_alert_its_own_number_only(member, ask_for_record, work_off, mails, practice, registry, monkeypatch):
    broken = OfficeItem("office.broken", "Broken", "", "bell", "office.home", "office.home", text_of("select 1/0").columns(number=Integer))
    monkeypatch.setattr(registry, "office_items", [*registry.office_items, broken])
    account = member()
    ask_for_record()
    with practice.session() as session:
        outbox.put(session, practice.id, "portal.send_alert", {"account_id": str(account.id), "mode": alerts.NOW})
        session.commit()
    work_off()
    [mail] = mails.to(account.email)
    assert "Requests for a record: 1" in mail.get_body(("plain",)).get_content()


@pytest.mark.usefixtures("begun")
def test_one_click_turns_all_alerts_off_and_the_page_says_so(member, ask_for_record, look, work_off, mails, practice, web, signed_in):
    account = member()
    ask_for_record(NOON - 10 * MINUTE)
    look(NOON)
    work_off()
    [first] = mails.to(account.email)
    link = first["List-Unsubscribe"].strip("<>").partition(practice.host)[2].partition("/")[2]
    assert "All my alerts" in web.post(f"/{link}", {"List-Unsubscribe": "One-Click"}, status=200)
    ask_for_record()
    look(NOON + 5 * MINUTE)
    work_off()
    assert len(mails.to(account.email)) == 1
    page = signed_in(account=account).get("/office/profile/alerts")
    assert "Alerts come by e-mail again." in page.forms["turn-on"].submit(name="turn", value="on", status=303).follow()


@pytest.mark.usefixtures("begun")
def test_only_clinics_of_ones_own_count(member, ask_for_record, look, asked, practice):
    here, elsewhere = member(clinic_ids=(practice.clinic_id,)), member(clinic_ids=(uuid4(),))
    ask_for_record()
    look(NOON + 5 * MINUTE)
    assert asked() == [(str(here.id), alerts.NOW)]
    assert str(elsewhere.id) not in dict(asked())


@pytest.mark.usefixtures("begun")
def test_a_tab_that_is_off_sends_none(member, db, practice, registry):
    member("billing")
    switch_plugin(db, registry.plugins, registry.tenants.current(practice.id), "account", False, "Alex", NOON)
    db.commit()
    this = alert_rounds.Round(registry, db, registry.tenants.current(practice.id), NOON)
    [reader] = alerts.readers(db, practice.id)
    assert "account.payments" not in {item.name for item in this.items(reader)}
    switch_plugin(db, registry.plugins, registry.tenants.current(practice.id), "account", True, "Alex", NOON)
    db.commit()
    this = alert_rounds.Round(registry, db, registry.tenants.current(practice.id), NOON)
    assert "account.payments" in {item.name for item in this.items(reader)}


def test_the_daily_alert_comes_once_a_day_at_the_time_of_the_practice(member, ask_for_record, look, asked, work_off, practice, db):
    account = member("office_admin")
    ask_for_record(NOON - timedelta(days=2))
    alerts.choose(db, practice.id, account.id, {RECORDS: alerts.DAILY}, 7 * 60, NOON - timedelta(days=1))
    db.commit()
    day = NOON.date()
    for clock in (time(6, 55), time(7, 2), time(9), time(23, 59)):
        look(datetime.combine(day, clock, ZONE))
        work_off()
    assert asked() == [(str(account.id), alerts.DAILY)]
    look(datetime.combine(day + timedelta(days=1), time(11), ZONE))  # the workers were away in the morning
    assert len(asked()) == 2


@pytest.mark.parametrize("day", [datetime(2024, 3, 10, tzinfo=ZONE), datetime(2024, 11, 3, tzinfo=ZONE)], ids=["spring", "autumn"])
def test_a_day_on_which_the_clocks_change_has_one_daily_alert(day, member, look, asked, practice, db):
    account = member("office_admin")
    alerts.choose(db, practice.id, account.id, {RECORDS: alerts.DAILY}, 2 * 60, day - timedelta(days=1))
    db.commit()
    began = day.astimezone(UTC)
    for minutes in range(0, 12 * 60, 45):
        look(began + minutes * MINUTE)
        for row in db.scalars(select(OutboxRow).where(OutboxRow.practice_id == practice.id, OutboxRow.done_at.is_(None))):
            row.done_at = NOON
        db.commit()
    assert asked() == [(str(account.id), alerts.DAILY)]


def test_what_was_chosen_is_kept_and_a_time_that_has_passed_begins_tomorrow(signed_in, make, db, practice):
    account = make.staff("front_desk")
    app = signed_in(account=account)
    form = app.get("/office/profile/alerts").forms["alerts"]
    assert form[RECORDS].value == alerts.NOW
    assert form.action == "/office/profile/alerts"
    form[RECORDS], form["at"] = alerts.DAILY, "0"
    page = form.submit(status=303).follow()
    assert "Your alerts are saved." in page
    assert page.forms["alerts"][RECORDS].value == alerts.DAILY
    day = db.scalars(select(AlertDay).where(AlertDay.practice_id == practice.id, AlertDay.id == account.id)).one()
    assert (day.minute, day.told_on is None) == (0, False)
    wrong = app.post("/office/profile/alerts", {"csrf_token": page.forms["alerts"]["csrf_token"].value, RECORDS: "sometimes", "at": "99"}, status=422)
    assert "Choose the time from the list." in wrong
    assert "Choose when you want to hear of Requests for a record." in wrong
