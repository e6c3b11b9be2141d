"""Clinics that come in as records."""


def test_a_clinic_that_changed_is_shown_at_once(registry, practice, make):
    before = registry.tenants.current(practice.id)
    make.take_in([{"kind": "clinic", "external_id": "C1", "name": "Harbor View", "time_zone": "America/New_York"}])
    assert "Harbor View" not in {clinic.name for clinic in before.clinics}
    assert {clinic.name for clinic in registry.tenants.current(practice.id).clinics} == {"Harbor View"}
