"""Lists as files: nothing in them is taken for a formula."""

import csv
import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.web.exports import csv_line, json_line, safe_cell

FORMULA = tuple("=+-@\t\r\n\0＝＋－＠")
CELLS = st.lists(st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=6)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠1", "=HYPERLINK(\"http://x\")"])
def test_a_formula_is_quoted(cell):
    assert safe_cell(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["Robin", "", "a=b", "'quoted", "3 + 4", " =spaced"])
def test_other_cells_stay_as_they_are(cell):
    assert safe_cell(cell) == cell


@given(CELLS)
@example(["=1", 'say "hi"', "a,b", "two\nlines"])
def test_a_line_is_read_again_and_no_cell_is_a_formula(cells):
    [read] = csv.reader(io.StringIO(csv_line(cells).decode(), newline=""))
    assert [cell.removeprefix("'") if cell.startswith("'") else cell for cell in read] == [cell.removeprefix("'") for cell in cells]
    assert not [cell for cell in read if cell.startswith(FORMULA)]


@given(st.dictionaries(st.text(max_size=5), st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=4))
def test_a_line_of_json_is_one_line(values):
    line = json_line(values)
    assert line.count(b"\n") == 1
    assert json.loads(line) == values
