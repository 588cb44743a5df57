"""The report's page: what is read from the journal, and how it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markerd import __version__
from markerd.journal.history import CleanupTotals, Ending, FailureKind, History, Incident
from markerd.monitoring.html_templates import format_span, render
from markerd.monitoring.report import plots
from markerd.monitoring.report.figures import Tally, add_up, find_percentiles, tally_buckets
from markerd.monitoring.report.period import Period
from markerd.values import count_with_noun, make_printable

GENERATOR = f"markerd {__version__}"
_NOTHING = "\N{EN DASH}"
_SLOWEST, _KINDS, _INCIDENTS, _MARKS = 10, 20, 10, 40
_MB = 1 << 20


@dataclass(frozen=True)
class Row:
    """One bucket in the table of all figures. The durations are texts, empty where there are none."""

    name: str
    tally: Tally
    per_page: str
    waited: tuple[str, str, str]


def compose_page(history: History, period: Period, now: float) -> tuple[str, Tally]:
    """Compose the page as HTML; returns it with the figures of the whole period. Nothing later than `now` is shown."""
    tallies = tally_buckets(history.iterate_measures(period.begin, now), period)
    whole = add_up(tallies)
    upkeep = history.sum_cleanups(period.begin, now)
    page = render(
        "report.html",
        generator=GENERATOR,
        begin=f"{period.convert_to_local(period.begin):%Y-%m-%d %H:%M}",
        until=f"{period.convert_to_local(now):%Y-%m-%d %H:%M}",
        zone=period.convert_to_local(now).astimezone(period.zone).tzname(),
        step=period.step.value,
        whole=whole,
        headline=_write_headline(whole),
        per_page=_format_percentiles(whole.per_page, 50, 95),
        waited=_format_percentiles(whole.waited, 50, 95, 99),
        plots=_build_plots(period, tallies, whole),
        memory=_build_memory_plot(history, period, now, upkeep),
        upkeep=upkeep,
        most_mb=upkeep.most_rss_bytes // _MB,
        happened=history.count_incidents(period.begin, now),
        incidents=[_describe_incident(period, each) for each in history.list_incidents(period.begin, now, _INCIDENTS)],
        failures=[_describe_failure(period, each) for each in history.list_failure_kinds(period.begin, now, _KINDS)],
        slowest=[_describe_slow(period, each) for each in history.list_slowest(period.begin, now, _SLOWEST)],
        rows=[_build_row(period, bucket, each) for bucket, each in enumerate(tallies) if each.documents or each.failed],
        from_the_future=history.count_ended_after(now),
    )
    return page, whole


def _write_headline(whole: Tally) -> str:
    """Tell the whole story in a sentence or two."""
    if not whole.documents:
        return "No document came to an end in this time."
    said = f"{count_with_noun(whole.published, 'document', ',')} came out"
    if whole.dead:
        share = 100 * whole.dead / (whole.published + whole.dead)
        said += f", {whole.dead:,} could not be converted ({share:.1f} %)"
    if whole.pages_degraded:
        said += (
            f", {count_with_noun(whole.pages_degraded, 'page', ',')} of {whole.pages:,} without all of their structure"
        )
    found = find_percentiles(whole.waited, 50, 95)
    if found is None:
        return f"{said}."
    if whole.published == 1:
        return f"{said}, {format_span(found[0])} after its drop."
    half, most = (format_span(seconds) for seconds in found)
    return f"{said}. Half of the outputs were there within {half} of the drop, 95 % within {most}."


def _format_percentiles(values: Sequence[float], *percents: float) -> list[str]:
    found = find_percentiles(values, *percents)
    return [_NOTHING] * len(percents) if found is None else [format_span(value) for value in found]


def _build_plots(period: Period, tallies: Sequence[Tally], whole: Tally) -> list[plots.Plot]:
    if not whole.documents:
        return []
    made = [plots.plot_documents(period, tallies)]
    if whole.pages:
        made.append(plots.plot_pages(period, tallies))
    if whole.waited:
        made.append(plots.plot_waiting(period, tallies))
    if whole.per_page:
        made.append(plots.plot_seconds_per_page(period, tallies))
    return made


def _build_memory_plot(history: History, period: Period, now: float, upkeep: CleanupTotals) -> plots.Plot | None:
    usage = history.list_memory_peaks(period.begin, now, plots.MEMORY_SLOTS)
    if not usage or not upkeep.most_rss_bytes:
        return None
    return plots.plot_memory(period, now, usage, history.list_incidents(period.begin, now, _MARKS))


def _build_row(period: Period, bucket: int, each: Tally) -> Row:
    (per_page,), (p50, p95, p99) = _format_percentiles(each.per_page, 50), _format_percentiles(each.waited, 50, 95, 99)
    return Row(period.name_bucket(bucket), each, per_page, (p50, p95, p99))


def _describe_slow(period: Period, ending: Ending) -> dict[str, str]:
    seconds = max(ending.seconds.get("convert", 0.0), 0.0)
    return {
        "folder": make_printable(ending.folder),
        "document": make_printable(ending.path),
        "at": f"{period.convert_to_local(ending.at):%Y-%m-%d %H:%M}",
        "pages": f"{ending.pages:,}" if ending.pages else _NOTHING,
        "seconds": format_span(seconds),
        "per_page": format_span(seconds / ending.pages) if ending.pages else _NOTHING,
        "waited": format_span(ending.waited_seconds),
    }


def _describe_failure(period: Period, failure: FailureKind) -> dict[str, str | int]:
    return {
        "kind": make_printable(failure.kind),
        "dead": failure.dead,
        "failed": failure.failed,
        "at": f"{period.convert_to_local(failure.last_at):%Y-%m-%d %H:%M}",
        "reason": make_printable(failure.last_reason),
    }


def _describe_incident(period: Period, incident: Incident) -> dict[str, str]:
    return {
        "at": f"{period.convert_to_local(incident.at):%Y-%m-%d %H:%M}",
        "event": incident.event,
        "reason": make_printable(incident.reason),
    }
