"""Charts as inline SVG that needs neither script nor network.

The plot is stretched to the width of its place, whatever that is, while texts and strokes keep their size: shapes lie
in an inner SVG of 1000 units without aspect ratio, texts beside it at percentages. Colours are the style sheet's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup, escape

from markerd.monitoring.report.period import Label, Period
from markerd.monitoring.report.scales import Scale

WIDTH, HEIGHT = 1000.0, 180.0
"""The size of the plot in its own units; the height is in pixels."""

_LEAST_HEIGHT = 2.0
"""The least height of a bar, in pixels, so that one document of a thousand is still visible."""
_GAP = 0.16
"""The share of a bucket that lies between its bar and the next one."""


@dataclass(frozen=True)
class Bars:
    """One value for each bucket; `style` is a class of the style sheet."""

    name: str
    style: str
    values: Sequence[float]


@dataclass(frozen=True)
class Line:
    """Times with values, ascending; it is broken where there is None instead."""

    name: str
    style: str
    points: Sequence[tuple[float, float] | None]


@dataclass(frozen=True)
class Chart:
    """`id` names it on the page; `summary` says in words what it shows, for people who cannot see it.

    `tips` has a text for each bucket, shown when the pointer rests on it; `marks` are times with what happened then.
    """

    id: str
    title: str
    summary: str
    scale: Scale
    period: Period
    tips: Sequence[str]
    marks: Sequence[tuple[float, str]] = ()


def draw_bars(chart: Chart, series: Sequence[Bars]) -> Markup:
    """Draw a bar for each bucket, the series stacked, the first at the bottom."""
    return _draw(chart, Markup("").join(_draw_stack(chart, series, bucket) for bucket in range(len(chart.period))))


def draw_lines(chart: Chart, series: Sequence[Line]) -> Markup:
    """Draw a line for each series, the first in front."""
    return _draw(chart, Markup("").join(_draw_line(chart, each) for each in reversed(series)))


def build_element(name: str, content: str = "", **attributes: object) -> Markup:
    """Build an SVG element; everything is escaped that is not `Markup`.

    `_` stands for `-` in the name of an attribute, and for nothing at its end.
    """
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{given}>{escape(content)}</{name}>")  # noqa: S704  # escaped in this very line and above


def _draw(chart: Chart, shapes: Markup) -> Markup:
    inner = build_element(
        "svg", shapes, class_="plot", viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}", preserveAspectRatio="none",
        width="100%", height=f"{HEIGHT:g}",
    )  # fmt: skip
    parts = [
        build_element("title", chart.title, id=f"{chart.id}-title"),
        build_element("desc", chart.summary, id=f"{chart.id}-desc"),
        *_draw_grid(chart.scale),
        *(_draw_mark(chart.period, at, text) for at, text in chart.marks),
        inner,
        *(_draw_x_label(label) for label in chart.period.build_labels()),
        *_draw_hovers(chart),
    ]
    return build_element(
        "svg", Markup("").join(parts), id=f"{chart.id}-chart", role="img", width="100%", height=f"{HEIGHT + 24:g}",
        aria_labelledby=f"{chart.id}-title {chart.id}-desc",
    )  # fmt: skip


def _draw_grid(scale: Scale) -> Iterator[Markup]:
    for tick in scale.ticks:
        y = _format_number(HEIGHT * (1 - scale.height(tick.value)))
        yield build_element("line", class_="grid", x1="0", x2="100%", y1=y, y2=y)
        yield build_element("text", tick.text, class_="y", x="-8", y=y, dy="0.32em")


def _draw_x_label(label: Label) -> Markup:
    style = "x minor" if label.is_minor else "x"
    return build_element("text", label.text, class_=style, x=_format_percent(label.place), y=f"{HEIGHT + 18:g}")


def _draw_mark(period: Period, at: float, text: str) -> Markup:
    x = _format_percent(period.locate(at))
    line = build_element("line", x1=x, x2=x, y1="0", y2=f"{HEIGHT:g}")
    return build_element("g", build_element("title", text) + line, class_="mark")


def _draw_hovers(chart: Chart) -> Iterator[Markup]:
    edges = [chart.period.locate(edge) for edge in chart.period.edges]
    for left, right, tip in zip(edges, edges[1:], chart.tips, strict=False):
        yield build_element(
            "rect", build_element("title", tip), class_="hover", x=_format_percent(left),
            width=_format_percent(right - left), y="0", height=f"{HEIGHT:g}",
        )  # fmt: skip


def _draw_stack(chart: Chart, series: Sequence[Bars], bucket: int) -> Markup:
    left, right = (WIDTH * chart.period.locate(edge) for edge in chart.period.edges[bucket : bucket + 2])
    gap = (right - left) * _GAP
    floor, shapes = HEIGHT, []
    for each in series:
        value = each.values[bucket]
        if not value:
            continue
        height = min(max(HEIGHT * chart.scale.height(value), _LEAST_HEIGHT), floor)
        floor -= height
        box = {"x": left + gap / 2, "width": right - left - gap, "y": floor, "height": height}
        shapes.append(
            build_element("rect", class_=each.style, **{name: _format_number(number) for name, number in box.items()})
        )
    return Markup("").join(shapes)


def _draw_line(chart: Chart, series: Line) -> Markup:
    """A point between two breaks is drawn as a dot: by the round cap of a line without length."""
    runs = [[_format_point(chart, at, value) for at, value in run] for run in _split_runs(series.points)]
    strokes = {
        series.style: "".join(f"M{'L'.join(run)}" for run in runs if len(run) > 1),
        f"{series.style} dot": "".join(f"M{run[0]}h0" for run in runs if len(run) == 1),
    }
    return Markup("").join(
        build_element("path", class_=style, d=path, vector_effect="non-scaling-stroke")
        for style, path in strokes.items()
        if path
    )


def _format_point(chart: Chart, at: float, value: float) -> str:
    x, y = WIDTH * chart.period.locate(at), HEIGHT * (1 - chart.scale.height(value))
    return f"{_format_number(x)} {_format_number(y)}"


def _split_runs(points: Iterable[tuple[float, float] | None]) -> Iterator[list[tuple[float, float]]]:
    for is_gap, run in groupby(points, lambda point: point is None):
        if not is_gap:
            yield [point for point in run if point is not None]


def _format_number(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _format_percent(part: float) -> str:
    return f"{_format_number(100 * part)}%"
