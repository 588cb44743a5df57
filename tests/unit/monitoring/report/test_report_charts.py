"""Charts are well-formed, stay inside their plot and say what they show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timezone
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from markerd.monitoring.report.charts import HEIGHT, WIDTH, Bars, Chart, Line, build_element, draw_bars, draw_lines
from markerd.monitoring.report.period import build_period
from markerd.monitoring.report.scales import Scale, build_count_scale, build_duration_scale

PERIOD = build_period(9, 1_000_000.0, 0.0, timezone.utc)
N = len(PERIOD)
ROUNDING = 0.011  # each number is written with two digits: a sum of two of them is off by so much at most
_counts = st.lists(st.integers(0, 10**7), min_size=N, max_size=N)


def chart(scale: Scale, tips: Sequence[str] = (), marks: Sequence[tuple[float, str]] = ()) -> Chart:
    return Chart("it", "The title", "In words.", scale, PERIOD, tips, marks)


def parsed(drawing: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(str(drawing))


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+", text)]


@given(_counts, _counts)
def test_bars_stay_inside_the_plot(lower: list[int], upper: list[int]) -> None:
    """Stacked without overlap, none beyond the edge, and one for each number above zero."""
    scale = build_count_scale(max(map(sum, zip(lower, upper, strict=True))))
    drawing = parsed(draw_bars(chart(scale), [Bars("lower", "dead", lower), Bars("upper", "published", upper)]))
    plot = drawing.find("svg")
    assert plot is not None
    boxes = [{key: float(box.attrib[key]) for key in ("x", "y", "width", "height")} for box in plot.iter("rect")]
    assert len(boxes) >= sum(value > 0 for value in lower)
    for box in boxes:
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["width"] > 0
        assert box["x"] + box["width"] <= WIDTH + ROUNDING
        assert box["y"] + box["height"] <= HEIGHT + ROUNDING
    for left in {box["x"] for box in boxes}:
        stacked = sum(box["height"] for box in boxes if box["x"] == left)
        assert stacked <= HEIGHT + 2 * ROUNDING


@given(st.lists(st.one_of(st.none(), st.floats(0.001, 1e6)), min_size=N, max_size=N))
def test_lines_stay_inside_the_plot(values: list[float | None]) -> None:
    """Every value is a point of a line or a dot; where there is none the line is broken."""
    points = [None if value is None else (PERIOD.edges[n], value) for n, value in enumerate(values)]
    scale = build_duration_scale(value for value in values if value is not None)
    drawing = parsed(draw_lines(chart(scale), [Line("p50", "line p50", points)]))
    drawn = [path.attrib["d"] for path in drawing.iter("path")]
    assert sum(len(numbers(path.replace("h0", ""))) for path in drawn) == 2 * sum(each is not None for each in values)
    for path in drawn:
        coordinates = numbers(path.replace("h0", ""))
        assert all(0 <= x <= WIDTH for x in coordinates[::2])
        assert all(0 <= y <= HEIGHT for y in coordinates[1::2])


def test_single_point_is_drawn_as_a_dot() -> None:
    """A line needs two points; one between two gaps would not be seen."""
    points = [(PERIOD.edges[0], 1.0), None, (PERIOD.edges[2], 1.0), (PERIOD.edges[3], 2.0)]
    drawing = parsed(draw_lines(chart(build_duration_scale([2.0])), [Line("p50", "line p50", points)]))
    assert [path.attrib["class"] for path in drawing.iter("path")] == ["line p50", "line p50 dot"]


def test_one_of_a_million_has_a_visible_bar() -> None:
    """A dead letter beside many published documents has a bar of some height."""
    values = [[1] + [0] * (N - 1), [10**6] * N]
    drawing = parsed(
        draw_bars(
            chart(build_count_scale(10**6 + 1)), [Bars("dead", "dead", values[0]), Bars("ok", "published", values[1])]
        )
    )
    (dead,) = [box for box in drawing.iter("rect") if box.attrib["class"] == "dead"]
    assert float(dead.attrib["height"]) >= 2


def test_chart_has_title_and_summary() -> None:
    """Title and description for who cannot see it, a tip for each bucket, the ticks with their texts."""
    tips = [f"tip {number}" for number in range(N)]
    drawing = parsed(
        draw_bars(
            chart(build_count_scale(4), tips, [(PERIOD.edges[2], "daemon.started")]), [Bars("a", "dead", [1] * N)]
        )
    )
    assert drawing.attrib["role"] == "img"
    named = {each.attrib["id"]: each.text for each in drawing.iter() if each.tag in ("title", "desc") and each.attrib}
    assert named == {"it-title": "The title", "it-desc": "In words."}
    assert drawing.attrib["aria-labelledby"].split() == list(named)
    titles = [each.text for each in drawing.iter("title")]
    assert titles == ["The title", "daemon.started", *tips]
    texts = [each.text for each in drawing.iter("text")]
    assert texts[:5] == ["0", "1", "2", "3", "4"]


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")))
def test_text_cannot_leave_its_element(text: str) -> None:
    """Nor an attribute its quotes."""
    drawn = ElementTree.fromstring(str(build_element("text", text, data_name=text)))
    assert (drawn.text or "") == text
    assert drawn.attrib == {"data-name": text}
