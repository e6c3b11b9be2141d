"""The two made-up practices: whole, believable, and safe to show."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import webtest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core import tasks
from core.config import WrongSetting
from core.db import Base, SessionFactory, TenantScoped, bind_tenant
from core.people.models import Grant, Patient
from core.records.kinds import kinds_for
from plugins.account.models import Entry, Payment, Statement
from plugins.appointments.models import Appointment
from plugins.images.models import Folder, Image
from plugins.plan.models import PlannedProcedure
from plugins.summary.models import Procedure
from tenants import demo
from tenants.demo import fees
from tenants.demo.chart import Office
from tenants.demo.office import Opening, Story
from tenants.models import Practice

# The practices are made once, so all of it runs in one process.

TABS = ("appointments", "account", "plan", "webmail", "summary", "images")
# Technical words that the official descriptions of CDT are made of, and that ours never use.
OFFICIAL = re.compile(
    r"prophylaxis|periodic oral|comprehensive oral|radiographic|bitewing|resin|porcelain|per tooth|per quadrant|erupted|surgical|"
    r"endodontic|scaling|planing|prefabricated|abutment|topical|evaluation",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def everybody(portal_settings, registry):
    """Everybody who can sign in; the practices are made once for all tests here."""
    found = demo.make(portal_settings)
    # The demo starts an application of its own; the queue goes on with the one under test.
    tasks.celery.registry = registry
    return found


@pytest.fixture(scope="module")
def people(everybody):
    """Those who sign in at the portal."""
    return [person for person in everybody if not person.at_office]


@pytest.fixture(scope="module")
def practices(people, registry):
    """Both practices by slug."""
    with SessionFactory(bind=registry.engine) as session:
        return {practice.slug: practice for practice in session.scalars(select(Practice).where(Practice.slug.in_(["sunrise", "harbor"])))}


@pytest.fixture(params=["sunrise", "harbor"])
def office(request, practices, registry):
    """One practice after the other, with a session in which it is bound."""
    practice = practices[request.param]
    with SessionFactory(bind=registry.engine) as session:
        bind_tenant(session, practice.id)
        yield SimpleNamespace(session=session, practice=practice, tenant=registry.tenants.current(practice.id))


@pytest.fixture
def sunrise(practices, registry):
    """A session in which Sunrise is bound."""
    with SessionFactory(bind=registry.engine) as session:
        bind_tenant(session, practices["sunrise"].id)
        yield session


def signed_in(portal, person) -> webtest.TestApp:
    """A browser that somebody has signed in with, by name and password."""
    app = webtest.TestApp(portal, extra_environ={"HTTP_HOST": f"{person.slug}.localhost", "REMOTE_ADDR": "127.0.0.8"})
    form = app.get("/sign-in").forms["sign-in"]
    form["user_name"], form["password"] = person.user_name, person.password
    assert form.submit().status_int == 303, person
    return app


def office_of(story: Story, now: datetime) -> Office:
    return Opening(None, None, story, now).office


def patient_of(session, number: str) -> Patient:
    return session.scalars(select(Patient).where(Patient.external_id == number)).one()


def test_both_practices_are_there_and_seven_people_can_sign_in(people, practices):
    assert set(practices) == {"sunrise", "harbor"}
    assert [person.user_name for person in people] == ["elena", "daniel", "sophie", "rafael", "beatrice", "wren", "jasper"]
    assert {person.address for person in people} == {"http://sunrise.localhost", "http://harbor.localhost"}
    assert re.fullmatch(r"(?=.*[A-Z])(?=.*[a-z])(?=.*\d).{8,}", people[0].password)


def test_a_second_call_makes_nothing_new(people, portal_settings, practices, registry):
    tables = [table for table in Base.metadata.sorted_tables if "practice_id" in table.c]

    def count() -> list[int]:
        with SessionFactory(bind=registry.engine) as session:
            found = []
            for practice in practices.values():
                bind_tenant(session, practice.id)
                found += [
                    session.scalar(select(func.count()).select_from(table).where(table.c.practice_id == practice.id)) for table in tables
                ]
            return found

    before = count()
    assert [person for person in demo.make(portal_settings) if not person.at_office] == people
    tasks.celery.registry = registry
    assert count() == before


def test_production_is_refused_because_everybody_knows_the_password(portal_settings):
    with pytest.raises(WrongSetting):
        demo.make(portal_settings.model_copy(update={"environment": "production"}))


def test_those_who_work_there_or_run_it_sign_in_at_the_office(everybody, portal):
    staff = [person for person in everybody if person.at_office]
    assert [(person.slug, person.user_name) for person in staff] == [("sunrise", "grace"), ("sunrise", "tomas"), ("harbor", "ines"), ("", "ann")]
    for person in staff:
        host = f"{person.slug}.localhost".removeprefix(".")  # who runs the installation is at the base domain
        app = webtest.TestApp(portal, extra_environ={"HTTP_HOST": host})
        form = app.get("/office/sign-in").forms["sign-in"]
        form["user_name"], form["password"] = person.user_name, person.password
        assert "scan this picture" in form.submit().follow().text


def test_everybody_can_sign_in_and_open_every_tab_that_is_on(people, portal, registry, practices):
    for person in people:
        app = signed_in(portal, person)
        on = registry.tenants.current(practices[person.slug].id).plugins
        assert app.get("/home").status_int == 200
        for tab in TABS:
            assert app.get(f"/{tab}", expect_errors=True).status_int == (200 if tab in on else 404), (person.user_name, tab)


def test_the_practices_have_looks_tabs_and_addresses_of_their_own(practices, registry):
    sunrise, harbor = (registry.tenants.current(practices[slug].id) for slug in ("sunrise", "harbor"))
    downtown, lakeside = (registry.tenants.current(sunrise.practice_id, clinic.id) for clinic in sunrise.clinics)
    assert len({theme.brand for theme in (downtown.theme, lakeside.theme, harbor.theme)}) == 3
    assert len({theme.logo for theme in (downtown.theme, lakeside.theme, harbor.theme)}) == 3
    assert downtown.time_zone != lakeside.time_zone
    assert sunrise.plugins >= set(TABS)
    assert harbor.plugins >= {"appointments", "account", "plan", "summary"}
    assert not harbor.plugins & {"images", "webmail"}
    assert "portal.harbordental.localhost" in harbor.hosts


@settings(deadline=None, max_examples=60)
@given(now=st.datetimes(datetime(2024, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)))
def test_whatever_day_it_is_visits_are_when_clinics_are_open_and_one_is_tomorrow(now):
    for story in demo.STORIES:
        office = office_of(story, now)
        visits = [record for chart in story.charts(office) for record in chart.records if record["kind"] == "appointment"]
        for visit in visits:
            opens, closes = office.calendars[visit["clinic"]].hours[visit["starts_at"].weekday()]
            assert opens <= visit["starts_at"].time() <= (visit["starts_at"] + timedelta(minutes=visit["minutes"])).time() <= closes
            assert (visit["status"] == "scheduled") == (visit["starts_at"] > now)
    downtown = office_of(demo.STORIES[0], now).calendars["SUN-C1"]
    days = {
        visit["starts_at"].date()
        for chart in demo.STORIES[0].charts(office_of(demo.STORIES[0], now))
        for visit in chart.records
        if "starts_at" in visit
    }
    assert {downtown.today + timedelta(days=1), downtown.today + timedelta(days=14)} <= days


@settings(deadline=None, max_examples=60)
@given(now=st.datetimes(datetime(2024, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)))
def test_whatever_day_it_is_nothing_but_visits_lies_ahead_and_answers_follow_questions(now):
    for story in demo.STORIES:
        for chart in story.charts(office_of(story, now)):
            sent = {record["external_id"]: record["sent_at"] for record in chart.records if record["kind"] == "message"}
            assert all(at < now for at in sent.values())
            for record in chart.records:
                if record["kind"] == "message" and record["reply_to"]:
                    assert record["sent_at"] > sent[record["reply_to"]]
                for field in ("entered_on", "sent_on", "saved_on", "taken_on"):
                    assert field not in record or record[field] <= chart.calendar.today
                assert record["kind"] not in {"vital_sign", "result"} or record["taken_at"] < now


def test_there_is_a_visit_tomorrow(sunrise, practices):
    zone = ZoneInfo("America/Denver")
    tomorrow = practices["sunrise"].created_at.astimezone(zone).date() + timedelta(days=1)
    starts = sunrise.scalars(select(Appointment.starts_at).where(Appointment.status == "scheduled"))
    assert tomorrow in {at.astimezone(zone).date() for at in starts}


def test_the_books_add_up(office):
    """A statement's balance is what the ledger says of that day, and its lines are the ledger's; a family's has those of all its members."""
    entries = office.session.scalars(select(Entry)).all()
    guarantors = dict(office.session.execute(select(Patient.id, Patient.guarantor_id)).all())
    for statement in office.session.scalars(select(Statement)):
        family = {id_ for id_, guarantor_id in guarantors.items() if guarantor_id == statement.patient_id and statement.scope == "family"}
        members = family | {statement.patient_id}
        own = [entry for entry in entries if entry.patient_id in members and entry.entered_on <= statement.sent_on]
        assert statement.balance_cents == sum(entry.amount_cents for entry in own), statement.number
        assert statement.amount_due_cents == max(0, statement.balance_cents - statement.insurance_pending_cents)
        in_the_books = {(entry.entered_on.isoformat(), entry.description, entry.amount_cents) for entry in own}
        assert {(line["entered_on"], line["description"], line["amount_cents"]) for line in statement.lines} <= in_the_books


def test_nobody_pays_more_for_a_visit_than_it_cost(office):
    visits: dict[str, int] = {}
    for entry in office.session.scalars(select(Entry).where(Entry.visit.is_not(None))):
        visits[entry.visit] = visits.get(entry.visit, 0) + entry.amount_cents
    assert visits
    assert min(visits.values()) >= 0


def test_a_payment_made_in_the_portal_waits_for_the_books(office):
    payment = office.session.scalars(select(Payment)).one()
    posted = office.session.scalars(select(Entry.receipt_number).where(Entry.receipt_number.is_not(None))).all()
    assert payment.state == "succeeded"
    assert payment.receipt_number not in posted


def test_nothing_of_one_practice_is_visible_in_the_other(office):
    for table in Base.metadata.sorted_tables:
        if issubclass(next((m.class_ for m in Base.registry.mappers if m.local_table is table), object), TenantScoped):
            owners = set(office.session.scalars(select(table.c.practice_id).distinct()))
            assert owners <= {office.practice.id}, table.name


def test_every_kind_of_record_of_every_tab_is_used(practices, registry):
    kinds = kinds_for(registry, frozenset(registry.plugins.plugins))
    unused = set(kinds)
    for practice in practices.values():
        with SessionFactory(bind=registry.engine) as session:
            bind_tenant(session, practice.id)
            unused -= {name for name, kind in kinds.items() if session.scalar(select(func.count(kind.model.external_id)))}
    assert not unused


def test_a_mother_sees_less_of_who_is_over_thirteen_and_some_of_her_fathers_tabs(sunrise, people, portal):
    numbers = {patient.id: patient.external_id for patient in sunrise.scalars(select(Patient))}
    elena = patient_of(sunrise, "SUN-1001")
    assert {patient_of(sunrise, number).guarantor_id for number in ("SUN-1002", "SUN-1003", "SUN-1004")} == {elena.id}
    now = datetime.now(UTC)
    grants = sunrise.scalars(select(Grant).where(Grant.relation != "self", Grant.since <= now, Grant.until.is_(None) | (Grant.until > now))).all()
    assert {(numbers[grant.patient_id], grant.plugin, grant.level, grant.relation) for grant in grants} == {
        ("SUN-1002", "appointments", "act", "guarantor"),
        ("SUN-1002", "account", "act", "guarantor"),
        ("SUN-1003", "appointments", "act", "guardian"),
        ("SUN-1003", "account", "act", "guardian"),
        ("SUN-1004", "*", "act", "guardian"),
        ("SUN-2001", "appointments", "see", "child"),
        ("SUN-2001", "summary", "see", "child"),
    }
    assert "Mateo" in signed_in(portal, people[0]).get("/home").text
    assert "Mateo" not in signed_in(portal, people[1]).get("/home").text


def test_one_patient_has_a_long_history_and_one_has_none(practices, registry):
    with SessionFactory(bind=registry.engine) as session:
        bind_tenant(session, practices["harbor"].id)
        beatrice, jasper = patient_of(session, "HAR-3001"), patient_of(session, "HAR-3003")

        def count(model, patient) -> int:
            return session.scalar(select(func.count()).where(model.patient_id == patient.id))

        assert count(Appointment, beatrice) > 50
        assert count(Entry, beatrice) > 200
        for kind in kinds_for(registry, frozenset(registry.plugins.plugins)).values():
            if "patient_id" in kind.model.__table__.c:
                assert count(kind.model, jasper) == 0, kind.name


def test_shared_images_are_there_and_one_folder_is_the_offices_alone(sunrise, people, portal, registry):
    images = sunrise.scalars(select(Image)).all()
    files = registry.files.within(images[0].practice_id)
    assert {image.type for image in images} == {"radiograph", "photo", "document"}
    assert all(files.stat(image.file_key).size == image.byte_size for image in images)
    assert [folder.name for folder in sunrise.scalars(select(Folder).where(~Folder.shared))] == ["Laboratory"]
    page = signed_in(portal, people[0]).get("/images").text
    assert "Consent to a crown" in page
    assert "Slip for the laboratory" not in page


def test_no_words_are_those_of_the_official_code_descriptions(office):
    """The official descriptions are under licence: ours are plain words."""
    texts = [fee.words for fee in fees.FEES.values()]
    for column in (Appointment.reason, Entry.description, PlannedProcedure.description, Procedure.description):
        texts += office.session.scalars(select(column).distinct())
    assert len(texts) > 40
    assert not [text for text in texts if OFFICIAL.search(text)]


def test_phones_and_mails_belong_to_nobody(office):
    for patient in office.session.scalars(select(Patient)):
        assert not patient.phone or re.fullmatch(r"\d{3}-555-01\d\d", patient.phone)
        assert not patient.email or patient.email.endswith(".test")
    for clinic in office.tenant.clinics:
        assert re.fullmatch(r"\d{3}-555-01\d\d", clinic.phone)
        assert clinic.email.endswith(".test")
