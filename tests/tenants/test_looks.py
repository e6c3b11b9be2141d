"""Looks are chosen, kept with their history, undone; a clinic takes over what it does not choose itself."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.safety.emblems import Emblem
from tenants import looks
from tenants.models import BrandingChange, BrandingPicture, Clinic

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
BY = looks.By(None, "Grace")
TICKS = count()
LOOKS = st.fixed_dictionaries(
    {},
    optional={
        "brand": st.sampled_from(["#1d6f7a", "#6d2f73"]), "accent": st.sampled_from(["#af5116", "#c33660"]), "radius": st.sampled_from(["soft", "square"]),
        "short_name": st.sampled_from(["Elm", ""]), "welcome": st.sampled_from(["Hello", ""]),
    },
)  # fmt: skip


@pytest.fixture
def clinic_id(db, practice):
    return db.scalars(select(Clinic.id).where(Clinic.practice_id == practice.id)).one()


def test_a_change_is_seen_by_every_process_at_its_next_request(db, practice, registry, audited_looks):
    assert looks.change(db, practice.id, None, {"brand": "#6d2f73", "short_name": "Elm"}, BY, NOW)
    db.commit()
    tenant = registry.tenants.current(practice.id)
    assert (tenant.theme.brand, tenant.short_name) == ("#6d2f73", "Elm")
    assert audited_looks() == 1


def test_the_same_look_twice_leaves_no_history(db, practice):
    look = {"brand": "#6d2f73"}
    assert [looks.change(db, practice.id, None, look, BY, NOW) for _ in range(2)] == [True, False]
    assert len(looks.history(db, practice.id, None)) == 1


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.sampled_from(["practice", "clinic", "undo"]), LOOKS), min_size=1, max_size=6))
def test_what_holds_is_the_clinics_own_else_the_practices_whatever_was_changed_and_undone(db, practice, clinic_id, registry, acts):
    ids = {"practice": None, "clinic": clinic_id}
    model = {place: looks.chosen(db, practice.id, id_) for place, id_ in ids.items()}
    done = []
    for act, look in acts:
        now = NOW + timedelta(seconds=next(TICKS))
        if act != "undo":
            if looks.change(db, practice.id, ids[act], look, BY, now):
                done.append((looks.history(db, practice.id, ids[act])[0].id, act, model[act], look))
            model[act] = look
        elif done:
            change_id, place, before, after = done.pop(len(look) % len(done))
            assert looks.undo(db, practice.id, change_id, (), BY, now) == ids[place]
            changed = {name for name in {**before, **after} if before.get(name) != after.get(name)}
            kept = {name: value for name, value in model[place].items() if name not in changed}
            model[place] = kept | {name: before[name] for name in changed & set(before)}
    db.commit()
    tenant = registry.tenants.current(practice.id, clinic_id)
    whole = {**model["practice"], **model["clinic"]}
    assert tenant.theme.brand == whole.get("brand", "#1d6f7a")
    assert tenant.theme.radius == whole.get("radius", "soft")
    assert (tenant.greeting.short_name, tenant.greeting.welcome) == (whole.get("short_name", ""), whole.get("welcome", ""))


def test_a_change_of_another_practice_or_clinic_is_not_undone(db, practice, clinic_id, other_practice, other_db):
    looks.change(other_db, other_practice.id, None, {"brand": "#6d2f73"}, BY, NOW)
    other_db.commit()
    looks.change(db, practice.id, None, {"brand": "#6d2f73"}, BY, NOW)
    [theirs], [ours] = looks.history(other_db, other_practice.id, None), looks.history(db, practice.id, None)
    for id_, limits in ((theirs.id, ()), (ours.id, (clinic_id,))):
        with pytest.raises(looks.CannotChangeLook):
            looks.undo(db, practice.id, id_, limits, BY, NOW)
    assert looks.chosen(db, practice.id, None) == {"brand": "#6d2f73"}


def test_a_picture_that_was_only_tried_on_goes_after_a_day_and_one_of_the_history_stays(db, practice):
    marks = [looks.keep_picture(db, practice.id, Emblem("image/png", body), NOW) for body in (b"first", b"second", b"tried on")]
    for days, mark in enumerate(marks[:2]):
        looks.change(db, practice.id, None, {"logo": mark}, BY, NOW + timedelta(hours=days))
    looks.change(db, practice.id, None, {}, BY, NOW + timedelta(days=2))
    kept = set(db.scalars(select(BrandingPicture.mark).where(BrandingPicture.practice_id == practice.id)))
    assert kept == set(marks[:2])
    assert looks.keep_picture(db, practice.id, Emblem("image/png", b"first"), NOW) == marks[0]


@pytest.fixture
def audited_looks(db, practice):
    def count() -> int:
        return len(db.scalars(select(BrandingChange).where(BrandingChange.practice_id == practice.id)).all())

    return count
