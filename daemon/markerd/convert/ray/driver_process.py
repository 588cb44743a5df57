"""The driver as the daemon sees it: a process with two pipes, and its end with all that it started."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from markerd.convert.process.message_pipes import Message, MessageChannel, open_pipe
from markerd.convert.ray.owned_folder import sweep_abandoned
from markerd.convert.ray.settings import CLUSTER_PREFIX, DriverSettings, encode_settings
from markerd.files import trees
from markerd.logs import Log
from markerd.logs.child_output import ChildOutput

_STOP_S = 25.0
"""A driver takes 2 s to leave a cluster, and up to 10 s more for actors that do not end at once."""
_MARK = "MARKERD_DRIVER"
"""A variable that all processes of a driver inherit: Ray's leave their group and their parents."""
_SWEEPS, _SWEEP_S = 20, 0.1


class DriverProcess:
    """Launches the driver. Raises OSError where there is no room for it."""

    def __init__(self, settings: DriverSettings, log: Log) -> None:
        working_dir = settings.process.working_dir
        working_dir.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="converter-driver-", dir=working_dir))
        self._temp_dir = settings.ray.temp_dir or Path(tempfile.gettempdir())
        self._mark = secrets.token_hex(16)
        with contextlib.ExitStack() as undo:
            undo.callback(trees.remove, self.folder)
            driver_requests, requests = open_pipe(undo)
            responses, driver_responses = open_pipe(undo)
            self._process = self._launch(settings, driver_requests, driver_responses)
            undo.pop_all()
        os.close(driver_requests)
        os.close(driver_responses)
        self._channel: MessageChannel | None = MessageChannel(requests, responses)
        assert self._process.stdout is not None
        self._output = ChildOutput(self._process.stdout, log, "cluster.output")
        self.heard_s = time.monotonic()
        """When it last said something, on the monotonic clock."""

    def _launch(self, settings: DriverSettings, requests: int, responses: int) -> subprocess.Popen[bytes]:
        arguments = map(str, (requests, responses, self.folder, encode_settings(settings)))
        return subprocess.Popen(
            [sys.executable, "-m", "markerd.convert.ray.driver", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(requests, responses),
            env={**os.environ, _MARK: self._mark},
            cwd=self.folder,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, op: str, **fields: Any) -> None:
        """A driver that has ended takes nothing; that is noticed where it is listened to."""
        assert self._channel is not None
        with contextlib.suppress(BrokenPipeError):
            self._channel.send(op, **fields)

    def receive_waiting(self, most: int) -> Iterator[Message]:
        """Iterate over the messages that are there. Raises ConverterDiedError at its end, and UnavailableError."""
        assert self._channel is not None
        for _ in range(most):
            message = self._channel.receive(0.0)
            if message is None:
                return
            self.heard_s = time.monotonic()
            yield message

    @property
    def has_unread(self) -> bool:
        return self._channel is not None and self._channel.has_unread

    def fileno(self) -> int:
        assert self._channel is not None
        return self._channel.fileno()

    def last_line(self) -> str:
        """Return the last line that it printed, for the reason of its end."""
        return next((line for line in reversed(self._output.last_lines()) if line.strip()), "")

    def stop(self) -> None:
        """Let the driver leave the cluster, or end it; kill what does not end within a while."""
        self.send("stop")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_S)
        self.kill()

    def kill(self) -> None:
        """Kill the driver and all processes that it started on this machine, and remove their folders."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        for _ in range(_SWEEPS):
            if not self._kill_marked():
                break
            time.sleep(_SWEEP_S)
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()
        sweep_abandoned(self._temp_dir, CLUSTER_PREFIX)
        with contextlib.suppress(OSError):
            trees.remove(self.folder)

    def _kill_marked(self) -> bool:
        """Kill the processes that have our mark; returns whether there were any."""
        is_any = False
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get(_MARK) == self._mark and process.status() != psutil.STATUS_ZOMBIE:
                    process.kill()
                    is_any = True
        return is_any
