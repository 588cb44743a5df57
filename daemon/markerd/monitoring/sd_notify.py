"""Notifies systemd: ready, reloading, stopping, alive, and in words what is going on.

The protocol is that of sd_notify(3), which recommends implementing it without a library.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass

from markerd.monitoring.status_file import DaemonState, Snapshot
from markerd.values import count_with_noun

EXTENSION_S = 30
"""The seconds that each message in a start, a reload or a stop asks for; the next message comes two seconds later."""
_MICROSECONDS = 1_000_000

Send = Callable[[str], bool]
"""Sends a message; returns whether it was taken."""


@dataclass(frozen=True)
class NotifiedState:
    """What the service manager knows of us."""

    is_ready: bool = False
    is_stopping: bool = False
    is_watchdog_off: bool = False
    status: str = ""


class Notifier:
    """A `Display`: the main thread calls it at each change and every two seconds."""

    def __init__(self, send: Send, watchdog_s: float | None) -> None:
        """`watchdog_s` is the time after which the service manager takes a silent daemon for hung."""
        self._send = send
        self._watchdog_s = watchdog_s
        self._notified = NotifiedState()

    def update(self, snapshot: Snapshot) -> None:
        now = NotifiedState(
            # Not ready from the signal on: `systemctl reload` waits for the message, and longer than for a document.
            is_ready=snapshot.is_ready and not snapshot.is_reload_wanted,
            is_stopping=snapshot.state is DaemonState.STOPPING,
            # While Marker works in this very thread nothing can be sent: the daemon would be killed in a long document.
            is_watchdog_off=snapshot.isolation == "inline" and self._watchdog_s is not None,
            status=format_status_line(snapshot),
        )
        lines = [*describe_changes(self._notified, now), *self._list_signs_of_life(now, snapshot)]
        if not lines or self._send("\n".join(lines)):
            self._notified = now  # else it is sent again, two seconds later

    def _list_signs_of_life(self, now: NotifiedState, snapshot: Snapshot) -> list[str]:
        lines = []
        if not now.is_ready or now.is_stopping:
            lines.append(f"EXTEND_TIMEOUT_USEC={EXTENSION_S * _MICROSECONDS}")
        if (
            self._watchdog_s is not None
            and not now.is_watchdog_off
            and is_alive(snapshot.silent_s, self._watchdog_s / 2)
        ):
            lines.append("WATCHDOG=1")
        return lines


def describe_changes(before: NotifiedState, now: NotifiedState) -> list[str]:
    """Describe a change of state in the words of sd_notify(3)."""
    lines = []
    if now.is_watchdog_off and not before.is_watchdog_off:
        lines.append("WATCHDOG_USEC=0")
    if now.is_stopping and not before.is_stopping:
        lines.append("STOPPING=1")
    elif now.is_ready and not before.is_ready:
        lines.append("READY=1")
    elif before.is_ready and not now.is_ready and not now.is_stopping:
        lines += ["RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}"]
    return lines if now.status == before.status else [*lines, f"STATUS={now.status}"]


def is_alive(silent_s: Mapping[str, float], limit_s: float) -> bool:
    """Whether loop, observers and the converter's supervisor have each made progress within the limit."""
    return all(seconds <= limit_s for seconds in silent_s.values())


def format_status_line(snapshot: Snapshot) -> str:
    """Format one line for `systemctl status`."""
    counts = snapshot.counts
    done = f"{counts.get('published', 0)} published, {count_with_noun(counts.get('dead', 0), 'dead letter')}"
    if snapshot.state is DaemonState.STARTING:
        return "Loading the models"
    if snapshot.state is DaemonState.STOPPING:
        return f"Stopping; {snapshot.current.document} may end first" if snapshot.current else "Stopping"
    if not snapshot.is_ready and not snapshot.current:
        return "Reading the configuration again" if snapshot.folders else "Starting to watch"
    if snapshot.current is not None:
        return f"Converting {snapshot.current.document}; {snapshot.queued} queued, {done}"
    if paused := [f"{folder['path']}: {folder['paused']}" for folder in snapshot.folders if folder["paused"]]:
        return f"Waiting for {'; '.join(paused)}"
    return f"Idle; {counts.get('waiting', 0)} waiting, {done}"


def find_service_manager(environ: MutableMapping[str, str] = os.environ) -> Notifier | None:
    """Find the service manager that started this process; None where there is none.

    Its variables are taken out of the environment, so that no child speaks for the daemon.
    """
    address = environ.pop("NOTIFY_SOCKET", "")
    watchdog_usec, pid = environ.pop("WATCHDOG_USEC", ""), environ.pop("WATCHDOG_PID", "")
    if not address.startswith(("/", "@")):
        return None
    is_for_us = watchdog_usec.isdecimal() and pid in ("", str(os.getpid()))
    return Notifier(_make_sender(address), int(watchdog_usec) / _MICROSECONDS if is_for_us else None)


def _make_sender(address: str) -> Send:
    path = "\0" + address[1:] if address.startswith("@") else address

    def send(message: str) -> bool:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifying:
                # The manager reads quickly. Should it hang, the daemon must not hang with it.
                notifying.settimeout(1.0)
                notifying.connect(path)
                notifying.sendall(message.encode("utf-8", "backslashreplace"))
        except OSError:
            return False
        return True

    return send
