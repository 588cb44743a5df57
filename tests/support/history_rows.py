"""Journals with a past: rows of any time, put in beside `Journal`, which knows only the present."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from markerd.journal import Journal

_DAY_S = 86400.0
_FOLDER = b"/srv/in"
_REASONS = [
    ("encrypted", "the document is encrypted: remove its password"),
    ("damaged", "PDFium cannot open it: no trailer"),
    ("timeout", "took longer than 600 s"),
    ("converter_died", "the converter process ended with signal 9: out of memory?"),
]
Outcomes = Sequence[tuple[Any, ...]]


def made(path: Path) -> Path:
    """An empty journal of today's schema."""
    Journal(path).close()
    return path


def ending(
    at: float,
    *,
    path: bytes = b"a.pdf",
    outcome: str = "published",
    kind: str | None = None,
    reason: str | None = None,
    pages: int | None = None,
    degraded: int | None = None,
    convert: float = 1.0,
    waited: float = 2.0,
) -> tuple[Any, ...]:
    """A row for `add`."""
    stages = {"stage": 0.01, "convert": convert, "publish": 0.02} if outcome == "published" else {"total": convert}
    return (at, _FOLDER, path, outcome, kind, reason, 1, 1000, pages, "embedded", json.dumps(stages), waited, degraded)


def add(path: Path, *endings: tuple[Any, ...]) -> None:
    _insert(path, "outcomes", endings)


def add_cleanup(path: Path, at: float, *, rss_mb: int = 500, removed: int = 0, semaphores: int = 0) -> None:
    _insert(path, "cleanups", [(at, 2, removed, semaphores, 0, 5, 20, 0, rss_mb << 20 if rss_mb >= 0 else -1)])


def add_incident(path: Path, at: float, event: str, reason: str | None = None) -> None:
    _insert(path, "incidents", [(at, event, reason)])


def _insert(path: Path, table: str, rows: Outcomes) -> None:
    if not rows:
        return
    database = sqlite3.connect(path)
    with database:
        marks = ", ".join("?" * (len(rows[0]) + 1))
        database.executemany(f"INSERT INTO {table} VALUES ({marks})", ((None, *row) for row in rows))
    database.close()


def fill(path: Path, count: int, *, days: float, now: float, seed: int = 1) -> None:
    """A past as an office makes it: busy at day, quiet at night and at weekends, a little of everything going wrong."""
    chance = random.Random(seed)
    times = sorted(_office_times(count, days, now, chance))
    add(path, *(_office_ending(at, number, chance) for number, at in enumerate(times)))
    rss_mb, cleanups = 540.0, []
    for number, at in enumerate(times):
        rss_mb = 540.0 if number % 500 == 0 else min(rss_mb + chance.uniform(-6, 8), 1900)
        cleanups.append((at, 2, int(chance.random() < 0.002), 0, 0, 5, 24, 0, int(rss_mb) << 20))
    _insert(path, "cleanups", cleanups)
    recycled = [(at, "converter.recycled", "500 documents") for at in times[500::500]]
    _insert(path, "incidents", [(times[0] - 60, "daemon.started", "0.1.0"), *recycled])


def _office_times(count: int, days: float, now: float, chance: random.Random) -> Iterator[float]:
    made = 0
    while made < count:
        at = now - chance.random() * days * _DAY_S
        day, hour = int(at // _DAY_S + 4) % 7, at % _DAY_S / 3600  # 1 January 1970 was a Thursday
        weight = (0.06 if day in (0, 6) else 1.0) * (1.0 if 7 <= hour < 18 else 0.08)
        if chance.random() < weight:
            made += 1
            yield at


def _office_ending(at: float, number: int, chance: random.Random) -> tuple[Any, ...]:
    name = os.fsencode(f"{chance.choice(['reports', 'scans', 'mail/in'])}/document-{number:06}.pdf")
    dice = chance.random()
    if dice < 0.012:
        kind, reason = chance.choice(_REASONS)
        outcome = chance.choice(["dead", "failed"])
        return ending(at, path=name, outcome=outcome, kind=kind, reason=reason, convert=chance.uniform(1, 60))
    if dice < 0.04:
        return ending(at, path=name, outcome="skipped", reason="the same content is already published", convert=0)
    pages = max(int(chance.lognormvariate(1.2, 1.0)), 1)
    convert = pages * chance.lognormvariate(-0.8, 0.7)
    waited = convert + 1 + (chance.expovariate(1 / 120) if chance.random() < 0.15 else chance.expovariate(2))
    return ending(at, path=name, pages=pages, convert=convert, waited=waited)
