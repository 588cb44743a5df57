"""The programs of others that the examples are for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from needs import missing

ROOT = Path(__file__).resolve().parents[2]
KIT = ROOT / "config" / "monitoring"

Records = list[dict[str, Any]]


def program(name: str, package: str) -> str:
    """Path of a program that a Debian package brings."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        missing(f"no {name}: apt install {package}")
    return found


def records_in(log: Path) -> Records:
    """The records of a log of JSON lines, in order."""
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()]


def of(records: Records, *events: str) -> Records:
    """Those of certain events."""
    return [record for record in records if record["event"] in events]


def mtail(*arguments: str) -> str:
    """What mtail prints with the program of the kit; its own logs, which it would leave in /tmp, are removed."""
    program_of_kit = ("-progs", str(KIT / "markerd.mtail"), "-address", "127.0.0.1", "-port", "0")
    with tempfile.TemporaryDirectory() as own_logs:
        command = [program("mtail", "mtail"), *program_of_kit, "-log_dir", own_logs, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def metrics_from(log: Path) -> str:
    """What mtail makes of the whole log, in Prometheus' text format."""
    return mtail("-one_shot", "-one_shot_format=prometheus", "-emit_prog_label=false", "-logs", str(log))
