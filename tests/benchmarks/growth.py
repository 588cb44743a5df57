"""What a unit costs when there are many of them: waiting documents, hot folders, known files of a folder, pages.

    PYTHONPATH=tests:tests/support python tests/benchmarks/growth.py [--documents 100 1000 10000] [--folders 1 10 100]
        [--files 100 1000 10000] [--pages 1 10 100]

Processor time in milliseconds:

- a document while so many wait: that of the daemon, without its converter, which copies;
- a hot folder: what the daemon takes until all are watched, less what it takes with one; the first row has that start;
- a known file: a scan of a folder whose files are all published and kept, the journal asked for each of them;
- a page: the conversion of a PDF with a text layer by the engine itself.

`growth` compares with the cheapest unit among the smaller sizes. Up to 1.5 the whole counts as linear: that much two
runs differ on a busy machine.
"""

from __future__ import annotations

import argparse
import functools
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import documents
from benchmarks.backlog import fill
from benchmarks.fidelity import convert
from fakes import RecordingLog
from harness import RunningDaemon
from markerd.convert.engine import Engine
from markerd.intake.document_queue import DocumentQueue
from markerd.intake.scan import Found, walk
from markerd.journal import Journal
from markerd.values import After
from measured_daemon import OWN_SOURCES, build_environ, folder_for, read_processor_s, rest, running

LINEAR = 1.5
"""Most times the cost of a unit that still counts as no growth."""
_WAIT_S = 300.0
_SKIPPED, _SAMPLE = 20, 60
"""Documents that are published before the measured ones, and the measured ones."""
_SETTLED_S = 2.0
"""After the start, until the threads of the folders rest."""
_LEAST_S = 0.3
"""What is quick is repeated for so long."""
_BATCH = 512
"""Files of which a scan asks the journal at once."""


@dataclass(frozen=True)
class Cost:
    """Milliseconds of processor time for a unit, where there are `size`. Not compared: something else is in it."""

    size: int
    unit_ms: float
    is_compared: bool = True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="*", default=[100, 1000, 10_000])
    parser.add_argument("--folders", type=int, nargs="*", default=[1, 10, 100])
    parser.add_argument("--files", type=int, nargs="*", default=[100, 1000, 10_000])
    parser.add_argument("--pages", type=int, nargs="*", default=[1, 10, 100])
    given = parser.parse_args()
    if min(given.documents, default=_SKIPPED + _SAMPLE) < _SKIPPED + _SAMPLE:
        parser.error(f"at least {_SKIPPED + _SAMPLE} documents have to wait")
    print("| what there are many of | how many | processor ms for each | growth | at most linear |")
    print("| --- " * 5 + "|")
    for what, measure in MEASURES.items():
        sizes = sorted(getattr(given, what.split()[-1]))
        print_rows(what, measure(sizes) if sizes else [])


# --- documents --------------------------------------------------------------------------------------------------------


def measure_documents(sizes: Sequence[int], skipped: int = _SKIPPED, sample: int = _SAMPLE) -> list[Cost]:
    return [Cost(size, measure_waiting(size, skipped, sample)) for size in sizes]


def measure_waiting(size: int, skipped: int, sample: int) -> float:
    with folder_for("growth") as root:
        fill(root / "inbox", size, 1)
        with running(root, is_quick=True) as daemon:
            daemon.wait_for("reconcile.done", timeout_s=_WAIT_S)
            before, used = count_published(daemon, skipped), read_processor_s(daemon.pid)
            after = count_published(daemon, skipped + sample)
            return 1000 * (read_processor_s(daemon.pid) - used) / (after - before)


def count_published(daemon: RunningDaemon, least: int) -> int:
    """Wait for so many, and return how many there are by then."""
    daemon.wait_for("document.published", count=least, timeout_s=_WAIT_S)
    return len(daemon.find("document.published"))


# --- hot folders ------------------------------------------------------------------------------------------------------


def measure_folders(sizes: Sequence[int]) -> list[Cost]:
    """Return the start with one folder, and what each further one adds."""
    start_ms = start_with(1)
    more = (Cost(size, max(start_with(size) - start_ms, 0.0) / (size - 1)) for size in sizes if size > 1)
    return [Cost(1, start_ms, is_compared=False), *more]


def start_with(folders: int) -> float:
    with folder_for("growth") as root:
        daemon = RunningDaemon(root, (), daemon={"reconcile_s": 60}, log={"level": "info"})
        with daemon.config.open("a", encoding="utf-8") as config:
            for number in range(1, folders):
                (root / f"inbox-{number}").mkdir()
                config.write(f'[[folders]]\npath = "inbox-{number}"\noutput = "outbox-{number}"\n')
                config.write(f'archive = "done-{number}"\nfailed = "failed-{number}"\n')
        daemon.start(is_waiting=False, **build_environ(OWN_SOURCES, is_quick=True))
        try:
            daemon.wait_for("folder.watching", count=folders)
            rest(_SETTLED_S)
            used_ms = 1000 * read_processor_s(daemon.pid)
            assert daemon.stop() == 0
            return used_ms
        finally:
            daemon.kill()


# --- files of a folder ------------------------------------------------------------------------------------------------


def measure_files(sizes: Sequence[int]) -> list[Cost]:
    return [Cost(size, measure_rescan(size)) for size in sizes]


def measure_rescan(size: int) -> float:
    with folder_for("growth") as root:
        inbox = root / "inbox"
        inbox.mkdir()
        for number in range(size):
            (inbox / f"a document of some length {number:07}.html").write_bytes(b"<p>Words</p>")
        with closing(Journal(root / "journal.sqlite")) as journal:
            publish_all(journal, root / "journal.sqlite", inbox)
            return 1000 * repeat(functools.partial(rescan, journal, inbox, size)) / size


def publish_all(journal: Journal, path: Path, inbox: Path) -> None:
    """Let the journal know every file as published, its source kept."""
    seen = [(found.path, found.fingerprint) for found in list_files(inbox)]
    journal.writer.record_all_seen(str(inbox), seen, time.time())
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE documents SET state = 'published'")


def list_files(inbox: Path) -> list[Found]:
    return [found for found in walk(str(inbox), is_recursive=True, ignore=()) if isinstance(found, Found)]


def rescan(journal: Journal, inbox: Path, size: int) -> None:
    """List the folder and ask for the news of it, as the first scan after a start does. There are none."""
    queue = DocumentQueue(journal, 1000, {str(inbox): After.KEEP}, RecordingLog())
    files = list_files(inbox)
    assert len(files) == size
    for start in range(0, size, _BATCH):
        assert queue.select_news(str(inbox), files[start : start + _BATCH]) == []


def repeat(step: Callable[[], object]) -> float:
    """Return the least seconds of processor time that it takes, of at least two times."""
    taken: list[float] = []
    while len(taken) < 2 or sum(taken) < _LEAST_S:
        began = time.process_time()
        step()
        taken.append(time.process_time() - began)
    return min(taken)


# --- pages ------------------------------------------------------------------------------------------------------------


def measure_pages(sizes: Sequence[int]) -> list[Cost]:
    engine = Engine(lambda *_, **__: None)
    engine.load()
    with folder_for("growth") as root:
        convert(engine, write_pages(root, 1))
        return [Cost(size, 1000 * measure_conversion(engine, write_pages(root, size)) / size) for size in sizes]


def measure_conversion(engine: Engine, source: Path) -> float:
    began = time.process_time()
    convert(engine, source)
    return time.process_time() - began


def write_pages(root: Path, pages: int) -> Path:
    path = root / f"{pages}.pdf"
    path.write_bytes(documents.pdf_bytes(*(documents.page_of(f"Mill {page}", lines=20) for page in range(pages))))
    return path


# --- the table --------------------------------------------------------------------------------------------------------

MEASURES: dict[str, Callable[[Sequence[int]], list[Cost]]] = {
    "waiting documents": measure_documents,
    "hot folders": measure_folders,
    "known files": measure_files,
    "pages": measure_pages,
}


def find_growth(costs: Sequence[Cost], place: int) -> float | None:
    """Return how many times the cheapest unit of the smaller sizes this one costs; None where there is none."""
    smaller = [cost.unit_ms for cost in costs[:place] if cost.is_compared and cost.unit_ms > 0]
    return costs[place].unit_ms / min(smaller) if smaller else None


def print_rows(what: str, costs: Sequence[Cost]) -> None:
    for place, cost in enumerate(costs):
        growth = find_growth(costs, place)
        verdict = "" if growth is None else f"{growth:.2f} | {'yes' if growth <= LINEAR else '**no**'}"
        print(f"| {what} | {cost.size:,} | {cost.unit_ms:.3g} | {verdict or ' | '} |", flush=True)


if __name__ == "__main__":
    main()
