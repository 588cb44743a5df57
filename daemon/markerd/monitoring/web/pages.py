"""The status page, which shows the status and the newest endings of the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markerd.errors import UnavailableError
from markerd.journal.history import Ending, History
from markerd.monitoring.html_templates import format_span, render
from markerd.monitoring.resource_usage import describe_in_words
from markerd.monitoring.status_file import DaemonState
from markerd.monitoring.web import health
from markerd.values import make_printable

_NOTHING = "\N{EN DASH}"
RECENT = 15
REFRESH_S = 5

Content = Mapping[str, Any]


@dataclass(frozen=True)
class Number:
    """One tile: `key` names it in the page, `text` is what it shows."""

    key: str
    label: str
    text: str
    tone: str = ""


def render_status_page(content: Content, journal: Path, now: float) -> str:
    """Render the page as HTML; `now` is seconds since the epoch."""
    return render(
        "status.html",
        status=content,
        model_set=content["converter"].get("model_set"),
        faults=health.find_faults_of_health(content),
        tone=_choose_tone(content),
        numbers=_build_numbers(content, now),
        held=[
            (who, described["documents"], list(describe_in_words(described)))
            for who, described in content["trend"].items()
        ],
        recent=_read_recent(journal),
        make_printable=make_printable,
        now=now,
        age=lambda at: _format_age(now - at),
        refresh_s=REFRESH_S,
    )


def _choose_tone(content: Content) -> str:
    if health.find_faults_of_life(content):
        return "bad"
    return "warn" if health.find_faults_of_health(content) or content["state"] == DaemonState.PAUSED.value else "good"


def _build_numbers(content: Content, now: float) -> list[Number]:
    counts, totals, converter = content["counts"], content["totals"], content["converter"]
    oldest, pages, rss_mb = content["waiting_since"], totals.get("pages", 0), converter.get("rss_mb")
    dead = counts.get("dead", 0)
    return [
        Number("waiting", "Waiting", _format_count(counts.get("waiting", 0))),
        Number("oldest", "Oldest waits for", _NOTHING if oldest is None else _format_age(now - oldest)),
        Number("published", "Published", _format_count(counts.get("published", 0))),
        Number("pages", "Pages", _format_count(pages)),
        Number("degraded", "Pages without structure", _format_count(totals.get("pages_degraded", 0))),
        Number(
            "page_time", "Time per page", format_span(totals.get("convert_seconds", 0.0) / pages) if pages else _NOTHING
        ),
        Number("skipped", "Skipped", _format_count(counts.get("skipped", 0))),
        Number("dead", "Dead letters", _format_count(dead), "bad" if dead else ""),
        Number("memory", "Converter memory", _NOTHING if rss_mb is None else f"{rss_mb:,.0f} MB"),
    ]


def _format_age(seconds: float) -> str:
    whole = max(round(seconds), 0)
    return format_span(whole) if whole >= 120 else f"{whole} s"


def _format_count(number: float) -> str:
    return f"{number:,.0f}"


def _read_recent(journal: Path) -> list[Ending] | None:
    try:
        with History(journal) as history:
            return history.list_recent(RECENT)
    except UnavailableError:  # the rest of the page holds without it
        return None
