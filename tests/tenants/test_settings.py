"""Office settings: which value holds, what is refused, and a history that can be undone."""

import math
from datetime import UTC, datetime, timedelta
from threading import Thread
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from sqlalchemy import func, select

from core.audit import AuditEvent
from core.plugins import PluginHost, hookimpl
from core.testing import make_office
from tenants.models import Clinic, OfficeSetting, Practice, SettingChange
from tenants.settings import WrongValue, change, effective, enabled_plugins, switch_plugin, undo, with_defaults

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
MANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
FEW = settings(MANY, max_examples=25)


class GardenSettings(BaseModel):
    """One field of each sort that offices meet."""

    beds: int = Field(3, ge=1, le=9)
    motto: str = Field("Grow", max_length=40)
    open_on: list[str] = []
    price: float = Field(1.5, ge=0)
    fence: bool = True


@pytest.fixture
def host(garden):
    """A host with one plugin that is on by default and one that is not."""
    settings_of = hookimpl(lambda self: GardenSettings)
    on = type("Garden", (garden,), {"portal_office_settings": settings_of})()
    off = type("Meadow", (garden,), {"name": "meadow", "on_by_default": False})()
    return PluginHost([on, off])


@pytest.fixture
def portal_here(portal_with, host):
    """The registry of a portal with these two plugins."""
    return portal_with(*host.plugins.values()).registry


# Which value holds

scopes = st.sampled_from([None, "north", "south"])
names = st.sampled_from(["garden", "meadow", "garden.beds"])


@MANY
@given(rows=st.dictionaries(st.tuples(scopes, names), st.one_of(st.booleans(), st.integers(1, 9))), clinic=scopes)
def test_a_clinics_value_goes_before_the_practices_and_that_before_the_default(host, rows, clinic):
    values = effective([(place, name, value) for (place, name), value in rows.items()], clinic)
    for name, default in (("garden", None), ("meadow", None), ("garden.beds", None)):
        assert values.get(name) == rows.get((clinic, name), rows.get((None, name), default))
    beds = values.get("garden.beds", 3)
    assert with_defaults(host, values)["garden.beds"] == (beds if type(beds) is int else 3 if beds is False else 1)


@MANY
@given(garden_is=st.sampled_from([True, False, None, 1, "true", "on", 0, [True]]), meadow_is=st.sampled_from([True, False, None, 1, "yes"]))
def test_a_tab_is_on_only_where_true_says_so_or_nothing_is_set_and_it_is_on_by_default(host, garden_is, meadow_is):
    values = {name: value for name, value in (("garden", garden_is), ("meadow", meadow_is)) if value is not None}
    on = enabled_plugins(host, values)
    assert ("garden" in on) is (garden_is is True or garden_is is None)
    assert ("meadow" in on) is (meadow_is is True)


def of_tabs(settings) -> dict:
    """The settings without those of the portal as a whole."""
    return {name: value for name, value in settings.items() if not name.startswith("portal.")}


def test_a_value_that_an_update_no_longer_allows_counts_as_not_set(host):
    assert of_tabs(with_defaults(host, {"garden.beds": 70, "garden.motto": "Bloom"})) == {
        "garden.beds": 3, "garden.motto": "Bloom", "garden.open_on": [], "garden.price": 1.5, "garden.fence": True,
    }  # fmt: skip


def test_settings_of_a_plugin_that_has_gone_are_passed_over(host):
    values = {"orchard": True, "orchard.trees": 7, "garden.colour": "green"}
    assert enabled_plugins(host, values) == {"garden"}
    assert with_defaults(host, values) == with_defaults(host, {})


# Changing and undoing

good = st.one_of(
    st.tuples(st.just("garden.beds"), st.integers(1, 9)),
    st.tuples(st.just("garden.motto"), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)),
    st.tuples(st.just("garden.open_on"), st.lists(st.sampled_from(["Monday", "Tuesday"]), max_size=3)),
    st.tuples(st.just("garden.price"), st.floats(0, 1e6)),
    st.tuples(st.sampled_from(["garden", "meadow", "garden.fence"]), st.booleans()),
    st.tuples(st.sampled_from(["garden", "meadow", "garden.beds", "garden.motto"]), st.none()),
)
places = st.sampled_from(["practice", "clinic"])
steps = st.lists(st.one_of(st.tuples(st.just("set"), places, good), st.tuples(st.just("undo"), st.integers(0, 20), st.none())), max_size=8)


@FEW
@given(steps=steps)
def test_whatever_is_set_and_undone_what_holds_and_the_history_are_right(registry, portal_here, steps):
    """Beside the database runs a plain dictionary; after every step both say the same."""
    office = make_office(registry)
    kept: dict[tuple[UUID | None, str], object] = {}
    history: list[tuple] = []
    with office.session() as session:
        for number, (act, where, what) in enumerate(steps):
            at = NOW + timedelta(minutes=number)
            if act == "set":
                key, value = (None if where == "practice" else office.clinic_id, what[0]), what[1]
                change(session, portal_here.plugins, office.id, *key, value, f"Alex {number}", at)
            elif history:
                key, value = history[where % len(history)][0:2]
                rows = session.scalars(select(SettingChange.id).order_by(SettingChange.changed_at, SettingChange.id)).all()
                undo(session, portal_here.plugins, office.id, rows[where % len(history)], f"Alex {number}", at)
            else:
                continue
            session.commit()
            if kept.get(key) != value or type(kept.get(key)) is not type(value):
                history.append((key, kept.get(key), value, f"Alex {number}", at))
            kept = {k: v for k, v in (kept | {key: value}).items() if v is not None}
            _compare(session, portal_here, office, kept, history)


def _compare(session, registry, office, kept, history):
    for clinic_id in (None, office.clinic_id):
        values = {name: value for (place, name), value in kept.items() if place is None}
        values |= {name: value for (place, name), value in kept.items() if place == clinic_id}
        tenant = registry.tenants.current(office.id, clinic_id)
        fields = {f"garden.{name}": values.get(f"garden.{name}", field.default) for name, field in GardenSettings.model_fields.items()}
        assert of_tabs(tenant.settings) == fields
        assert tenant.plugins == {name for name, default in (("garden", True), ("meadow", False)) if values.get(name, default)}
    rows = session.execute(
        select(
            SettingChange.clinic_id,
            SettingChange.name,
            SettingChange.before,
            SettingChange.after,
            SettingChange.changed_by,
            SettingChange.changed_at,
        ).order_by(SettingChange.changed_at, SettingChange.id)
    ).all()
    assert [((place, name), _plain(before), _plain(after), by, at) for place, name, before, after, by, at in rows] == history
    assert session.scalar(select(func.count()).where(AuditEvent.action == "office.setting.change")) == len(history)


def _plain(kept):
    return kept["value"] if kept else None


def test_a_value_is_kept_as_the_schema_understands_it(db, practice, portal_here):
    change(db, portal_here.plugins, practice.id, None, "garden.beds", "7", "Alex", NOW)
    db.commit()
    assert portal_here.tenants.current(practice.id).settings["garden.beds"] == 7


def test_setting_what_is_set_already_leaves_no_history(db, practice, portal_here):
    for _ in range(3):
        change(db, portal_here.plugins, practice.id, None, "garden.beds", 7, "Alex", NOW)
    change(db, portal_here.plugins, practice.id, None, "garden.motto", None, "Alex", NOW)
    assert db.scalar(select(func.count()).select_from(SettingChange)) == 1


def test_two_who_change_at_the_same_moment_come_one_after_the_other(practice, portal_here, db):
    def turn(beds: int) -> None:
        with practice.session() as session:
            change(session, portal_here.plugins, practice.id, None, "garden.beds", beds, f"Alex {beds}", NOW + timedelta(minutes=beds))
            session.commit()

    threads = [Thread(target=turn, args=[beds]) for beds in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    changes = db.execute(select(SettingChange.before, SettingChange.after)).all()
    last = db.scalars(select(OfficeSetting.value)).one()
    assert sorted(_plain(after) for _, after in changes) == [1, 2, 3, 4, 5, 6]
    # Each found what another had left, the first one nothing.
    assert sorted(_plain(before) or 0 for before, _ in changes) == sorted({0, 1, 2, 3, 4, 5, 6} - {_plain(last)})


# What is refused

unknown = st.one_of(
    st.sampled_from(
        ["", "garden.", "garden.colour", "gardens", "orchard", "orchard.trees", "garden.beds.more", ".beds", "office.name", "beds"]
    ),
    st.text(max_size=12).filter(lambda name: name not in ("garden", "meadow") and not name.startswith("garden.")),
)
wrong = st.one_of(
    st.tuples(
        st.just("garden.beds"), st.one_of(st.integers(max_value=0), st.integers(min_value=10), st.text(alphabet="abc"), st.lists(st.none()))
    ),
    st.tuples(st.just("garden.motto"), st.one_of(st.text(min_size=41), st.integers(), st.sampled_from(["a\0b", "\ud800", "\0"]))),
    st.tuples(st.just("garden.open_on"), st.sampled_from([["\0"], ["ok", "\udfff"], "Monday", {"a": 1}])),
    st.tuples(st.just("garden.price"), st.sampled_from([-1, math.nan, math.inf, -math.inf, "much"])),
    st.tuples(st.sampled_from(["garden", "meadow"]), st.one_of(st.integers(), st.text(), st.floats(), st.lists(st.booleans()))),
    st.tuples(unknown, st.one_of(st.none(), st.booleans(), st.integers(), st.text())),
)


@FEW
@given(wrong=wrong, at_clinic=st.booleans())
def test_unknown_names_and_wrong_values_are_refused_in_words_and_nothing_is_written(practice, portal_here, wrong, at_clinic):
    name, value = wrong
    with practice.session() as session:
        version = session.scalar(select(Practice.version).where(Practice.id == practice.id))
        with pytest.raises(WrongValue) as refusal:
            change(session, portal_here.plugins, practice.id, practice.clinic_id if at_clinic else None, name, value, "Alex", NOW)
        assert name in str(refusal.value)
        assert str(refusal.value).endswith(".")
        assert "\n" not in str(refusal.value) or "\n" in name
        session.commit()
        assert session.scalar(select(func.count()).select_from(OfficeSetting)) == 0
        assert session.scalar(select(func.count()).select_from(SettingChange)) == 0
        assert session.scalar(select(func.count()).where(AuditEvent.action == "office.setting.change")) == 0
        assert session.scalar(select(Practice.version).where(Practice.id == practice.id)) == version


def test_a_clinic_that_is_not_the_practices_is_refused(db, practice, other_practice, portal_here):
    for clinic_id in (uuid4(), other_practice.clinic_id):
        with pytest.raises(WrongValue, match=r"There is no such clinic\."):
            change(db, portal_here.plugins, practice.id, clinic_id, "garden.beds", 4, "Alex", NOW)


def test_a_tab_that_is_not_installed_cannot_be_switched(db, practice, portal_here):
    tenant = portal_here.tenants.current(practice.id)
    for name in ("orchard", "garden.fence", ""):
        with pytest.raises(WrongValue, match=r"No tab called .* is installed\."):
            switch_plugin(db, portal_here.plugins, tenant, name, True, "Alex", NOW)


def test_only_a_change_of_this_practice_can_be_undone(db, other_db, practice, other_practice, portal_here):
    change(other_db, portal_here.plugins, other_practice.id, None, "garden.beds", 4, "Alex", NOW)
    other_db.commit()
    theirs = other_db.scalars(select(SettingChange.id)).one()
    for change_id in (theirs, uuid4()):
        with pytest.raises(WrongValue, match=r"There is no such change\."):
            undo(db, portal_here.plugins, practice.id, change_id, "Alex", NOW)


def test_a_change_of_a_plugin_that_has_gone_cannot_be_undone_and_says_why(db, practice, portal_here):
    change(db, portal_here.plugins, practice.id, None, "garden.beds", 4, "Alex", NOW)
    made = db.scalars(select(SettingChange.id)).one()
    with pytest.raises(WrongValue, match=r"No installed tab has the setting garden\.beds\."):
        undo(db, PluginHost([]), practice.id, made, "Alex", NOW)


def test_switching_one_clinic_leaves_the_other_as_it_was(db, practice, portal_here):
    second = Clinic(name="Second Street", time_zone="America/Denver", position=2)
    db.add(second)
    db.commit()
    switch_plugin(db, portal_here.plugins, portal_here.tenants.current(practice.id, second.id), "garden", False, "Alex", NOW)
    db.commit()
    on = {place: "garden" in portal_here.tenants.current(practice.id, place).plugins for place in (None, practice.clinic_id, second.id)}
    assert on == {None: True, practice.clinic_id: True, second.id: False}
