"""What every pool keeps, of one converter or of three: the stand-ins of the core's tests, and real processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from documents import page_of, pdf_bytes
from fakes import FakeConverter, RecordingLog
from harness import wait_until
from markerd.convert.cleanup.report import CleanupPoint
from markerd.convert.process.pool import ProcessPool
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.protocol import ConversionRequest, ConverterSpec
from markerd.convert.protocol.pool import Pool, Task, TaskOutcome
from markerd.convert.protocol.serial_pool import SerialPool
from markerd.convert.ray.pool import RayPool
from markerd.convert.ray.settings import DriverSettings, RaySettings
from markerd.errors import DocumentError
from markerd.runtime.wakeup import Wakeup
from needs import need_ray
from overlapping_pool import OverlappingPool

KINDS = [
    "serial",
    "overlapping",
    pytest.param("process 1", marks=pytest.mark.models),
    pytest.param("process 3", marks=pytest.mark.models),
    pytest.param("ray 2", marks=pytest.mark.models),
]


@dataclass
class Bench:
    """A pool, and what it told of its tasks."""

    pool: Pool
    wakeup: Wakeup
    root: Path = Path()
    sent_ahead: int = 0
    """So many tasks may be overtaken by a later one: each of them lies at another converter, which is still busy."""
    started: list[int] = field(default_factory=list)
    pages: dict[int, int] = field(default_factory=dict)

    def task(self, order: int, content: bytes | None = None, part_pages: int = 0) -> Task:
        folder = self.root / str(order)
        source, output, scratch, kept = (folder / name for name in ("document.pdf", "out", "tmp", "kept"))
        for each in (output, scratch, kept):
            each.mkdir(parents=True)
        source.write_bytes(pdf_bytes(page_of(f"Document {order}")) if content is None else content)
        request = ConversionRequest(
            f"{order}.pdf", str(source), str(output), str(scratch), ("markdown",),
            part_pages=part_pages, kept_dir=str(kept),
        )  # fmt: skip
        return Task(order, request, lambda: self.started.append(order), lambda n: self.pages.update({order: n}))

    def collect(self, count: int) -> dict[int, TaskOutcome]:
        found: dict[int, TaskOutcome] = {}

        def is_complete() -> bool:
            for outcome in self.pool.poll(0.2):
                assert outcome.task.order not in found, "an outcome came twice"
                found[outcome.task.order] = outcome
            return len(found) == count

        wait_until(is_complete, 120, f"{count} outcomes")
        return found

    def read(self, order: int) -> str:
        (file,) = (self.root / str(order) / "out").glob("*.md")
        return file.read_text("utf-8")


def build_pool(kind: str, working_dir: Path, wakeup: Wakeup) -> Pool:
    if kind == "serial":
        return SerialPool(FakeConverter(), wakeup)
    if kind == "overlapping":
        return OverlappingPool(FakeConverter(), 2)
    settings = ProcessSettings(ConverterSpec(threads=1), 120.0, 30.0, working_dir)
    name, workers = kind.split()
    if name == "ray":
        need_ray()
        ray_settings = RaySettings(min_actors=int(workers), max_actors=int(workers))
        return RayPool(DriverSettings(ray_settings, settings), RecordingLog(), lambda: None, wakeup)
    return ProcessPool(settings, RecordingLog(), lambda: None, int(workers), wakeup)


@pytest.fixture(scope="module", params=KINDS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    wakeup = Wakeup()
    pool = build_pool(request.param, tmp_path_factory.mktemp("working"), wakeup)
    pool.start()
    yield Bench(pool, wakeup, sent_ahead=pool.capacity - 1 if isinstance(pool, RayPool) else 0)
    pool.stop()
    pool.stop()


@pytest.fixture
def bench(made: Bench, tmp_path: Path) -> Bench:
    made.pool.cleanup(CleanupPoint.BATCH_END)  # so that nothing of the test before is in work
    return replace(made, root=tmp_path, started=[], pages={})


def test_each_task_comes_back_once_with_its_own_result(bench: Bench) -> None:
    """However many there are, and whichever converter takes them."""
    for order in range(7):
        bench.pool.submit(bench.task(order))
    outcomes = bench.collect(7)
    assert {order: outcome.take_result().pages for order, outcome in outcomes.items()} == dict.fromkeys(range(7), 1)
    assert all(f"Document {order}" in bench.read(order) for order in range(7))
    assert bench.pages == dict.fromkeys(range(7), 1)
    assert all(os.listdir(bench.root / str(order) / "tmp") == [] for order in range(7))


def test_tasks_start_in_the_order_of_their_documents(bench: Bench) -> None:
    """Whatever order they were handed over in, as far as none had started."""
    tasks = [bench.task(order) for order in range(6)]
    bench.pool.submit(tasks[0])
    bench.collect(1)
    for task in reversed(tasks[1:]):
        bench.pool.submit(task)
    bench.collect(5)
    begun_at_once = bench.started[1 : 1 + bench.pool.capacity]
    assert bench.started[0] == 0
    others = bench.started[1 + len(begun_at_once) :]
    overtaken = [sum(later < order for later in others[place:]) for place, order in enumerate(others)]
    assert max(overtaken) <= bench.sent_ahead


def test_no_more_tasks_are_in_work_than_there_are_converters(bench: Bench) -> None:
    """The others can be withdrawn, and never start."""
    count = bench.pool.window + 2
    for order in range(count):
        bench.pool.submit(bench.task(order))
    withdrawn = [task.order for task in bench.pool.withdraw()]
    outcomes = bench.collect(count - len(withdrawn)) if len(withdrawn) < count else {}
    assert len(bench.started) == len(outcomes) <= bench.pool.capacity
    assert sorted([*withdrawn, *outcomes]) == list(range(count))
    assert bench.pool.poll(0.0) == []


def test_failure_is_that_of_its_own_document(bench: Bench) -> None:
    """The documents around it are converted."""
    for order in range(3):
        bench.pool.submit(bench.task(order, b"no PDF at all" if order == 1 else None))
    outcomes = bench.collect(3)
    error = outcomes[1].error
    assert isinstance(error, DocumentError)
    assert error.is_permanent
    assert (outcomes[0].take_result().pages, outcomes[2].take_result().pages) == (1, 1)


def test_error_of_a_callback_ends_the_task(bench: Bench) -> None:
    """The document's work meets it where it waits: the journal may be full."""

    def refuse() -> None:
        raise OSError("full")

    task = bench.task(0)
    bench.pool.submit(Task(task.order, task.request, refuse))
    (outcome,) = bench.collect(1).values()
    assert str(outcome.error) == "full"
    bench.pool.submit(bench.task(1))
    assert bench.collect(1)[1].take_result().pages == 1


def test_given_up_tasks_have_no_outcome_and_the_pool_goes_on(bench: Bench) -> None:
    """What was in work is lost, and the next document is converted."""
    for order in range(3):
        bench.pool.submit(bench.task(order))
    bench.pool.give_up("the test wants it")
    assert bench.pool.poll(0.0) == []
    bench.pool.submit(bench.task(3))
    assert bench.collect(1)[3].take_result().pages == 1


def test_cancelled_tasks_have_no_outcome_and_the_others_do(bench: Bench) -> None:
    """Of a document that waits or is in work; a second task of the same document goes with it."""
    for order in range(4):
        bench.pool.submit(bench.task(order))
    bench.pool.submit(replace(bench.task(100), order=3))
    bench.pool.cancel(0)
    bench.pool.cancel(3)
    bench.pool.submit(bench.task(4))
    outcomes = bench.collect(3)
    assert {order: outcome.take_result().pages for order, outcome in outcomes.items()} == {1: 1, 2: 1, 4: 1}
    assert bench.pool.poll(0.0) == []


def test_judge_hears_of_each_document_and_replaces_the_converter(bench: Bench) -> None:
    """With the report of the cleanup behind it, which is before the next document of that converter."""
    points = []

    def judge(_state: object, report: object) -> str | None:
        points.append(getattr(report, "point", None))
        return "the test wants it" if len(points) == 1 else None

    bench.pool.judge_with(judge)
    for order in range(3):
        bench.pool.submit(bench.task(order))
    bench.collect(3)
    bench.pool.cleanup(CleanupPoint.BATCH_END)
    bench.pool.judge_with(lambda _state, _report: None)
    assert points.count(CleanupPoint.BETWEEN_DOCUMENTS) == 3
    assert points[-1] is CleanupPoint.BATCH_END

    def is_replaced() -> bool:
        bench.pool.tend()
        return not bench.pool.state().is_retiring

    wait_until(is_replaced, 60, "the replacement")


def test_part_is_followed_by_the_next_part_of_its_document(bench: Bench) -> None:
    """Although another document waits: it came later. A converter keeps itself free until the part is handed back."""
    content = pdf_bytes(*[page_of(f"page {number}") for number in range(10)]) + b"\n% pages=10"
    first = bench.task(0, content, part_pages=5)
    later = [bench.task(order) for order in range(1, 1 + bench.pool.capacity)]
    for task in (first, *later):
        bench.pool.submit(task)
    found: dict[int, TaskOutcome] = {}
    while 0 not in found:
        found.update({outcome.task.order: outcome for outcome in bench.pool.poll(0.2)})
    result = found[0].take_result()
    assert (result.is_part, result.pages) == (True, 10)
    bench.pool.submit(replace(bench.task(100), order=0))
    bench.collect(1 + len(later) - (len(found) - 1))
    assert sorted(bench.started) == [0, *range(1, 1 + bench.pool.capacity), 100]
    if bench.pool.capacity == 1:
        assert bench.started == [0, 100, 1]


def test_wake_up_ends_the_wait(made: Bench) -> None:
    """Of a pool that has nothing to do; a second wait is not ended by the same call."""
    made.wakeup.wake()
    assert made.pool.poll(60.0) == []
    assert made.pool.poll(0.0) == []


@pytest.mark.models
def test_converter_that_dies_while_idle_is_noticed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of its pipe does not keep the pool busy, and the next document gets a new process."""
    log = RecordingLog()
    pool = ProcessPool(ProcessSettings(ConverterSpec(threads=1), 120.0, 30.0, tmp_path), log, lambda: None)
    looks: list[None] = []
    try:
        pool.start()
        pid = pool.state().pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: pool.poll(0.05) or pool.state().pid is None, 30, "its death")
        assert [event["converter_pid"] for event in log.find("converter.died")] == [pid]
        look_after = pool.look_after

        def note_and_look() -> None:
            looks.append(None)
            look_after()

        monkeypatch.setattr(pool, "look_after", note_and_look)
        assert pool.poll(0.5) == []
        assert len(looks) <= 4
    finally:
        pool.stop()
