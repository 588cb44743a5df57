"""The service of a user: a manager of her own, no privilege, everything at home."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import documents
from harness import wait_until
from machine import PYTHON, put_in_place, run

NAME = "ann"
HOME = Path("/home/ann")
CONFIG = HOME / ".config/markerd/markerd.toml"
UNIT = HOME / ".config/systemd/user/markerd.service"


def as_ann(*command: str | Path, is_checked: bool = True) -> subprocess.CompletedProcess[str]:
    environ = [f"XDG_RUNTIME_DIR=/run/user/{pwd.getpwnam(NAME).pw_uid}", f"HOME={HOME}", "LANG=C.UTF-8"]
    return run("runuser", "-u", NAME, "--", "env", *environ, *command, is_checked=is_checked)


def markerd(*arguments: str | Path, is_checked: bool = True) -> subprocess.CompletedProcess[str]:
    return as_ann(PYTHON, "-m", "markerd", *arguments, is_checked=is_checked)


@pytest.fixture(scope="module", autouse=True)
def _manager_of_the_user() -> Iterator[None]:
    """What logind does when somebody logs in: a runtime directory, and `systemd --user` in a delegated group."""
    put_in_place()
    run("useradd", "--create-home", "--home-dir", HOME, NAME)
    user = pwd.getpwnam(NAME)
    runtime = Path("/run/user", str(user.pw_uid))
    runtime.mkdir(parents=True)
    os.chown(runtime, user.pw_uid, user.pw_gid)
    unit = f"user@{user.pw_uid}.service"  # by which journald knows whose messages they are
    Path("/etc/systemd/system", unit).write_text(
        f"[Service]\nUser={NAME}\nSlice=user-{user.pw_uid}.slice\nDelegate=yes\nType=notify\n"
        f"Environment=XDG_RUNTIME_DIR={runtime} HOME={HOME}\nExecStart=/lib/systemd/systemd --user\nKillMode=mixed\n"
    )
    run("systemctl", "start", unit)
    yield
    run("systemctl", "stop", unit)


def test_user_service_works_as_documented(tmp_path: Path) -> None:
    """It covers init, install, start, a document, status, logs, restart, stop and uninstall."""
    markerd("init", CONFIG)
    shown = markerd("service", "install", "--dry-run", "--config", CONFIG).stdout
    assert f"would write {UNIT}" in shown
    assert not UNIT.exists()
    assert "loginctl enable-linger" in markerd("service", "install", "--config", CONFIG).stdout
    verified = as_ann("systemd-analyze", "--man=no", "--recursive-errors=no", "--user", "verify", UNIT)
    assert verified.stderr == ""
    markerd("service", "start")
    source = tmp_path / "letter.pdf"
    source.write_bytes(documents.pdf_bytes(documents.page_of("A letter to Ann")))
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:3]:
        parent.chmod(0o755)
    as_ann("cp", source, HOME / "markerd/inbox/letter.pdf")
    output = HOME / "markerd/outbox/letter/letter.md"
    wait_until(output.exists, what="the letter's output")
    assert "A letter to Ann" in output.read_text("utf-8")
    assert "active (running)" in markerd("service", "status").stdout
    assert "Marker processing completed for: letter.pdf" in markerd("service", "logs", "--lines=100").stdout
    assert '"is_ready": true' in markerd("status", "--json", "--config", CONFIG).stdout
    markerd("service", "restart")
    assert '"is_ready": true' in markerd("status", "--json", "--config", CONFIG).stdout
    markerd("service", "stop")
    assert "inactive (dead)" in markerd("service", "status", is_checked=False).stdout
    markerd("service", "uninstall")
    assert not UNIT.exists()
    assert output.exists()
    assert CONFIG.exists()
