"""The rule by which images are named: what it writes it reads back, and whatever does not fit it is told what it expects."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.records.importing.readers import WrongChoice
from plugins.images.naming.rule import FIELDS, NoMatch, rule_of

RULE = "{patient}/{date:%Y-%m-%d}_{folder}_{title}.{ext}"
WORDS = st.text(st.characters(categories=("Lu", "Ll", "Nd"), include_characters=" .'’-"), min_size=1, max_size=12).map(str.strip).filter(lambda words: words.strip(". "))
DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31)).map(date.isoformat)


@st.composite
def rules(draw):
    """A rule, and what an image says by it."""
    names = draw(st.permutations(["patient", "folder", "title", "teeth", "type", "date", "born", "last", "first"]))
    people = draw(st.sampled_from([("patient",), ("last", "first", "born"), ()]))
    chosen = [name for name in names if name in people or name in ("folder", "title", "teeth", "type", "date")]
    between = draw(st.lists(st.sampled_from(["/", "_", " _ ", "__", "_#"]), min_size=len(chosen) - 1, max_size=len(chosen) - 1))
    forms = st.sampled_from(["", ":%Y-%m-%d", ":%d.%m.%Y", ":%Y%m%d", ":%d%b%Y", ":%B %d, %Y"])
    words = [f"{{{name}{draw(forms) if name in ('date', 'born') else ''}}}" for name in chosen]
    rule = "".join(part for pair in zip(words, [*between, draw(st.sampled_from(["", ".{ext}"]))], strict=True) for part in pair)
    return rule, {name: draw(DAYS if name in ("date", "born") else WORDS) for name in chosen}


@given(rules(), st.sampled_from([".jpg", ".PDF", ".dcm"]))
def test_what_a_rule_writes_it_reads_back(made, ending):
    words, said = made
    rule = rule_of(words)
    path = rule.write(said, ending)
    assert rule.fields == said.keys()
    assert rule.read(path) == rule.read(f"any where/above/{path}") == said


@given(rules(), st.text(max_size=80), st.text("_/ -.2026", max_size=120))
@example((RULE, {}), "P1/2026-13-04_a_b.jpg", "_" * 900)
def test_any_path_is_read_or_told_what_is_expected(made, path, odd):
    rule = rule_of(made[0])
    for one in (path, odd):
        with suppress(NoMatch):
            assert rule.read(one).keys() == rule.fields


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from([*(f"{{{field}}}" for field in FIELDS), "{date:%d", "{", "/", "_", "{ext}", "{date:%H}", "{date:%d%m%Y}"]), max_size=6).map("".join)))
def test_any_words_are_a_rule_or_told_what_is_wrong(words):
    with suppress(WrongChoice):
        assert rule_of(words).fields <= FIELDS.keys()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("P1/2026-03-04_X-rays_Bitewing_left.JPG", {"patient": "P1", "date": "2026-03-04", "folder": "X-rays", "title": "Bitewing_left"}),
        ("scans/P1/2026-3-4_Fotos_Dr. Müller.png", {"patient": "P1", "date": "2026-03-04", "folder": "Fotos", "title": "Dr. Müller"}),
    ],
)
def test_a_path_is_read_from_its_end(path, said):
    assert rule_of(RULE).read(path) == said


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("2026-03-04_X-rays_Left.jpg", f"The rule {RULE} speaks of one folder above the file."),
        ("P1/4 March_X-rays_Left.jpg", f"The rule {RULE} expects the day on which it was taken such as 2026-03-14 in the name of the file."),
        ("P1/2026-02-30_X-rays_Left.jpg", f"The rule {RULE} expects the day on which it was taken such as 2026-03-14 in the name of the file."),
        ("P1/2026-03-04 X-rays_Left.jpg", f"The rule {RULE} expects “_” in the name of the file."),
        ("P1/2026-03-04_X-rays.jpg", f"The rule {RULE} expects a folder in the name of the file."),
    ],
)
def test_what_does_not_fit_is_told_what_was_expected_where(path, expected):
    with pytest.raises(NoMatch) as wrong:
        rule_of(RULE).read(path)
    assert str(wrong.value) == expected


def test_a_day_may_stand_behind_words_of_any_number():
    assert rule_of("{title} {date:%m-%d-%y}").read("Bitewing left side 03-04-26.jpg") == {"title": "Bitewing left side", "date": "2026-03-04"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "A rule says how"), ("{patient}/", "Between two strokes"), ("{patient}{title}", "Something must stand between {patient} and {title}"), ("{chart}", "A rule holds words and {patient},"),
        ("{date:%d.%m}", "needs a day, a month and a year"), ("{title:x}", "Only days"), ("{title}_{title}", "{title} twice"), ("{last}_{title}", "all three"), ("{ext}/{title}", "A rule holds"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_used_is_told_why(words, says):
    with pytest.raises(WrongChoice) as wrong:
        rule_of(words)
    assert says in str(wrong.value)
