"""What a soak measured, and whether it is what was promised."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

HELD = ("semaphores", "children", "threads", "file_descriptors", "temp_files")
WARM = 200
"""Documents of a converter until caches and allocators are full."""
MOST_GROWTH_BYTES = 20 * 1024
"""A document, once warm."""
_NEVER_LEFT = ("semaphores", "children", "temp_files")
_FEWEST_TO_TELL = 200
"""Of 60 warm documents the line rose by 23 kB each, of 1,800 by 2: what large ones leave for a while."""


@dataclass(frozen=True)
class Row:
    """What the converter held after one document; `held` in the order of `HELD`."""

    rss_bytes: int
    seconds: float
    held: tuple[int, ...]


@dataclass(frozen=True)
class Soak:
    """One run. `tree_bytes`: all converters together, many times a second; the ceiling is None without recycling."""

    dropped: int
    rows: Sequence[Row]
    outcomes: dict[str, int]
    wanted: dict[str, int]
    tree_bytes: Sequence[int]
    ceiling_bytes: int | None
    deaths: int
    starts: int
    trend: dict[str, Any]
    seconds: float
    workers: int = 1


def faults_of(soak: Soak) -> list[str]:
    """One line for each promise that was broken; none when all is well."""
    faults = [*_unaccounted(soak), *_left(soak.rows), *_growing(soak.trend)]
    if soak.deaths:
        faults.append(f"{soak.deaths} converters died")
    if soak.ceiling_bytes is None:
        growth = growth_bytes(soak)
        if growth is not None and growth > MOST_GROWTH_BYTES:
            faults.append(f"memory grew by {growth / 1024:.1f} kB a document")
    elif max(soak.tree_bytes) > soak.ceiling_bytes:
        faults.append(f"{max(soak.tree_bytes) >> 20} MB, above the ceiling of {soak.ceiling_bytes >> 20} MB")
    return faults


def growth_bytes(soak: Soak) -> float | None:
    """Of the line through all that came after the warm-up, a document; None where that is too few.

    Of several converters, which take turns, each has had one of as many documents.
    """
    warm = [row.rss_bytes for row in soak.rows[WARM * soak.workers :]]
    if len(warm) < _FEWEST_TO_TELL * soak.workers:
        return None
    return statistics.linear_regression(range(len(warm)), warm).slope * soak.workers


def _unaccounted(soak: Soak) -> Iterator[str]:
    for outcome in sorted(soak.wanted.keys() | soak.outcomes.keys()):
        got, wanted = soak.outcomes.get(outcome, 0), soak.wanted.get(outcome, 0)
        if got != wanted:
            yield f"{got} documents {outcome}, {wanted} should be"
    if len(soak.rows) != soak.dropped:
        yield f"{len(soak.rows)} cleanups after {soak.dropped} documents"


def _left(rows: Sequence[Row]) -> Iterator[str]:
    """Nothing is left of what a document may not leave; of the rest the last documents hold no more than the first."""
    part = min(WARM, max(len(rows) // 4, 1))
    for place, name in enumerate(HELD):
        first, last, most = ([row.held[place] for row in each] for each in (rows[:part], rows[-part:], rows))
        if name in _NEVER_LEFT and max(most, default=0):
            yield f"{max(most)} {name} after a document"
        elif max(last, default=0) > max(first, default=0):
            yield f"{name} rose from {max(first)} to {max(last)}"


def _growing(trend: dict[str, Any]) -> Iterator[str]:
    """As `markerd status` tells of the daemon itself."""
    for name, value in trend.get("daemon", {}).get("held", {}).items():
        most = MOST_GROWTH_BYTES if name == "rss_bytes" else 0
        if (value["growth"] or 0) > most:
            yield f"the daemon's {name} grew by {value['growth']} a document"
