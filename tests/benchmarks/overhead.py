"""What the daemon adds to a conversion: many tiny HTML documents by the engine in a loop, and by `markerd run --once`.

    PYTHONPATH=tests:tests/support python tests/benchmarks/overhead.py [--documents 200] [--rounds 3] [--folder FOLDER]

From the daemon's run that of a single document is taken away, which has all that a start costs; the engine has
converted one before it is measured. So both tell of the same documents less one. Processor time is that of all
processes of a run: on a machine that others use it is what can be compared. Each figure is the least of the rounds.
`--folder` is where files are written, by default the folder for temp files: the daemon syncs what it publishes, so the
disk matters.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import documents
from benchmarks.fidelity import convert
from markerd.convert.engine import Engine

_CONFIG = """
[daemon]
state_dir = "state"
[log]
format = "json"
[converter]
models = "embedded"
[[folders]]
path = "in"
output = "out"
"""


@dataclass(frozen=True)
class Cost:
    """Seconds of a clock, and of the processors."""

    wall_s: float
    processor_s: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.wall_s - other.wall_s, self.processor_s - other.processor_s)

    def least(self, other: Cost) -> Cost:
        return Cost(min(self.wall_s, other.wall_s), min(self.processor_s, other.processor_s))


def main() -> None:
    given = read_arguments()
    engine = Engine(lambda *_, **__: None)
    engine.load()
    count = given.documents
    start = take_least(given.rounds, lambda: run_daemon(given.folder, 1))
    daemon = take_least(given.rounds, lambda: run_daemon(given.folder, count))
    bare = take_least(given.rounds, lambda: run_engine(engine, given.folder, count))
    print_table(count, start, daemon, bare)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.documents < 2 or given.rounds < 1:
        parser.error("at least 2 documents and 1 round are needed")
    return given


def take_least(rounds: int, run: Callable[[], Cost]) -> Cost:
    least = run()
    for _ in range(rounds - 1):
        least = least.least(run())
    return least


def run_daemon(folder: Path | None, count: int, **environ: str) -> Cost:
    """Return what `markerd run --once` takes, its converter included. All must be published."""
    with tempfile.TemporaryDirectory(prefix="markerd-overhead-", dir=folder) as name:
        root = Path(name)
        (root / "markerd.toml").write_text(_CONFIG, "utf-8")
        write_documents(root / "in", count)
        command = [sys.executable, "-m", "markerd", "run", "--once", "--config", str(root / "markerd.toml")]
        began = time.perf_counter()
        variables = {**os.environ, **environ}
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=variables)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        cost = Cost(time.perf_counter() - began, usage.ru_utime + usage.ru_stime)
        published = len(list((root / "out").glob("*/*.md")))
        assert (process.returncode, published) == (0, count), f"{published} of {count} published"
        return cost


def run_engine(engine: Engine, folder: Path | None, count: int) -> Cost:
    """Return what the engine takes for all documents but the first, in this process."""
    with tempfile.TemporaryDirectory(prefix="markerd-overhead-", dir=folder) as name:
        first, *others = write_documents(Path(name) / "in", count)
        convert(engine, first)
        began, used = time.perf_counter(), measure_processor_s()
        for document in others:
            convert(engine, document)
        return Cost(time.perf_counter() - began, measure_processor_s() - used)


def measure_processor_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def write_documents(folder: Path, count: int) -> list[Path]:
    """Write documents that are all different."""
    folder.mkdir(parents=True)
    return [documents.html(folder / f"{n:04}.html", f"Mill {n}", f"It has {n} wheels.") for n in range(count)]


def print_table(count: int, start: Cost, daemon: Cost, bare: Cost) -> None:
    more = daemon - start
    print(
        "| | documents | seconds | processor seconds | documents a second | ms a document | processor ms a document |"
    )
    print("| --- " * 7 + "|")
    print(f"| `markerd run --once`, one document: the start | 1 | {start.wall_s:.2f} | {start.processor_s:.2f} | | | |")
    print(f"| `markerd run --once`, all | {count} | {daemon.wall_s:.2f} | {daemon.processor_s:.2f} | | | |")
    for name, cost in (("the daemon, without the start", more), ("the bare engine", bare)):
        rate = (count - 1) / cost.wall_s
        print(
            f"| {name} | {count - 1} | {cost.wall_s:.2f} | {cost.processor_s:.2f} | {rate:.1f} "
            f"| {_per_document(cost.wall_s, count)} | {_per_document(cost.processor_s, count)} |"
        )
    over = more - bare
    print(
        f"| **the daemon's part** | | {over.wall_s:.2f} | {over.processor_s:.2f} | "
        f"| {_per_document(over.wall_s, count)} | {_per_document(over.processor_s, count)} |"
    )


def _per_document(seconds: float, count: int) -> str:
    return f"{1000 * seconds / (count - 1):.1f}"


if __name__ == "__main__":
    main()
