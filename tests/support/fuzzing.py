"""Damaged documents through a real daemon, with whole ones between them as controls."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import documents
from harness import Event, RunningDaemon, wait_until
from mutations import Mutant

_AHEAD = 24
"""Documents in the hot folder at any time. One that was cut settles for half a minute: others go on meanwhile."""
_EVERY = 10
"""After so many mutants comes a control."""
_ENDINGS = ("document.published", "document.dead")
_KILLED = {"converter_died", "timeout", "memory"}


@dataclass
class Ending:
    """What became of one mutant, over all its attempts."""

    mutant: Mutant
    kind: str = "published"
    reason: str = ""
    seconds: float = 0.0
    """Of the last attempt."""
    deaths: int = 0
    """Of the converter, on it."""


@dataclass
class Outcome:
    """What a run gave; `faults` is empty when it kept its promises."""

    endings: list[Ending]
    controls: int
    starts: int
    faults: list[str] = field(default_factory=list)


def controls_in(folder: Path) -> dict[str, bytes]:
    """Small whole documents of several kinds, by suffix."""
    words = "Control words of the northern orchard"
    made = [
        documents.docx(folder / "c.docx", words, "A paragraph of words. " * 20),
        documents.xlsx(folder / "c.xlsx", [[words, "amount"], ["row", "17"]]),
        documents.scan_png(folder / "c.png", words),
        documents.html(folder / "c.html", words, "A paragraph of words. " * 20),
    ]
    pages = [documents.page_of(f"{words}, page {page}", lines=20) for page in range(2)]
    return {".pdf": documents.pdf_bytes(*pages), **{path.suffix: path.read_bytes() for path in made}}


def run(daemon: RunningDaemon, mutants: Sequence[Mutant], timeout_s: float) -> Outcome:
    """Give the running daemon all of them, each at most `timeout_s`, and see that it kept its promises."""
    scratch = daemon.root / "made"
    scratch.mkdir()
    controls = controls_in(scratch)
    alone = {suffix: _drop_and_wait(daemon, f"alone{suffix}", content) for suffix, content in controls.items()}
    dropped = []
    for number, mutant in enumerate(mutants):
        wait_until(lambda: len(list(daemon.inbox.iterdir())) < _AHEAD, timeout_s, "room in the hot folder")
        daemon.drop(mutant.name, mutant.content)
        if number % _EVERY == _EVERY - 1:
            suffix = list(controls)[number // _EVERY % len(controls)]
            dropped.append(f"control-{number:03}{suffix}")
            daemon.drop(dropped[-1], controls[suffix])
    _wait_for_all(daemon, {*dropped, *(mutant.name for mutant in mutants)}, timeout_s)
    changed = [name for name in dropped if _output(daemon, name) != alone[Path(name).suffix]]
    faults = [f"{name} is not what it is alone" for name in changed]
    endings = [_ending(daemon, mutant) for mutant in mutants]
    faults += [fault for ending in endings for fault in _faults_of(daemon, ending)]
    return Outcome(endings, len(dropped), len(daemon.find("converter.started")), [*faults, *_leftovers(daemon)])


def _drop_and_wait(daemon: RunningDaemon, name: str, content: bytes) -> dict[str, bytes]:
    daemon.drop(name, content)
    daemon.wait_for("document.published", document=name)
    return _output(daemon, name)


def _output(daemon: RunningDaemon, name: str) -> dict[str, bytes]:
    """All files of an output but its manifest, whose times differ; empty where there is none."""
    published = daemon.find("document.published", document=name)
    if not published:
        return {}
    folder = Path(published[0]["output"])
    files = [path for path in folder.iterdir() if path.name != "manifest.json"]
    return {path.name.replace(folder.name, "NAME"): path.read_bytes() for path in files}


def _wait_for_all(daemon: RunningDaemon, names: set[str], timeout_s: float) -> None:
    """Until each has ended; no single one may take longer than `timeout_s`."""
    before, since = -1, time.monotonic()
    while waiting := names - {event["document"] for event in _endings(daemon)}:
        if len(waiting) != before:
            before, since = len(waiting), time.monotonic()
        assert time.monotonic() - since < timeout_s, f"still waiting: {sorted(waiting)}: {daemon.tail()}"
        assert daemon.process is not None
        assert daemon.process.poll() is None, f"the daemon ended: {daemon.tail()}"
        time.sleep(0.2)
    daemon.wait_for("cleanup.done", point="batch_end")


def _endings(daemon: RunningDaemon) -> Iterator[Event]:
    return (event for name in _ENDINGS for event in daemon.find(name))


def _ending(daemon: RunningDaemon, mutant: Mutant) -> Ending:
    ending = Ending(mutant)
    for event in [*daemon.find("document.failed", document=mutant.name), *_endings(daemon)]:
        if event["document"] != mutant.name:
            continue
        ending.kind, ending.reason = event.get("kind", "published"), event.get("reason", "")
        ending.seconds = event.get("seconds", 0.0)
        ending.deaths += ending.kind in _KILLED
    return ending


def _faults_of(daemon: RunningDaemon, ending: Ending) -> Iterator[str]:
    """A document has one end; a dead letter has its bytes and its reason."""
    name = ending.mutant.name
    count = sum(event["document"] == name for event in _endings(daemon))
    if count != 1:
        yield f"{name} ended {count} times"
    if ending.kind == "published":
        return
    if (daemon.failed / name).read_bytes() != ending.mutant.content:
        yield f"{name}: its dead letter is not what was dropped"
    if not json.loads((daemon.failed / f"{name}.error.json").read_text())["message"]:
        yield f"{name}: no reason"


def _leftovers(daemon: RunningDaemon) -> Iterable[str]:
    last = daemon.find("cleanup.done")[-1]
    held = {name: last[f"{name}_after"] for name in ("semaphores", "children", "temp_files")}
    yield from (f"{count} {name} left" for name, count in held.items() if count)
    yield from (f"left by {event['document']}: {event['processes']}" for event in daemon.find("cleanup.leftover"))
    waiting = list(daemon.inbox.iterdir())
    if waiting:
        yield f"in the hot folder: {waiting}"
    spool = [path.name for path in (daemon.state_dir / "spool").iterdir() if not path.name.startswith("converter-")]
    if spool:
        yield f"in the spool: {spool}"
    for started in daemon.find("converter.started"):
        names = [path.name for path in Path("/dev/shm").glob(f"sem.mkd{started['converter_pid']}.*")]
        yield from (f"{name} left in /dev/shm" for name in names)
