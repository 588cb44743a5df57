"""The real loop over a core with a fake converter: what it takes first."""

from __future__ import annotations

from pathlib import Path

from core_scene import Core, core_at
from fakes import FakeConverter, RecordingHistory
from markerd.errors import ConversionTimeoutError, DocumentError
from markerd.monitoring.resource_usage import ResourceUsage
from markerd.runtime.loop import Loop, LoopEnd
from markerd.runtime.maintenance import Maintenance, RecycleLimits
from markerd.runtime.signals import SignalRequests


class Quiet:
    """Intake and observer of a loop that is only to do what waits."""

    failure: Exception | None = None
    next_beat_s = float("inf")

    def is_idle(self) -> bool:
        return True

    def beat(self) -> None: ...
    def show_idle(self) -> None: ...
    def show_finished(self, number: int) -> None: ...


def drain(core: Core) -> LoopEnd:
    accounts = ResourceUsage(core.root / "state" / "accounts")
    maintenance = Maintenance(
        core.pool, RecycleLimits(1000, None), RecordingHistory(), accounts, core.log, history_s=1e9
    )
    quiet = Quiet()
    return Loop(core.backlog, quiet, core.window, maintenance, SignalRequests(), quiet, 60.0, is_once=True).run()


def test_timed_out_document_comes_behind_arrivals_and_other_retries(tmp_path: Path) -> None:
    """It waits behind them although it is due earlier. With `--once` it is done before the end."""
    failures: list[Exception] = [ConversionTimeoutError("not done"), DocumentError("in passing")]
    with core_at(tmp_path, converter=FakeConverter(failures)) as core:
        for name in ("bomb.pdf", "a.pdf", "b.pdf", "c.pdf"):
            core.drop(name, f"%PDF-1.4 {name}".encode())
        assert drain(core) is LoopEnd.DRAINED
        converted = [(event["document"], event["attempt"]) for event in core.log.find("document.converting")]
        assert sorted(converted[1:-1]) == [("a.pdf", 1), ("a.pdf", 2), ("b.pdf", 1), ("c.pdf", 1)]
        assert (converted[0], converted[-1]) == (("bomb.pdf", 1), ("bomb.pdf", 2))
        assert len(core.log.find("document.published")) == 4
