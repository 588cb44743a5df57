"""One model server through its life, in a thread of its own: started, watched, and started anew when it ends.

A death is seen at once, at the start too; a server that lives and does not answer is ended. Between two starts the
thread waits, longer each time.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from markerd.convert.model_sets.servers import health
from markerd.convert.model_sets.servers.server_process import ServerProcess
from markerd.convert.model_sets.servers.server_spec import ServerLimits, ServerSpec
from markerd.convert.protocol import ServerState
from markerd.files import trees
from markerd.files.readiness import wait_until_readable
from markerd.logs import Log

_START_POLL_S = 0.2
_START_TIMEOUT_S = 1.0
"""So long an answer may take during the start, so that a death is known in a second."""
_LOOK_S = 5.0
"""So often a server's health and memory are looked at. A look costs two requests on the loopback, 1 ms."""
_MOST_MISSES = 3
"""So many looks in a row a server may leave without an answer, ten seconds each."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0
_STABLE_S = 60.0
"""A server that was ready for so long is started anew with the shortest pause."""
_LAST_LINES = 5
_MB = 1 << 20


@dataclass
class _Wishes:
    """What others want of the server; the lock of the server guards it."""

    is_wanted: bool
    is_stopping: bool = False
    recycle_reason: str = ""


class _EndedError(Exception):
    """The server has ended, or was ended, for the reason that this says."""


class SupervisedServer:
    """Any thread may call the methods. `home` is the server's own folder, `variables` its environment.

    Its port stays the same through all its starts.
    """

    def __init__(self, spec: ServerSpec, limits: ServerLimits, home: Path, variables: dict[str, str], log: Log) -> None:
        self.spec, self.limits, self.variables = spec, limits, variables
        self.port = _choose_port(spec.fixed_port)
        self._home, self._log = home, log
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._wishes = _Wishes(is_wanted=not spec.is_on_demand)
        self._state = ServerState(spec.name, "stopped", spec.model, self.port)
        self._pipe: tuple[int, int] | None = os.pipe()
        self._waking = self._pipe[0]
        os.set_blocking(self._pipe[1], False)
        self._process: ServerProcess | None = None
        self._pause_s = _FIRST_PAUSE_S
        self._thread = threading.Thread(target=self._run, name=f"server-{spec.name}", daemon=True)
        self._thread.start()

    # --- for other threads ------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where it answers to OpenAI's interface."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def state(self) -> ServerState:
        with self._lock:
            return self._state

    def demand(self) -> None:
        """Have the server started, if it is not."""
        with self._lock:
            self._wishes.is_wanted = True
        self._wake()

    def await_ready(self, timeout_s: float) -> ServerState:
        """Wait until the server is ready, or failed at a start, and return its state; after the time it is as it is."""
        self.demand()
        with self._lock:
            self._changed.wait_for(lambda: self._state.phase == "ready" or self._state.reason, timeout_s)
            return self._state

    def recycle(self, reason: str) -> None:
        """Have the server ended and started anew."""
        with self._lock:
            self._wishes.recycle_reason = reason
        self._wake()

    def find_recycle_reason(self) -> str:
        """Say why the server is to be started anew between two documents; empty where it need not be."""
        state, limit = self.state, self.limits.recycle_bytes
        if state.phase != "ready" or limit is None or state.rss_bytes is None or state.rss_bytes <= limit:
            return ""
        return f"{state.rss_bytes / _MB:.0f} MB of memory, more than surya.recycle_rss_mb"

    def begin_stop(self) -> None:
        """Have the server ended. It ends although its thread may be waiting for an answer of it."""
        with self._lock:
            self._wishes.is_stopping = True
            process = self._process
        if process is not None:
            process.let_go()
        self._wake()

    def stop(self) -> None:
        """End the server and its thread, and remove its folder. It is safe to call this twice."""
        self.begin_stop()
        self._thread.join()
        with self._lock:
            ends, self._pipe = self._pipe, None
        for end in ends or ():
            os.close(end)
        with contextlib.suppress(OSError):  # the next start of the daemon removes it
            if self._home.exists():
                trees.remove(self._home)

    def _wake(self) -> None:
        """Wake the server's thread. A relay may still do this for a request after the stop; then nothing happens."""
        with self._lock:
            if self._pipe is not None:
                with contextlib.suppress(BlockingIOError):  # it is woken already
                    os.write(self._pipe[1], b"w")

    # --- the server's own thread ------------------------------------------------------------------------------------

    def _run(self) -> None:
        while self._await_wish():
            reason = self._serve()
            if not self._is_stopping():
                self._rest(reason)
        self._show(phase="stopped")

    def _await_wish(self) -> bool:
        """Wait until the server is wanted; returns False where it is to stop."""
        while True:
            with self._lock:
                if self._wishes.is_stopping:
                    return False
                if self._wishes.is_wanted:
                    return True
            self._wait(None)

    def _serve(self) -> str:
        """Run the server to its end; returns why it ended, and an empty string where that was wanted."""
        began_s = time.monotonic()
        try:
            self._start()
            began_s = time.monotonic()
            self._watch()
        except _EndedError as ended:
            return self._note_death(str(ended))
        except OSError as error:
            return self._note_death(f"it cannot be started: {error.strerror}")
        finally:
            if time.monotonic() - began_s >= _STABLE_S:
                self._pause_s = _FIRST_PAUSE_S
            self._end_process()
        return ""

    def _start(self) -> None:
        began_s = time.monotonic()
        self._take_recycle_reason()  # one that came while the server ended already
        self._show(phase="starting", starts=self._state.starts + 1, pid=None, rss_bytes=None)
        self._process = ServerProcess(self.spec, self.port, self._home, self.variables, self._log)
        deadline_s = began_s + self.spec.start_timeout_s
        while not health.is_healthy(self.port, _START_TIMEOUT_S):
            self._wait(_START_POLL_S)
            self._demand_life()
            if time.monotonic() > deadline_s:
                raise _EndedError(f"it did not get ready within {self.spec.start_timeout_s:.0f} s")
        self._demand_model()
        self._measure()
        self._show(phase="ready", reason="")
        self._log.info(
            "server.ready", server=self.spec.name, server_pid=self._process.pid, port=self.port,
            model=self.spec.model, seconds=round(time.monotonic() - began_s, 2),
        )  # fmt: skip

    def _watch(self) -> None:
        """Watch the server until it is to be ended. Raises _EndedError where it ends by itself, or has to be ended."""
        misses, look_s = 0, time.monotonic() + _LOOK_S
        while not self._is_stopping():
            self._wait(max(look_s - time.monotonic(), 0.0))
            self._demand_life()
            if reason := self._take_recycle_reason():
                self._log.info("server.recycled", server=self.spec.name, reason=reason)
                self._pause_s = 0.0
                return
            if time.monotonic() < look_s:
                continue
            misses = 0 if health.is_healthy(self.port) else misses + 1
            if misses >= _MOST_MISSES:
                raise _EndedError("it does not answer")
            self._measure()
            look_s = time.monotonic() + _LOOK_S

    def _demand_life(self) -> None:
        assert self._process is not None
        self._process.take_news()
        if self._process.pid != self._state.pid:
            self._show(pid=self._process.pid)
        if self._process.ending:
            raise _EndedError(self._process.ending)
        if self._is_stopping():
            raise _EndedError("it was stopped")

    def _demand_model(self) -> None:
        served = health.read_model(self.port)
        if served != self.spec.model:
            raise _EndedError(f"{self.spec.model} was wanted at port {self.port}, and {served} answers there")

    def _measure(self) -> None:
        """Measure the memory. Raises _EndedError above the ceiling."""
        assert self._process is not None
        rss_bytes, limit = self._process.measure_rss(), self.limits.max_bytes
        self._show(rss_bytes=rss_bytes)
        if limit is not None and rss_bytes is not None and rss_bytes > limit:
            raise _EndedError(f"{rss_bytes / _MB:.0f} MB of memory, more than surya.max_rss_mb")

    def _note_death(self, reason: str) -> str:
        if self._is_stopping():
            return reason
        lines = [] if self._process is None else self._process.output.last_lines()[-_LAST_LINES:]
        pid = None if self._process is None else self._process.pid
        self._log.warning("server.died", server=self.spec.name, server_pid=pid, reason=reason, last_output=lines)
        self._show(reason=": ".join([reason, *lines[-1:]]), deaths=self._state.deaths + 1)
        return reason

    def _end_process(self) -> None:
        self._show(phase="waiting")
        if self._process is not None:
            self._process.end()
            self._process = None
        self._show(pid=None, rss_bytes=None)

    def _rest(self, reason: str) -> None:
        """Wait before the next start: not after a wanted end, longer after each death."""
        if not reason:
            return
        due_s = time.monotonic() + self._pause_s
        self._pause_s = min(max(self._pause_s, _FIRST_PAUSE_S) * 2, _LONGEST_PAUSE_S)
        while (left_s := due_s - time.monotonic()) > 0 and not self._is_stopping():
            self._wait(left_s)

    def _wait(self, timeout_s: float | None) -> None:
        """Wait until the server or somebody who wants something of it has news."""
        descriptors = [self._waking] if self._process is None else [self._waking, self._process.fileno()]
        if self._waking in wait_until_readable(descriptors, timeout_s):
            os.read(self._waking, 64)

    def _is_stopping(self) -> bool:
        with self._lock:
            return self._wishes.is_stopping

    def _take_recycle_reason(self) -> str:
        with self._lock:
            reason, self._wishes.recycle_reason = self._wishes.recycle_reason, ""
            return reason

    def _show(self, **changes: object) -> None:
        with self._lock:
            self._state = replace(self._state, **changes)  # type: ignore[arg-type]
            self._changed.notify_all()


def _choose_port(wanted: int) -> int:
    """Return the port that is wanted, if it is free, else one that is: at a reload the old server still has it."""
    try:
        with socket.create_server(("127.0.0.1", wanted)) as free:
            return int(free.getsockname()[1])
    except OSError:
        if wanted == 0:
            raise
        return _choose_port(0)
