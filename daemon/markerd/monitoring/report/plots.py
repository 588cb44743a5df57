"""Which charts the report shows, and of what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from markerd.journal.history import Incident, MemoryPeak
from markerd.monitoring.html_templates import span
from markerd.monitoring.report import scales
from markerd.monitoring.report.charts import Bars, Chart, Line, bars, lines
from markerd.monitoring.report.figures import Tally, percentiles
from markerd.monitoring.report.period import Period
from markerd.values import counted

_MB = 1 << 20


@dataclass(frozen=True)
class Plot:
    """A chart with its title, a line that says how to read it, and its legend, empty where it needs none."""

    id: str
    title: str
    note: str
    legend: Sequence[Bars | Line]
    drawing: Markup


def documents(period: Period, tallies: Sequence[Tally]) -> Plot:
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
        scales.count_scale(max(each.documents for each in tallies)),
        period,
        [
            f"{period.name(bucket)}: {each.published:,} published, {each.dead:,} dead, {each.skipped:,} skipped"
            for bucket, each in enumerate(tallies)
        ],
    )
    return _plot(chart, "How many came to an end.", series, bars(chart, series))


def pages(period: Period, tallies: Sequence[Tally]) -> Plot:
    series = [Bars("pages", "published", [each.pages for each in tallies])]
    chart = Chart(
        "pages",
        f"Pages per {period.step.value}",
        f"{counted(sum(series[0].values), 'page', ',')} of published documents.",
        scales.count_scale(max(series[0].values)),
        period,
        [f"{period.name(bucket)}: {counted(each.pages, 'page', ',')}" for bucket, each in enumerate(tallies)],
    )
    return _plot(chart, "Of published documents.", (), bars(chart, series))


def seconds_per_page(period: Period, tallies: Sequence[Tally]) -> Plot:
    return _durations(
        "per-page", "Seconds per page", "Conversion alone, document by document.", period,
        [each.per_page for each in tallies], (50, 95),
    )  # fmt: skip


def waiting(period: Period, tallies: Sequence[Tally]) -> Plot:
    return _durations(
        "waiting", "From drop to output", "How long published documents waited, conversion included.", period,
        [each.waited for each in tallies], (50, 95, 99),
    )  # fmt: skip


def _durations(
    name: str, title: str, note: str, period: Period, samples: Sequence[Sequence[float]], percents: Sequence[int]
) -> Plot:
    found = [percentiles(sample, *percents) for sample in samples]
    series = [
        Line(_PERCENT_NAMES[percent], f"line p{percent}", _points(period, found, number))
        for number, percent in enumerate(percents)
    ]
    scale = scales.duration_scale(value for each in found if each for value in each)
    chart = Chart(name, title, _summary(note, samples, percents), scale, period, _tips(period, found, percents))
    if scale.is_logarithmic:
        note += " The scale is logarithmic."
    return _plot(chart, note, series, lines(chart, series))


_PERCENT_NAMES = {50: "half within (p50)", 95: "95 % within (p95)", 99: "99 % within (p99)"}


def _points(period: Period, found: Sequence[tuple[float, ...] | None], number: int) -> list[tuple[float, float] | None]:
    middles = ((left + right) / 2 for left, right in zip(period.edges, period.edges[1:], strict=False))
    return [None if each is None else (middle, each[number]) for middle, each in zip(middles, found, strict=True)]


def _summary(note: str, samples: Sequence[Sequence[float]], percents: Sequence[int]) -> str:
    found = percentiles([value for sample in samples for value in sample], *percents)
    return f"{note} Over all: {_told(found, percents)}."


def _tips(period: Period, found: Sequence[tuple[float, ...] | None], percents: Sequence[int]) -> list[str]:
    return [f"{period.name(bucket)}: {_told(each, percents)}" for bucket, each in enumerate(found)]


def _told(found: tuple[float, ...] | None, percents: Sequence[int]) -> str:
    if found is None:
        return "nothing published"
    return ", ".join(f"p{percent} {span(value)}" for percent, value in zip(percents, found, strict=True))


MEMORY_SLOTS = 240
_LONGEST_BRIDGE = MEMORY_SLOTS // 30
"""Slots without a document that the line goes on over: of thirty days, one. A weekend it does not."""


def memory(period: Period, until: float, usage: Sequence[MemoryPeak], incidents: Sequence[Incident]) -> Plot:
    """`usage` by slots of `period.begin` to `until`."""
    width = (until - period.begin) / MEMORY_SLOTS
    points: list[tuple[float, float] | None] = []
    for before, each in zip((usage[0], *usage), usage, strict=False):
        if each.slot - before.slot > _LONGEST_BRIDGE:
            points.append(None)
        points.append((period.begin + (each.slot + 0.5) * width, each.rss_bytes / _MB))
    highest_mb = max(each.rss_bytes for each in usage) / _MB
    series = [Line("memory", "line p50", points)]
    chart = Chart(
        "memory", "Memory of the converter", f"At most {highest_mb:,.0f} MB.", scales.size_scale(highest_mb), period,
        (), [(each.at, _mark_text(period, each)) for each in incidents],
    )  # fmt: skip
    note = "Resident, after each document."
    if incidents:
        note += " Upright lines: a start of the daemon, a converter that died or was replaced."
    return _plot(chart, note, (), lines(chart, series))


def _mark_text(period: Period, incident: Incident) -> str:
    return f"{period.local(incident.at):%Y-%m-%d %H:%M}: {incident.event}, {incident.reason}".rstrip(", ")


def _plot(chart: Chart, note: str, series: Sequence[Bars | Line], drawing: Markup) -> Plot:
    return Plot(chart.id, chart.title, note, series, drawing)
