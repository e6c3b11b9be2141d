"""What grants come to at a moment and over time, and how it is said."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people import words
from core.people.grants import Period, Plain, lasts, periods, rights_at

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TITLES = {"account": "Account", "images": "Images", "plan": "Plan"}

moments = st.integers(-5, 8).map(lambda hours: NOW + hours * HOUR)
grants = st.lists(
    st.builds(
        lambda plugin, level, since, hours: Plain(plugin, level, since, since + hours * HOUR if hours else None),
        st.sampled_from(["*", "account", "images"]), st.sampled_from(["see", "act"]), moments, st.integers(0, 6),
    ),
    max_size=6,
)  # fmt: skip


def _allows(held, plugin: str, level: str, moment: datetime) -> bool:
    """Plainly: some grant gives it at that moment."""
    return any(
        one.plugin in ("*", plugin) and (one.level == "act" or level == "see") and one.since <= moment and (one.until is None or moment < one.until)
        for one in held
    )


def _means(rights: frozenset[str], plugin: str, level: str) -> bool:
    return not rights.isdisjoint({f"{one}.{other}" for one in ("*", plugin) for other in (("act",) if level == "act" else ("act", "see"))})


@given(held=grants, moment=moments, plugin=st.sampled_from(["account", "images", "plan"]), level=st.sampled_from(["see", "act"]))
def test_rights_without_what_others_cover_mean_the_same(held, moment, plugin, level):
    assert _means(rights_at(held, moment), plugin, level) == _allows(held, plugin, level, moment)


@given(held=grants, later=st.integers(0, 14))
def test_each_moment_to_come_lies_in_the_period_that_has_its_rights(held, later):
    moment = NOW + later * HOUR
    found = [one for one in periods(held, NOW) if one.since <= moment and (one.until is None or moment < one.until)]
    assert [one.rights for one in found] == ([rights_at(held, moment)] if rights_at(held, moment) else [])


@given(held=grants, right=st.sampled_from(["account.see", "account.act", "images.see"]), later=st.integers(0, 14))
def test_a_right_lasts_without_a_gap_and_not_a_moment_longer(held, right, later):
    plugin, _, level = right.partition(".")
    found, moment = lasts(held, right, NOW), NOW + later * HOUR
    assert (found is not None) == _allows(held, plugin, level, NOW)
    if found and (found.until is None or moment < found.until):
        assert _allows(held, plugin, level, moment)
    if found and found.until:
        assert not _allows(held, plugin, level, found.until)


@pytest.mark.parametrize(
    ("rights", "words_for_it"),
    [
        ({"*.act"}, "You may see everything and act."),
        ({"*.see"}, "You may see everything."),
        ({"account.see"}, "You may see Account."),
        ({"account.act", "plan.act"}, "You may see Account and Plan and act there."),
        ({"account.act", "images.see", "plan.see"}, "You may see Account and act there, and see Images and Plan."),
        ({"*.see", "account.act"}, "You may see Account and act there, and see everything."),
        ({"gone.see"}, "You may see none of the tabs that are on."),
    ],
)
def test_rights_are_said_in_words(rights, words_for_it):
    assert words.allowed("You", [Period(frozenset(rights), NOW, None)], TITLES, UTC) == words_for_it


@pytest.mark.parametrize(
    ("sex", "mine", "theirs", "said"),
    [
        ("F", ["mother", "guardian"], [], "Your daughter"),
        ("M", ["father"], [], "Your son"),
        ("U", ["parent"], [], "Your child"),
        ("M", ["daughter"], [], "Your father"),
        ("F", ["guarantor"], ["spouse"], "Your spouse"),
        ("F", ["grandfather"], [], "Your granddaughter"),
        ("F", ["guarantor"], [], "In your family account"),
        ("F", ["caregiver", "guardian"], [], "In your care"),
        ("M", ["responsible party"], [], "You are the responsible party"),
        ("F", ["other"], ["other"], ""),
    ],
)
def test_who_somebody_is_to_the_reader(sex, mine, theirs, said):
    assert words.whose(sex, mine, theirs) == said
