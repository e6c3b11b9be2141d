"""Every hook: when it is asked, with what, and what becomes of the answer. tests/architecture/test_hooks.py sees to it that none is missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import BaseModel, Field
from pyramid.exceptions import ConfigurationError
from sqlalchemy import ARRAY, Integer, Uuid, any_, bindparam, cast, func, literal, select, update

from core import hookspecs, records, tasks
from core.auth.models import SignInSession
from core.outbox import OutboxRow
from core.people.models import Patient, Provider
from core.plugins import (
    ActionItem,
    Card,
    EntryLink,
    ExportFile,
    NoticeKind,
    NoticeSwitch,
    OfficeItem,
    Planned,
    PlannedLine,
    PluginHost,
    Question,
    Tab,
    hookimpl,
)
from core.plugins.waiting import at_clinics
from core.records import changes, door
from core.records.importing.found import Fault
from core.records.importing.readers import Reader, readers_at
from core.records.kinds import kinds_for
from core.tasks import Periodic, portal_task
from core.testing import browser, sign_in
from plugins.appointments import plugin as appointments
from tenants import settings

HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("portal_"))
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@portal_task("garden.water")
def water(work) -> None:
    """A task for the timetable."""


@pytest.fixture
def browser_with(portal_with, practice, make):
    """`browser_with(plugin)`: a patient's browser on a portal that has this plugin."""
    return lambda *plugins: sign_in(portal_with(*plugins), practice, make.account(make.patient(first_name="Robin")))


def test_hook_portal_tab(browser_with, garden):
    class Tabbed(garden):
        @hookimpl
        def portal_tab(self, request):
            return Tab("Flower beds", "garden.home", "flower1", 5, badge=len(request.person.first_name))

    [link] = browser_with(Tabbed()).get("/home").lxml.xpath("//nav//a[@href='/garden']")
    assert "Flower beds" in link.text_content()
    assert "5" in link.text_content()


def test_hook_portal_tab_may_show_none(browser_with, garden):
    class Hidden(garden):
        @hookimpl
        def portal_tab(self, request):
            return None

    assert "/garden" not in browser_with(Hidden()).get("/home").text


def test_hook_portal_entry_link(portal_with, practice, garden, db, registry):
    class Open(garden):
        @hookimpl
        def portal_entry_link(self, request):
            return EntryLink("Visit the garden", "garden.home", "flower1", at="pay")

    app = browser(portal_with(Open()), practice)
    assert app.get("/sign-in").lxml.xpath("//main//a[@href='/garden' and contains(., 'Visit the garden')]")
    assert app.get("/pay").location.endswith("/garden")
    settings.switch_plugin(db, app.app.registry.plugins, registry.tenants.current(practice.id), "garden", False, "Alex", NOW)
    db.commit()
    assert "Visit the garden" not in app.get("/sign-in").text
    app.get("/pay", status=404)


def test_hook_portal_entry_link_that_leads_elsewhere_is_left_out(portal_with, practice, garden):
    class Away(garden):
        @hookimpl
        def portal_entry_link(self, request):
            return EntryLink("Elsewhere", "portal.contact", "flower1")

    assert "Elsewhere" not in browser(portal_with(Away()), practice).get("/sign-in").text


def test_hook_portal_planned(practice, db, garden, hook_log):
    class Planning(garden):
        @hookimpl
        def portal_planned(self, practice_id, patient_id, since, now):
            return [Planned("garden.hedge", patient_id, f"A hedge for {practice_id}", (PlannedLine("Box tree", cents=500),), starts_at=now, scheduled_at=since)]

    class Wild(garden):
        name = "wild"

        @hookimpl
        def portal_planned(self):
            return ["weeds"]

    about = {"practice_id": practice.id, "patient_id": practice.id, "since": NOW - timedelta(days=1), "now": NOW}
    [(plugin, [found])] = PluginHost([Planning(), Wild()]).installed.each("portal_planned", db, **about)
    assert (plugin, found.title, found.starts_at, found.scheduled_at) == ("garden", f"A hedge for {practice.id}", NOW, NOW - timedelta(days=1))
    assert hook_log == [("hook_failed", {"plugin": "wild", "hook": "portal_planned"})]


def test_hook_portal_notice_switches(browser_with, garden):
    class Telling(garden):
        @hookimpl
        def portal_notice_switches(self, db, practice_id, patient_id):
            who = db.get_one(Patient, (practice_id, patient_id)).first_name
            return [NoticeSwitch("garden.frost", f"Frost, {who}", "It gets cold.", "bell", (("text", True),)), NoticeSwitch("meadow.frost", "Elsewhere", "", "bell", ())]

    page = browser_with(Telling()).get("/profile/notices")
    assert "Frost, Robin by text message" in page.text
    assert "Elsewhere" not in page.text


def test_hook_portal_notice_switched(browser_with, garden):
    told = []

    class Telling(garden):
        @hookimpl
        def portal_notice_switches(self, db, practice_id, patient_id):
            return [NoticeSwitch("garden.frost", "Frost", "It gets cold.", "bell", (("text", True),))]

        @hookimpl
        def portal_notice_switched(self, db, practice_id, patient_id, kind, channel, on, now):
            told.append((kind, channel, on))
            return True

    app = browser_with(Telling())
    token = app.get("/profile/notices").forms[0]["csrf_token"].value
    about = {"csrf_token": token, "kind": "garden.frost", "on": ""}
    assert "Frost: turned off." in app.post("/profile/notices", about | {"channel": "text"}).follow().text
    app.post("/profile/notices", about | {"channel": "email"}, status=404)
    assert told == [("garden.frost", "text", False)]


def test_hook_portal_insurance_carriers(portal_with, practice, garden, make):
    class Insured(garden):
        @hookimpl
        def portal_insurance_carriers(self, db, practice_id, now):
            return [("Meadow Mutual", 3)]

    app = sign_in(portal_with(Insured(), appointments), practice, make.staff())
    assert "Meadow Mutual" in app.get("/office/appointments/online").text


NAMED_LIKE = Question(
    select(Patient.id.label("patient_id"), Patient.last_name.label("garden_name"))
    .where(Patient.practice_id == bindparam("practice_id"), Patient.id == any_(bindparam("garden_people", type_=ARRAY(Uuid)))),
    {},
    lambda person, rows: [ActionItem(person.id, f"Water the roses of {row['garden_name']}", "Dry.", "/garden", "droplet") for row in rows],
)  # fmt: skip


@pytest.mark.parametrize("way", ["at once", "by a question"])
def test_hook_portal_action_items(browser_with, garden, way):
    class Asking(garden):
        @hookimpl
        def portal_action_items(self, request, people):
            if way == "by a question":
                return replace(NAMED_LIKE, parameters={"practice_id": request.practice_id, "garden_people": [person.id for person in people]})
            return [ActionItem(person.id, f"Water the roses of {person.last_name}", "Dry.", "/garden", "droplet") for person in people]

    page = browser_with(Asking()).get("/home")
    assert "Water the roses of Vale" in page.text
    assert page.lxml.xpath("//main//a[@href='/garden']")


def test_hook_portal_home_card(browser_with, garden, tmp_path):
    (tmp_path / "garden").mkdir()
    (tmp_path / "garden" / "card.jinja2").write_text("<p>{{ blooms }} in bloom for {{ person.first_name }}</p>")

    class Carded(garden):
        def includeme(self, config):
            super().includeme(config)
            config.add_jinja2_search_path(str(tmp_path))

        @hookimpl
        def portal_home_card(self, request, person):
            return Card("garden/card.jinja2", {"blooms": "Roses & tulips"})

    assert "<p>Roses &amp; tulips in bloom for Robin</p>" in browser_with(Carded()).get("/home").text


@pytest.mark.parametrize(("level", "see", "dig"), [("act", True, True), ("see", True, False)])
def test_hook_portal_permissions(portal_with, practice, make, db, garden, level, see, dig):
    class Diggable(garden):
        def includeme(self, config):
            super().includeme(config)
            config.add_route("garden.dig", "/dig")
            config.add_view(lambda request: request.response, route_name="garden.dig", permission="garden.dig")

    guardian, ward = make.account(make.patient()), make.patient()
    make.grant(guardian, ward, "garden", level)
    app = sign_in(portal_with(Diggable()), practice, guardian)
    db.execute(update(SignInSession).where(SignInSession.account_id == guardian.id).values(patient_id=ward.id))
    db.commit()
    assert (app.get("/garden", status="*").status_int == 200) is see
    assert (app.get("/garden/dig", status="*").status_int == 200) is dig


def test_hook_portal_office_settings(portal_with, practice, db, garden):
    class GardenSettings(BaseModel):
        beds: int = Field(3, ge=1, description="How many beds there are.")

    class Settable(garden):
        @hookimpl
        def portal_office_settings(self):
            return GardenSettings

    registry = portal_with(Settable()).registry
    assert registry.tenants.current(practice.id).settings["garden.beds"] == 3
    settings.change(db, registry.plugins, practice.id, None, "garden.beds", 4, "Alex", NOW)
    db.commit()
    assert registry.tenants.current(practice.id).settings["garden.beds"] == 4


def test_hook_portal_notice_kinds(browser_with, garden):
    class Telling(garden):
        @hookimpl
        def portal_notice_kinds(self):
            return [NoticeKind("garden.frost", "Frost", "It will be cold tonight.", "thermometer-half")]

    browser = browser_with(Telling())
    page = browser.get("/profile/notices")
    assert "It will be cold tonight." in page.text
    assert "Frost: turned off." in page.forms["garden-frost"].submit("on").follow().text


NEW_PATIENTS = (
    select(func.count())
    .select_from(Patient)
    .where(Patient.practice_id == bindparam("practice_id"), at_clinics(Patient.clinic_id), literal(NOW) > bindparam("since"), literal(NOW) <= bindparam("now"))
)
BROKEN = select(cast("rose", Integer))


def test_hook_portal_office_waiting(portal_with, practice, make, garden):
    class Waiting(garden):
        @hookimpl
        def portal_office_waiting(self):
            seen = ("Plants without water.", "droplet", "office.patients", "office.patients.see")
            return [
                OfficeItem("garden.dry", "Dry plants", *seen, NEW_PATIENTS),
                OfficeItem("garden.broken", "Broken pots", *seen, BROKEN),
                OfficeItem("garden.staff", "Gardeners", *seen[:3], "office.staff.see", NEW_PATIENTS),
            ]

    portal = portal_with(Waiting())
    make.take_in([{"kind": "clinic", "external_id": "C2", "name": "Lakeside", "time_zone": "America/Denver"}])
    make.patient(), make.patient(), make.patient(clinic="C2"), make.patient(clinic=None)
    everywhere = sign_in(portal, practice, make.staff("front_desk")).get("/office")
    assert [row.text_content().split() for row in everywhere.lxml.xpath("//*[@id='waiting']//li//a[@href='/office/patients']/..")] == [["Dry", "plants"]]
    assert "4 waiting" in " ".join(everywhere.lxml.xpath("//*[@id='waiting']")[0].text_content().split())
    assert "Broken pots" not in everywhere
    assert "Gardeners" not in everywhere
    limited = sign_in(portal, practice, make.staff("front_desk", clinic_ids=(practice.clinic_id,))).get("/office")
    assert "2 waiting" in " ".join(limited.lxml.xpath("//*[@id='waiting']")[0].text_content().split())


def test_hook_portal_record_kinds(portal_with, practice, db, garden):
    class GardenerRecord(records.Record):
        first_name: str
        last_name: str

    class Staffed(garden):
        @hookimpl
        def portal_record_kinds(self):
            return [records.RecordKind("gardener", GardenerRecord, Provider)]

    registry = portal_with(Staffed()).registry
    gardener = {"kind": "gardener", "external_id": "G1", "first_name": "Flora", "last_name": "Green"}
    [taken] = door.take_in(db, kinds_for(registry, frozenset({"garden"})), [gardener])
    assert taken.outcome == "created"
    assert db.scalars(select(Provider.first_name).where(Provider.external_id == "G1")).all() == ["Flora"]
    [refused] = door.take_in(db, kinds_for(registry, frozenset()), [gardener])
    assert (refused.outcome, refused.reason) == ("refused", "There is no kind of record called 'gardener'.")


def test_hook_portal_change_kinds(portal_with, garden):
    grown = changes.ChangeKind("garden.grown", "Something has grown", "patient", Patient)

    class Growing(garden):
        @hookimpl
        def portal_change_kinds(self):
            return [grown]

    assert portal_with(Growing()).registry.change_kinds["garden.grown"] is grown
    grown = changes.ChangeKind("patient.added", "This name is taken", "patient", Patient)
    with pytest.raises(ConfigurationError, match="declared twice"):
        portal_with(Growing())


def test_hook_portal_readers(portal_with, practice, garden):
    cards = Reader("cards", "Cards", "A box of cards.", (".txt",), lambda handle, chosen: iter([Fault(chosen.source, "It is wet.")]))

    class Reading(garden):
        @hookimpl
        def portal_readers(self):
            return [cards]

    assert readers_at(portal_with(Reading()).registry, practice.id)["cards"] is cards
    cards = replace(cards, name="records")
    with pytest.raises(ConfigurationError, match="declared twice"):
        portal_with(Reading())


def test_hook_portal_periodic_tasks(portal_with, practice, db, garden, monkeypatch):
    class Watered(garden):
        @hookimpl
        def portal_periodic_tasks(self):
            return [Periodic("garden.water", timedelta(hours=6))]

    registry = portal_with(Watered()).registry
    entry = tasks.schedule(registry.plugins)["garden.water"]
    assert entry == {"task": "core.fan_out", "schedule": timedelta(hours=6), "args": ("garden", "garden.water")}
    monkeypatch.setattr(registry.tenants, "practice_ids", lambda: [practice.id])
    tasks.fan_out(*entry["args"])
    assert db.scalars(select(OutboxRow.task).where(OutboxRow.practice_id == practice.id)).all() == ["garden.water"]


def test_hook_portal_switched(portal_with, practice, db, garden):
    told = []

    class Told(garden):
        @hookimpl
        def portal_switched(self, db, practice_id, clinic_id, on):
            told.append((practice_id, clinic_id, on))

    class Other(garden):
        name = "meadow"

        @hookimpl
        def portal_switched(self, on):
            told.append("the other one")

    registry = portal_with(Told(), Other()).registry
    whole, clinic = registry.tenants.current(practice.id), registry.tenants.current(practice.id, practice.clinic_id)
    settings.switch_plugin(db, registry.plugins, clinic, "garden", False, "Alex", NOW)
    settings.switch_plugin(db, registry.plugins, whole, "garden", False, "Alex", NOW)
    settings.switch_plugin(db, registry.plugins, whole, "garden", None, "Alex", NOW)
    assert told == [(practice.id, practice.clinic_id, False), (practice.id, None, False), (practice.id, None, True)]


def test_hook_portal_switched_that_fails_does_not_keep_an_office_from_switching_off(portal_with, practice, db, garden, hook_log):
    tried = []

    class Stubborn(garden):
        @hookimpl
        def portal_switched(self, db):
            db.add(Provider(first_name="left", last_name="behind"))
            db.flush()
            tried.append("wrote")
            raise RuntimeError("I would rather stay")

    registry = portal_with(Stubborn()).registry
    settings.switch_plugin(db, registry.plugins, registry.tenants.current(practice.id), "garden", False, "Alex", NOW)
    db.commit()
    assert "garden" not in registry.tenants.current(practice.id).plugins
    assert hook_log == [("hook_failed", {"plugin": "garden", "hook": "portal_switched"})]
    assert tried == ["wrote"]
    assert not db.scalars(select(Provider.id).where(Provider.first_name == "left")).all()


def test_hook_portal_export(practice, db, garden):
    class Exporting(garden):
        @hookimpl
        def portal_export(self, db, practice_id, person_id):
            yield ExportFile(f"{person_id}.txt", "Tulips", b"tulips")

    host = PluginHost([Exporting()])
    [(name, files)] = host.only("garden").demand("portal_export", db, practice_id=practice.id, person_id="P1")
    assert (name, list(files)) == ("garden", [ExportFile("P1.txt", "Tulips", b"tulips")])


def test_what_must_be_whole_is_not_passed_over_when_a_plugin_fails(practice, db, garden):
    class Failing(garden):
        @hookimpl
        def portal_export(self, db, practice_id, person_id):
            raise RuntimeError("the roots are frozen")

    with pytest.raises(RuntimeError, match="frozen"):
        list(PluginHost([Failing()]).installed.demand("portal_export", db, practice_id=practice.id, person_id=None))


def test_hook_portal_erase(practice, db, garden):
    erased = []

    class Erasing(garden):
        @hookimpl
        def portal_erase(self, db, practice_id, person_id):
            erased.append((practice_id, person_id))

    PluginHost([Erasing()]).enabled(frozenset({"garden"})).portal_erase(db=db, practice_id=practice.id, person_id="P1")
    assert erased == [(practice.id, "P1")]


def test_hook_portal_patients_merged(practice, db, garden):
    merged = []

    class Merging(garden):
        @hookimpl
        def portal_patients_merged(self, db, practice_id, kept, absorbed):
            merged.append((kept, absorbed))

    PluginHost([Merging()]).enabled(frozenset({"garden"})).portal_patients_merged(db=db, practice_id=practice.id, kept="P1", absorbed="P2")
    assert merged == [("P1", "P2")]


def test_hook_portal_payment_event(practice, db, garden):
    asked = []

    class Paid(garden):
        answer = True

        @hookimpl
        def portal_payment_event(self, db, practice_id, event):
            asked.append(self.name)
            return self.answer

    class Meadow(Paid):
        name = "meadow"
        answer = None

    class Orchard(Meadow):
        name = "orchard"

    host = PluginHost([Paid(), Meadow(), Orchard()])
    assert host.enabled(frozenset({"garden", "meadow", "orchard"})).portal_payment_event(db=db, practice_id=practice.id, event={}) is True
    assert asked[-1] == "garden"
    assert len(asked) == len(set(asked))
    assert host.enabled(frozenset({"meadow"})).portal_payment_event(db=db, practice_id=practice.id, event={}) is None


@pytest.mark.parametrize("hook", HOOKS)
def test_a_plugin_that_is_off_is_not_asked(garden, hook):
    asked = []
    answers = {"portal_permissions": [], "portal_notice_kinds": [], "portal_office_waiting": [], "portal_office_settings": None}
    function = hookimpl(lambda self: (asked.append(hook), answers.get(hook))[1])
    host = PluginHost([type("Asked", (garden,), {hook: function})()])
    arguments = dict.fromkeys(_arguments(hook))
    asked.clear()
    getattr(host.enabled(frozenset()), hook)(**arguments)
    assert asked == []
    getattr(host.enabled(frozenset({"garden"})), hook)(**arguments)
    assert asked == [hook]


def _arguments(hook: str) -> tuple[str, ...]:
    function = getattr(hookspecs, hook)
    return function.__code__.co_varnames[: function.__code__.co_argcount]
