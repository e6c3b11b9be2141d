"""The names of languages, as their speakers and as an English-speaking office say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.people import languages


@pytest.mark.parametrize(
    ("tag", "own", "english"),
    [
        ("es", "Español", "Spanish"),
        ("es-MX", "Español", "Spanish"),
        ("en-US", "English", "English"),
        ("zh-Hant", "中文 (繁體)", "Chinese (Traditional)"),
        ("ht", "Kreyòl Ayisyen", "Haitian Creole"),
        ("Klingon", "Klingon", "Klingon"),
        ("", "", ""),
    ],
)
def test_a_language_has_a_name_for_its_speakers_and_one_for_the_office(tag, own, english):
    assert (languages.own_name(tag), languages.english_name(tag)) == (own, english)


def test_each_language_of_the_list_has_a_name_of_its_own():
    names = [languages.own_name(tag) for tag in languages.COMMON]
    assert len(set(names)) == len(names)
    assert not [tag for tag, name in zip(languages.COMMON, names, strict=True) if name.lower() == tag.lower()]


@given(st.text(max_size=40))
def test_whatever_a_chart_says_can_be_shown(tag):
    assert isinstance(languages.own_name(tag), str)
    assert isinstance(languages.english_name(tag), str)
