"""What the loop's steps in the journal take when it remembers very many documents.

    PYTHONPATH=tests:tests/support python tests/benchmarks/journal.py [--rows 1000000] [--documents 500]

The journal has so many published documents, outcomes and cleanups. Then documents go the whole way, as the intake and
the loop write it, and each step is timed: p50, p99 and the most, in milliseconds. History is forgotten meanwhile.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import history_rows
from markerd.journal import Document, Journal, Outcome
from markerd.values import Fingerprint, State
from measured_daemon import find_quantile, folder_for

_FOLDER = "/srv/in"
_COUNTS = {"semaphores": 0, "children": 0, "threads": 5, "file_descriptors": 24, "temp_files": 0, "rss_bytes": 1 << 29}
T = TypeVar("T")


class Timed:
    """Times each step by its name."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}

    def run(self, name: str, step: Callable[[], T]) -> T:
        began = time.perf_counter()
        result = step()
        self.seconds.setdefault(name, []).append(time.perf_counter() - began)
        return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--documents", type=int, default=500)
    parser.add_argument("--folder", type=Path, help="where the journal is made, by default the folder for temp files")
    given = parser.parse_args()
    print_table(given.rows, measure(given.rows, given.documents, given.folder))


def measure(rows: int, documents: int, parent: Path | None = None) -> dict[str, list[float]]:
    with folder_for("journal", parent) as root:
        path = history_rows.made(root / "journal.sqlite")
        fill(path, rows)
        timed = Timed()
        with closing(Journal(path)) as journal:
            for number in range(documents):
                go_the_way(journal, timed, number)
        return timed.seconds


def fill(path: Path, rows: int) -> None:
    """Half of the history is older than a year."""
    now, year_s = time.time(), 365 * 86400.0
    history_rows.fill(path, rows, days=730, now=now)
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany(
            "INSERT INTO documents (folder, path, size, mtime_ns, inode, ctime_ns, state, attempts, sha256, "
            "published_sha256, output, seen_at, changed_at) VALUES (?, ?, 9, 9, ?, 9, 'published', 1, ?, ?, ?, ?, ?)",
            (
                (os.fsencode(_FOLDER), b"archive/%04d/a document %07d.pdf" % (n % 1000, n), n, "a" * 64, "a" * 64,
                 b"/srv/out/a document %07d" % n, now - year_s, now - year_s)
                for n in range(rows)
            ),
        )  # fmt: skip


def go_the_way(journal: Journal, timed: Timed, number: int) -> None:
    """Take one document from its first sight to its end, with what the loop asks between two of them."""
    path, fingerprint = f"new {number}.pdf", Fingerprint(10, number, number, number)
    reader, writer = journal.reader, journal.writer
    timed.run("is it news", lambda: reader.find_known(_FOLDER, [path]))
    timed.run("seen", lambda: writer.record_seen(_FOLDER, path, fingerprint))
    document = timed.run("find", lambda: reader.find(_FOLDER, path))
    assert document is not None
    timed.run("queued", lambda: writer.record_queued(document.id, fingerprint))
    timed.run("claim", lambda: writer.claim(document.id))
    timed.run("begin", lambda: writer.begin_attempt(document.id, "b" * 64))
    timed.run("earlier attempts", lambda: reader.list_failed_attempts(document))
    timed.run("end", lambda: end(journal, document, number))
    timed.run("policy done", lambda: writer.clear_pending_policy(document.id))
    timed.run("cleanup", lambda: journal.history.record_cleanup(_COUNTS, cleanups=2, removed=0))
    timed.run("forget", lambda: journal.history.forget_before(time.time() - 365 * 86400.0))
    timed.run("status: counts", reader.count_documents)
    timed.run("status: totals", reader.read_totals)
    timed.run("status: oldest", reader.find_oldest_waiting)
    timed.run("status: errors", reader.list_last_errors)
    timed.run("owed policies", reader.list_with_pending_policy)


def end(journal: Journal, document: Document, number: int) -> None:
    if number % 10:
        outcome = Outcome(State.PUBLISHED, pages=1, model_set="embedded", seconds={"convert": 0.1})
        journal.outcomes.record_published(document, Path("/srv/out/new"), outcome, "b" * 64)
    else:
        journal.outcomes.record_dead(document, Outcome(State.DEAD, "damaged", "it has no trailer"))


def print_table(rows: int, seconds: dict[str, list[float]]) -> None:
    print(f"| step, with {rows:,} rows | times | p50 ms | p99 ms | most |")
    print("| --- " * 5 + "|")
    every = [each for taken in seconds.values() for each in taken]
    for name, taken in {**seconds, "**all**": every}.items():
        shown = [find_quantile(taken, 0.5), find_quantile(taken, 0.99), max(taken)]
        print(f"| {name} | {len(taken)} | {' | '.join(f'{1000 * value:.2f}' for value in shown)} |")


if __name__ == "__main__":
    main()
