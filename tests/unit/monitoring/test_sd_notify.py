"""What systemd is told, and when."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from markerd.monitoring.sd_notify import Notifier, find_service_manager
from markerd.monitoring.status_file import Current, DaemonState, Snapshot

LIVELY = {"loop": 0.1, "observers": 0.2, "converter": 0.1}
FOLDER = {"path": "/in", "output": "/out", "observer": "native", "since": 0.0, "paused": None, "settling": 0}


def snapshot(state: DaemonState = DaemonState.IDLE, *, is_ready: bool = True, **fields: object) -> Snapshot:
    counts = {"published": 3, "skipped": 0, "dead": 1, "waiting": 2}
    made = Snapshot(state=state, is_ready=is_ready, silent_s=dict(LIVELY), counts=counts, folders=[dict(FOLDER)])
    for name, value in fields.items():
        setattr(made, name, value)
    return made


class Listener:
    """Keeps the lines of every message; takes none while it is deaf."""

    def __init__(self) -> None:
        self.heard: list[list[str]] = []
        self.is_deaf = False

    def __call__(self, message: str) -> bool:
        if not self.is_deaf:
            self.heard.append(message.split("\n"))
        return not self.is_deaf


def test_each_state_of_the_service_is_sent_once() -> None:
    """Loading, ready, reloading, ready again, stopping: each said once."""
    hear = Listener()
    manager = Notifier(hear, watchdog_s=60)
    loading = snapshot(DaemonState.STARTING, is_ready=False)
    reloading = snapshot(is_ready=False)
    for shown in (loading, loading, snapshot(), snapshot(), reloading, snapshot(), snapshot(DaemonState.STOPPING)):
        manager.update(shown)
    first, *_ = ([line for line in lines if "USEC" not in line and line != "WATCHDOG=1"] for lines in hear.heard)
    assert first == ["STATUS=Loading the models"]
    words = [line.split("=")[0] for lines in hear.heard for line in lines]
    assert [word for word in words if word in ("READY", "RELOADING", "STOPPING")] == [
        "READY", "RELOADING", "READY", "STOPPING",
    ]  # fmt: skip
    assert [word for word in words if word == "MONOTONIC_USEC"] == ["MONOTONIC_USEC"]


def test_reload_is_notified_from_the_signal_on() -> None:
    """`systemctl reload` waits for the word, and gives up on a daemon that first finishes a long document."""
    hear = Listener()
    manager = Notifier(hear, watchdog_s=None)
    manager.update(snapshot())
    waiting = snapshot(DaemonState.CONVERTING, converting=[Current("a.pdf", 0.0)], is_reload_wanted=True)
    for shown in (waiting, waiting, snapshot(is_ready=False), snapshot()):
        manager.update(shown)
    words = [[line.split("=")[0] for line in lines if not line.startswith("STATUS")] for lines in hear.heard]
    assert words == [
        ["READY"],
        ["RELOADING", "MONOTONIC_USEC", "EXTEND_TIMEOUT_USEC"],
        ["EXTEND_TIMEOUT_USEC"],
        ["EXTEND_TIMEOUT_USEC"],
        ["READY"],
    ]


def test_time_is_requested_only_while_loading_reloading_and_draining() -> None:
    """EXTEND_TIMEOUT_USEC must come again and again, or the manager's patience ends."""
    for shown, is_asking in (
        (snapshot(DaemonState.STARTING, is_ready=False), True),
        (snapshot(is_ready=False), True),
        (snapshot(), False),
        (snapshot(DaemonState.CONVERTING, converting=[Current("a.pdf", 0.0)]), False),
        (snapshot(DaemonState.STOPPING, converting=[Current("a.pdf", 0.0)]), True),
    ):
        hear = Listener()
        manager = Notifier(hear, watchdog_s=None)
        for _ in range(2):
            manager.update(shown)
        asked = [line for lines in hear.heard for line in lines if line.startswith("EXTEND_TIMEOUT_USEC=")]
        assert asked == ["EXTEND_TIMEOUT_USEC=30000000"] * (2 * is_asking)


@pytest.mark.parametrize("part", LIVELY)
def test_each_silent_part_withholds_the_watchdog(part: str) -> None:
    """Loop, observers and the converter's supervisor: one that hangs is enough."""
    hear = Listener()
    manager = Notifier(hear, watchdog_s=60)
    manager.update(snapshot())
    manager.update(snapshot(silent_s={**LIVELY, part: 31.0}))
    manager.update(snapshot(silent_s={**LIVELY, part: 29.0}))
    assert ["WATCHDOG=1" in lines for lines in hear.heard] == [True, True]
    assert len(hear.heard) == 2


def test_inline_conversion_switches_the_watchdog_off() -> None:
    """Marker works in the very thread that would say WATCHDOG=1."""
    hear = Listener()
    manager = Notifier(hear, watchdog_s=60)
    for _ in range(3):
        manager.update(snapshot(isolation="inline"))
    assert [line for lines in hear.heard for line in lines if "WATCHDOG" in line] == ["WATCHDOG_USEC=0"]


def test_unsent_message_is_sent_again() -> None:
    """A READY that got lost would leave the unit starting for ever."""
    hear = Listener()
    manager = Notifier(hear, watchdog_s=None)
    hear.is_deaf = True
    manager.update(snapshot())
    hear.is_deaf = False
    manager.update(snapshot())
    assert hear.heard[0][0] == "READY=1"


@pytest.mark.parametrize(
    ("shown", "line"),
    [
        (snapshot(DaemonState.STARTING, is_ready=False), "Loading the models"),
        (snapshot(), "Idle; 2 waiting, 3 published, 1 dead letter"),
        (
            snapshot(DaemonState.CONVERTING, converting=[Current("a.pdf", 0.0)], queued=4),
            "Converting a.pdf; 4 queued, 3 published, 1 dead letter",
        ),
        (
            snapshot(DaemonState.PAUSED, folders=[{**FOLDER, "paused": "No such file or directory"}]),
            "Waiting for /in: No such file or directory",
        ),
        (snapshot(is_ready=False), "Reading the configuration again"),
        (snapshot(DaemonState.STOPPING, converting=[Current("a.pdf", 0.0)]), "Stopping; a.pdf may end first"),
        (snapshot(DaemonState.STOPPING), "Stopping"),
    ],
)
def test_status_line_says_what_is_going_on(shown: Snapshot, line: str) -> None:
    """One line, in words."""
    hear = Listener()
    Notifier(hear, watchdog_s=None).update(shown)
    assert f"STATUS={line}" in hear.heard[0]


@pytest.fixture
def listening() -> Iterator[tuple[socket.socket, str]]:
    """A real datagram socket; its path is short, for sun_path holds 108 bytes."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiving:
        path = str(Path(folder, "notify"))
        receiving.bind(path)
        receiving.settimeout(10)
        yield receiving, path


def test_real_socket_receives_the_messages(listening: tuple[socket.socket, str]) -> None:
    """And the variables are gone, so that no child speaks for the daemon."""
    receiving, path = listening
    environ = {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid()), "HOME": "/"}
    manager = find_service_manager(environ)
    assert manager is not None
    assert environ == {"HOME": "/"}
    manager.update(snapshot())
    assert receiving.recv(4096).decode().split("\n")[0] == "READY=1"
    receiving.close()
    manager.update(snapshot(DaemonState.STOPPING))  # nobody hears it, and nothing happens


def test_a_watchdog_for_another_process_is_not_fed(listening: tuple[socket.socket, str]) -> None:
    """sd_watchdog_enabled(3): WATCHDOG_PID says for whom it is."""
    receiving, path = listening
    manager = find_service_manager({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"})
    assert manager is not None
    manager.update(snapshot())
    assert "WATCHDOG=1" not in receiving.recv(4096).decode()


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1234"}])
def test_no_notifier_without_a_service_manager(environ: dict[str, str]) -> None:
    """Nor where the socket is of a kind that is none of ours."""
    assert find_service_manager(environ) is None
