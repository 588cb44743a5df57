"""What do damaged documents do? The real daemon with mutants of the corpus, and whole documents between them.

PYTHONPATH=tests:tests/support python tests/benchmarks/fuzz.py [--documents N] [--seed S] [--first NUMBER]
    [--write FOLDER]
    [--log FILE]

Prints a table, and exits with 1 when a promise was broken: a document that did not end, or reached another, or left
something behind. `--first NUMBER --documents 1` takes a single one; `--write` makes the files without a daemon;
`--log` keeps the daemon's log.
"""

from __future__ import annotations

import argparse
import collections
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from conftest import CORPUS
from fuzzing import Ending, Outcome, run
from harness import RunningDaemon
from mutations import Mutant, mutant, originals_of

_CONVERTER = {"timeout_s": 60, "timeout_per_page_s": 5, "max_attempts": 2, "max_rss_mb": 3000}
_SLOWEST = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--log", type=Path)
    given = parser.parse_args()
    originals = originals_of(CORPUS)
    mutants = [mutant(originals, given.seed, given.first + number) for number in range(given.documents)]
    if given.write is not None:
        _write(mutants, given.write)
        return
    with tempfile.TemporaryDirectory(prefix="markerd-fuzz-") as name:
        daemon = RunningDaemon(Path(name), converter=_CONVERTER).start()
        try:
            started = time.monotonic()
            outcome = run(daemon, mutants, timeout_s=600)
            print("\n".join(_report(outcome, time.monotonic() - started)))
        finally:
            daemon.kill()
            if given.log is not None:
                given.log.write_text("".join(json.dumps(event) + "\n" for event in daemon.events))
    sys.exit(1 if outcome.faults else 0)


def _write(mutants: Sequence[Mutant], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for each in mutants:
        (folder / each.name).write_bytes(each.content)
    print(f"{len(mutants)} files in {folder}")


def _report(outcome: Outcome, seconds: float) -> Iterator[str]:
    endings = outcome.endings
    deaths = sum(ending.deaths for ending in endings)
    yield (
        f"{len(endings)} mutants and {outcome.controls} controls in {seconds:.0f} s; "
        f"{outcome.starts} converters started, {deaths} killed or died on a document\n"
    )
    yield from _table("of", [(ending.mutant.kind, ending) for ending in endings])
    yield from _table("made by", [(ending.mutant.way, ending) for ending in endings])
    yield f"The slowest {_SLOWEST}:\n"
    yield "| document | seconds of the last attempt | ended | deaths |"
    yield "| --- | --- | --- | --- |"
    for ending in sorted(endings, key=lambda ending: -ending.seconds)[:_SLOWEST]:
        yield f"| {ending.mutant.name} | {ending.seconds:.1f} | {ending.kind} | {ending.deaths} |"
    yield from _reasons(endings)
    yield "\nEvery promise was kept." if not outcome.faults else "\nBroken:"
    yield from outcome.faults


def _table(what: str, grouped: Sequence[tuple[str, Ending]]) -> Iterator[str]:
    kinds = sorted({ending.kind for _, ending in grouped} - {"published"})
    yield f"| {what} | mutants | published | " + " | ".join(f"dead: {kind}" for kind in kinds) + " | deaths | seconds |"
    yield "| --- " * (len(kinds) + 5) + "|"
    for name in sorted({name for name, _ in grouped}):
        group = [ending for each, ending in grouped if each == name]
        counted = collections.Counter(ending.kind for ending in group)
        counts = " | ".join(str(counted[kind]) for kind in ("published", *kinds))
        deaths, seconds = sum(ending.deaths for ending in group), sum(ending.seconds for ending in group)
        yield f"| {name} | {len(group)} | {counts} | {deaths} | {seconds:.0f} |"
    yield ""


def _reasons(endings: Sequence[Ending]) -> Iterator[str]:
    """Up to the details of each."""
    known = [(ending.kind, ": ".join(ending.reason.split(": ")[:2])) for ending in endings if ending.reason]
    yield "\n| dead letters | kind | reason |\n| --- | --- | --- |"
    for (kind, reason), count in collections.Counter(known).most_common():
        shown = reason.replace("|", "\\|")
        yield f"| {count} | {kind} | {shown} |"


if __name__ == "__main__":
    main()
