"""newsyslog.conf against the fields that newsyslog.conf(5) of macOS documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from markerd.cli.service_manager import launchd
from markerd.cli.service_manager.installation import Installation, Scope

ROOT = Path(__file__).resolve().parents[4]
SHIPPED = (ROOT / "launchd" / "newsyslog.conf").read_text("utf-8")
YOU = launchd.Account("you", "staff", 501, Path("/Users/you"))
INSTALLATION = Installation(
    interpreter=Path("/opt/markerd/bin/python"),
    config=Path("/opt/markerd/markerd.toml"),
    state_dir=Path("/opt/markerd/state"),
    folders=(),
    log_file=None,
    stop_timeout_s=90.0,
)


@dataclass(frozen=True)
class Entry:
    log: str
    owner: str
    mode: str
    count: int
    size: str
    when: str
    flags: str


def entries(text: str) -> Iterator[Entry]:
    """logfile_name owner:group mode count size when flags; `\\#` is a `#` that begins no comment."""
    for line in text.splitlines():
        fields = re.split(r"(?<!\\)#", line)[0].replace("\\#", "#").split()
        if fields:
            log, owner, mode, count, size, when, flags = fields
            yield Entry(log, owner, mode, int(count), size, when, flags)


def generated(scope: Scope, installation: Installation = INSTALLATION) -> str:
    return launchd.write_newsyslog(installation, scope, YOU)


@pytest.mark.parametrize("text", [SHIPPED, generated(Scope.USER), generated(Scope.SYSTEM)])
def test_every_line_has_the_form_of_newsyslog_conf(text: str) -> None:
    """Each field has its documented form, and nobody but owner and group can read a log."""
    found = list(entries(text))
    assert len(found) == 2
    for entry in found:
        assert entry.log.startswith("/")
        assert re.fullmatch(r"\w+:\w+", entry.owner)
        assert re.fullmatch(r"6[04]0", entry.mode)
        assert entry.count > 0
        assert int(entry.size) > 0  # kilobytes
        assert entry.when == "*"
        assert set(entry.flags) <= set("BCGJNUWZ")


@pytest.mark.parametrize("text", [SHIPPED, generated(Scope.SYSTEM)])
def test_rotation_does_not_disturb_the_daemon(text: str) -> None:
    """newsyslog adds no line of its own to the JSON, sends no signal, and does not compress the file that stays
    open."""
    log, said = entries(text)
    assert {"B", "N"} <= set(log.flags) & set(said.flags)
    assert (Path(log.log).name, "Z" in log.flags) == ("markerd.log", True)
    assert (Path(said.log).name, "Z" in said.flags) == ("launchd.log", False)


def test_shipped_newsyslog_file_equals_the_generated_one() -> None:
    """The example for the user `you` and the generated file have the same entries."""
    assert list(entries(SHIPPED)) == list(entries(generated(Scope.USER)))


def test_number_sign_in_a_log_name_is_escaped() -> None:
    """A log named with `#` is rotated under its name."""
    text = generated(Scope.USER, replace(INSTALLATION, log_file=Path("/var/log/m#1.log")))
    assert next(entries(text)).log == "/var/log/m#1.log"


def test_log_name_with_a_space_is_left_out() -> None:
    """newsyslog has no quotes, so the log cannot be named, and the installation warns of it."""
    installation = replace(INSTALLATION, log_file=Path("/var/log/my log"))
    assert [Path(entry.log).name for entry in entries(generated(Scope.USER, installation))] == ["launchd.log"]
    assert any("/var/log/my log" in line for line in launchd.find_warnings(installation, Scope.USER, YOU))
