"""The charts of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from markerd.journal.history import Incident, MemoryPeak
from markerd.monitoring.html_templates import format_span
from markerd.monitoring.report import scales
from markerd.monitoring.report.charts import Bars, Chart, Line, draw_bars, draw_lines
from markerd.monitoring.report.figures import Tally, find_percentiles
from markerd.monitoring.report.period import Period
from markerd.values import count_with_noun

_MB = 1 << 20


@dataclass(frozen=True)
class Plot:
    """A chart with its title, a line that says how to read it, and its legend, empty where it needs none."""

    id: str
    title: str
    note: str
    legend: Sequence[Bars | Line]
    drawing: Markup


def plot_documents(period: Period, tallies: Sequence[Tally]) -> Plot:
    """Plot how many documents came to an end."""
    series = [
        Bars("dead letters", "dead", [each.dead for each in tallies]),
        Bars("published", "published", [each.published for each in tallies]),
        Bars("skipped", "skipped", [each.skipped for each in tallies]),
    ]
    published, dead, skipped = (sum(each.values) for each in (series[1], series[0], series[2]))
    chart = Chart(
        "documents",
        f"Documents per {period.step.value}",
        f"{published:,} published, {dead:,} dead letters, {skipped:,} skipped.",
        scales.build_count_scale(max(each.documents for each in tallies)),
        period,
        [
            f"{period.name_bucket(bucket)}: {each.published:,} published, {each.dead:,} dead, {each.skipped:,} skipped"
            for bucket, each in enumerate(tallies)
        ],
    )
    return _assemble_plot(chart, "How many came to an end.", series, draw_bars(chart, series))


def plot_pages(period: Period, tallies: Sequence[Tally]) -> Plot:
    """Plot how many pages were published."""
    series = [Bars("pages", "published", [each.pages for each in tallies])]
    chart = Chart(
        "pages",
        f"Pages per {period.step.value}",
        f"{count_with_noun(sum(series[0].values), 'page', ',')} of published documents.",
        scales.build_count_scale(max(series[0].values)),
        period,
        [
            f"{period.name_bucket(bucket)}: {count_with_noun(each.pages, 'page', ',')}"
            for bucket, each in enumerate(tallies)
        ],
    )
    return _assemble_plot(chart, "Of published documents.", (), draw_bars(chart, series))


def plot_seconds_per_page(period: Period, tallies: Sequence[Tally]) -> Plot:
    """Plot how long a page took."""
    return _plot_durations(
        "per-page", "Seconds per page", "Conversion alone, document by document.", period,
        [each.per_page for each in tallies], (50, 95),
    )  # fmt: skip


def plot_waiting(period: Period, tallies: Sequence[Tally]) -> Plot:
    """Plot how long documents waited, conversion included."""
    return _plot_durations(
        "waiting", "From drop to output", "How long published documents waited, conversion included.", period,
        [each.waited for each in tallies], (50, 95, 99),
    )  # fmt: skip


def _plot_durations(
    name: str, title: str, note: str, period: Period, samples: Sequence[Sequence[float]], percents: Sequence[int]
) -> Plot:
    found = [find_percentiles(sample, *percents) for sample in samples]
    series = [
        Line(_PERCENT_NAMES[percent], f"line p{percent}", _list_points(period, found, number))
        for number, percent in enumerate(percents)
    ]
    scale = scales.build_duration_scale(value for each in found if each for value in each)
    chart = Chart(name, title, _summarize(note, samples, percents), scale, period, _write_tips(period, found, percents))
    if scale.is_logarithmic:
        note += " The scale is logarithmic."
    return _assemble_plot(chart, note, series, draw_lines(chart, series))


_PERCENT_NAMES = {50: "half within (p50)", 95: "95 % within (p95)", 99: "99 % within (p99)"}


def _list_points(
    period: Period, found: Sequence[tuple[float, ...] | None], number: int
) -> list[tuple[float, float] | None]:
    middles = ((left + right) / 2 for left, right in zip(period.edges, period.edges[1:], strict=False))
    return [None if each is None else (middle, each[number]) for middle, each in zip(middles, found, strict=True)]


def _summarize(note: str, samples: Sequence[Sequence[float]], percents: Sequence[int]) -> str:
    found = find_percentiles([value for sample in samples for value in sample], *percents)
    return f"{note} Over all: {_describe_percentiles(found, percents)}."


def _write_tips(period: Period, found: Sequence[tuple[float, ...] | None], percents: Sequence[int]) -> list[str]:
    return [
        f"{period.name_bucket(bucket)}: {_describe_percentiles(each, percents)}" for bucket, each in enumerate(found)
    ]


def _describe_percentiles(found: tuple[float, ...] | None, percents: Sequence[int]) -> str:
    if found is None:
        return "nothing published"
    return ", ".join(f"p{percent} {format_span(value)}" for percent, value in zip(percents, found, strict=True))


MEMORY_SLOTS = 240
_LONGEST_BRIDGE = MEMORY_SLOTS // 30
"""The line bridges so many slots without a document: one day of a report of thirty, but no weekend."""


def plot_memory(period: Period, until: float, usage: Sequence[MemoryPeak], incidents: Sequence[Incident]) -> Plot:
    """Plot the peaks of memory in the slots of `period.begin` to `until`."""
    width = (until - period.begin) / MEMORY_SLOTS
    points: list[tuple[float, float] | None] = []
    for before, each in zip((usage[0], *usage), usage, strict=False):
        if each.slot - before.slot > _LONGEST_BRIDGE:
            points.append(None)
        points.append((period.begin + (each.slot + 0.5) * width, each.rss_bytes / _MB))
    highest_mb = max(each.rss_bytes for each in usage) / _MB
    series = [Line("memory", "line p50", points)]
    chart = Chart(
        "memory", "Memory of the converter", f"At most {highest_mb:,.0f} MB.", scales.build_size_scale(highest_mb),
        period, (), [(each.at, _describe_mark(period, each)) for each in incidents],
    )  # fmt: skip
    note = "Resident, after each document."
    if incidents:
        note += " Upright lines: a start of the daemon, a converter that died or was replaced."
    return _assemble_plot(chart, note, (), draw_lines(chart, series))


def _describe_mark(period: Period, incident: Incident) -> str:
    return f"{period.convert_to_local(incident.at):%Y-%m-%d %H:%M}: {incident.event}, {incident.reason}".rstrip(", ")


def _assemble_plot(chart: Chart, note: str, series: Sequence[Bars | Line], drawing: Markup) -> Plot:
    return Plot(chart.id, chart.title, note, series, drawing)
