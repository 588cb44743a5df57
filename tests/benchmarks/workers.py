"""What several converters bring: documents a second of the bare engine, and of a daemon with one converter and more.

    PYTHONPATH=tests:tests/support python tests/benchmarks/workers.py [--workers 1 2] [--documents 100] [--rounds 3]

The documents are PDFs of one page with a text layer, and tiny HTML. The bare engine converts one after the other in a
loop, in a process of its own, with as many threads as there are cores. The daemon runs, and each of its converters has
its models loaded and has converted, when the folder of documents is renamed into its inbox: what counts goes from the
start of the first conversion to the publication of the last. Busy cores are processor seconds a second, the daemon's
own too. Memory is that of the converters together, at the end: RSS counts pages that they share for each of them, PSS
once. Each row is the quickest of the rounds, in which bare engine and daemons take turns.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

import documents
from benchmarks.fidelity import convert
from harness import RunningDaemon, wait_until
from markerd.convert.engine import Engine
from measured_daemon import folder_for, read_processor_s, read_shared_mb, running, time_of

_WAIT_S = 900.0
_MOST_WARM_UPS = 50
_LEAST_OF_BARE = 1.0
_LEAST_OF_ONE = {2: 1.6}
"""Times the documents a second of one converter, for PDFs, on as many cores; above 2 it is 0.8 for each."""

Make = Callable[[int], bytes]


def make_pdf(number: int) -> bytes:
    return documents.pdf_bytes(documents.page_of(f"Mill {number}", lines=20))


def make_html(number: int) -> bytes:
    return documents.html_bytes(f"Mill {number}", f"It has {number} wheels.")


KINDS: dict[str, tuple[str, Make]] = {"one-page PDF": ("pdf", make_pdf), "tiny HTML": ("html", make_html)}


@dataclass(frozen=True)
class Run:
    """Documents converted, and what it took. Memory in megabytes, 0 for the bare engine."""

    documents: int
    wall_s: float
    processor_s: float
    rss_mb: float = 0.0
    pss_mb: float = 0.0

    @property
    def rate(self) -> float:
        return self.documents / self.wall_s


def main() -> None:
    given = read_arguments()
    print(
        "| | documents | a second | times the bare engine | times one converter | busy cores | processor ms a document "
        "| converters: RSS, MB | PSS, MB |"
    )
    print("| --- " * 9 + "|")
    for kind in given.kinds:
        runs = measure(kind, given.workers, given.documents, given.rounds, is_quick=given.quick)
        for workers, run in runs.items():
            print_row(kind, workers, run, runs)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--quick", action="store_true", help="no models: the converters copy, and no engine runs bare")
    given = parser.parse_args()
    if given.documents < 1 or given.rounds < 1 or min(given.workers) < 1:
        parser.error("at least one document, one round and one converter are needed")
    return given


def measure(kind: str, workers: list[int], count: int, rounds: int = 1, *, is_quick: bool) -> dict[int, Run]:
    """Return the quickest run by the number of converters; the bare engine's is that of 0."""
    found: dict[int, Run] = {}
    for _ in range(rounds):
        for number in [*([] if is_quick else [0]), *workers]:
            run = run_daemon(kind, number, count, is_quick=is_quick) if number else run_engine(kind, count)
            found[number] = max(run, found.get(number, run), key=lambda each: each.rate)
    return found


# --- the bare engine --------------------------------------------------------------------------------------------------


def run_engine(kind: str, count: int) -> Run:
    """Return what the engine takes in a process of its own; it has converted one document before."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(convert_all, (kind, count))


def convert_all(kind: str, count: int) -> Run:
    engine = Engine(lambda *_, **__: None)
    engine.load()
    with folder_for("workers") as folder:
        first, *others = write_documents(folder, kind, count + 1)
        convert(engine, first)
        began, used = time.perf_counter(), time.process_time()
        for document in others:
            convert(engine, document)
        return Run(count, time.perf_counter() - began, time.process_time() - used)


def write_documents(folder: Path, kind: str, count: int, stem: str = "") -> list[Path]:
    """Write documents that are all different."""
    suffix, make = KINDS[kind]
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{stem}{number:05}.{suffix}" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(make(number))
    return paths


# --- the daemon -------------------------------------------------------------------------------------------------------


def run_daemon(kind: str, workers: int, count: int, *, is_quick: bool) -> Run:
    """Return what a daemon with so many converters takes. All documents must be published."""
    converter = {"models": "embedded", "workers": workers}
    with folder_for("workers") as root, running(root, is_quick=is_quick, converter=converter) as daemon:
        warmed = warm_up(daemon, kind, workers)
        write_documents(root / "batch", kind, count)
        pids = [daemon.pid, *list_converters(daemon)]
        used = sum(read_processor_s(pid) for pid in pids)
        (root / "batch").rename(daemon.inbox / "batch")
        last = daemon.wait_for("document.published", count=warmed + count, timeout_s=_WAIT_S)
        used = sum(read_processor_s(pid) for pid in pids) - used
        first = daemon.wait_for("document.converting", count=warmed + 1)
        memory = [read_shared_mb(pid) for pid in pids[1:]]
        rss_mb, pss_mb = (sum(sizes) for sizes in zip(*memory, strict=True))
        return Run(count, time_of(last) - time_of(first), used, rss_mb, pss_mb)


def warm_up(daemon: RunningDaemon, kind: str, workers: int) -> int:
    """Let each converter convert, and return how many documents that took."""
    suffix, make = KINDS[kind]
    for turn in range(1, _MOST_WARM_UPS + 1):
        for number in range(workers):
            daemon.drop(f"warm-{turn}-{number}.{suffix}", make(-turn * workers - number))
        daemon.wait_for("document.published", count=turn * workers)
        if all(read_documents(daemon, turn * workers)):
            return turn * workers
    raise AssertionError("one of the converters converts nothing")


def read_documents(daemon: RunningDaemon, count: int) -> list[int]:
    """Return how many documents each converter has had, once the status tells of all of them."""

    def read() -> list[int] | None:
        converters = json.loads((daemon.state_dir / "status.json").read_bytes())["converter"]["workers"]
        had = [converter["documents"] for converter in converters]
        return had if sum(had) >= count else None

    found: list[int] = wait_until(read, what=f"{count} documents in the status")
    return found


def list_converters(daemon: RunningDaemon) -> list[int]:
    return [child.pid for child in psutil.Process(daemon.pid).children()]


# --- the table --------------------------------------------------------------------------------------------------------


def print_row(kind: str, workers: int, run: Run, runs: dict[int, Run]) -> None:
    name = f"{workers} converters" if workers > 1 else "1 converter" if workers else "the bare engine"
    cells = [
        f"{kind}, {name}",
        f"{run.documents}",
        f"{run.rate:.1f}",
        _compare(run, runs.get(0), _LEAST_OF_BARE if workers == 1 and kind == "one-page PDF" else None),
        _compare(run, runs.get(1), _find_target(workers) if kind == "one-page PDF" else None) if workers else "",
        f"{run.processor_s / run.wall_s:.2f} of {os.cpu_count()}",
        f"{1000 * run.processor_s / run.documents:.1f}",
        f"{run.rss_mb:.0f}" if workers else "",
        f"{run.pss_mb:.0f}" if workers else "",
    ]
    print(f"| {' | '.join(cells)} |", flush=True)


def _find_target(workers: int) -> float | None:
    """Return what is wanted of so many converters; nothing where there are fewer cores."""
    if not 1 < workers <= (os.cpu_count() or 1):
        return None
    return _LEAST_OF_ONE.get(workers, 0.8 * workers)


def _compare(run: Run, other: Run | None, target: float | None) -> str:
    if other is None:
        return ""
    return f"{run.rate / other.rate:.2f}" + (f" (target {target:.2f})" if target else "")


if __name__ == "__main__":
    main()
