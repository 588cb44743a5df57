"""What a daemon takes that has nothing to do: how often its threads wake, and the processor time, the converter's too.

    PYTHONPATH=tests:tests/support python tests/benchmarks/idle.py [--seconds 60] [--beside SOURCES]

The converter has its models loaded and has converted one document. `--beside` is the folder `daemon` of another
version, which is measured in the same run.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import psutil

import documents
from measured_daemon import OWN_SOURCES, Activity, add_versions, folder_for, list_versions, read_activity, rest, running

_WARM_S = 10.0


@dataclass(frozen=True)
class Idle:
    """What parent and converter did in `seconds`."""

    seconds: float
    parent: Activity
    converter: Activity


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    add_versions(parser)
    parser.add_argument("--quick", action="store_true", help="no models: the converter copies")
    given = parser.parse_args()
    print("| | wake-ups a second | of a core | converter: wake-ups a second | of a core |")
    print("| --- " * 5 + "|")
    for name, sources in list_versions(given).items():
        print_row(name, measure(given.seconds, sources, is_quick=given.quick))


def measure(seconds: float, sources: Path = OWN_SOURCES, *, is_quick: bool) -> Idle:
    with folder_for("idle") as root, running(root, sources, is_quick=is_quick) as daemon:
        daemon.drop("first.html", documents.html_bytes("First", "It warms all up."))
        daemon.wait_for("document.published")
        rest(min(_WARM_S, seconds))
        parent = psutil.Process(daemon.pid)
        (converter,) = parent.children()
        before = [read_activity(process.pid) for process in (parent, converter)]
        rest(seconds)
        after = [read_activity(process.pid) for process in (parent, converter)]
        return Idle(seconds, after[0] - before[0], after[1] - before[1])


def print_row(name: str, idle: Idle) -> None:
    cells = [
        cell
        for done in (idle.parent, idle.converter)
        for cell in (f"{done.wakes / idle.seconds:.2f}", f"{done.processor_s / idle.seconds:.3%}")
    ]
    print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
