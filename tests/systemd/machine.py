"""A machine with a real systemd, seen from within: the daemon as its service."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness import wait_until

VENV = Path(sys.prefix)
INSTALLED = Path("/opt/markerd")
PYTHON = INSTALLED / "bin" / "python"
CONFIG = Path("/etc/markerd/markerd.toml")
ROOT = Path("/srv/markerd")
INBOX, OUTBOX, DONE, FAILED = (ROOT / name for name in ("inbox", "outbox", "done", "failed"))
START_TIMEOUT_S = 120.0

Entry = dict[str, Any]


def run(*command: str | Path, is_checked: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=180, check=False)
    assert not is_checked or done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def markerd(*arguments: str | Path, is_checked: bool = True) -> subprocess.CompletedProcess[str]:
    return run(PYTHON, "-m", "markerd", *arguments, is_checked=is_checked)


def put_in_place() -> None:
    """markerd in /opt, as an administrator would install it: the tests' own environment, at another path."""
    INSTALLED.mkdir(exist_ok=True)
    run("mount", "--bind", VENV, INSTALLED)


def configure(**settings: Mapping[str, Any]) -> None:
    sections: dict[str, dict[str, Any]] = {
        "daemon": {"state_dir": "/var/lib/markerd", "reconcile_s": 2},
        "log": {"level": "debug", "heartbeat_s": 1},
        "converter": {"models": "embedded", "retry_delay_s": 0.2},
        "folders": {"path": str(INBOX), "output": str(OUTBOX), "settle_s": 0.3},
    }
    lines = []
    for name, defaults in {**sections, **{name: {} for name in settings if name not in sections}}.items():
        lines.append("[[folders]]" if name == "folders" else f"[{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in {**defaults, **settings.get(name, {})}.items()]
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text("\n".join(lines) + "\n")


@contextmanager
def installed(figures: Mapping[str, str], **settings: Mapping[str, Any]) -> Iterator[None]:
    """The service, installed for a configuration with these settings, its unit with other figures; not started."""
    put_in_place()
    configure(**settings)
    markerd("service", "install", "--system", "--config", CONFIG)
    drop_in(**figures)
    yield
    run("systemctl", "stop", "markerd.service", is_checked=False)


def drop_in(**settings: str) -> None:
    """Other figures for a unit that is installed, so that a test need not wait for two minutes.

    With those it starts again sooner than systemd's own limit (five starts in ten seconds) lets it.
    """
    folder = Path("/etc/systemd/system/markerd.service.d")
    folder.mkdir(exist_ok=True)
    folder.joinpath("test.conf").write_text(
        "[Unit]\nStartLimitIntervalSec=0\n[Service]\n" + "".join(f"{key}={value}\n" for key, value in settings.items())
    )
    run("systemctl", "daemon-reload")


def show(name: str) -> str:
    """A property of the unit."""
    return run("systemctl", "show", "--value", f"--property={name}", "markerd.service").stdout.strip()


def main_pid() -> int:
    return int(show("MainPID"))


def processes() -> list[int]:
    """All of the unit's control group."""
    group = show("ControlGroup")
    file = next(Path("/sys/fs/cgroup").rglob(f"{group.strip('/')}/cgroup.procs"), None) if group else None
    return [] if file is None else list(map(int, file.read_text().split()))


def journal(*matches: str) -> list[Entry]:
    """The unit's records that match, as `journalctl -o json` shows them: oldest first."""
    listed = run("journalctl", "--output=json", "--no-pager", "--unit=markerd.service", *matches, is_checked=False)
    return [json.loads(line) for line in listed.stdout.splitlines()]


def wait_for(event: str, *, count: int = 1, timeout_s: float = 90.0, **fields: str) -> Entry:
    """The `count`-th record of the event with these fields (as in the log, in lower case)."""
    matches = [f"MARKERD_EVENT={event}", *(f"MARKERD_{name.upper()}={value}" for name, value in fields.items())]
    try:
        wait_until(lambda: len(journal(*matches)) >= count, timeout_s, f"{event} {fields}, {count} times")
    except AssertionError as error:
        tail = run("journalctl", "--no-pager", "--lines=60", is_checked=False).stdout
        raise AssertionError(f"{error}\n{tail}") from error
    return journal(*matches)[count - 1]


def start() -> None:
    """Returns when the unit is active: it says so itself, once its folders are watched and its models loaded."""
    done = run("systemctl", "start", "markerd.service", is_checked=False)
    assert done.returncode == 0, run("journalctl", "--no-pager", "--lines=60").stdout


def drop(name: str, content: bytes, inbox: Path = INBOX) -> Path:
    hidden = inbox / f".{name}.part"
    hidden.write_bytes(content)
    hidden.chmod(0o660)
    return hidden.rename(inbox / name)
