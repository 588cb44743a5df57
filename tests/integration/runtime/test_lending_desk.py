"""What the desk makes of what comes over its socket, whoever sent it."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes import FakeConverter, RecordingLog, SilentProgress
from harness import wait_until
from markerd import __version__
from markerd.convert.process import wire_format
from markerd.convert.protocol import ConversionRequest
from markerd.convert.protocol.serial_pool import SerialPool
from markerd.runtime.lending import channel
from markerd.runtime.lending.desk import LendingDesk, Loan


class Scene:
    """A desk in a state directory, a pool behind it, and a connection to it."""

    def __init__(self, state_dir: Path) -> None:
        self.spool = state_dir / "spool"
        self.spool.mkdir()
        self.log = RecordingLog()
        self.desk = LendingDesk(state_dir, self.spool, SilentProgress(), lambda: None, lambda: False, self.log)
        self.pool = SerialPool(FakeConverter())
        self.pool.start()
        self.connection = channel.connect(state_dir)
        assert self.connection is not None
        self.connection.settimeout(10)

    def send(self, data: bytes) -> None:
        assert self.connection is not None
        self.connection.sendall(data)

    def take(self) -> list[Loan]:
        """The loans of what was sent, once the desk has heard it."""
        wait_until(lambda: len(self.desk._heard) > 0, 10)
        return self.desk.take(self.pool)

    def receive(self) -> list[dict[str, Any]] | None:
        assert self.connection is not None
        return channel.Reader(self.connection).read()

    def say_hello(self) -> Path:
        self.send(channel.encode("hello", version=__version__))
        assert self.take() == []
        (welcome,) = self.receive() or []
        return Path(welcome["folder"])


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    opened = Scene(tmp_path)
    yield opened
    assert opened.connection is not None
    opened.connection.close()
    opened.desk.close()


def build_request(job: Path, **places: str) -> dict[str, Any]:
    request = ConversionRequest("a.pdf", f"{job}/document.pdf", f"{job}/out", f"{job}/tmp", formats=("markdown",))
    return {**wire_format.fields_of(request), **places, "number": 1, "is_renewed_after_fault": False}


def test_task_in_the_folder_that_was_given_is_a_loan(scene: Scene) -> None:
    """The desk gives a folder in the spool, and hands on what lies below it."""
    folder = scene.say_hello()
    assert folder.parent == scene.spool
    scene.send(channel.encode("convert", **build_request(folder / "1")))
    (loan,) = scene.take()
    assert loan.request.output_dir == str(folder / "1" / "out")
    scene.send(channel.encode("convert", **build_request(folder / "1" / "part")))  # of a document in parts
    assert [loan.request.output_dir for loan in scene.take()] == [str(folder / "1" / "part" / "out")]


@pytest.mark.parametrize(
    "places",
    [
        {"source": "/etc/passwd"},
        {"output_dir": "{folder}/../other/out"},
        {"scratch_dir": "{folder}"},
        {"output_dir": "{folder}/1/../../2/out"},
        {"output_dir": "{folder}/1/linked/out"},
        {"kept_dir": "{folder}/linked/kept"},
    ],
)
def test_places_elsewhere_end_the_connection(scene: Scene, places: dict[str, str]) -> None:
    """No task reaches a file outside the folder of its own command, not even by a link or by `..`."""
    folder = scene.say_hello()
    (folder / "linked").symlink_to("/etc")
    (folder / "1").mkdir()
    (folder / "1" / "linked").symlink_to("/etc")
    named = {name: place.format(folder=folder) for name, place in places.items()}
    scene.send(channel.encode("convert", **build_request(folder / "1", **named)))
    assert scene.take() == []
    assert scene.receive() is None


@pytest.mark.parametrize(
    "data",
    [
        b"no JSON\n",
        b"[1]\n",
        channel.encode("hello", version="0.0.0"),
        channel.encode("hello"),
        channel.encode("convert", number=1),
        channel.encode("check_options", options=3),
        channel.encode("no such word"),
    ],
)
def test_what_is_no_message_ends_the_connection(scene: Scene, data: bytes) -> None:
    """The daemon goes on, and a command of another version starts converters of its own."""
    scene.send(data)
    assert scene.take() == []
    assert scene.receive() is None


def test_socket_is_the_users_own(scene: Scene, tmp_path: Path) -> None:
    """Nobody else may connect, and a socket that a killed daemon has left is no daemon."""
    assert (tmp_path / channel.SOCKET).stat().st_mode & 0o777 == 0o600
    scene.desk.close()
    assert channel.connect(tmp_path) is None
    left = socket.socket(socket.AF_UNIX)
    with channel.name_socket(tmp_path) as name:
        left.bind(name)
    left.close()
    assert channel.connect(tmp_path) is None


def test_commands_that_leave_at_once_take_no_place(tmp_path: Path) -> None:
    """However many of them: one that is gone before the desk has noted it is forgotten, too."""
    heard = threading.Event()
    desk = LendingDesk(tmp_path, tmp_path, SilentProgress(), heard.set, lambda: False, RecordingLog())
    pool = SerialPool(FakeConverter())
    try:
        for _ in range(100):
            connection = channel.connect(tmp_path)
            assert connection is not None
            connection.close()
            assert heard.wait(10)
            heard.clear()
            assert desk.take(pool) == []
        wait_until(lambda: desk.take(pool) == [] and not desk._borrowers, 10)
    finally:
        desk.close()


def test_desk_goes_on_after_descriptors_ran_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection that came meanwhile is taken: its command would wait for an answer for ever."""
    accept, failures = socket.socket.accept, [OSError(errno.EMFILE, os.strerror(errno.EMFILE))]

    def accept_with_failures(listener: socket.socket) -> tuple[socket.socket, Any]:
        if failures:
            raise failures.pop()
        return accept(listener)

    monkeypatch.setattr(socket.socket, "accept", accept_with_failures)
    opened = Scene(tmp_path)
    assert opened.say_hello().parent == tmp_path / "spool"
    assert failures == []
    assert opened.connection is not None
    opened.connection.close()
    opened.desk.close()
