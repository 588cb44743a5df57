"""The real loop over a core with a fake converter: what it takes first."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from core_scene import Core, core_at
from fakes import FakeConverter, RecordingHistory
from markerd.config.quiet_hours import parse_quiet_hours
from markerd.convert.protocol.pool import Absence
from markerd.convert.protocol.serial_pool import SerialPool
from markerd.errors import ConversionTimeoutError, DocumentError, UnavailableError
from markerd.monitoring.resource_usage import ResourceUsage
from markerd.pipeline import away_models
from markerd.runtime.loop import Loop, LoopEnd
from markerd.runtime.maintenance import Maintenance, RecycleLimits
from markerd.runtime.quiet_watch import QuietWatch
from markerd.runtime.signals import SignalRequests
from markerd.values import State


class Idle:
    """Intake and observer of a loop that is only to do what waits."""

    failure: Exception | None = None
    next_beat_s = float("inf")

    def is_idle(self) -> bool:
        return True

    def beat(self) -> None: ...
    def show_idle(self) -> None: ...
    def show_finished(self, number: int) -> None: ...


class Loading:
    """Our own server of the vision model, which is ready at the third look and fails at its start if it `fails`."""

    def __init__(self, core: Core, *, fails: bool) -> None:
        self._core, self._fails, self._looks = core, fails, 0

    def recycle_large(self) -> None: ...

    def find_coming(self) -> set[str]:
        self._looks += 1
        if self._looks == 3 and not self._fails:
            self._core.converter.away = set()
        return set() if self._looks >= 3 and self._fails else {"vision"}


def drain(core: Core, models: Loading | None = None, quiet: QuietWatch | None = None) -> LoopEnd:
    accounts = ResourceUsage(core.root / "state" / "accounts")
    maintenance = Maintenance(
        core.pool, RecycleLimits(1000, None), RecordingHistory(), accounts, core.log, history_s=1e9, models=models
    )
    idle = Idle()
    loop = Loop(core.backlog, idle, core.window, maintenance, SignalRequests(), idle, 60.0, is_once=True)
    if quiet is not None:
        loop.quiet = quiet
    return loop.run()


class _Clock:
    """It goes on by a minute each time it is asked, and notes what had begun by then."""

    def __init__(self, core: Core, start: str) -> None:
        self._core, self.now = core, datetime.fromisoformat(start).replace(tzinfo=timezone.utc).timestamp()
        self.begun: dict[float, int] = {}

    def __call__(self) -> float:
        self.begun[self.now] = len(self._core.log.find("document.converting"))
        self.now += 60.0
        return self.now


def test_no_conversion_begins_in_quiet_hours(tmp_path: Path) -> None:
    """Documents wait, retries too, and are converted afterwards; nothing is lost. The log says when."""
    with core_at(tmp_path, converter=FakeConverter([DocumentError("in passing")])) as core:
        clock = _Clock(core, "2026-06-01T21:57:00")
        for name in ("a.pdf", "b.pdf", "c.pdf"):
            core.drop(name, f"%PDF-1.4 {name}".encode())
        hours = parse_quiet_hours(["22:00-22:30"], timezone.utc)
        assert hours is not None
        assert drain(core, quiet=QuietWatch(hours, core.log, clock)) is LoopEnd.DRAINED
        assert len(core.log.find("document.published")) == 3
        during = {begun for now, begun in clock.begun.items() if hours.is_quiet(now)}
        assert len(during) == 1
        assert during < {1, 2, 3, 4}
        (began,) = core.log.find("quiet.began")
        assert began["until"] == "2026-06-01T22:30:00+00:00"
        assert len(core.log.find("quiet.ended")) == 1


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


def test_run_once_does_not_wait_for_ever_for_converters_that_are_out_of_reach(tmp_path: Path) -> None:
    """What it had in work waits, uncounted, for the next run."""
    with core_at(tmp_path) as core:
        assert isinstance(core.pool, SerialPool)
        core.drop("a.pdf", b"%PDF-1.4 a")
        core.pool.absence = Absence(time.monotonic(), "the cluster is away")
        assert drain(core) is LoopEnd.DRAINED
        core.drop("b.pdf", b"%PDF-1.4 b")
        core.pool.absence = Absence(time.monotonic() - 1000.0, "the cluster is away")
        with pytest.raises(UnavailableError, match="the cluster is away"):
            drain(core)
        core.pool.absence = None
        assert drain(core) is LoopEnd.DRAINED
        assert [event["document"] for event in core.log.find("document.published")] == ["a.pdf", "b.pdf"]


def test_run_once_waits_for_a_model_that_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gigabytes take longer to load than a document waits; the run ends once the document is published."""
    monkeypatch.setattr(away_models, "FIRST_TRY_S", 0.01)
    with core_at(tmp_path) as core:
        core.converter.away = {b"vision"}
        core.drop("scan.pdf", b"%PDF-1.4 vision")
        assert drain(core, Loading(core, fails=False)) is LoopEnd.DRAINED
        assert core.find("scan.pdf").state is State.PUBLISHED


def test_run_once_does_not_wait_for_a_model_that_cannot_load(tmp_path: Path) -> None:
    """The document stays in the queue, and the exit code says that something is missing."""
    with core_at(tmp_path) as core:
        core.converter.away = {b"vision"}
        core.drop("scan.pdf", b"%PDF-1.4 vision")
        with pytest.raises(UnavailableError, match="1 document waits: vision is away"):
            drain(core, Loading(core, fails=True))
