"""The system calls that a confined converter was refused, for the log: at level debug the kernel reports each of them.

The kernel holds up the call until the daemon answers it. A thread answers, always with EPERM, so that a converter gains
nothing by it. When the daemon no longer listens, the kernel answers ENOSYS by itself.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import socket
import struct
import threading
from collections import Counter

from markerd.convert.sandbox import seccomp
from markerd.logs import Log

# linux/seccomp.h: the requests, and structures seccomp_notif (to which later kernels may add) and seccomp_notif_resp.
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTIFICATION = struct.Struct("=QIIiI")  # id, pid, flags; of seccomp_data the call's number and its architecture
_NOTIFICATION_BYTES = 256
_ANSWER = struct.Struct("=QqiI")  # id, value, error, flags

_SOON_ANSWERED = 1000
_WAIT_MS = 10
"""After so many calls a converter is answered a hundred times a second, so that it waits and not the daemon."""


class RefusedCalls:
    """Listens from its construction until `close`, or until the converter and all that it started have ended.

    It logs `converter.refused_call` when a call is refused for the first time, and at the end how often it was.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._channel, self.channel_of_converter = socket.socketpair()
        self._until_closed, self._closing = os.pipe()
        self._times: Counter[str] = Counter()
        self._thread: threading.Thread | None = None

    def begin(self, converter_pid: int) -> None:
        """Start listening, once the converter runs and has inherited `channel_of_converter`, over which it sends the
        listener.
        """
        self.channel_of_converter.close()
        self._thread = threading.Thread(target=self._run, args=(converter_pid,), name="refused-calls", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening. Call it once, when the converter has ended or was never started."""
        os.close(self._closing)
        if self._thread is None:
            self.channel_of_converter.close()
            self._release()
        else:
            self._thread.join(timeout=1.0)

    def _release(self) -> None:
        self._channel.close()
        os.close(self._until_closed)

    def _run(self, converter_pid: int) -> None:
        listener = None
        try:
            listener = self._receive_listener()
            if listener is not None:
                self._answer_all(listener, converter_pid)
        finally:
            if listener is not None:
                os.close(listener)
            self._release()
        for call, times in self._times.items():
            if times > 1:
                self._log.debug("converter.refused_call", converter_pid=converter_pid, call=call, times=times)

    def _receive_listener(self) -> int | None:
        """Return the descriptor to listen on; None where the converter ended before, or has nothing to hand over."""
        if not self._wait_for(self._channel.fileno()):
            return None
        with contextlib.suppress(OSError):
            _, descriptors, _, _ = socket.recv_fds(self._channel, 1, 1, socket.MSG_CMSG_CLOEXEC)
            return descriptors[0] if descriptors else None
        return None

    def _answer_all(self, listener: int, converter_pid: int) -> None:
        while self._wait_for(listener):
            call = _refuse(listener)
            if call is None:
                continue
            self._times[call] += 1
            if self._times[call] == 1:
                self._log.debug("converter.refused_call", converter_pid=converter_pid, call=call, times=1)
            if self._times.total() > _SOON_ANSWERED:
                select.select([self._until_closed], [], [], _WAIT_MS / 1000)

    def _wait_for(self, descriptor: int) -> bool:
        """Whether there is something to read; False once `close` was called, or nobody can write any more."""
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.register(self._until_closed, 0)
        found = dict(poll.poll())
        return self._until_closed not in found and bool(found[descriptor] & select.POLLIN)


def hand_over(listener: int, channel: socket.socket) -> None:
    """Send the listener to the daemon, and keep neither: whoever listens could also let calls through."""
    try:
        with channel, contextlib.suppress(OSError):  # without a daemon nobody answers, and the kernel refuses
            socket.send_fds(channel, [b"\0"], [listener])
    finally:
        os.close(listener)


def _refuse(listener: int) -> str | None:
    """Answer the waiting call with EPERM; returns its name, or None where its process was killed meanwhile."""
    received = bytearray(_NOTIFICATION_BYTES)
    try:
        fcntl.ioctl(listener, _RECEIVE, received)
        identity, _, _, number, architecture = _NOTIFICATION.unpack_from(received)
        fcntl.ioctl(listener, _SEND, _ANSWER.pack(identity, 0, -errno.EPERM, 0))
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EINTR):
            return None
        raise
    return seccomp.look_up_name(number, architecture)
