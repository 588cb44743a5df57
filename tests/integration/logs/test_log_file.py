"""The log's file, and what may happen to it while the daemon runs."""

from __future__ import annotations

import io
import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from disks import disk_at
from harness import wait_until
from markerd import logs
from markerd.errors import EXIT_CONFIGURATION, ConfigurationError
from markerd.logs import Log
from markerd.logs import file as log_file
from markerd.runtime.lifecycle import Daemon

Configure = Callable[[Path], tuple[Log, io.StringIO]]


@pytest.fixture
def log_to(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Configures the log to write into a file, and gives a buffer in place of standard error; all is put back."""
    root, ours = logging.getLogger(), logging.getLogger("markerd")
    before = (list(root.handlers), root.level, ours.level)

    def configure(file: Path) -> tuple[Log, io.StringIO]:
        stream = io.StringIO()
        root.handlers = []
        monkeypatch.setattr(sys, "stderr", stream)
        return logs.configure("json", "info", file), stream

    yield configure
    for handler in root.handlers:
        handler.close()
    root.handlers, root.level = before[0], before[1]
    ours.setLevel(before[2])
    structlog.reset_defaults()


def events_in(text: str) -> list[str]:
    return [json.loads(line)["event"] for line in text.splitlines()]


def write_until_back(log: Log, file: Path) -> None:
    def is_back() -> bool:
        log.info("queue.full")
        return file.is_file() and "log.file_back" in events_in(file.read_text())

    wait_until(is_back, 10 * log_file._RETRY_S, "the file's return")


def test_log_returns_to_its_file_when_a_folder_leaves_its_place(tmp_path: Path, log_to: Configure) -> None:
    """Standard error has the log meanwhile. The loss and the return are each reported once."""
    file = tmp_path / "logs" / "markerd.log"
    log, stderr = log_to(file)
    log.info("daemon.started")
    shutil.rmtree(file.parent)
    file.parent.write_text("a file where the folder was")
    for _ in range(3):
        log.info("queue.full")
    assert events_in(stderr.getvalue()) == ["queue.full", "log.file_lost", "queue.full", "queue.full"]
    file.parent.unlink()
    write_until_back(log, file)
    assert events_in(stderr.getvalue()).count("log.file_lost") == 1


def test_removed_log_folder_is_made_again(tmp_path: Path, log_to: Configure) -> None:
    """The folder is made again, as at the start."""
    file = tmp_path / "logs" / "markerd.log"
    log, stderr = log_to(file)
    shutil.rmtree(file.parent)
    log.info("daemon.started")
    assert events_in(file.read_text()) == ["daemon.started"]
    assert stderr.getvalue() == ""


def test_rotated_file_is_opened_again(tmp_path: Path, log_to: Configure) -> None:
    """The log goes to the new file, and nothing is lost in between."""
    file = tmp_path / "markerd.log"
    log, stderr = log_to(file)
    log.info("daemon.started")
    file.rename(tmp_path / "markerd.log.1")
    log.info("queue.full")
    assert events_in((tmp_path / "markerd.log.1").read_text()) == ["daemon.started"]
    assert events_in(file.read_text()) == ["queue.full"]
    assert stderr.getvalue() == ""


def test_full_disk_loses_no_line(tmp_path: Path, log_to: Configure) -> None:
    """Lines are whole, in the file or on standard error, and the file is used again once there is room."""
    with disk_at(tmp_path / "disk") as disk:
        file = disk.place / "markerd.log"
        log, stderr = log_to(file)
        disk.fill(but=1000)
        for _ in range(60):
            log.info("daemon.started", reason="x" * 200)
        assert "log.file_lost" in events_in(stderr.getvalue())
        events_in(file.read_text())
        disk.free()
        write_until_back(log, file)
        written = events_in(file.read_text()) + events_in(stderr.getvalue())
        assert written.count("daemon.started") == 60
        logging.getLogger().handlers[0].close()


def test_missing_log_folder_at_the_start_is_waited_for(tmp_path: Path, log_to: Configure) -> None:
    """Standard error has the log until the folder comes, which is reported once."""
    with disk_at(tmp_path / "disk") as disk:
        disk.fill()
        file = disk.place / "logs" / "markerd.log"
        log, stderr = log_to(file)
        log.info("daemon.started")
        log.info("queue.full")
        assert events_in(stderr.getvalue()) == ["daemon.started", "log.file_lost", "queue.full"]
        disk.free()
        write_until_back(log, file)
        logging.getLogger().handlers[0].close()


def test_pipe_without_reader_does_not_block_the_start(tmp_path: Path, log_to: Configure) -> None:
    """The start does not wait for the other end of the pipe."""
    os.mkfifo(tmp_path / "pipe")
    log, stderr = log_to(tmp_path / "pipe")
    log.info("daemon.started")
    assert events_in(stderr.getvalue()) == ["daemon.started", "log.file_lost"]


@pytest.mark.parametrize("named", ["file/m.log", "file/deep/m.log", "folder", "loop/m.log", f"{'x' * 300}/m.log"])
def test_impossible_log_file_is_refused(tmp_path: Path, log_to: Configure, named: str) -> None:
    """An impossible path is a mistake in the configuration, and the error names what is in the way."""
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError) as caught:  # noqa: PT011 - which one is the file system's word
        log_to(tmp_path / named)
    words = log_file.describe_failure(caught.value, tmp_path / named)
    assert str(tmp_path / named.split("/", maxsplit=1)[0]) in words


def test_folder_in_place_of_the_log_file_ends_the_start(tmp_path: Path) -> None:
    """The daemon does not start, and a service manager does not try again."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "m.toml").write_text('[log]\nfile = "folder"\n[[folders]]\npath = "in"\noutput = "out"\n')
    with pytest.raises(ConfigurationError, match=f"log.file: {tmp_path / 'folder'}: a folder") as caught:
        Daemon(tmp_path / "m.toml", is_once=True)
    assert caught.value.exit_code == EXIT_CONFIGURATION


AS_NOBODY = """
import os, sys
from pathlib import Path
from markerd import logs
from markerd.runtime.lifecycle import Daemon
from markerd.errors import EXIT_CONFIGURATION, ConfigurationError
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
file = Path(sys.argv[1])
log = logs.configure("json", "info", file)
file.rename(file.with_suffix(".1"))
Path(sys.argv[2]).rename(file)
log.info("daemon.started")
"""


def test_rotation_to_a_file_of_another_user_moves_the_log_to_standard_error(tmp_path: Path) -> None:
    """logrotate with `create 0600 root` may meet a daemon that is not root."""
    if os.geteuid() != 0:
        pytest.skip("only root may become another user")
    folder = Path("/tmp", f"markerd-log-{os.getpid()}-{time.monotonic_ns()}")
    folder.mkdir()
    try:
        folder.chmod(0o777)
        (folder / "roots").touch(0o600)
        command = [sys.executable, "-c", AS_NOBODY, str(folder / "m.log"), str(folder / "roots")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    finally:
        shutil.rmtree(folder)
    assert done.returncode == 0, done.stderr
    assert events_in(done.stderr) == ["daemon.started", "log.file_lost"]
