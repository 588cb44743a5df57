"""What a daemon makes of a folder with very many files: the first conversion, its memory, and what a scan takes.

    PYTHONPATH=tests:tests/support python tests/benchmarks/backlog.py [--files 100000] [--folders 1] [--beside SOURCES]

The files lie there before the start. The converter copies, so that what is measured is the daemon. A scan by this
version is compared with `os.scandir` and `stat` of the same files by the processor time that both take in this process,
each at the least of three times.
`--beside` is the folder `daemon` of another version, which is measured in the same run.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import documents
from fakes import RecordingLog
from markerd.intake.document_queue import DocumentQueue
from markerd.intake.intake_thread import Intake
from markerd.intake.interfaces import WatchedFolder
from markerd.journal import Journal
from markerd.values import After
from measured_daemon import OWN_SOURCES, add_versions, folder_for, list_versions, read_rss_mb, rest, running, time_of

_WAIT_S = 900.0
_WATCHED_S = 10.0
"""How long documents are converted before the second scan is waited for. Of another version it is not: the daemon rests
five times as long as a scan took, which may be minutes."""


@dataclass(frozen=True)
class Backlog:
    """What was measured; `scan_s` is what the daemon says, `times_bare` 0.0 where it was not measured."""

    first_s: float
    scan_s: float
    rescan_s: float
    times_bare: float
    rss_mb: float
    most_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--folders", type=int, default=1)
    add_versions(parser)
    parser.add_argument("--folder", type=Path, help="where files are written, by default the folder for temp files")
    given = parser.parse_args()
    print(
        "| | files | first conversion after the models are ready, s | scan, s | the second | processor time, times "
        "that of a bare scan | memory, MB more than with one file | at most |"
    )
    print("| --- " * 8 + "|")
    for name, sources in list_versions(given).items():
        few = measure(1, 1, sources, given.folder)
        print_row(name, given.files, measure(given.files, given.folders, sources, given.folder), few)


def measure(files: int, folders: int, sources: Path = OWN_SOURCES, parent: Path | None = None) -> Backlog:
    with folder_for("backlog", parent) as root:
        fill(root / "inbox", files, folders)
        times_bare = compare_scans(root) if sources == OWN_SOURCES else 0.0
        settings: dict[str, dict[str, object]] = {"daemon": {"reconcile_s": 1}, "log": {"level": "debug"}}
        with running(root, sources, is_quick=True, **settings) as daemon:
            ready = daemon.wait_for("models.ready")
            first = daemon.wait_for("document.converting", timeout_s=_WAIT_S)
            scan = daemon.wait_for("reconcile.done", timeout_s=_WAIT_S)
            rest(_WATCHED_S)
            rescan = daemon.wait_for("reconcile.done", count=2, timeout_s=_WAIT_S) if sources == OWN_SOURCES else scan
            now_mb, most_mb = read_rss_mb(daemon.pid)
        first_s = time_of(first) - time_of(ready)
        return Backlog(first_s, scan["seconds"], rescan["seconds"], times_bare, now_mb, most_mb)


def fill(root: Path, files: int, folders: int) -> None:
    """Write files that are all different, evenly into as many folders, and let their last change be past."""
    for number in range(folders):
        (root / f"folder-{number:03}").mkdir(parents=True)
    for number in range(files):
        path = root / f"folder-{number % folders:03}" / f"a document of some length {number:07}.html"
        path.write_bytes(documents.html_bytes(f"Mill {number}", "It has wheels."))
    rest(1.5)


def compare_scans(root: Path) -> float:
    """Return how many times the processor time of a bare scan the intake takes, with its first records."""
    bare_s = min(scan_barely(root / "inbox") for _ in range(3))
    return min(scan_by_intake(root, number) for number in range(3)) / bare_s


def scan_by_intake(root: Path, number: int) -> float:
    log = RecordingLog()
    with closing(Journal(root / f"journal-{number}.sqlite")) as journal:
        queue = DocumentQueue(journal, 1, {str(root / "inbox"): After.ARCHIVE}, log)
        intake = Intake([WatchedFolder(root / "inbox")], queue, log, reconcile_s=3600)
        began = time.process_time()
        intake.start()
        assert intake.wait_until_watching(_WAIT_S)
        used_s = time.process_time() - began
        assert intake.stop()
        return used_s


def scan_barely(root: Path) -> float:
    began = time.process_time()
    for entry in _list(root):
        entry.stat(follow_symlinks=False)
    return time.process_time() - began


def _list(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _list(entry.path)
            else:
                yield entry


def print_row(name: str, files: int, found: Backlog, few: Backlog) -> None:
    times = f"{found.times_bare:.1f}" if found.times_bare else ""
    print(
        f"| {name} | {files:,} | {found.first_s:.2f} | {found.scan_s:.2f} | {found.rescan_s:.2f} | {times} "
        f"| {found.rss_mb - few.rss_mb:.0f} | {found.most_mb - few.most_mb:.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
