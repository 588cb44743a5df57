"""The report's page: what is asked of the journal, and how it is put on the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markerd import __version__
from markerd.journal.history import CleanupTotals, Ending, FailureKind, History, Incident
from markerd.monitoring.html_templates import render, span
from markerd.monitoring.report import plots
from markerd.monitoring.report.figures import Tally, percentiles, tally, total
from markerd.monitoring.report.period import Period
from markerd.values import counted, printable

GENERATOR = f"markerd {__version__}"
_NOTHING = "\N{EN DASH}"
_SLOWEST, _KINDS, _INCIDENTS, _MARKS = 10, 20, 10, 40
_MB = 1 << 20


@dataclass(frozen=True)
class Row:
    """One bucket in the table of all figures; the durations as text, empty where there are none."""

    name: str
    tally: Tally
    per_page: str
    waited: tuple[str, str, str]


def compose(history: History, period: Period, now: float) -> tuple[str, Tally]:
    """The page as HTML, and what it is about in numbers. Nothing later than `now` is shown."""
    tallies = tally(history.iterate_measures(period.begin, now), period)
    whole = total(tallies)
    upkeep = history.sum_cleanups(period.begin, now)
    page = render(
        "report.html",
        generator=GENERATOR,
        begin=f"{period.local(period.begin):%Y-%m-%d %H:%M}",
        until=f"{period.local(now):%Y-%m-%d %H:%M}",
        zone=period.local(now).astimezone(period.zone).tzname(),
        step=period.step.value,
        whole=whole,
        headline=_headline(whole),
        per_page=_spans(whole.per_page, 50, 95),
        waited=_spans(whole.waited, 50, 95, 99),
        plots=_plots(period, tallies, whole),
        memory=_memory(history, period, now, upkeep),
        upkeep=upkeep,
        most_mb=upkeep.most_rss_bytes // _MB,
        happened=history.count_incidents(period.begin, now),
        incidents=[_incident(period, each) for each in history.list_incidents(period.begin, now, _INCIDENTS)],
        failures=[_failure(period, each) for each in history.list_failure_kinds(period.begin, now, _KINDS)],
        slowest=[_slow(period, each) for each in history.list_slowest(period.begin, now, _SLOWEST)],
        rows=[_row(period, bucket, each) for bucket, each in enumerate(tallies) if each.documents or each.failed],
        from_the_future=history.count_ended_after(now),
    )
    return page, whole


def _headline(whole: Tally) -> str:
    """The whole story in a sentence or two."""
    if not whole.documents:
        return "No document came to an end in this time."
    said = f"{counted(whole.published, 'document', ',')} came out"
    if whole.dead:
        share = 100 * whole.dead / (whole.published + whole.dead)
        said += f", {whole.dead:,} could not be converted ({share:.1f} %)"
    if whole.pages_degraded:
        said += f", {counted(whole.pages_degraded, 'page', ',')} of {whole.pages:,} without all of their structure"
    found = percentiles(whole.waited, 50, 95)
    if found is None:
        return f"{said}."
    if whole.published == 1:
        return f"{said}, {span(found[0])} after its drop."
    return f"{said}. Half of the outputs were there within {span(found[0])} of the drop, 95 % within {span(found[1])}."


def _spans(values: Sequence[float], *percents: float) -> list[str]:
    found = percentiles(values, *percents)
    return [_NOTHING] * len(percents) if found is None else [span(value) for value in found]


def _plots(period: Period, tallies: Sequence[Tally], whole: Tally) -> list[plots.Plot]:
    if not whole.documents:
        return []
    made = [plots.documents(period, tallies)]
    if whole.pages:
        made.append(plots.pages(period, tallies))
    if whole.waited:
        made.append(plots.waiting(period, tallies))
    if whole.per_page:
        made.append(plots.seconds_per_page(period, tallies))
    return made


def _memory(history: History, period: Period, now: float, upkeep: CleanupTotals) -> plots.Plot | None:
    usage = history.list_memory_peaks(period.begin, now, plots.MEMORY_SLOTS)
    if not usage or not upkeep.most_rss_bytes:
        return None
    return plots.memory(period, now, usage, history.list_incidents(period.begin, now, _MARKS))


def _row(period: Period, bucket: int, each: Tally) -> Row:
    (per_page,), (p50, p95, p99) = _spans(each.per_page, 50), _spans(each.waited, 50, 95, 99)
    return Row(period.name(bucket), each, per_page, (p50, p95, p99))


def _slow(period: Period, ending: Ending) -> dict[str, str]:
    seconds = max(ending.seconds.get("convert", 0.0), 0.0)
    return {
        "folder": printable(ending.folder),
        "document": printable(ending.path),
        "at": f"{period.local(ending.at):%Y-%m-%d %H:%M}",
        "pages": f"{ending.pages:,}" if ending.pages else _NOTHING,
        "seconds": span(seconds),
        "per_page": span(seconds / ending.pages) if ending.pages else _NOTHING,
        "waited": span(ending.waited_seconds),
    }


def _failure(period: Period, failure: FailureKind) -> dict[str, str | int]:
    return {
        "kind": printable(failure.kind),
        "dead": failure.dead,
        "failed": failure.failed,
        "at": f"{period.local(failure.last_at):%Y-%m-%d %H:%M}",
        "reason": printable(failure.last_reason),
    }


def _incident(period: Period, incident: Incident) -> dict[str, str]:
    return {
        "at": f"{period.local(incident.at):%Y-%m-%d %H:%M}",
        "event": incident.event,
        "reason": printable(incident.reason),
    }
