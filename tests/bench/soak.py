"""Does anything leak? The real daemon with many small documents of every kind, one after another.

PYTHONPATH=tests python tests/bench/soak.py [--documents N] [--recycle N] [--out FOLDER]

Prints a table and writes `soak.svg` with memory, descriptors, semaphores and seconds over the documents. Without
--recycle the converter is never replaced.
"""

from __future__ import annotations

import argparse
import itertools
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

import documents
from harness import RunningDaemon, wait_until

_AHEAD = 20  # documents in the hot folder at any time
_WARM = 200  # caches and allocators fill up until then
_NEVER = 1_000_000_000
_HELD = ("semaphores", "children", "threads", "file_descriptors", "temp_files")


@dataclass(frozen=True)
class Row:
    """What there was after one document."""

    rss_mb: float
    seconds: float
    held: tuple[int, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--recycle", type=int, default=_NEVER)
    parser.add_argument("--out", type=Path, default=Path())
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="markerd-soak-") as name:
        daemon = RunningDaemon(
            Path(name), log={"level": "warning", "format": "json"}, converter={"recycle_documents": given.recycle}
        )
        started = time.monotonic()
        parents = _run(daemon, given.documents)
        rows = _rows(daemon.state_dir / "journal.sqlite")
        _print_table(rows, parents, time.monotonic() - started)
        target = given.out / "soak.svg"
        target.write_text(_plot(rows), encoding="utf-8")
        print(f"Wrote {target}")


def _run(daemon: RunningDaemon, count: int) -> list[float]:
    """Feed the daemon and wait for the end; gives its own memory, in megabytes, now and then."""
    daemon.start(is_waiting=False)
    wait_until(daemon.inbox.is_dir)
    parents = []
    try:
        for number, (document, content) in enumerate(itertools.islice(_mix(daemon.root), count)):
            wait_until(lambda: len(list(daemon.inbox.iterdir())) < _AHEAD, 600)
            daemon.drop(document, content)
            if number % 50 == 49:
                parents.append(psutil.Process(daemon.pid).memory_info().rss / (1 << 20))
        wait_until(lambda: not any(daemon.inbox.iterdir()), 600)
    finally:
        daemon.stop()
    return parents


def _mix(root: Path) -> Iterator[tuple[str, bytes]]:
    """Of a hundred documents: 84 PDFs of one to three pages, 5 of HTML, 4 DOCX, 3 XLSX, 2 scans, 2 that are broken."""
    scratch = root / "made"
    scratch.mkdir()
    for number in itertools.count():
        words, place = f"Document number {number}", number % 100
        if place < 84:
            pages = [documents.page_of(f"{words}, page {page}", lines=20) for page in range(1 + number % 3)]
            yield f"{number}.pdf", documents.pdf_bytes(*pages)
        elif place < 89:
            yield (
                f"{number}.html",
                documents.html(scratch / "a.html", words, "A paragraph of words. " * 40).read_bytes(),
            )
        elif place < 93:
            yield (
                f"{number}.docx",
                documents.docx(scratch / "a.docx", words, "A paragraph of words. " * 40).read_bytes(),
            )
        elif place < 96:
            rows = [[words, "amount"], *([f"row {row}", str(row)] for row in range(20))]
            yield f"{number}.xlsx", documents.xlsx(scratch / "a.xlsx", rows).read_bytes()
        elif place < 98:
            yield f"{number}.png", documents.scan_png(scratch / "a.png", f"{words}\nscanned on paper").read_bytes()
        else:
            yield f"{number}.pdf", b"%PDF-1.4\n" + words.encode() + b"\n%%EOF\n"


def _rows(journal: Path) -> list[Row]:
    """One for each document, in order; what was broken has a cleanup, too."""
    database = sqlite3.connect(journal)
    held = database.execute(f"SELECT rss_bytes, {', '.join(_HELD)} FROM cleanups ORDER BY id").fetchall()
    took = "coalesce(json_extract(seconds, '$.convert'), json_extract(seconds, '$.total'))"
    seconds = [row[0] for row in database.execute(f"SELECT {took} FROM outcomes ORDER BY id")]
    database.close()
    assert len(held) == len(seconds), (len(held), len(seconds))
    return [Row(rss / (1 << 20), taken, counts) for (rss, *counts), taken in zip(held, seconds, strict=True)]


def _print_table(rows: Sequence[Row], parents: Sequence[float], seconds: float) -> None:
    print(
        f"{len(rows)} documents in {seconds:.0f} s; the daemon's own memory {parents[0]:.0f} to {parents[-1]:.0f} MB\n"
    )
    print("| documents | memory, median MB | most MB | " + " | ".join(_HELD) + " | seconds, median |")
    print("| --- " * (len(_HELD) + 4) + "|")
    step = max(len(rows) // 10, 1)
    for begin in range(0, len(rows), step):
        part = rows[begin : begin + step]
        memory = [row.rss_mb for row in part]
        counts = " | ".join(str(max(row.held[index] for row in part)) for index in range(len(_HELD)))
        taken = statistics.median(row.seconds for row in part)
        print(
            f"| {begin + 1} to {begin + len(part)} | {statistics.median(memory):.0f} | {max(memory):.0f} "
            f"| {counts} | {taken:.2f} |"
        )
    if len(rows) > 2 * _WARM:
        warm = [row.rss_mb for row in rows[_WARM:]]
        slope, _ = statistics.linear_regression(range(len(warm)), warm)
        print(f"\nGrowth after the first {_WARM} documents: {slope * 1024:.1f} kB a document")


def _plot(rows: Sequence[Row]) -> str:
    """One panel below another, each from zero to its highest value."""
    panels = [("memory, MB", [row.rss_mb for row in rows]), ("seconds", [row.seconds for row in rows])]
    panels += [(name.replace("_", " "), [float(row.held[i]) for row in rows]) for i, name in enumerate(_HELD)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 {130 * len(panels)}" font-family="sans-serif">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for place, (name, values) in enumerate(panels):
        most, top = max([*values, 1e-9]), 130 * place + 30
        points = " ".join(
            f"{60 + 820 * index / max(len(values) - 1, 1):.1f},{top + 80 - 80 * max(value, 0) / most:.1f}"
            for index, value in enumerate(values)
        )
        parts.append(f'<text x="60" y="{top - 8}" font-size="14">{name}, at most {most:.4g}</text>')
        parts.append(f'<path d="M60 {top + 80}H880" stroke="#999"/>')
        parts.append(f'<polyline points="{points}" fill="none" stroke="#2563a8" stroke-width="1.2"/>')
    return "\n".join([*parts, "</svg>\n"])


if __name__ == "__main__":
    main()
