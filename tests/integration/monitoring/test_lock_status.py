"""One daemon for a state directory, and what it says of itself there."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness import wait_until
from markerd.errors import EXIT_UNAVAILABLE, AlreadyRunningError, UnavailableError
from markerd.monitoring import status_file
from markerd.monitoring.status_file import DaemonState, Snapshot
from markerd.runtime.instance_lock import hold_state_dir

HOLDER = """
import sys, time
from pathlib import Path
from markerd.runtime.instance_lock import hold_state_dir
with hold_state_dir(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@contextmanager
def holder(state_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds it."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(state_dir)], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"held\n"
            yield process
        finally:
            process.kill()


def test_second_holder_of_the_lock_is_refused(tmp_path: Path) -> None:
    """In the same process as well: flock is of the open file."""
    with hold_state_dir(tmp_path), pytest.raises(AlreadyRunningError), hold_state_dir(tmp_path):
        pass


def test_lock_can_be_held_again_after_release(tmp_path: Path) -> None:
    """The file stays, the lock does not."""
    for _ in range(2):
        with hold_state_dir(tmp_path / "new" / "state"):
            pass


def test_process_that_holds_the_lock_is_named(tmp_path: Path) -> None:
    """The message says which process to stop, and the exit code that something is in the way."""
    with holder(tmp_path) as process:
        with pytest.raises(AlreadyRunningError, match=rf"process {process.pid}\b") as caught, hold_state_dir(tmp_path):
            pass
        assert caught.value.exit_code == EXIT_UNAVAILABLE


def test_lock_of_a_killed_holder_is_free(tmp_path: Path) -> None:
    """The kernel releases the lock, whatever its holder died of."""
    with holder(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with hold_state_dir(tmp_path):
            assert (tmp_path / "lock").read_text().strip() != str(process.pid)


def test_a_state_directory_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    """A file in its place, for one."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UnavailableError, match="cannot be used"), hold_state_dir(tmp_path / "file" / "state"):
        pass


def test_the_state_directory_is_private(tmp_path: Path) -> None:
    """Copies of documents lie in it."""
    with hold_state_dir(tmp_path / "state"):
        assert (tmp_path / "state").stat().st_mode & 0o077 == 0


# --- status.json ---------------------------------------------------------------------------------------------------


def test_written_status_is_read(tmp_path: Path) -> None:
    """With `is_running` added; enums as their values."""
    status_file.write(tmp_path, Snapshot(state=DaemonState.CONVERTING, queued=4))
    found = status_file.read(tmp_path)
    assert found is not None
    assert (found["state"], found["queued"], found["is_running"], found["schema"]) == ("converting", 4, True, 1)


@pytest.mark.parametrize("text", [None, "{", '{"pid": 1}', "\udcff"])
def test_file_that_is_no_status_does_not_break_the_command(tmp_path: Path, text: str | None) -> None:
    """No file, half a file, an unknown one: not running."""
    if text is not None:
        (tmp_path / status_file.FILE_NAME).write_bytes(text.encode("utf-8", "surrogateescape"))
    found = status_file.read(tmp_path)
    assert found is None or found["is_running"] is False


def test_a_daemon_is_found_by_its_configuration(tmp_path: Path) -> None:
    """The newest of those that name it; what another daemon, or an earlier version, left is passed over."""
    folders = [tmp_path / name for name in ("old", "other", "mine", "newest", "none")]
    for folder in folders[:-1]:
        folder.mkdir()
    (folders[0] / status_file.FILE_NAME).write_text(
        '{"pid": 1, "process_started": 0, "isolation": "x", "heartbeat": 0}'
    )
    status_file.write(folders[1], Snapshot(config="/other.toml"))
    status_file.write(folders[2], Snapshot(config="/mine.toml", queued=1))
    older = folders[2] / status_file.FILE_NAME
    older.write_text(older.read_text().replace('"written": "20', '"written": "19'))
    status_file.write(folders[3], Snapshot(config="/mine.toml", queued=2))
    found = status_file.find(folders, Path("/mine.toml"))
    assert found is not None
    assert found["queued"] == 2
    assert status_file.find(folders, Path("/none.toml")) is None


def test_the_number_of_a_process_that_died_proves_nothing(tmp_path: Path) -> None:
    """Another process may have got it since."""
    with holder(tmp_path / "state") as process:
        status_file.write(tmp_path, Snapshot(pid=process.pid, process_started=time.time() - 5000))
        found = status_file.read(tmp_path)
        assert found is not None
        assert found["is_running"] is False


def test_status_is_not_forced_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is replaced every two seconds, and nothing needs it after a power cut: a disk that sleeps may sleep on."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    status_file.write(tmp_path, Snapshot())
    assert synced == []


def test_failed_write_leaves_the_old_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk makes the status stale; nothing lies beside it."""
    status_file.write(tmp_path, Snapshot(version="old"))

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "disk full")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="disk full"):
        status_file.write(tmp_path, Snapshot(version="new"))
    (left,) = tmp_path.iterdir()
    assert json.loads(left.read_bytes())["version"] == "old"


def test_a_reader_never_sees_half_a_status(tmp_path: Path) -> None:
    """It is replaced in one step, while others read it."""
    status_file.write(tmp_path, Snapshot())
    script = (
        "import sys; from pathlib import Path; from markerd.monitoring.status_file import Snapshot, write\n"
        "snapshot = Snapshot(folders=[{'path': 'x' * 100}] * 50)\n"
        "for _ in range(60): write(Path(sys.argv[1]), snapshot)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)]) as writer:
        wait_until(lambda: status_file.read(tmp_path) is not None and writer.poll() is not None, 60)
        assert writer.returncode == 0
    assert status_file.read(tmp_path) is not None
