import pytest

from core.theme import Theme


@pytest.mark.parametrize(
    "color", ["red", "#FFF", "#12345", "#GGGGGG", "#ABCDEF", "#123456;}body{display:none", "", "#12345678", "#123456\n"]
)
def test_a_color_that_is_none_is_refused(color):
    for field in ("brand", "accent", "brand_dark"):
        if color or field != "brand_dark":
            with pytest.raises(ValueError, match="color"):
                Theme(**{field: color})


@pytest.mark.parametrize("choice", [{"radius": "oval"}, {"font": "comic"}, {"bar": "none"}, {"logo_type": "text/html"}])
def test_a_choice_that_is_not_offered_is_refused(choice):
    with pytest.raises(ValueError, match="must be one of"):
        Theme(**choice)


def test_every_change_of_the_look_changes_its_version():
    looks = [
        Theme(), Theme(brand="#1d6f7b"), Theme(brand_dark="#1d6f7a"), Theme(accent="#000000"), Theme(radius="round"), Theme(font="figtree"),
        Theme(bar="brand"), Theme(logo=b"one"), Theme(logo=b"two"), Theme(logo=b"two", logo_type="image/png"),
    ]  # fmt: skip
    assert len({look.version for look in looks}) == len(looks)
    assert Theme().version == Theme().version
