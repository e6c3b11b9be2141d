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


@pytest.mark.parametrize("choice", [{"radius": "oval"}, {"font": "comic"}, {"bar": "none"}, {"radius": ""}])
def test_a_choice_that_is_not_offered_is_refused(choice):
    with pytest.raises(ValueError, match="must be one of"):
        Theme(**choice)


@pytest.mark.parametrize("mark", ["../logo", "A" * 32, "a" * 31, "a" * 33, "a" * 32 + "\n"])
def test_what_is_no_mark_of_a_picture_is_refused(mark):
    for field in ("logo", "icon"):
        with pytest.raises(ValueError, match="mark"):
            Theme(**{field: mark})


def test_every_change_of_the_look_changes_its_version():
    looks = [
        Theme(), Theme(brand="#1d6f7b"), Theme(brand_dark="#1d6f7a"), Theme(accent="#000000"), Theme(radius="round"), Theme(font="figtree"),
        Theme(bar="brand"), Theme(logo="1" * 32), Theme(logo="2" * 32), Theme(icon="2" * 32),
    ]  # fmt: skip
    assert len({look.version for look in looks}) == len(looks)
    assert Theme().version == Theme().version
