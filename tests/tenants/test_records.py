"""Clinics that come in as records."""


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
