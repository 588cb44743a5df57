"""A daemon under load, killed at random moments, and what must have become of every document in the end."""

from __future__ import annotations

import collections
import hashlib
import json
import os
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil

import documents
from harness import START_TIMEOUT_S, RunningDaemon, wait_until
from markerd.values import make_printable
from whole_outputs import demand_whole, files_in, left_over

_TESTS = Path(__file__).resolve().parents[1]
_STEMS = [f"{folder}{name}" for folder in ("", "sub/", "sub/deep/", "other/") for name in range(10)]
_ENDINGS = (".pdf", ".PDF", ".docx")  # by their names two documents of one stem; by their bytes all are PDFs
_LONGEST_LIFE_S = 2.2
_FINISH_TIMEOUT_S = 300.0


def quick_environ() -> dict[str, str]:
    """With these variables `markerd run` loads no models: see `quick/sitecustomize`."""
    return {"PYTHONPATH": os.pathsep.join([str(_TESTS / "quick"), os.environ.get("PYTHONPATH", "")])}


@dataclass
class Drop:
    """One file put into the hot folder; `is_certain` until the user took it back or put another in its place."""

    path: str
    content: bytes
    is_certain: bool = True

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class User:
    """Drops, rewrites, drops again and takes back, as `chance` has it."""

    def __init__(self, daemon: RunningDaemon, chance: random.Random) -> None:
        self.drops: list[Drop] = []
        self._daemon = daemon
        self._chance = chance
        self._latest: dict[str, Drop] = {}

    def act(self) -> None:
        """One deed."""
        is_new = self._chance.random() < 0.6
        stem = f"new/{len(self.drops)}" if is_new else self._chance.choice(_STEMS)
        path = stem + self._chance.choice(_ENDINGS)
        before = self._latest.get(path)
        dice = self._chance.random()
        if dice < 0.1:
            self._take_back(path)
        elif dice < 0.25 and before is not None:
            self._put(path, before.content)
        else:
            self._put(path, self._new_content(is_broken=dice > 0.9))

    def _new_content(self, *, is_broken: bool) -> bytes:
        number = len(self.drops)
        if is_broken:
            return f"%PDF-1.4\nbroken {number}\n%%EOF\n".encode()
        return documents.pdf_bytes(documents.page_of(f"Document number {number}"))

    def _put(self, path: str, content: bytes) -> None:
        self._doubt(path)
        self._latest[path] = Drop(path, content)
        self.drops.append(self._latest[path])
        self._daemon.drop(path, content)

    def _take_back(self, path: str) -> None:
        self._doubt(path)
        (self._daemon.inbox / path).unlink(missing_ok=True)

    def _doubt(self, path: str) -> None:
        """What still lies there is about to go, taken or not."""
        if path in self._latest and (self._daemon.inbox / path).exists():
            self._latest[path].is_certain = False

    def latest(self) -> Iterator[Drop]:
        """Of each path the last document."""
        yield from self._latest.values()


@dataclass(frozen=True)
class Account:
    """What became of all that was dropped."""

    drops: int
    published: int
    archived: int
    letters: int
    taken_back: int


class Killing:
    """Kills one daemon after another over the same folders."""

    def __init__(self, daemon: RunningDaemon, seed: int) -> None:
        self._daemon = daemon
        self._chance = random.Random(seed)
        self._user = User(daemon, self._chance)
        self._semaphores = _semaphores()

    def live_and_die(self, *, is_quick: bool = True) -> None:
        """One life: a start, some deeds of the user, and the kill, uniformly in time, the start-up included."""
        life_s = self._chance.uniform(0.0, _LONGEST_LIFE_S if is_quick else 5 * _LONGEST_LIFE_S)
        self._start(is_quick=is_quick)
        ends_s = time.monotonic() + life_s
        while (left_s := ends_s - time.monotonic()) > 0:
            self._user.act()
            time.sleep(min(left_s, self._chance.expovariate(4.0)))  # the user's pace, nothing waits for it
        self._daemon.kill()
        demand_whole(self._daemon.root)

    def _start(self, *, is_quick: bool) -> None:
        self._daemon.start(is_waiting=False, **(quick_environ() if is_quick else {}))

    def finish(self, *, is_quick: bool = True) -> Account:
        """A last daemon does what is left; then everything is accounted for, or this raises AssertionError."""
        self._start(is_quick=is_quick)
        self._daemon.wait_for("folder.watching", timeout_s=START_TIMEOUT_S)  # it may find nothing left to do
        wait_until(self._is_done, _FINISH_TIMEOUT_S, "the end of all documents")
        assert self._daemon.stop() == 0
        return self._account()

    def _is_done(self) -> bool:
        if any(name.startswith("inbox/") for name in files_in(self._daemon.root)):
            return False
        with closing(sqlite3.connect(self._daemon.state_dir / "journal.sqlite", timeout=30)) as journal:
            left = "policy_pending OR state NOT IN ('published', 'skipped', 'dead')"
            (waiting,) = journal.execute(f"SELECT count(*) FROM documents WHERE {left}").fetchone()
        return bool(waiting == 0)

    def _account(self) -> Account:
        root, drops = self._daemon.root, self._user.drops
        demand_whole(root)
        archived, letters = _contents(root, "done"), _contents(root, "failed")
        for content, places in _by_content(drops).items():
            certain = sum(drop.is_certain for drop in places)
            assert certain <= archived[content] + letters[content] <= len(places), (places, archived[content])
        assert (archived + letters).keys() <= {drop.sha256 for drop in drops}
        self._demand_outputs(letters)
        self._demand_nothing_left()
        published = self._demand_outcomes()
        return Account(
            len(drops), published, archived.total(), letters.total(), sum(not drop.is_certain for drop in drops)
        )

    def _demand_outputs(self, letters: collections.Counter[str]) -> None:
        """One output for each path, made from the last content of it that can be converted."""
        outputs: dict[str, str] = {}
        for name in files_in(self._daemon.root):
            if name.endswith("/manifest.json"):
                source = json.loads((self._daemon.root / name).read_bytes())["source"]
                assert source["path"] not in outputs, source
                outputs[source["path"]] = source["sha256"]
        for drop in self._user.latest():
            if drop.is_certain and drop.sha256 not in letters:
                assert outputs[make_printable(drop.path)] == drop.sha256, drop.path

    def _demand_outcomes(self) -> int:
        """No path was published, skipped or given up more often than something was dropped there."""
        dropped = collections.Counter(drop.path for drop in self._user.drops)
        with closing(sqlite3.connect(self._daemon.state_dir / "journal.sqlite")) as journal:
            rows = journal.execute("SELECT path, outcome FROM outcomes WHERE outcome <> 'failed'").fetchall()
        ends = collections.Counter(os.fsdecode(path) for path, outcome in rows)
        assert all(ends[path] <= dropped[path] for path in ends), ends - dropped
        return sum(outcome == "published" for _, outcome in rows)

    def _demand_nothing_left(self) -> None:
        root = self._daemon.root
        assert left_over(root) == []
        assert os.listdir(self._daemon.state_dir / "spool") == []
        assert _semaphores() <= self._semaphores
        mine = [p.info for p in psutil.process_iter(["cmdline"]) if str(root) in " ".join(p.info["cmdline"] or ())]
        assert mine == []


def _by_content(drops: list[Drop]) -> dict[str, list[Drop]]:
    found: dict[str, list[Drop]] = collections.defaultdict(list)
    for drop in drops:
        found[drop.sha256].append(drop)
    return found


def _contents(root: Path, place: str) -> collections.Counter[str]:
    files = [root / n for n in files_in(root) if n.startswith(f"{place}/") and not n.endswith(".error.json")]
    return collections.Counter(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)


def _semaphores() -> set[str]:
    folder = Path("/dev/shm")
    return {name for name in os.listdir(folder) if name.startswith("sem.")} if folder.is_dir() else set()
