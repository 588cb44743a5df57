"""Whatever users, crashes, clocks and the converter do, in whatever order: nothing dropped is lost, nothing is twice.

Hypothesis makes up the histories: `make lives` makes up more of them.
"""

from __future__ import annotations

import collections
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core_scene import Core, core_at
from crash_scene import configured
from crashing import MEMORY, run_killed_by
from fakes import FakeConverter, RecordingHistory
from markerd.cli.retry import retry
from markerd.convert.protocol import ConversionRequest, ConversionResult
from markerd.errors import ConverterDiedError, DocumentError, UnavailableError
from markerd.files import durable
from markerd.monitoring.resource_usage import ResourceUsage
from markerd.runtime.loop import Loop, LoopEnd
from markerd.runtime.maintenance import Maintenance, RecycleLimits
from markerd.runtime.signals import SignalRequests
from markerd.values import After, State
from whole_outputs import demand_whole, files_in, left_over

PATHS = st.sampled_from(["a.pdf", "b.pdf", "a.docx", "sub/a.pdf", "sub/deep/a.pdf"])
FAILURES: dict[str, Callable[[], Exception]] = {
    "transient": lambda: DocumentError("not now", kind="timeout"),
    "permanent": lambda: DocumentError("never", kind="unreadable", is_permanent=True),
    "death": lambda: ConverterDiedError("it was killed"),
}
_TRUE_TIME = time.time


@dataclass
class NotingConverter(FakeConverter):
    """Notes in a file, which a killed process leaves behind, what it converted: contents are single lines."""

    notes: Path = Path()

    def convert(self, request: ConversionRequest, *, on_pages: Callable[[int], None]) -> ConversionResult:
        result = super().convert(request, on_pages=on_pages)
        with self.notes.open("ab") as notes:
            notes.write(Path(request.source).read_bytes() + b"\n")
        return result


class Quiet:
    """Intake and observer of a loop that is only to do what waits."""

    failure: Exception | None = None
    next_beat_s = float("inf")

    def is_idle(self) -> bool:
        return True

    def beat(self) -> None: ...
    def show_idle(self) -> None: ...
    def show_finished(self, number: int) -> None: ...


class Lives(RuleBasedStateMachine):
    """The daemon's core in its folders, its users, and what must become of each content (every one is told apart)."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(dir=MEMORY, prefix="markerd-test-"))
        self.contents = 0
        self.expected: collections.Counter[bytes] = collections.Counter()
        self.converter = NotingConverter(notes=self.root / "converted")
        self.stack = ExitStack()

    @initialize(after=st.sampled_from([After.ARCHIVE, After.ARCHIVE, After.KEEP]), workers=st.sampled_from([1, 2]))
    def begin(self, after: After, workers: int) -> None:
        self.after, self.workers = after, workers
        self.core = self.opened()

    def opened(self) -> Core:
        core = core_at(self.root, after=self.after, converter=self.converter, queue_size=1000, workers=self.workers)
        return self.stack.enter_context(core)

    def teardown(self) -> None:
        try:
            if hasattr(self, "core"):
                self.demand_all_accounted_for()
        finally:
            time.time = _TRUE_TIME
            self.stack.close()
            shutil.rmtree(self.root)

    # --- users ------------------------------------------------------------------------------------------------------

    def put(self, path: str, content: bytes) -> None:
        """By a rename, over what may lie there."""
        self.take_away(path)
        beside, target = self.root / "dropped", self.root / "inbox" / path
        beside.write_bytes(content)
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.rename(target)
        self.expected[content] += 1

    def take_away(self, path: str) -> None:
        file = self.root / "inbox" / path
        if file.exists():
            self.expected[file.read_bytes()] -= 1
            file.unlink()

    def new_content(self, *, is_good: bool = True) -> bytes:
        self.contents += 1
        return (b"%PDF-1.4 " if is_good else b"nothing to be read ") + str(self.contents).encode()

    @rule(path=PATHS, is_good=st.booleans())
    def drop(self, path: str, is_good: bool) -> None:
        self.put(path, self.new_content(is_good=is_good))

    @precondition(lambda self: self.expected)
    @rule(path=PATHS, data=st.data())
    def drop_same_bytes(self, path: str, data: st.DataObject) -> None:
        self.put(path, data.draw(st.sampled_from(sorted(self.expected))))

    @rule(path=PATHS)
    def delete(self, path: str) -> None:
        self.take_away(path)

    @rule(path=PATHS, to=PATHS)
    def rename(self, path: str, to: str) -> None:
        source, target = self.root / "inbox" / path, self.root / "inbox" / to
        if source.exists() and path != to:
            self.take_away(to)
            target.parent.mkdir(parents=True, exist_ok=True)
            source.rename(target)

    @rule()
    def retry(self) -> None:
        retry(configured(self.root, self.after), None)

    # --- the daemon ---------------------------------------------------------------------------------------------------

    @rule()
    def scan(self) -> None:
        """What the intake finds, and takes for settled."""
        for file in sorted((self.root / "inbox").rglob("*")):
            if file.is_file():
                self.core.queue(str(file.relative_to(self.root / "inbox")))

    @rule(failures=st.lists(st.sampled_from(sorted(FAILURES)), max_size=3))
    def work(self, failures: list[str]) -> None:
        """All that is queued, the converter failing first."""
        self.converter.failures = [FAILURES[failure]() for failure in failures]
        self.run_loop()
        self.converter.failures = []

    @precondition(lambda self: self.sources("inbox"))
    @rule(data=st.data(), is_rewritten=st.booleans())
    def work_while_the_source_changes(self, data: st.DataObject, is_rewritten: bool) -> None:
        """It disappears, or is another one, while the converter is at it, or at the one before."""
        path = data.draw(st.sampled_from(sorted(self.sources("inbox")))).removeprefix("inbox/")

        def change() -> None:
            self.converter.before_result = lambda: None
            if is_rewritten:
                self.put(path, self.new_content())
            else:
                self.take_away(path)

        self.converter.before_result = change
        self.scan()
        self.run_loop()
        self.converter.before_result = lambda: None

    def run_loop(self) -> None:
        """The real loop until nothing waits."""
        if not len(self.core.backlog) and not self.core.processor.retries:
            return  # it would wait a while for an arrival
        limits, accounts = RecycleLimits(1000, None), ResourceUsage(self.root / "state" / "accounts")
        upkeep = Maintenance(self.core.pool, limits, RecordingHistory(), accounts, self.core.log, history_s=1e9)
        quiet = Quiet()
        loop = Loop(self.core.backlog, quiet, self.core.window, upkeep, SignalRequests(), quiet, 60.0, is_once=True)
        try:
            assert loop.run() is LoopEnd.DRAINED
        except UnavailableError:  # the converter died on five in a row: the daemon ends, and is started again
            self.restart()

    @rule()
    def restart(self) -> None:
        """Without a word of goodbye to the journal; what waits is done."""
        self.stack.close()
        self.core = self.opened()
        self.core.restart()

    @rule(call=st.integers(0, 250), is_at_start=st.booleans())
    def crash(self, call: int, is_at_start: bool) -> None:
        """`kill -9` before a call into the system, wherever that is, in a start or at work."""
        self.stack.close()

        def live() -> None:
            self.core = self.opened()
            if is_at_start:
                self.core.restart()
            else:
                self.scan()
                self.core.finish_all()

        run_killed_by(live, call)
        self.core = self.opened()
        self.core.restart()

    @rule(offset_s=st.sampled_from([0.0, 3600.0, -3600.0, 3e8, -3e8]))
    def set_clock(self, offset_s: float) -> None:
        time.time = lambda: _TRUE_TIME() + offset_s

    # --- what must hold -----------------------------------------------------------------------------------------------

    @invariant()
    def readers_see_whole_outputs(self) -> None:
        demand_whole(self.root)

    @invariant()
    def nothing_is_lost(self) -> None:
        """At any time, each content lies where it was dropped, in the archive or among the dead letters."""
        lying = collections.Counter((self.root / name).read_bytes() for name in self.sources())
        for content, number in self.expected.items():
            assert lying[content] >= number, content

    def sources(self, *places: str) -> list[str]:
        wanted = places or ("inbox", "done", "failed")
        found = [name for name in files_in(self.root) if name.split("/")[0] in wanted]
        return [name for name in found if not name.endswith(".error.json") and durable.PREFIX not in name]

    def demand_all_accounted_for(self) -> None:
        self.restart()
        self.restart()
        assert self.core.journal.reader.count_documents()["waiting"] == 0
        assert self.core.journal.reader.list_with_pending_policy() == []
        assert left_over(self.root) == []
        assert os.listdir(self.core.spool.root) == []
        if self.after is After.KEEP:
            self.demand_kept()
        else:
            lying = collections.Counter((self.root / name).read_bytes() for name in self.sources())
            assert lying == +self.expected
            assert self.sources("inbox") == []
        archived = {(self.root / name).read_bytes() for name in self.sources("done")}
        assert archived <= set((self.root / "converted").read_bytes().splitlines() if archived else ())
        self.demand_one_output_each()

    def demand_kept(self) -> None:
        """What lies in the hot folder is published, or has its dead letter."""
        letters = {(self.root / name).read_bytes() for name in self.sources("failed")}
        for name in self.sources("inbox"):
            content, document = (self.root / name).read_bytes(), self.core.find(name.removeprefix("inbox/"))
            if document.state is State.DEAD:
                assert content in letters
            else:
                assert document.output is not None
                assert (Path(document.output) / f"{Path(document.output).name}.md").read_bytes() == content

    def demand_one_output_each(self) -> None:
        outputs = [name for name in files_in(self.root) if name.endswith("/manifest.json")]
        paths = [json.loads((self.root / name).read_bytes())["source"]["path"] for name in outputs]
        assert len(paths) == len(set(paths))


TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=int(os.environ.get("LIVES", "100")),
    stateful_step_count=25,
    derandomize="LIVES" not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
