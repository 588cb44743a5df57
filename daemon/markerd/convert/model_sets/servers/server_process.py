"""The operating-system process of a model server, behind its guardian: how it is launched, watched and ended."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil

from markerd.convert import cleanup
from markerd.convert.model_sets.servers import confined_server, guardian
from markerd.convert.model_sets.servers.remains import MARK, end_server
from markerd.convert.model_sets.servers.server_spec import ServerSpec
from markerd.files import trees
from markerd.logs import Log
from markerd.logs.child_output import ChildOutput

_END_S = 5.0
"""A guardian needs a little more than a second at most, on an idle machine."""
_MOST_STATUS_BYTES = 4096
_GUARDIAN_KILLED = "its guardian was killed"


class ServerProcess:
    """A server that was launched. Raises OSError where there is no room. The thread that watches it calls the methods.

    `home` is its own folder. The process is known by `pid` once the guardian has started it.
    """

    def __init__(self, spec: ServerSpec, port: int, home: Path, variables: dict[str, str], log: Log) -> None:
        self.pid: int | None = None
        self.ending = ""
        """How the server ended; empty while it runs."""
        self._unread, self._home = b"", home
        self._lock = threading.Lock()
        if home.exists():
            trees.remove(home)
        home.mkdir(parents=True)
        with contextlib.ExitStack() as undo:
            lifeline, self._lifeline = _open_pipe(undo)
            self._status, status = _open_pipe(undo)
            server = [sys.executable, "-m", confined_server.__name__, confined_server.encode_task(spec, port, home)]
            self._guardian = subprocess.Popen(
                [sys.executable, "-I", guardian.__file__, str(lifeline), str(status), *server],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(lifeline, status),
                env={**variables, **spec.variables, "HOME": str(home), "TMPDIR": str(home), MARK: str(home)},
                cwd=home,  # `-m` puts it on the module path: only we write there
                start_new_session=True,
            )
            undo.pop_all()
        cleanup.expect_child(self._guardian.pid)
        os.close(lifeline)
        os.close(status)
        os.set_blocking(self._status, False)
        assert self._guardian.stdout is not None
        try:
            self.output = ChildOutput(self._guardian.stdout, log, "server.output", server=spec.name)
        except RuntimeError as error:  # no room for another thread
            self._guardian.stdout.close()
            self.end()
            raise OSError(errno.EAGAIN, str(error)) from error

    def fileno(self) -> int:
        """The descriptor that is ready when the guardian has something to say, or has ended."""
        return self._status

    def take_news(self) -> None:
        """Read what the guardian says: `pid` and `ending`."""
        try:
            news = os.read(self._status, _MOST_STATUS_BYTES)
        except BlockingIOError:
            return
        if not news and not self.ending:
            self.ending = _GUARDIAN_KILLED
        *lines, self._unread = (self._unread + news).split(b"\n")
        for line in lines:
            word, _, value = line.decode("utf-8", "replace").partition(" ")
            if word == "started":
                self.pid = int(value)
            else:
                self.ending = value

    def measure_rss(self) -> int | None:
        """Return the bytes of the server with all that it started; None where it has ended."""
        try:
            process = psutil.Process(self.pid) if self.pid is not None else None
            family = [] if process is None else [process, *process.children(recursive=True)]
            return sum(member.memory_info().rss for member in family) or None
        except psutil.Error:
            return None

    def let_go(self) -> None:
        """Have the guardian end the server, without waiting for it. Any thread may call this, more than once."""
        with self._lock:
            lifeline, self._lifeline = self._lifeline, -1
        if lifeline >= 0:
            os.close(lifeline)

    def end(self) -> None:
        """End the server and all that it started, and wait for it. It is safe to call this twice."""
        self.let_go()
        try:
            self._guardian.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._guardian.kill()
            self._guardian.wait()
        cleanup.forget_child(self._guardian.pid)
        self.take_news()
        if self.ending in ("", _GUARDIAN_KILLED):
            end_server(self._home)
        if self._status >= 0:
            os.close(self._status)
            self._status = -1


def _open_pipe(undo: contextlib.ExitStack) -> tuple[int, int]:
    """Return reading and writing end; both are closed where the launch fails."""
    ends = os.pipe()
    for end in ends:
        undo.callback(os.close, end)
    return ends
