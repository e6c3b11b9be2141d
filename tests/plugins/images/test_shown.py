from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.images import shown


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ("", ""),
        ("14", "Tooth 14"),
        ("3, 14", "Teeth 3, 14"),
        ("12, 13, 14, 15, 18, 19", "Teeth 12–15, 18, 19"),
        ("5,4,3", "Teeth 3–5"),
        ("A, B, C", "Teeth A, B, C"),
        ("1-16", "Teeth 1-16"),
    ],
)
def test_tooth_numbers_are_read_as_they_are_said(numbers, words):
    assert shown.teeth(numbers).replace("\u2060", "") == words


@given(st.lists(st.integers(1, 32), min_size=1, unique=True))
def test_no_tooth_is_lost_in_a_span(numbers):
    found = set()
    for span in shown.teeth(", ".join(map(str, numbers))).replace("\u2060", "").split(" ", 1)[1].split(", "):
        first, _, last = span.partition("–")
        found.update(range(int(first), int(last or first) + 1))
    assert found == set(numbers)


@pytest.mark.parametrize(
    ("size", "words"), [(1, "1 KB"), (95_800, "94 KB"), (1_048_575, "1,024 KB"), (1_300_000, "1.2 MB"), (41_943_040, "40 MB")]
)
def test_sizes_are_said_in_short(size, words):
    assert shown.file_size(size) == words


def test_a_saved_file_has_the_ending_of_what_it_is():
    row = SimpleNamespace(file_name="C:\\scans\\left side.TIF", content_type="image/png", description="", type="radiograph")
    assert shown.saved_as(row) == "C scans left side.png"
    row.file_name = ""
    assert shown.saved_as(row) == "X-ray.png"
    assert shown.public_name(row) == "image.png"
