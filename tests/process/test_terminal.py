"""`markerd run` on a real terminal, as a person sees it."""

from __future__ import annotations

import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path

import pytest

from harness import RunningDaemon, wait_until
from killing import quick_environ

GOOD, BROKEN = b"%PDF-1.4 good\n%%EOF\n", b"%PDF-1.4 broken\n%%EOF\n"
COLUMNS = 100


def session(
    root: Path, *arguments: str, use: Callable[[RunningDaemon, Callable[[str], None]], None], **environ: str
) -> str:
    """All that a terminal shows of `markerd run`; `use` gets a function that waits for a text."""
    daemon = RunningDaemon(root, log={"level": "info", "format": "auto"})
    daemon.inbox.mkdir()
    terminal, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    shown = bytearray()

    def shows(text: str) -> bool:
        with suppress(OSError):  # Linux: EIO once the other side is closed
            shown.extend(os.read(terminal, 65536))
        return text.encode() in shown

    process = subprocess.Popen(
        [sys.executable, "-m", "markerd", "run", *arguments],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=root, start_new_session=True,
        env={**os.environ, "TERM": "xterm", **quick_environ(), **environ},
    )  # fmt: skip
    os.close(theirs)
    try:
        use(daemon, lambda text: wait_until(lambda: shows(text), 60, f"{text!r} in {shown!r}"))
        process.send_signal(signal.SIGINT)
        wait_until(lambda: shows("Stopped"), 60)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
    return shown.decode().replace("\r\n", "\n")


def one_good_one_broken(daemon: RunningDaemon, wait_for: Callable[[str], None]) -> None:
    wait_for("Watching")
    daemon.drop("good.pdf", GOOD)
    wait_for("outbox/good")
    daemon.drop("broken.pdf", BROKEN)
    wait_for("drop it again.")


def test_terminal_shows_where_documents_begin_and_end(tmp_path: Path) -> None:
    """The first line names the hot folder, the output and how to stop.

    No event names are shown, and nothing in between.
    """
    shown = session(tmp_path, use=one_good_one_broken, NO_COLOR="1")
    lines = [line[9:] for line in shown.splitlines() if line]
    assert lines[0] == "Drop documents into inbox; the output is put into outbox. Ctrl-C stops."
    assert "Starting direct Marker processing for: good.pdf" in lines
    (end,) = (line for line in lines if line.startswith("Marker processing completed for: good.pdf"))
    assert end.endswith(" s) -> outbox/good")
    assert "(1 page, " in end
    assert "error: Gave up on broken.pdf: it says that it is broken" in lines
    assert any(line.startswith("What to do: ") for line in lines)
    for absent in ("Seen", "Queued", "Cleaned up", "document.", "converter.", "\x1b"):
        assert absent not in shown
    assert max(map(len, shown.splitlines())) <= COLUMNS


def test_verbose_shows_every_step_and_the_names_of_events(tmp_path: Path) -> None:
    """`--verbose` shows every record with the name of its event."""
    shown = session(tmp_path, "--verbose", use=one_good_one_broken_verbose)
    for wanted in ("Seen: good.pdf", "Queued: good.pdf", "Cleaned up: 0 semaphores, ", "document.published", "\x1b["):
        assert wanted in shown


def one_good_one_broken_verbose(daemon: RunningDaemon, wait_for: Callable[[str], None]) -> None:
    wait_for("Watching")
    daemon.drop("good.pdf", GOOD)
    wait_for("Cleaned up: ")


def test_terminal_shows_published_green_and_dead_red(tmp_path: Path) -> None:
    """A published document is green, a dead letter red."""
    shown = session(tmp_path, use=one_good_one_broken, NO_COLOR="")
    assert "\x1b[32m Marker processing completed for: good.pdf" in shown
    assert "\x1b[31m error: Gave up on broken.pdf" in shown


@pytest.mark.parametrize("has_configuration", [False, True])
def test_markerd_without_a_command_says_what_to_do_first(tmp_path: Path, has_configuration: bool) -> None:
    """Without a configuration, it says how to write one; otherwise how to run it, with its folders."""
    if has_configuration:
        RunningDaemon(tmp_path)
    environ = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    done = subprocess.run(
        [sys.executable, "-m", "markerd"], capture_output=True, text=True, cwd=tmp_path, env={**os.environ, **environ},
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 64
    first = next(line for line in done.stderr.splitlines() if "1." in line)
    assert ("markerd run" if has_configuration else "markerd init") in first
    assert (str(tmp_path / "inbox") in done.stderr) is has_configuration
