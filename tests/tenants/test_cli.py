"""`cuspid practice`."""

import secrets
from functools import partial

import pytest

from tenants import cli


@pytest.fixture
def run(command_line):
    """`run("create", ...)`: `cuspid practice` in the installation under test."""
    return partial(command_line, cli.practice)


@pytest.fixture
def slug():
    return "p" + secrets.token_hex(6)


def tenant(registry, slug: str, clinic: str | None = None):
    practice_id = registry.tenants.practice_at(f"{slug}.localhost")
    clinics = {found.name: found.id for found in registry.tenants.current(practice_id).clinics}
    return registry.tenants.current(practice_id, clinics.get(clinic))


def test_a_practice_is_made_with_its_clinics_and_its_address_is_said(run, registry, slug):
    answer = run("create", slug, "Oak Dental", "--clinic", "Main Street", "--clinic", "Lakeside", "--time-zone", "America/Denver")
    assert answer.exit_code == 0, answer.output
    assert answer.output == f"Oak Dental is at {registry.portal.address(slug + '.localhost')}\n"
    made = tenant(registry, slug)
    assert [clinic.name for clinic in made.clinics] == ["Main Street", "Lakeside"]
    assert {clinic.time_zone.key for clinic in made.clinics} == {"America/Denver"}


def test_a_practice_without_named_clinics_has_one_called_like_itself(run, registry, slug):
    run("create", slug, "Oak Dental", "--time-zone", "America/Denver")
    assert [clinic.name for clinic in tenant(registry, slug).clinics] == ["Oak Dental"]


@pytest.mark.parametrize(("words", "said"), [
    (("Oak", "Oak Dental", "--time-zone", "America/Denver"), "2 to 63 small letters"),
    (("o", "Oak Dental", "--time-zone", "America/Denver"), "2 to 63 small letters"),
    (("oak.dental", "Oak Dental", "--time-zone", "America/Denver"), "2 to 63 small letters"),
    (("oak", "Oak Dental", "--time-zone", "Mars/Base"), "not a time zone"),
    (("oak", "Oak Dental"), "--time-zone"),
])  # fmt: skip
def test_what_cannot_be_is_said_in_a_sentence(run, words, said):
    answer = run("create", *words)
    assert answer.exit_code != 0
    assert said in answer.output
    assert "Traceback" not in answer.output


def test_an_address_is_given_once(run, slug):
    assert run("create", slug, "Oak Dental", "--time-zone", "America/Denver").exit_code == 0
    answer = run("create", slug, "Other", "--time-zone", "America/Denver")
    assert answer.exit_code == 1
    assert "taken by another practice" in answer.output


def test_practices_are_listed_with_their_addresses(run, practice, registry):
    assert f"{registry.portal.address(practice.host)}  Practice {practice.slug}" in run("list").output


def test_a_tab_is_switched_off_and_on_and_back_to_what_is_inherited(run, practice, registry):
    for state, is_on in (("off", False), ("on", True), ("off", False), ("inherit", True)):
        answer = run("switch", practice.slug, "account", state)
        assert answer.exit_code == 0, answer.output
        assert ("account" in tenant(registry, practice.slug).plugins) == is_on


def test_a_tab_is_switched_for_one_clinic_only(run, registry, slug):
    run("create", slug, "Oak Dental", "--clinic", "Main Street", "--clinic", "Lakeside", "--time-zone", "America/Denver")
    answer = run("switch", slug, "account", "off", "--clinic", "Lakeside")
    assert answer.output.startswith("account is off at ")
    assert "account" not in tenant(registry, slug, "Lakeside").plugins
    assert "account" in tenant(registry, slug, "Main Street").plugins


@pytest.mark.parametrize(("words", "said"), [
    (("nobody", "account", "off"), "no practice called 'nobody'"),
    (("{slug}", "nonsense", "off"), "No tab called 'nonsense'"),
    (("{slug}", "account", "maybe"), "'maybe' is not one of"),
    (("{slug}", "account", "off", "--clinic", "Nowhere"), "no clinic called 'Nowhere'"),
])  # fmt: skip
def test_what_cannot_be_switched_is_said_in_a_sentence(run, practice, words, said):
    answer = run("switch", *(word.format(slug=practice.slug) for word in words))
    assert answer.exit_code != 0
    assert said in answer.output


def test_a_plan_is_set_and_what_is_used_of_it_is_said(run, slug):
    run("create", slug, "Oak Dental", "--clinic", "Main Street", "--time-zone", "America/Denver")
    assert run("plan", slug).output.startswith("Unlimited\n")
    assert "1 of 1 clinics" in run("plan", slug, "Starter").output
    assert "0 of 1,000 patients with access" in run("plan", slug).output
    assert "There is no plan called 'King'" in run("plan", slug, "King").output
