"""Several settings in one go, planned for later, and undone as a whole."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from core import tasks
from core.audit import AuditEvent
from core.outbox import OutboxRow
from core.plugins import hookimpl
from core.testing import make_office
from tenants.models import OfficeSetting, Practice, SettingChange, SettingPlan
from tenants.settings import Author, Change, ChangedSince, WrongValue, apply, telling_of_switches, undo_set
from tenants.settings.plans import CANCELLED, DONE, FAILED, WAITING, WrongTime, apply_plan, cancel, make_plan, moment_of, plans

NOW = datetime.now(UTC)
ALEX = Author("Alex")
TOMORROW = NOW + timedelta(days=1)
DENVER = ZoneInfo("America/Denver")


@pytest.fixture
def put(db, practice, registry):
    """`put(change, …)`: several changes in one go."""

    def change(*changes, **about):
        made = apply(db, registry.plugins, practice.id, [Change(*one) for one in changes], ALEX, NOW, **about)
        db.commit()
        return made

    return change


@pytest.fixture
def its_time_comes(db, work_off):
    """`its_time_comes()`: the workers do whatever is planned."""

    def come():
        db.execute(update(OutboxRow).values(available_at=NOW - timedelta(days=365)))
        db.commit()
        work_off()
        db.expire_all()

    return come


# The model: two plain dictionaries, for the practice and for the clinic

NAMES = {"plan": st.booleans(), "webmail": st.booleans(), "webmail.write": st.booleans(), "appointments.confirm_days": st.integers(1, 365)}
DEFAULTS = {"plan": True, "webmail": True, "webmail.write": True, "appointments.confirm_days": 30}
one = st.sampled_from(sorted(NAMES)).flatmap(lambda name: st.tuples(st.booleans(), st.just(name), st.none() | NAMES[name]))
a_set = st.lists(one, min_size=1, max_size=4, unique_by=lambda wish: wish[:2])
step = st.one_of(
    st.tuples(st.just("now"), a_set),
    st.tuples(st.just("later"), a_set),
    st.tuples(st.just("the time comes"), st.none()),
    st.tuples(st.just("undo"), st.tuples(st.integers(0, 9), st.booleans())),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(steps=st.lists(step, max_size=7))
def test_practice_clinic_planned_and_undone_hold_as_a_small_model_says(registry, steps):
    office = make_office(registry)
    with office.session() as session:
        both = Both(session, registry, office)
        for number, (act, what) in enumerate(steps):
            both.at = NOW + timedelta(minutes=number)
            {"now": both.now, "later": both.later, "the time comes": both.come, "undo": both.undo}[act](what)
            session.commit()
            both.agree(None)
            both.agree(office.clinic_id)


class Both:
    """The portal, and beside it a plain dictionary that is changed alike: (whether of the clinic, name) to value."""

    def __init__(self, session, registry, office):
        self.session, self.registry, self.office, self.at = session, registry, office, NOW
        self.kept, self.done, self.waiting = {}, [], []

    def wishes(self, what):
        return [Change(self.office.clinic_id if at_clinic else None, name, value) for at_clinic, name, value in what]

    def set(self, made, values):
        """The model's part of a change: what it really changed is noted with the set, unless there was nothing."""
        before = {key: self.kept.get(key) for key, value in values.items() if self.kept.get(key) != value}
        assert (made is None) is (not before)
        self.kept = {key: value for key, value in (self.kept | values).items() if value is not None}
        if before:
            self.done.append((made, before, {key: values[key] for key in before}))

    def now(self, what):
        made = apply(self.session, self.registry.plugins, self.office.id, self.wishes(what), ALEX, self.at)
        self.set(made, {wish[:2]: wish[2] for wish in what})

    def later(self, what):
        due = self.at + timedelta(days=1)
        self.waiting.append((make_plan(self.session, self.registry.plugins, self.office.id, self.wishes(what), ALEX, due, self.at), what))

    def come(self, _):
        for plan_id, what in self.waiting:
            apply_plan(
                tasks.Work(self.registry, self.session, self.registry.tenants.current(self.office.id), uuid4(), self.at), str(plan_id)
            )
            self.set(self.session.get_one(SettingPlan, (self.office.id, plan_id)).change_set, {wish[:2]: wish[2] for wish in what})
        self.waiting = []

    def undo(self, which):
        number, anyhow = which
        if not self.done:
            return
        made, before, after = self.done[number % len(self.done)]
        if not anyhow and any(self.kept.get(key) != value for key, value in after.items()):
            with pytest.raises(ChangedSince):
                undo_set(self.session, self.registry.plugins, self.office.id, made, ALEX, self.at)
        else:
            self.set(undo_set(self.session, self.registry.plugins, self.office.id, made, ALEX, self.at, anyhow), before)

    def agree(self, clinic_id):
        tenant = self.registry.tenants.current(self.office.id, clinic_id)
        found = {name: name in tenant.plugins for name in ("plan", "webmail")} | {"webmail.write": "webmail.write" not in tenant.acts_off}
        found["appointments.confirm_days"] = tenant.settings["appointments.confirm_days"]
        whole = {name: self.kept.get((False, name), default) for name, default in DEFAULTS.items()}
        assert found == (whole if clinic_id is None else {name: self.kept.get((True, name), value) for name, value in whole.items()})


# Sets


def test_all_of_a_set_is_made_or_nothing(db, put, practice):
    with pytest.raises(WrongValue, match=r"appointments\.confirm_days"):
        put((None, "plan", False), (None, "appointments.confirm_days", 900))
    db.rollback()
    assert not db.scalars(select(OfficeSetting)).all()


def test_a_set_says_who_with_the_account_and_stands_in_the_audit_log_once(db, practice, registry, make):
    account = make.staff("office_admin")
    by = Author("Grace", account.id)
    made = apply(db, registry.plugins, practice.id, [Change(None, "plan", False), Change(None, "webmail", False)], by, NOW)
    db.commit()
    rows = db.scalars(select(SettingChange)).all()
    assert {(row.changed_by, row.account_id, row.change_set) for row in rows} == {("Grace", account.id, made)}
    [entry] = db.scalars(select(AuditEvent).where(AuditEvent.action == "office.setting.change"))
    assert (entry.account_id, entry.target_id) == (account.id, made)


def test_what_holds_for_the_whole_practice_is_refused_for_a_clinic(put, practice):
    with pytest.raises(WrongValue, match="holds for the whole practice"):
        put((practice.clinic_id, "portal.self_registration", True))


def test_undo_names_what_was_changed_since_and_can_be_had_anyhow(db, put, practice, registry):
    first = put((None, "plan", False), (None, "webmail", False))
    put((None, "webmail", None))
    with pytest.raises(ChangedSince) as since:
        undo_set(db, registry.plugins, practice.id, first, ALEX, NOW)
    assert [row.name for row in since.value.rows] == ["webmail"]
    undone = undo_set(db, registry.plugins, practice.id, first, ALEX, NOW, anyhow=True)
    assert {row.undoes for row in db.scalars(select(SettingChange).where(SettingChange.change_set == undone))} == {first}
    assert not db.scalars(select(OfficeSetting)).all()


def test_a_set_of_another_practice_cannot_be_undone(db, put, other_practice, other_db, registry):
    made = put((None, "plan", False))
    for unknown in (made, uuid4()):
        with pytest.raises(WrongValue, match="no such change"):
            undo_set(other_db, registry.plugins, other_practice.id, unknown, ALEX, NOW)


# Telling tabs


@pytest.fixture
def told(garden, portal_with, practice, db):
    """`told(act)`: what two tabs, of which one needs the other, hear during an act."""
    heard: list[tuple[str, UUID | None, bool]] = []

    def listener(name: str, needs: tuple[str, ...]):
        hear = hookimpl(lambda self, clinic_id, on: heard.append((name, clinic_id, on)))
        return type(f"Hears{name}", (garden,), {"name": name, "needs": needs, "portal_switched": hear})()

    registry = portal_with(listener("garden", ()), listener("meadow", ("garden",))).registry

    def during(act):
        heard.clear()
        act(registry.plugins)
        return list(heard)

    return during


def test_a_tab_that_needs_another_is_told_when_that_one_goes_and_comes(told, db, practice):
    def switch(on, clinic=None):
        return told(lambda host: apply(db, host, practice.id, [Change(clinic, "garden", on)], ALEX, NOW))

    assert switch(False) == [("garden", None, False), ("meadow", None, False)]
    assert switch(True) == [("garden", None, True), ("meadow", None, True)]
    assert switch(True) == []
    assert switch(False, practice.clinic_id) == [("garden", practice.clinic_id, False), ("meadow", practice.clinic_id, False)]
    # The clinic has its own switch, so it does not notice.
    assert switch(False) == [("garden", None, False), ("meadow", None, False)]


def test_tabs_are_told_when_the_operator_withholds_one(told, db, practice):
    def withhold(host):
        with telling_of_switches(db, host, practice.id):
            db.execute(update(Practice).where(Practice.id == practice.id).values(withheld=["garden"]))

    assert told(withhold) == [("garden", None, False), ("meadow", None, False)]


# Plans


def test_a_plan_is_made_when_its_time_comes_and_not_before(db, practice, registry, its_time_comes, work_off):
    wishes = [Change(None, "plan", False), Change(practice.clinic_id, "webmail", False)]
    make_plan(db, registry.plugins, practice.id, wishes, ALEX, TOMORROW, NOW)
    db.commit()
    work_off()
    tasks.sweep()
    assert "plan" in registry.tenants.current(practice.id).plugins
    its_time_comes()
    assert "plan" not in registry.tenants.current(practice.id).plugins
    assert "webmail" not in registry.tenants.current(practice.id, practice.clinic_id).plugins
    [plan] = plans(db, practice.id)
    assert plan.state == DONE
    assert {row.changed_by for row in db.scalars(select(SettingChange).where(SettingChange.change_set == plan.change_set))} == {"Alex"}


def test_a_plan_that_was_cancelled_changes_nothing(db, practice, registry, its_time_comes):
    make_plan(db, registry.plugins, practice.id, [Change(None, "plan", False)], ALEX, TOMORROW, NOW)
    [plan] = plans(db, practice.id)
    assert cancel(db, plan, ALEX, NOW)
    assert not cancel(db, plan, ALEX, NOW)
    db.commit()
    its_time_comes()
    assert "plan" in registry.tenants.current(practice.id).plugins
    assert plans(db, practice.id)[0].state == CANCELLED


def test_a_plan_that_can_no_longer_be_made_fails_with_the_reason_and_changes_nothing(db, practice, registry, its_time_comes):
    make_plan(db, registry.plugins, practice.id, [Change(None, "plan", False)], ALEX, TOMORROW, NOW)
    [plan] = plans(db, practice.id)
    plan.changes = {"changes": [*plan.changes["changes"], {"clinic": None, "name": "orchard", "value": True}]}
    db.commit()
    its_time_comes()
    [plan] = plans(db, practice.id)
    assert (plan.state, plan.reason) == (FAILED, "No installed tab has the setting orchard.")
    assert "plan" in registry.tenants.current(practice.id).plugins


def test_nothing_is_planned_for_a_time_that_has_gone_by_nor_with_a_wrong_value(db, practice, registry):
    with pytest.raises(WrongTime, match="gone by"):
        make_plan(db, registry.plugins, practice.id, [Change(None, "plan", False)], ALEX, NOW, NOW)
    with pytest.raises(WrongValue):
        make_plan(db, registry.plugins, practice.id, [Change(None, "plan", "no")], ALEX, NOW + timedelta(days=1), NOW)
    assert not db.scalars(select(SettingPlan).where(SettingPlan.state == WAITING)).all()


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))
def test_a_time_is_that_of_the_offices_clock_on_both_sides_of_daylight_saving(local):
    try:
        moment = moment_of(local, DENVER)
    except WrongTime:
        assert (local.month, local.hour) == (3, 2)
    else:
        assert moment.astimezone(DENVER).replace(tzinfo=None) == local


def test_a_time_that_the_clocks_leave_out_is_told_and_one_that_comes_twice_is_the_first():
    with pytest.raises(WrongTime, match="clocks go forward"):
        moment_of(datetime(2027, 3, 14, 2, 30), DENVER)
    assert moment_of(datetime(2026, 11, 1, 1, 30), DENVER) == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
