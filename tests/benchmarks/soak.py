"""Does anything leak? The real daemon with many small documents of every kind, one after another.

PYTHONPATH=tests:tests/support python tests/benchmarks/soak.py [--documents N] [--recycle-documents N]
    [--recycle-rss-mb N] [--max-rss-mb N] [--workers N] [--plot FILE]

Prints a table and writes a plot of memory, descriptors, semaphores and seconds over the documents; exits with 1
when a promise is broken. Without one of the three limits the converter is never replaced, and its memory may not grow;
with them it may never pass `--max-rss-mb`, its replacement counted while two overlap.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

import documents
from harness import RunningDaemon, wait_until
from markerd.monitoring.resource_usage import describe_in_words
from soaking import HELD, WARM, Row, Soak, faults_of, growth_bytes

_AHEAD = 20  # documents in the hot folder at any time
_NEVER = 1_000_000_000
_SAMPLE_EVERY_S = 0.1
_MB = 1 << 20
_TEXT = "A paragraph of words. " * 40


def main() -> None:
    given = _arguments()
    is_recycling = any((given.recycle_documents, given.recycle_rss_mb, given.max_rss_mb))
    limits = {"workers": given.workers, "recycle_documents": given.recycle_documents or _NEVER}
    for name in ("recycle_rss_mb", "max_rss_mb"):
        if getattr(given, name) is not None:
            limits[name] = getattr(given, name)
    with tempfile.TemporaryDirectory(prefix="markerd-soak-") as folder:
        daemon = RunningDaemon(Path(folder), log={"level": "info", "format": "json"}, converter=limits)
        soak = _run(
            daemon, given.documents, given.workers, (given.max_rss_mb or _NEVER) * _MB if is_recycling else None
        )
    print("\n".join(_table(soak)))
    given.plot.write_text(_plot(soak), encoding="utf-8")
    faults = faults_of(soak)
    print("\nEvery promise was kept." if not faults else "\nBroken:\n" + "\n".join(faults))
    sys.exit(1 if faults else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--recycle-documents", type=int)
    parser.add_argument("--recycle-rss-mb", type=int)
    parser.add_argument("--max-rss-mb", type=int)
    parser.add_argument("--workers", type=int, default=1, help="converters that work at once (default 1)")
    parser.add_argument("--plot", type=Path, default=Path("soak.svg"))
    return parser.parse_args()


def _run(daemon: RunningDaemon, count: int, workers: int, ceiling_bytes: int | None) -> Soak:
    """Feed the daemon and wait for the end."""
    wanted: Counter[str] = Counter()
    started = time.monotonic()
    daemon.start()
    try:
        with _sampling(daemon.pid) as tree_bytes:
            for name, content in itertools.islice(_mix(daemon.root), count):
                wait_until(lambda: len(list(daemon.inbox.iterdir())) < _AHEAD, 600)
                daemon.drop(name, content)
                wanted["dead" if name.startswith("bad-") else "published"] += 1
            wait_until(lambda: not any(daemon.inbox.iterdir()), 600)
            status = _status_at_the_end(daemon, count)
    finally:
        daemon.stop()
    rows, outcomes = _journal(daemon.state_dir / "journal.sqlite")
    return Soak(
        count, rows, outcomes, dict(wanted), tree_bytes, ceiling_bytes, status["converter"]["deaths"],
        status["converter"]["starts"], status["trend"], time.monotonic() - started, workers,
    )  # fmt: skip


@contextmanager
def _sampling(pid: int) -> Iterator[list[int]]:
    """The memory of all that the daemon started, added up, again and again."""
    taken: list[int] = []
    is_over = threading.Event()

    def sample() -> None:
        daemon = psutil.Process(pid)
        while not is_over.wait(_SAMPLE_EVERY_S):
            taken.append(sum(_rss_bytes(child) for child in daemon.children(recursive=True)))

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield taken
    finally:
        is_over.set()
        sampler.join()


def _rss_bytes(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _status_at_the_end(daemon: RunningDaemon, count: int) -> dict[str, Any]:
    """Once every document has its end: as `markerd status --json` has it."""

    def found() -> dict[str, Any] | None:
        content: dict[str, Any] = json.loads((daemon.state_dir / "status.json").read_bytes())
        counts = content["counts"]
        is_done = counts["published"] + counts["dead"] >= count and content["state"] == "idle"
        return content if is_done else None

    status: dict[str, Any] = wait_until(found, 120, "the end of all documents")
    return status


def _mix(root: Path) -> Iterator[tuple[str, bytes]]:
    """Of a hundred documents: 74 PDFs of one to three pages, 6 of HTML, 5 DOCX, 4 XLSX, 2 PPTX, 2 EPUB, 2 images and 2
    PDFs of scans, 3 that are broken; well mixed."""
    scratch = root / "made"
    scratch.mkdir()
    for number in itertools.count():
        words, place = f"Document number {number}", number * 37 % 100
        if place < 74:
            pages = [documents.page_of(f"{words}, page {page}", lines=20) for page in range(1 + number % 3)]
            yield f"{number}.pdf", documents.pdf_bytes(*pages)
        elif place < 97:
            yield _made(scratch, place, number, words)
        else:
            yield f"bad-{number}.pdf", b"%PDF-1.4\n" + words.encode() + b"\n%%EOF\n"


def _made(scratch: Path, place: int, number: int, words: str) -> tuple[str, bytes]:
    rows = [[words, "amount"], *([f"row {row}", str(row)] for row in range(20))]
    makers: tuple[tuple[int, str, Callable[[Path], Path]], ...] = (
        (80, "html", lambda path: documents.html(path, words, _TEXT)),
        (85, "docx", lambda path: documents.docx(path, words, _TEXT)),
        (89, "xlsx", lambda path: documents.xlsx(path, rows)),
        (91, "pptx", lambda path: documents.pptx(path, words, "A line of words")),
        (93, "epub", lambda path: documents.epub(path, words, _TEXT)),
        (95, "png", lambda path: documents.scan_png(path, f"{words}\nscanned on paper")),
        (97, "pdf", lambda path: documents.scan_pdf(path, f"{words}\nscanned on paper")),
    )
    suffix, make = next((suffix, make) for below, suffix, make in makers if place < below)
    return f"{number}.{suffix}", make(scratch / f"a.{suffix}").read_bytes()


def _journal(path: Path) -> tuple[list[Row], dict[str, int]]:
    """A row for each document, in order, what was broken too; and how many ended how."""
    database = sqlite3.connect(path)
    held = database.execute(f"SELECT rss_bytes, {', '.join(HELD)} FROM cleanups ORDER BY id").fetchall()
    took = "coalesce(json_extract(seconds, '$.convert'), json_extract(seconds, '$.total'))"
    ends = database.execute(f"SELECT outcome, {took} FROM outcomes ORDER BY id").fetchall()
    database.close()
    rows = [Row(rss, seconds, counts) for (rss, *counts), (_, seconds) in zip(held, ends, strict=False)]
    return rows, dict(Counter(outcome for outcome, _ in ends))


def _table(soak: Soak) -> Iterator[str]:
    rows = soak.rows
    yield (
        f"{soak.dropped} documents in {soak.seconds:.0f} s; {soak.starts} converters started, {soak.deaths} died; "
        f"{soak.outcomes}\n"
    )
    yield "| documents | memory, median MB | most MB | " + " | ".join(HELD) + " | seconds, median |"
    yield "| --- " * (len(HELD) + 4) + "|"
    step = max(len(rows) // 10, 1)
    for begin in range(0, len(rows), step):
        part = rows[begin : begin + step]
        memory = [row.rss_bytes / _MB for row in part]
        counts = " | ".join(str(max(row.held[place] for row in part)) for place in range(len(HELD)))
        taken = statistics.median(row.seconds for row in part)
        yield (
            f"| {begin + 1} to {begin + len(part)} | {statistics.median(memory):.0f} | {max(memory):.0f} "
            f"| {counts} | {taken:.2f} |"
        )
    growth = growth_bytes(soak)
    if growth is not None and soak.ceiling_bytes is None:
        yield f"\nGrowth after the first {WARM * soak.workers} documents: {growth / 1024:.1f} kB a document"
    ceiling = "" if soak.ceiling_bytes is None else f", the ceiling is {soak.ceiling_bytes // _MB} MB"
    yield f"\nAll converters together took at most {max(soak.tree_bytes) / _MB:.0f} MB{ceiling}\n"
    yield from (f"{who}: {', '.join(describe_in_words(described))}" for who, described in soak.trend.items())


def _plot(soak: Soak) -> str:
    """One panel below another, each from zero to its highest value."""
    rows = soak.rows
    panels = [
        ("memory of the converter after each document, MB", [row.rss_bytes / _MB for row in rows]),
        ("memory of all converters over time, MB", [taken / _MB for taken in soak.tree_bytes]),
        ("seconds", [row.seconds for row in rows]),
    ]
    panels += [(name.replace("_", " "), [float(row.held[place]) for row in rows]) for place, name in enumerate(HELD)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 {130 * len(panels)}" font-family="sans-serif">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for place, (name, values) in enumerate(panels):
        parts += _panel(name, _thinned(values), 130 * place + 30)
    return "\n".join([*parts, "</svg>\n"])


def _panel(name: str, values: Sequence[float], top: int) -> Iterator[str]:
    most = max([*values, 1e-9])
    points = " ".join(
        f"{60 + 820 * index / max(len(values) - 1, 1):.1f},{top + 80 - 80 * max(value, 0) / most:.1f}"
        for index, value in enumerate(values)
    )
    yield f'<text x="60" y="{top - 8}" font-size="14">{name}, at most {most:.4g}</text>'
    yield f'<path d="M60 {top + 80}H880" stroke="#999"/>'
    yield f'<polyline points="{points}" fill="none" stroke="#2563a8" stroke-width="1.2"/>'


def _thinned(values: Sequence[float]) -> list[float]:
    """At most some two thousand, the highest of each stretch."""
    step = max(len(values) // 2000, 1)
    return [max(values[begin : begin + step]) for begin in range(0, len(values), step)]


if __name__ == "__main__":
    main()
