"""The converter's memory has a ceiling, and its replacement leaves no gap: shown with real processes."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from documents import page_of, pdf_bytes
from fakes import RecordingLog
from harness import wait_until
from markerd.convert.process.converter import ProcessConverter
from markerd.convert.process.memory_limits import Memory
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.protocol import ConversionRequest, ConversionResult, ConverterSpec
from markerd.errors import MemoryCeilingError

pytestmark = pytest.mark.models
MB = 1 << 20
LONG = pdf_bytes(*[page_of(f"page {number}", lines=30) for number in range(24)])
SHORT = pdf_bytes(page_of("Heading of the page"))

# Python runs this at the start of every process that has it on its path. A file that a test names turns the converter
# into one that takes memory, or cannot load: what a document or a library would do to it.
MISDEEDS = """
    import os, subprocess, sys, threading, time
    def is_wanted(deed):
        return os.path.exists(os.path.join(os.path.dirname(__file__), deed))
    def hold(megabytes):
        return bytearray(os.urandom(1 << 20)) * megabytes
    def misbehave():
        held = []
        while True:
            if is_wanted("hog"):
                held.append(hold(40))
            if is_wanted("ballast") and not held:
                held.append(hold(1200))
            if is_wanted("hog-in-a-child") and not held:
                program = "import time; held = b'x' * (2 << 30); time.sleep(600)"
                held.append(subprocess.Popen([sys.executable, "-c", program]))
            time.sleep(0.01)
    if "markerd.convert.process.worker" in sys.orig_argv:
        if is_wanted("die"):
            os._exit(3)
        threading.Thread(target=misbehave, daemon=True).start()
"""


class Bench:
    """Converters below one folder, whose memory the test disposes of."""

    def __init__(self, root: Path) -> None:
        self.log = RecordingLog()
        self.available_bytes = 1 << 40
        self.hook, self.working_dir = root / "hook", root / "working"
        self._root = root
        self._jobs = 0
        self.converter = self.limited(None)

    def limited(self, max_rss_bytes: int | None) -> ProcessConverter:
        settings = ProcessSettings(ConverterSpec(), 120.0, 0.0, self.working_dir, max_rss_bytes)
        self.converter = ProcessConverter(
            settings, self.log, lambda: None, lambda: Memory(1 << 40, self.available_bytes)
        )
        return self.converter

    def wanted(self, deed: str) -> Path:
        flag = self.hook / deed
        flag.touch()
        return flag

    def pid(self) -> int:
        pid = self.converter.state().pid
        assert pid is not None
        return pid

    def convert(self, content: bytes, on_pages: Callable[[int], None] = lambda _: None) -> ConversionResult:
        self._jobs += 1
        job = self._root / f"job-{self._jobs}"
        source, output, scratch = job / "document.pdf", job / "out", job / "tmp"
        for folder in (job, output, scratch):
            folder.mkdir()
        source.write_bytes(content)
        request = ConversionRequest("a.pdf", str(source), str(output), str(scratch), ("markdown",))
        return self.converter.convert(request, on_pages=on_pages)

    def standby_pid(self) -> int | None:
        self.converter.tend()
        return self.converter.state().replacement_pid

    def take_over(self) -> None:
        wait_until(lambda: self.standby_pid() is None, 60, "the standby's taking over")

    def pids_started(self) -> list[int]:
        return [event["converter_pid"] for event in self.log.find("converter.started")]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Afterwards nothing of any converter is left: no process, temp folder or descriptor."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "working").mkdir()
    (tmp_path / "hook/sitecustomize.py").write_text(textwrap.dedent(MISDEEDS))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'hook'}:{os.environ.get('PYTHONPATH', '')}")
    before = len(os.listdir("/dev/fd"))
    made = Bench(tmp_path)
    yield made
    made.converter.stop()
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in made.pids_started()), 10, "the end of all converters")
    assert os.listdir(made.working_dir) == []
    wait_until(lambda: len(os.listdir("/dev/fd")) == before, 10, "the end of all pipes")


@pytest.mark.parametrize("deed", ["hog", "hog-in-a-child"])
def test_document_above_the_ceiling_ends_and_the_next_is_converted(bench: Bench, deed: str) -> None:
    """What the converter's children take counts too; the reason says how much, and what to do; the attempt may be
    repeated.
    """
    converter = bench.limited(1500 * MB)
    converter.start()
    tree = {bench.pid()}

    def misbehave(_: int) -> None:
        bench.wanted(deed)

    with pytest.raises(
        MemoryCeilingError, match=r"took \d{4} MB .*converter.max_rss_mb = 1500: .*part_pages"
    ) as caught:
        bench.convert(LONG, on_pages=misbehave)
    assert (caught.value.kind, caught.value.is_permanent) == ("memory", False)
    assert converter.state().pid is None
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in tree), 10, "the end of the converter")
    assert bench.log.find("converter.died")[0]["reason"] == str(caught.value)
    (bench.hook / deed).unlink()
    assert bench.convert(SHORT).pages == 1


def test_standby_loads_while_documents_go_on_and_takes_over(bench: Bench) -> None:
    """No document waits for the models again; one process is left; documents are counted anew."""
    began = time.monotonic()
    bench.converter.start()
    load_s = time.monotonic() - began
    old = bench.pid()
    bench.convert(SHORT)
    bench.converter.recycle("the test wants it")
    began = time.monotonic()
    bench.convert(SHORT)
    waited_s = time.monotonic() - began
    state = bench.converter.state()
    assert (state.pid, state.is_retiring) == (old, True)
    assert waited_s < load_s / 2
    bench.take_over()
    state = bench.converter.state()
    assert (state.is_retiring, state.documents, bench.pids_started()) == (False, 0, [old, state.pid])
    assert not psutil.pid_exists(old)
    began = time.monotonic()
    bench.convert(SHORT)
    assert time.monotonic() - began < load_s / 2
    assert (bench.pid(), bench.converter.state().documents) == (state.pid, 1)
    assert [event["documents"] for event in bench.log.find("converter.recycled")] == [1]


def test_converter_ends_first_if_memory_is_short_of_two(bench: Bench) -> None:
    """The next document waits for the models."""
    bench.converter.start()
    old = bench.pid()
    bench.available_bytes = 100 * MB
    bench.converter.recycle("the test wants it")
    bench.converter.tend()
    assert bench.converter.state().pid is None
    assert not psutil.pid_exists(old)
    bench.convert(SHORT)
    assert bench.pids_started() == [old, bench.pid()]


def test_standby_replaces_a_killed_converter(bench: Bench) -> None:
    """The loading that has begun goes on."""
    bench.converter.start()
    old = bench.pid()
    bench.converter.recycle("the test wants it")
    standby = bench.standby_pid()
    psutil.Process(old).kill()
    wait_until(lambda: os.waitid(os.P_PID, old, os.WEXITED | os.WNOHANG | os.WNOWAIT), 10, "its death")
    bench.convert(SHORT)
    assert bench.converter.check_options({"page_range": "0"}) == []
    assert (bench.pid(), bench.pids_started()) == (standby, [old, standby])


def test_failed_standby_leaves_the_converter_to_plain_replacement(bench: Bench) -> None:
    """The converter ends at the next chance between two documents, and the standby is tried once only."""
    bench.converter.start()
    old = bench.pid()
    die = bench.wanted("die")
    bench.converter.recycle("the test wants it")
    wait_until(lambda: bench.standby_pid() is None, 30, "the standby's end")
    die.unlink()
    bench.convert(SHORT)
    assert bench.pid() != old
    assert len(bench.pids_started()) == 3
    (died,) = bench.log.find("converter.died")
    assert (died["converter_pid"], died["reason"]) == (bench.pids_started()[1], "exit status 3")


def test_standby_that_cannot_start_leaves_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """No pipe and no folder of it; the converter is replaced without overlap."""
    bench.converter.start()
    old, descriptors = bench.pid(), len(os.listdir("/dev/fd"))
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    bench.converter.recycle("the test wants it")
    bench.converter.tend()
    assert (bench.pid(), len(os.listdir("/dev/fd")), len(os.listdir(bench.working_dir))) == (old, descriptors, 1)
    bench.converter.tend()
    assert bench.converter.state().pid is None


def test_standby_ends_if_both_exceed_the_ceiling(bench: Bench) -> None:
    """The standby ends, and the document is converted."""
    converter = bench.limited(2200 * MB)
    converter.start()
    old = bench.pid()
    converter.recycle("the test wants it")
    assert bench.standby_pid() is not None

    def grow(_: int) -> None:
        bench.wanted("ballast")

    assert bench.convert(LONG, on_pages=grow).pages == 24
    assert bench.log.find("converter.died")[0]["reason"].startswith("it makes room")
    assert bench.pid() == old


def test_stop_ends_the_standby_too(bench: Bench) -> None:
    """The standby ends at once, because it has nothing to finish."""
    bench.converter.start()
    bench.converter.recycle("the test wants it")
    assert bench.standby_pid() is not None
    began = time.monotonic()
    bench.converter.stop()
    assert time.monotonic() - began < 4.0
    assert bench.converter.state().replacement_pid is None
