"""A patient puts the own visit on the wait list, another calls off: a mail comes, its link needs no sign-in, and whoever is second is offered other times."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect
from sqlalchemy import insert, select

from core.auth import services
from core.auth.realms import PERSON, PORTAL
from core.db import SessionFactory, bind_tenant
from core.people.models import Patient, Provider
from core.tasks import enqueue
from plugins.appointments.models import Appointment, Hold, Opening, Operatory, ScheduleBlock
from plugins.appointments.services.holds import holds_of
from plugins.appointments.waiting import joining
from tenants import settings
from tenants.models import Clinic
from tests.journeys.conftest import PHONE, link_in_mail, somebody

SECOND = "second.waiter@example.test"


def bring_book(own, database, registry) -> tuple:
    """A chair with hours and a visit for each of three patients; whoever calls off has access. Gives that account and the visits."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with SessionFactory(bind=database, expire_on_commit=False) as session:
        bind_tenant(session, own.id)
        clinic_id = session.scalars(select(Clinic.id).where(Clinic.practice_id == own.id)).one()
        provider = Provider(first_name="Amara", last_name="Osei")
        people = [Patient(source="office", first_name="Gone", last_name="Fernwhistle"), Patient(source="office", first_name="Second", last_name="Fernwhistle", email=SECOND)]
        session.add_all([provider, *people])
        session.flush()
        chair = Operatory(name="Room 1", clinic_id=clinic_id, provider_id=provider.id, takes_recalls=True)
        session.add(chair)
        session.flush()
        session.add_all([ScheduleBlock(held_on=(now + timedelta(days=day)).date(), starts=0, ends=1440, provider_id=provider.id, clinic_id=clinic_id, operatory_ids=[chair.id]) for day in range(1, 14)])
        about = {"clinic_id": clinic_id, "operatory_id": chair.id, "provider_id": provider.id, "minutes": 30, "reason": "Filling", "pattern": "XXXXXX"}
        owner = session.get_one(Patient, (own.id, own.account.patient_id))
        visits = [Appointment(patient_id=person.id, starts_at=now + timedelta(days=day), **about) for person, day in zip((people[0], owner, people[1]), (3, 10, 9), strict=True)]
        session.add_all(visits)
        session.flush()
        for visit in visits:
            session.execute(insert(Hold), holds_of(visit))
        joining.join(session, own.id, people[1].id, joining.What("visit", visits[2].id), joining.Asker(None), now)
        gone = somebody(PERSON)
        gone.patient_id = people[0].id
        session.add(gone)
        session.flush()
        services.open_own_record(session, gone, people[0], now)
        settings.change(session, registry.plugins, own.id, None, "appointments.wait_at_once", 2, "test", now)
        session.commit()
    return gone, visits


def pass_time(own, database) -> None:
    """As if the three minutes were over in which the visit can be taken back."""
    with SessionFactory(bind=database) as session:
        bind_tenant(session, own.id)
        for row in session.scalars(select(Hold).where(Hold.practice_id == own.id, Hold.kept_until.is_not(None))):
            row.kept_until = datetime.now(UTC) - timedelta(seconds=1)
        session.scalars(select(Opening).where(Opening.practice_id == own.id)).one().next_at = datetime.now(UTC) - timedelta(seconds=1)
        enqueue(session, "appointments.ask_waiting")
        session.commit()


def test_an_opening_goes_to_whoever_says_yes_first(own_office, let_in, open_page, running, database, registry, faults_of):
    gone, visits = bring_book(own_office, database, registry)
    page = own_office.patient_page()
    page.goto(own_office.at("/appointments"))
    page.get_by_role("link", name="Wait list").click()
    page.get_by_role("link", name="Wait for Filling").click()
    page.get_by_label("Saturday").check()
    assert not faults_of(page)
    page.get_by_role("button", name="Put me on the list").click()
    expect(page.get_by_text("You are on the list")).to_be_visible()

    other = let_in(own_office.id, gone, own_office.at("/"), PHONE, realm=PORTAL)
    other.goto(own_office.at(f"/appointments/{visits[0].id}/cancel"))
    other.locator("#cancel input[type=radio]").first.check()
    other.get_by_role("button", name="Cancel the visit").click()
    expect(other.get_by_role("button", name="Undo")).to_be_visible()
    pass_time(own_office, database)

    first, second = open_page(PHONE), open_page(PHONE)
    first.goto(link_in_mail(running, own_office.account.email, "/appointments/offer/"))
    second.goto(link_in_mail(running, SECOND, "/appointments/offer/"))
    expect(second.get_by_role("heading", name="A time is open")).to_be_visible()
    assert not faults_of(first)
    first.get_by_role("button", name="Yes, I take it").click()
    expect(first.get_by_role("heading", name="The time is yours")).to_be_visible()
    second.get_by_role("button", name="Yes, I take it").click()
    expect(second.get_by_role("heading", name="This time is taken")).to_be_visible()
    assert not faults_of(second)
    second.locator("#others button").first.click()
    expect(second.get_by_text("You took another time")).to_be_visible()

    with SessionFactory(bind=database) as session:
        bind_tenant(session, own_office.id)
        starts = {visit.id: visit.starts_at for visit in session.scalars(select(Appointment).where(Appointment.practice_id == own_office.id))}
    assert starts[visits[1].id] == visits[0].starts_at
    assert starts[visits[2].id] < visits[2].starts_at
    page.reload()
    expect(page.get_by_text("Nothing on the list")).to_be_visible()
