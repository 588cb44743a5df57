"""The generated job, started as launchd would start it: its arguments, its environment and nothing else."""

from __future__ import annotations

import json
import os
import plistlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import markerd
from harness import RunningDaemon, wait_until
from markerd.cli.service_manager import launchd
from markerd.cli.service_manager.installation import Installation, Scope


def job_of(root: Path, config: Path) -> dict[str, Any]:
    installation = Installation(
        interpreter=Path(sys.executable),
        config=config,
        state_dir=root / "state",
        folders=(root,),
        log_file=None,
        stop_timeout_s=90.0,
    )
    account = launchd.Account("you", "staff", os.getuid() or 501, root)
    assert launchd.find_problems(installation, account) == []
    for folder in launchd.list_folders(installation, Scope.USER, account):
        folder.mkdir(parents=True)
    job: dict[str, Any] = plistlib.loads(launchd.build_plist(installation, Scope.USER, account))
    return job


@contextmanager
def launched(job: dict[str, Any], home: Path) -> Iterator[subprocess.Popen[bytes]]:
    # Where the package is not installed, its source must be found from `/` too.
    source = str(Path(markerd.__file__).resolve().parent.parent)
    session = {"HOME": str(home), "USER": "you", "LOGNAME": "you", "SHELL": "/bin/sh", "PYTHONPATH": source}
    with Path(job["StandardErrorPath"]).open("ab") as said:
        process = subprocess.Popen(
            job["ProgramArguments"],
            cwd=job["WorkingDirectory"],
            env={**session, **job["EnvironmentVariables"]},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            umask=int(job["Umask"], 8),
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_wrong_configuration_ends_the_restarts(tmp_path: Path) -> None:
    """launchd gets 0, so that it does not try again, and launchd's log has the reason."""
    config = tmp_path / "markerd.toml"
    config.write_text("[daemon]\nqueue_size = 'many'\n")
    job = job_of(tmp_path, config)
    with launched(job, tmp_path) as process:
        assert process.wait(30) == 0
    assert "daemon.queue_size" in Path(job["StandardErrorPath"]).read_text()


def test_unavailable_state_directory_is_tried_again(tmp_path: Path) -> None:
    """A state directory that is not there yet gives launchd 69, and a restart."""
    config = RunningDaemon(tmp_path).config
    (tmp_path / "state").write_text("no folder")
    with launched(job_of(tmp_path, config), tmp_path) as process:
        assert process.wait(30) == 69


@pytest.mark.models
def test_job_runs_in_the_environment_of_launchd(tmp_path: Path) -> None:
    """It starts from `/` with a bare environment, writes its log for its user alone, and ends with 0 on SIGTERM."""
    config = RunningDaemon(tmp_path).config
    job = job_of(tmp_path, config)
    log = Path(job["EnvironmentVariables"]["MARKERD__LOG__FILE"])

    def said(event: str) -> bool:
        return log.exists() and any(json.loads(line)["event"] == event for line in log.read_text().splitlines())

    with launched(job, tmp_path) as process:
        wait_until(lambda: said("folder.watching") or process.poll() is not None)
        process.send_signal(signal.SIGTERM)
        assert process.wait(job["ExitTimeOut"]) == 0
    assert said("daemon.stopped")
    assert log.stat().st_mode & 0o777 == 0o600
    assert Path(job["StandardErrorPath"]).read_text() == ""
