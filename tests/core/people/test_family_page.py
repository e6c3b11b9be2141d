"""The family's page: what needs doing for everyone whose record the account may see, with names, and who they are."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.plugins import ActionItem, hookimpl
from core.testing import sign_in
from tenants import settings

NOW = datetime.now(UTC)
TABS = ("appointments", "account", "webmail")


def _needs(make, patient, name: str = "C1") -> None:
    """Let three tabs have something for this patient to do."""
    number = patient.external_id
    make.take_in(
        [
            {"kind": "appointment", "external_id": f"{number}-V", "patient": number, "clinic": name, "starts_at": NOW + timedelta(days=3),
             "minutes": 30, "status": "scheduled", "confirmation": "unconfirmed", "reason": "Check-up"},
            {"kind": "ledger_entry", "external_id": f"{number}-L", "patient": number, "entry_type": "charge", "entered_on": date(2026, 1, 2),
             "description": "Filling", "amount_cents": 4200},
            {"kind": "message", "external_id": f"{number}-M", "patient": number, "sent_at": NOW - timedelta(days=1), "direction": "to_patient",
             "provider": "D1", "subject": "Hello", "body": "How are you?"},
        ]
    )  # fmt: skip


def _rows(page) -> list[tuple[str, str]]:
    """Whose and what, in the order of the list."""
    found = page.lxml.xpath("//section[@aria-labelledby='needs-doing']//li")
    return [
        (row.xpath("string(.//p[@class='list-row__whose'])"), row.xpath("string(.//p[@class='list-row__title']//button/text())")) for row in found
    ]


@pytest.fixture
def parent(make):
    """A mother with an account, and her two children with something to do; every row is there once for each child."""
    mother = make.patient(first_name="Ada", birthdate=date(1985, 1, 2))
    children = [make.patient(first_name=name, guarantor=mother.external_id, birthdate=date(2018, 1, day)) for day, name in ((5, "Mia"), (6, "Leo"))]
    for child in children:
        _needs(make, child)
    return mother, children, make.account(mother)


def test_it_gathers_what_needs_doing_for_everyone_with_the_names(parent, signed_in):
    _, _, account = parent
    assert _rows(signed_in(account=account).get("/family")) == [
        ("Mia Vale", "Confirm a visit"), ("Leo Vale", "Confirm a visit"), ("Mia Vale", "$42.00 is due"), ("Mia Vale", "Read the new message"),
        ("Leo Vale", "$42.00 is due"), ("Leo Vale", "Read the new message"),
    ]  # fmt: skip


def test_a_row_puts_the_person_in_view_and_leads_to_where_it_is_done(parent, signed_in):
    _, (_, leo), account = parent
    app = signed_in(account=account)
    page = app.get("/family")
    place = _rows(page).index(("Leo Vale", "$42.00 is due"))
    row = page.lxml.xpath("//section[@aria-labelledby='needs-doing']//li")[place]
    sent = {field.get("name"): field.get("value") for field in row.iter("input", "button")}
    answer = app.post("/family/switch", sent)
    assert answer.location.endswith("/account/pay")
    assert sent["person"] == str(leo.id)
    assert "Viewing <strong>Leo Vale" in answer.follow().text


def test_what_was_not_granted_is_not_told(make, signed_in):
    friend, patient, other = make.patient(first_name="Ada"), make.patient(first_name="Mia"), make.patient(first_name="Leo")
    _needs(make, patient)
    _needs(make, other)
    account = make.account(friend)
    make.grant(account, patient, "webmail", "see", "friend")
    make.grant(account, patient, "appointments", "see", "friend")
    make.grant(account, other, "account", "see", "friend")
    page = signed_in(account=account).get("/family")
    assert _rows(page) == [("Mia Vale", "Read the new message"), ("Leo Vale", "$42.00 is due")]
    assert "You may see Appointments and WebMail." in page.text
    assert "Your friend" in page.text


def test_a_tab_that_is_off_at_the_persons_own_clinic_is_not_asked(parent, make, db, practice, registry, signed_in):
    _, (_, leo), account = parent
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Second Street", "time_zone": "America/New_York"}])
    make.take_in([{"kind": "patient", "external_id": leo.external_id, "first_name": "Leo", "last_name": "Vale", "clinic": "C2"}])
    make.grant(account, leo)
    second = next(clinic for clinic in registry.tenants.current(practice.id).clinics if clinic.name == "Second Street")
    settings.switch_plugin(db, registry.plugins, registry.tenants.current(practice.id, second.id), "account", False, "test", NOW)
    settings.change(db, registry.plugins, practice.id, second.id, "appointments.confirm_days", 1, "test", NOW)
    db.commit()
    rows = _rows(signed_in(account=account).get("/family"))
    assert [what for who, what in rows if who == "Leo Vale"] == ["Read the new message"]
    assert len([what for who, what in rows if who == "Mia Vale"]) == 3


@pytest.mark.parametrize("children", [1, 6])
def test_it_costs_five_statements_whatever_the_number_of_people(make, signed_in, statements, children):
    mother = make.patient()
    for number in range(children):
        _needs(make, make.patient(first_name=f"Child{number}", guarantor=mother.external_id))
    app = signed_in(mother)
    app.get("/family")
    with statements() as seen:
        page = app.get("/family")
    assert len(_rows(page)) == 3 * children
    assert len(seen) == 5


def test_everyones_access_log_tells_of_it(parent, db, signed_in):
    mother, children, account = parent
    signed_in(account=account).get("/family")
    told = db.scalars(select(AuditEvent.patient_id).where(AuditEvent.action == "portal.family.view", AuditEvent.account_id == account.id)).all()
    assert sorted(told) == sorted(person.id for person in (mother, *children))


def test_it_says_what_may_be_done_and_until_when(parent, make, db, practice, registry, signed_in):
    mother, (mia, _), account = parent
    settings.change(db, registry.plugins, practice.id, None, "portal.narrow_age", 13, "test", NOW)
    db.commit()
    make.take_in(
        [{"kind": "relationship", "external_id": "R1", "patient": mia.external_id, "related": mother.external_id, "relation": "mother", "is_guardian": True}]
    )
    page = signed_in(account=account).get("/family")
    [card] = page.lxml.xpath("//form[contains(@class, 'family-card')][.//h3 = 'Mia Vale']")
    words = " ".join(card.text_content().split())
    assert "Your child" in words
    assert (
        "You may see everything and act, until January 5, 2031. After that you may see Account and Appointments and act there, until January 5, 2036." in words
    )


def test_whoever_sees_only_the_own_record_has_no_link_to_it_but_may_look(make, signed_in):
    app = signed_in(make.patient(first_name="Ada"))
    assert "/family" not in [link.get("href") for link in app.get("/home").lxml.xpath("//header//a")]
    assert "This is your own record." in app.get("/family").text


def test_the_menu_of_people_leads_there(parent, signed_in):
    _, _, account = parent
    assert "/family" in [link.get("href") for link in signed_in(account=account).get("/home").lxml.xpath("//header//a")]


def test_a_plugin_is_asked_about_those_people_only_to_whom_it_is_open(portal_with, practice, make, garden):
    asked = []

    class Asking(garden):
        @hookimpl
        def portal_action_items(self, request, people):
            asked.append([person.first_name for person in people])
            return [ActionItem(person.id, "Water", "", "/garden", "droplet") for person in people]

    friend = make.patient(first_name="Ada")
    account = make.account(friend)
    make.grant(account, make.patient(first_name="Mia"), "garden", "see")
    make.grant(account, make.patient(first_name="Leo"), "account", "act")
    sign_in(portal_with(Asking()), practice, account).get("/family")
    assert asked == [["Ada", "Mia"]]
