"""Where the parts of a chart stand."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from core.web.charts import TOP, column_chart, row_chart

POINTS = st.lists(st.tuples(st.integers(0, 10**7), st.floats(0, 1)).map(lambda pair: ("Oct 26", pair[0], int(pair[0] * pair[1]))), max_size=130)


@given(POINTS, st.sampled_from([(340, 230), (760, 280)]))
@settings(max_examples=60)
def test_every_column_stands_inside_and_is_as_high_as_its_number(points, size):
    chart = column_chart(points, *size)
    assert 1 < len(chart.lines) <= 5
    highest = chart.lines[-1][1]
    assert highest >= max((number for _, number, _ in points), default=0)
    room = chart.lines[0][0] - chart.lines[-1][0]
    for column in chart.columns:
        assert 0 <= column.x <= column.x + column.width <= chart.width
        assert column.y >= TOP - 0.1
        assert abs(column.height - room * column.number / highest) < 0.2
        assert column.part_height <= column.height + 0.1
    places = [column.middle for column in chart.columns if column.is_labelled]
    assert all(after - before > 40 for before, after in pairwise(places))


def test_lines_have_numbers_that_are_easily_read():
    assert [number for _, number in column_chart([("a", 37, 0)], 340, 230).lines] == [0, 10, 20, 30, 40]
    assert [number for _, number in column_chart([("a", 180, 0)], 340, 230).lines] == [0, 50, 100, 150, 200]
    assert [number for _, number in column_chart([], 340, 230).lines] == [0, 1]


def test_a_bar_is_as_long_as_its_part_of_the_largest():
    chart = row_chart([("Invited", 40), ("Signed in", 10), ("Nothing", 0)])
    assert [row.length for row in chart.rows] == [360, 90, 0]
    assert [row.length for row in row_chart([("Nothing", 0)]).rows] == [0]
