"""`markerd status` on a status.json that lies there: as a table, as metrics, and renewed each second."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from harness import run_markerd, wait_until
from markerd.monitoring import status_file
from markerd.monitoring.status_file import Current, DaemonState, Snapshot

CONFIGURATION = '[daemon]\nstate_dir = "state"\n[[folders]]\npath = "in"\noutput = "out"\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    path = tmp_path / "markerd.toml"
    path.write_text(CONFIGURATION)
    return path


def write_status(config: Path, **changes: object) -> None:
    """As of a daemon that runs: this very process."""
    folder = {"path": "/[in]", "output": "/out", "observer": "native", "since": 1.0, "paused": None, "settling": 2}
    values: dict[str, object] = {
        "state": DaemonState.IDLE,
        "is_ready": True,
        "config": str(config),
        "counts": {"published": 4711, "skipped": 0, "dead": 1, "waiting": 2},
        "waiting_since": 1.0,
        "folders": [folder],
        "converter": {
            "pid": 7,
            "rss_mb": 512.5,
            "documents": 3,
            "semaphores": 0,
            "model_set": "embedded",
            "starts": 2,
            "deaths": 1,
            "cleanups": 9,
            "removed": 4,
        },
        **changes,
    }
    status_file.write(config.parent / "state", Snapshot(**values))  # type: ignore[arg-type]


def ask(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_markerd("status", *arguments, "--config", str(config), cwd=config.parent, COLUMNS="200")


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        (Current("a.pdf", 1.0), "d)"),
        (Current("a.pdf", 1.0, 7), ", 7 pages)"),
        (Current("a.pdf", 1.0, 1000, 350), ", 350 of 1000 pages)"),
        (Current("a.pdf", 1.0, 1000, 350, 0.5, 325.0), ", 350 of 1000 pages, 0.5 s a page, 5 min left)"),
    ],
)
def test_table_shows_the_progress_of_a_document(config: Path, current: Current, expected: str) -> None:
    """As much of it as is known."""
    write_status(config, state=DaemonState.CONVERTING, converting=[current])
    (line,) = (line for line in ask(config).stdout.splitlines() if line.startswith("current"))
    assert line.rstrip().endswith(expected)


def test_the_table_counts_one_thing_in_the_singular(config: Path) -> None:
    """The first document of the first converter: nothing of it is called in the plural."""
    held = {"children": {"now": 1, "first": 1, "growth": 0.0}, "threads": {"now": 1, "first": 1, "growth": 0.0}}
    write_status(
        config,
        counts={"published": 1, "waiting": 1},
        totals={"pages": 1},
        queued=1,
        trend={"converter": {"documents": 1, "held": held}},
        converter={
            "pid": 7, "model_set": "embedded", "rss_mb": 1, "documents": 1, "semaphores": 1, "cleanups": 1,
            "removed": 1, "starts": 1, "deaths": 0,
        },
    )  # fmt: skip
    shown = ask(config).stdout
    for wanted in (
        "1 page\n", "1 document, 1 semaphore\n", "1 cleanup removed 1 semaphore; 1 converter started, 0 died\n",
        "1 child, 1 thread; after 1 document\n", "d, queued\n",
    ):  # fmt: skip
        assert wanted in re.sub(" +\n", "\n", shown), shown


def test_a_converter_that_was_not_counted_yet_is_shown(config: Path) -> None:
    """Before its first cleanup its semaphores are not known, nor on systems that cannot tell."""
    write_status(
        config,
        converter={
            "pid": 7, "model_set": "embedded", "rss_mb": None, "documents": 0, "semaphores": None, "cleanups": 0,
            "removed": 0, "starts": 1, "deaths": 0,
        },
    )  # fmt: skip
    done = ask(config)
    assert done.returncode == 0, done.stderr
    assert "0 documents, an unknown number of semaphores" in re.sub("\\s+", " ", done.stdout)


def test_table_shows_state_queue_and_folders(config: Path) -> None:
    """State, what waits and since when, folders as they are named, and what the cleanups did."""
    write_status(config)
    done = ask(config)
    assert done.returncode == 0, done.stderr
    for wanted in ("idle", "2, the oldest for", "4711 published", "/[in] -> /out", "9 cleanups removed 4", "1 died"):
        assert wanted in done.stdout
    assert "not ready" not in done.stdout
    assert "silent" not in done.stdout


def test_the_table_shows_what_grows(config: Path) -> None:
    """By converter and daemon, what each holds; what is not as it was, with the growth of each document."""
    memory = {"now": 620 << 20, "first": 600 << 20, "growth": 20_480.0}
    threads = {"now": 9, "first": 9, "growth": 0.0}
    young = {"rss_bytes": {"now": 48 << 20, "first": None, "growth": None}}
    write_status(
        config,
        trend={
            "converter": {"documents": 1000, "held": {"threads": threads, "rss_bytes": memory}},
            "daemon": {"documents": 2, "held": young},
        },
    )
    table = ask(config).stdout
    assert "9 threads, 620 MB of memory (600 at first, 20 kB more a document); after 1000 documents" in table
    assert "48 MB of memory; after 2 documents" in table


def test_the_table_says_what_is_wrong(config: Path) -> None:
    """Not ready, a part that stands still, a folder that is paused and why."""
    paused = {"path": "/in", "output": "/out", "observer": None, "since": 1.0, "paused": "gone", "settling": 0}
    write_status(config, is_ready=False, silent_s={"loop": 0.1, "observers": 44.0}, folders=[paused])
    shown = ask(config).stdout
    for wanted in ("not ready", "observers silent for 44 s", "paused for", "gone"):
        assert wanted in shown


def test_the_table_is_text_whatever_a_reason_says(config: Path) -> None:
    """A library's words about a document, which the document may have put there, move no cursor."""
    paused = {"path": "/in", "output": "/out", "observer": None, "since": 1.0, "paused": "\x1b[2J", "settling": 0}
    error = {"at": 1.0, "path": "a.pdf", "outcome": "dead", "kind": "unreadable", "reason": "bad\x1b]0;owned\x07\u202e"}
    write_status(config, folders=[paused], last_errors=[error])
    shown = ask(config).stdout
    assert r"a.pdf: bad\x1b]0;owned\x07\u202e" in shown
    assert r": \x1b[2J" in shown
    assert not set(shown) & {"\x1b", "\x07", "\u202e"}


def test_running_daemon_has_metrics(config: Path) -> None:
    """For a textfile: the metrics alone on standard output."""
    write_status(config)
    done = ask(config, "--prometheus")
    assert (done.returncode, done.stderr) == (0, "")
    found = {family.name: family.samples for family in text_string_to_metric_families(done.stdout)}
    assert found["markerd_up"][0].value == 1
    assert found["markerd_oldest_waiting_seconds"][0].value > 1e9


def test_stopped_daemon_has_metrics(config: Path) -> None:
    """Exit code 0 and `markerd_up 0`, whether it ever ran or not: the textfile has to be replaced."""
    never = ask(config, "--prometheus")
    write_status(config, pid=1 << 30)
    down = ask(config, "--prometheus")
    for done in (never, down):
        assert done.returncode == 0
        assert "\nmarkerd_up 0.0\n" in done.stdout
    assert 'markerd_documents_total{outcome="published"} 4711.0' in down.stdout


@pytest.mark.parametrize(
    "arguments", [("--json", "--watch"), ("--watch", "--prometheus"), ("--json", "--prometheus", "--watch")]
)
def test_output_forms_exclude_each_other(config: Path, arguments: tuple[str, ...]) -> None:
    """Two of them is a usage error."""
    assert ask(config, *arguments).returncode == 64


@contextmanager
def watching(config: Path, stdout: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "markerd", "status", "--watch", "--config", str(config)]
    environ = {**os.environ, "COLUMNS": "200", "TERM": "xterm"}
    with subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, env=environ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_watching_a_pipe_gives_one_table_after_the_other(config: Path) -> None:
    """Plain text, each as the status is then; without a reader it ends."""
    reading, writing = os.pipe()
    with watching(config, writing) as process, os.fdopen(reading, "rb") as pipe:
        os.close(writing)
        assert pipe.readline() == b"markerd has not run with this configuration yet.\n"
        write_status(config)
        wait_until(lambda: b"4711 published" in pipe.readline(), 20)
        write_status(config, counts={"published": 4712})
        wait_until(lambda: b"4712 published" in pipe.readline(), 20)
        pipe.close()
        process.wait(20)
        assert process.stderr is not None
        assert process.stderr.read() == b""


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_watch_on_a_terminal_redraws_the_table(config: Path, ending: signal.Signals) -> None:
    """The table is renewed in its place; Ctrl-C ends it with 0 and gives the terminal its cursor back."""
    write_status(config)
    terminal, theirs = pty.openpty()
    seen = bytearray()

    def shows(text: bytes) -> bool:
        seen.extend(os.read(terminal, 65536))
        return text in seen

    with watching(config, theirs) as process:
        wait_until(lambda: shows(b"4711 published"), 20)
        write_status(config, counts={"published": 4712})
        wait_until(lambda: shows(b"4712 published"), 20)
        process.send_signal(ending)
        assert process.wait(20) == 0
        wait_until(lambda: b"\x1b[?25h" in seen or shows(b"\x1b[?25h"), 20, "the cursor")
        assert b"\x1b[?25l" in seen
        assert process.stderr is not None
        assert process.stderr.read() == b""
    os.close(theirs)
    os.close(terminal)
