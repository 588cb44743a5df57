"""rsyslog, Vector and logrotate on the log, each with the file of the kit."""

from __future__ import annotations

import getpass
import grp
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import tomli

from generators.events import COMMON
from harness import wait_until
from markerd.logs.event_catalog import EVENTS
from markerd.logs.event_fields import FIELDS
from monitoring.tools import KIT, Records, program, records_in

LOG_PATH = "/var/log/markerd/markerd.log"
ROTATIONS = 12
VECTOR = (KIT / "vector.toml").read_text("utf-8")


def adapted(name: str, *changes: tuple[str, str]) -> str:
    """An example with what an installation has in other places; each of them must be there to be changed."""
    text = (KIT / name).read_text("utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


# --- rsyslog ----------------------------------------------------------------------------------------------------------


@contextmanager
def running(*command: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server in the foreground, ended with the block."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.models
def test_rsyslog_writes_warnings_and_errors(real_log: Path, records: Records, tmp_path: Path) -> None:
    """They come in order, one line each, and nothing else comes."""
    rsyslogd = program("rsyslogd", "rsyslog")
    trouble = tmp_path / "trouble.log"
    example = tmp_path / "markerd.conf"
    example.write_text(
        adapted("rsyslog.conf", (LOG_PATH, str(real_log)), ("/var/log/markerd-trouble.log", str(trouble)))
    )
    main = tmp_path / "rsyslog.conf"
    main.write_text(f'global(workDirectory="{tmp_path}")\ninclude(file="{example}")\n')
    subprocess.run([rsyslogd, "-N1", "-f", main], check=True, capture_output=True)
    expected = [
        f"{r['timestamp']} {r['level']} {r['event']}: {r['message']}"
        for r in records
        if r["level"] in ("warning", "error")
    ]
    with running(rsyslogd, "-n", "-f", main, "-i", tmp_path / "pid"):
        wait_until(lambda: trouble.exists() and trouble.read_text("utf-8").count("\n") >= len(expected), 20)
    assert trouble.read_text("utf-8").splitlines() == expected


# --- Vector -----------------------------------------------------------------------------------------------------------


def test_vector_components_refer_to_earlier_ones() -> None:
    """Each input is a component that comes before, and every transform is used."""
    config = tomli.loads(VECTOR)
    names = set(config["sources"]) | set(config["transforms"])
    inputs = [name for kind in ("transforms", "sinks") for part in config[kind].values() for name in part["inputs"]]
    assert set(inputs) == names
    assert config["sources"]["markerd_file"]["include"] == [LOG_PATH]


def test_vector_names_existing_fields_and_events() -> None:
    """Its programs, conditions, metrics and filters name only fields and events that exist."""
    config = tomli.loads(VECTOR)
    transforms = config["transforms"].values()
    code = "\n".join(part.get("source", "") + part.get("condition", "") for part in transforms)
    named = set(re.findall(r"(?<![\w)])\.([a-z_]\w*)", code))
    counted = {metric["field"] for part in transforms for metric in part.get("metrics", [])}
    assert named | counted <= set(COMMON) | set(FIELDS)
    assert {"level", "event", "message", "timestamp"} < named
    assert counted <= set(EVENTS["document.published"].fields)
    assert set(re.findall(r'\.event == "([^"]+)"', code)) <= set(EVENTS)


@pytest.mark.models
@pytest.mark.skipif(shutil.which("vector") is None, reason="no vector: it is not packaged by Debian")
def test_vector_writes_warnings_and_errors(real_log: Path, records: Records, tmp_path: Path) -> None:
    """Each has all its fields."""
    trouble = tmp_path / "trouble.jsonl"
    config = tmp_path / "vector.toml"
    changes = ((LOG_PATH, str(real_log)), ("/var/log/markerd-trouble.jsonl", str(trouble)), (":9598", ":0"))
    config.write_text(f'data_dir = "{tmp_path}"\n' + adapted("vector.toml", *changes))
    expected = [r["message"] for r in records if r["level"] in ("warning", "error")]
    with running("vector", "--config", config):
        wait_until(lambda: trouble.exists() and trouble.read_text("utf-8").count("\n") >= len(expected), 30)
    assert [record["message"] for record in records_in(trouble)] == expected


# --- logrotate --------------------------------------------------------------------------------------------------------

WRITER = """
import sys, threading
from pathlib import Path
from markerd import logs
log = logs.configure("auto", "info", Path(sys.argv[1]))
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
number = 0
while not stop.is_set():
    log.info("document.seen", folder="/in", document="a.pdf", size_bytes=number)
    number += 1
print(number)
"""
"""Writes as fast as it can until its standard input ends; then it says how many records it wrote."""


def contents(log: Path) -> dict[Path, bytes]:
    files = {path: path.read_bytes() for path in log.parent.glob(f"{log.name}*")}
    return {path: gzip.decompress(data) if path.suffix == ".gz" else data for path, data in files.items()}


def is_filled(log: Path) -> bool:
    return log.exists() and log.stat().st_size > 20_000


def rotate(log: Path, scratch: Path) -> None:
    """By the example, at once, whatever its schedule says."""
    logrotate = program("logrotate", "logrotate")
    me = f"su {getpass.getuser()} {grp.getgrgid(os.getgid()).gr_name}"
    config = scratch / "markerd.logrotate"
    config.write_text(adapted("markerd.logrotate", (LOG_PATH, str(log)), ("su markerd markerd", me)))
    config.chmod(0o644)
    done = subprocess.run(
        [logrotate, "--force", "--state", scratch / "state", config],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_rotation_loses_nothing(tmp_path: Path) -> None:
    """While the log is written as fast as it can be, each record is in exactly one of the files, in order, whole."""
    log = tmp_path / "log" / "markerd.log"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(log)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        wait_until(lambda: is_filled(log), 30, what="some records")
        for _ in range(ROTATIONS):
            rotate(log, tmp_path)
            wait_until(lambda: is_filled(log), 30, what="records in the new file")
        written = int(writer.communicate(timeout=30)[0])
    finally:
        writer.kill()
    files = contents(log)
    assert len(files) == ROTATIONS + 1
    numbers = [[json.loads(line)["size_bytes"] for line in data.splitlines()] for data in files.values()]
    assert all(part == list(range(part[0], part[-1] + 1)) for part in numbers)
    assert sorted(number for part in numbers for number in part) == list(range(written))
    assert sum(path.suffix == ".gz" for path in files) == ROTATIONS - 1


def test_rotation_does_not_copy() -> None:
    """copytruncate would lose what is written between copy and cut."""
    lines = [line.strip() for line in (KIT / "markerd.logrotate").read_text("utf-8").splitlines()]
    directives = {line.split()[0] for line in lines if line and not line.startswith("#")}
    assert directives >= {"nocreate", "delaycompress", "su"}
    assert directives.isdisjoint({"copytruncate", "copy", "create", "postrotate"})
