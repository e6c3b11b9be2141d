"""The practice, its clinics and its providers, as records bring them in."""

from datetime import UTC, datetime

from core.records import door
from core.records.kinds import kinds_for
from tenants import looks


def test_a_clinic_that_changed_is_shown_at_once(registry, practice, make):
    before = registry.tenants.current(practice.id)
    make.take_in([{"kind": "clinic", "external_id": "C1", "name": "Harbor View", "time_zone": "America/New_York"}])
    assert "Harbor View" not in {clinic.name for clinic in before.clinics}
    assert {clinic.name for clinic in registry.tenants.current(practice.id).clinics} == {"Harbor View"}


def test_a_provider_who_changed_the_name_is_shown_by_it_at_once(registry, practice, make):
    before = registry.tenants.current(practice.id)
    assert set(before.providers) == {str(practice.provider_id)}
    make.take_in([{"kind": "provider", "external_id": "D1", "first_name": "Ada", "last_name": "Reyes", "preferred_name": "Dr. Ada"}])
    assert registry.tenants.current(practice.id).providers == {str(practice.provider_id): "Dr. Ada"}


PRACTICE = {"kind": "practice", "external_id": "PRACTICE", "name": "Harbor Dental", "phone": "303-555-0100", "email": "desk@harbor.test", "time_zone": "America/Chicago"}


def test_what_the_practice_is_called_and_how_it_is_reached_comes_in_and_what_the_office_chose_counts_more(registry, practice, make, db):
    make.take_in([PRACTICE, {"kind": "clinic", "external_id": "C1", "name": "North", "time_zone": "America/New_York", "email": "north@harbor.test"}])
    tenant = registry.tenants.current(practice.id)
    assert tenant.practice_name == "Harbor Dental"
    assert [(clinic.phone, clinic.email) for clinic in tenant.clinics] == [("303-555-0100", "north@harbor.test")]
    assert tenant.time_zone.key == "America/Chicago"
    looks.change(db, practice.id, None, {"name": "The Harbor"}, looks.By(None, "Grace"), datetime.now(UTC))
    db.commit()
    assert make.take_in([PRACTICE | {"name": "Harbor Dental Group"}])[0].outcome == "updated"
    assert registry.tenants.current(practice.id).practice_name == "The Harbor"


def test_there_is_one_practice(registry, practice, make, db):
    make.take_in([PRACTICE])
    [answer] = door.take_in(db, kinds_for(registry, frozenset()), [PRACTICE | {"external_id": "ANOTHER"}])
    assert answer.outcome == "refused"
