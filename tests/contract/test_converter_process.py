"""What only the converter in a process of its own can do: die, hang and be given up without harm."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from documents import page_of, pdf_bytes
from fakes import RecordingLog
from harness import wait_until
from markerd.convert.process.converter import ProcessConverter
from markerd.convert.process.settings import ProcessSettings
from markerd.convert.protocol import ConversionRequest, ConversionResult, ConverterSpec
from markerd.errors import ConversionTimeoutError, ConverterDiedError, StopNowError

pytestmark = pytest.mark.models
LONG = pdf_bytes(*[page_of(f"page {number}", lines=30) for number in range(60)])


class Bench:
    """A converter whose tick and time limit the test chooses."""

    def __init__(self, working_dir: Path) -> None:
        self.tick: Callable[[], None] = lambda: None
        self.log = RecordingLog()
        self._working_dir = working_dir
        self.converter = self.limited(120.0)

    def limited(self, timeout_s: float) -> ProcessConverter:
        settings = ProcessSettings(ConverterSpec(), timeout_s, 0.0, self._working_dir)
        return ProcessConverter(settings, self.log, self._tick)

    def _tick(self) -> None:
        self.tick()

    def pid(self) -> int:
        pid = self.converter.state().pid
        assert pid is not None
        return pid

    def convert(self, root: Path, content: bytes, on_pages: Callable[[int], None]) -> ConversionResult:
        source, output, scratch = root / "document.pdf", root / "out", root / "tmp"
        source.write_bytes(content)
        for folder in (output, scratch):
            folder.mkdir()
        request = ConversionRequest("long.pdf", str(source), str(output), str(scratch), ("markdown",))
        return self.converter.convert(request, on_pages=on_pages)

    def assert_gone(self, pids: set[int]) -> None:
        """Neither the process nor a child, nor its temp folder, nor a descriptor of its pipes."""
        assert self.converter.state().pid is None
        wait_until(lambda: not any(psutil.pid_exists(pid) for pid in pids), 10, "the end of all processes")
        assert os.listdir(self._working_dir) == []


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    folder = tmp_path / "working"
    folder.mkdir()
    made = Bench(folder)
    yield made
    made.tick = lambda: None
    made.converter.stop()


def test_death_costs_only_the_current_document(bench: Bench, tmp_path: Path) -> None:
    """A converter killed while idle costs none. The reason names the signal, and the log has each death once."""
    bench.converter.start()
    before = len(os.listdir("/dev/fd"))
    idle = bench.pid()
    os.kill(idle, signal.SIGKILL)
    wait_until(lambda: psutil.Process(idle).status() == psutil.STATUS_ZOMBIE, 10, "its death")
    killed: set[int] = set()

    def kill(_: int) -> None:
        killed.add(bench.pid())
        os.kill(bench.pid(), signal.SIGKILL)

    with pytest.raises(ConverterDiedError, match="SIGKILL"):
        bench.convert(tmp_path, LONG, on_pages=kill)
    assert idle not in killed
    bench.assert_gone(killed | {idle})
    assert (tmp_path / "document.pdf").read_bytes() == LONG  # lent to the converter, and back
    assert [event["converter_pid"] for event in bench.log.find("converter.died")] == [idle, *killed]
    assert len(os.listdir("/dev/fd")) < before


def test_document_over_time_limit_ends_the_process(bench: Bench, tmp_path: Path) -> None:
    """The limit counts from the start of the document, not from that of the models."""
    bench.converter = bench.limited(0.1)
    bench.converter.start()
    pids = {bench.pid(), *(child.pid for child in psutil.Process(bench.pid()).children(recursive=True))}
    with pytest.raises(ConversionTimeoutError) as caught:
        bench.convert(tmp_path, LONG, on_pages=lambda _: None)
    assert (caught.value.kind, caught.value.is_permanent) == ("timeout", False)
    bench.assert_gone(pids)


def test_daemon_that_must_stop_does_not_wait(bench: Bench, tmp_path: Path) -> None:
    """An exception of `tick` ends the wait and the process."""
    bench.converter.start()
    pid = bench.pid()

    def leave() -> None:
        raise StopNowError("SIGTERM")

    def in_mid_document(_: int) -> None:
        bench.tick = leave

    with pytest.raises(StopNowError):
        bench.convert(tmp_path, LONG, on_pages=in_mid_document)
    bench.assert_gone({pid})
