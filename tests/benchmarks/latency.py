"""From the drop of a document to the start of its conversion, on a daemon that is idle.

    PYTHONPATH=tests:tests/support python tests/benchmarks/latency.py [--drops 50] [--quick] [--beside SOURCES]

Each document is dropped some tenths of a second after the one before has been converted, in one of three ways: renamed
into the folder, written in place in a format whose end is known, written in place in one that has none. What counts
ends with the event `document.converting`. `--beside` is the folder `daemon` of another version, which is measured in
the same run.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from pathlib import Path

import documents
from harness import RunningDaemon
from measured_daemon import OWN_SOURCES, add_versions, find_quantile, folder_for, list_versions, rest, running, time_of

_PAUSE_S = (0.3, 1.0)
"""Between the end of a document and the next one, so that no two meet at the same phase of a timer."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drops", type=int, default=50)
    add_versions(parser)
    parser.add_argument("--quick", action="store_true", help="no models: the converter copies")
    given = parser.parse_args()
    print("| | way | drops | p50 ms | p99 ms | least | most |")
    print("| --- " * 7 + "|")
    for name, sources in list_versions(given).items():
        for way, delays_s in measure(given.drops, sources, is_quick=given.quick).items():
            print_row(name, way, delays_s)


def measure(drops: int, sources: Path = OWN_SOURCES, *, is_quick: bool) -> dict[str, list[float]]:
    """Return the delays in seconds by the way into the folder."""
    with folder_for("latency") as root, running(root, sources, is_quick=is_quick) as daemon:
        daemon.wait_for("daemon.ready")
        return {way: [measure_one(daemon, drop, n) for n in range(drops)] for way, drop in WAYS.items()}


Drop = Callable[[RunningDaemon, int], str]


def measure_one(daemon: RunningDaemon, drop: Drop, number: int) -> float:
    rest(random.uniform(*_PAUSE_S))
    before = time.time()
    name = drop(daemon, number)
    delay_s = time_of(daemon.wait_for("document.converting", document=name)) - before
    daemon.wait_for("document.published", document=name)
    return delay_s


def rename_pdf(daemon: RunningDaemon, number: int) -> str:
    return daemon.drop(f"renamed-{number}.pdf", make_pdf(number)).name


def write_pdf(daemon: RunningDaemon, number: int) -> str:
    path = daemon.inbox / f"written-{number}.pdf"
    path.write_bytes(make_pdf(number))
    return path.name


def write_html(daemon: RunningDaemon, number: int) -> str:
    path = daemon.inbox / f"written-{number}.html"
    path.write_bytes(documents.html_bytes(f"Mill {number}", "It has wheels."))
    return path.name


def make_pdf(number: int) -> bytes:
    return documents.pdf_bytes(documents.page_of(f"Mill {number}"))


WAYS: dict[str, Drop] = {
    "renamed into the folder": rename_pdf,
    "written there, PDF": write_pdf,
    "written there, HTML (settle_s = 1)": write_html,
}


def print_row(name: str, way: str, delays_s: list[float]) -> None:
    cells = [find_quantile(delays_s, 0.5), find_quantile(delays_s, 0.99), min(delays_s), max(delays_s)]
    shown = " | ".join(f"{1000 * seconds:.0f}" for seconds in cells)
    print(f"| {name} | {way} | {len(delays_s)} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
