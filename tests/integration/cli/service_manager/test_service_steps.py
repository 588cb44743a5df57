"""Steps on real files and with real commands."""

from __future__ import annotations

import os
import pwd
import time
from pathlib import Path

import pytest

from markerd.cli.service_manager.steps import (
    MakeFolder,
    RemoveFile,
    Run,
    Step,
    WriteFile,
    carry_out,
    make_readable_by_all,
    preview,
)
from markerd.errors import UnavailableError

ME = pwd.getpwuid(os.getuid()).pw_name


def test_done_step_is_not_repeated(tmp_path: Path) -> None:
    """A second run does nothing, and the preview says so beforehand."""
    steps: list[Step] = [
        MakeFolder(tmp_path / "a/b", 0o2770, owner=ME),
        WriteFile(tmp_path / "a/unit", b"[Unit]\nX=1\n"),
    ]
    assert preview(steps) == [
        f"would make the folder {tmp_path}/a/b for {ME}, mode 2770",
        f"would write {tmp_path}/a/unit\n    | [Unit]\n    | X=1",
    ]
    assert not (tmp_path / "a").exists()
    assert carry_out(steps) == [f"make the folder {tmp_path}/a/b for {ME}, mode 2770", f"write {tmp_path}/a/unit"]
    assert (tmp_path / "a/b").stat().st_mode & 0o7777 == 0o2770
    assert (tmp_path / "a/unit").stat().st_mode & 0o777 == 0o644
    assert carry_out(steps) == preview(steps) == []


def test_file_with_other_content_is_replaced(tmp_path: Path) -> None:
    """A unit that was written for another configuration is written anew."""
    (tmp_path / "unit").write_text("old")
    carry_out([WriteFile(tmp_path / "unit", b"new")])
    assert (tmp_path / "unit").read_text() == "new"


def test_folder_without_owner_gets_the_modes_of_its_user(tmp_path: Path) -> None:
    """Under a strict mask, nobody else gets in. For a service of the machine, the parents are open to its user."""
    before = os.umask(0o077)
    try:
        carry_out([MakeFolder(tmp_path / "mine")])
        with make_readable_by_all():
            carry_out([MakeFolder(tmp_path / "ours/inbox", 0o2770, owner=ME)])
        assert os.umask(0o077) == 0o077
    finally:
        os.umask(before)
    modes = [(tmp_path / name).stat().st_mode & 0o7777 for name in ("mine", "ours", "ours/inbox")]
    assert modes == [0o700, 0o755, 0o2770]


def test_existing_folder_keeps_owner_and_mode(tmp_path: Path) -> None:
    """An existing folder belongs to somebody, and is not changed."""
    tmp_path.chmod(0o705)
    carry_out([MakeFolder(tmp_path, 0o2770, owner=ME)])
    assert tmp_path.stat().st_mode & 0o7777 == 0o705


def test_removing_a_missing_file_succeeds(tmp_path: Path) -> None:
    """A file that is gone already is no fault."""
    (tmp_path / "x").touch()
    assert carry_out([RemoveFile(tmp_path / "x"), RemoveFile(tmp_path / "x")]) == [f"remove {tmp_path}/x"]


def test_failed_command_stops_the_steps_with_its_message(tmp_path: Path) -> None:
    """The error has the output of the command, and the steps after it are not done."""
    steps: list[Step] = [Run(("sh", "-c", "echo no such unit >&2; exit 5")), WriteFile(tmp_path / "after", b"")]
    with pytest.raises(UnavailableError, match="no such unit"):
        carry_out(steps)
    assert not (tmp_path / "after").exists()


def test_optional_command_may_fail_or_be_missing() -> None:
    """An optional command may fail or be missing, and an accepted exit status is no failure."""
    carry_out([Run(("false",), is_optional=True), Run(("/nonexistent/x",), is_optional=True)])
    carry_out([Run(("sh", "-c", "exit 36"), frozenset({0, 36}))])
    with pytest.raises(UnavailableError, match="cannot be run"):
        carry_out([Run(("/nonexistent/x",))])


def test_command_is_repeated_within_its_patience(tmp_path: Path) -> None:
    """A command that fails is run again until its time is over, because launchctl answers before it has finished."""
    counter = tmp_path / "n"
    script = f"echo x >> {counter}; test $(wc -l < {counter}) -ge 2"
    carry_out([Run(("sh", "-c", script), patience_s=30)])
    assert counter.read_text() == "x\nx\n"
    begun = time.monotonic()
    with pytest.raises(UnavailableError):
        carry_out([Run(("false",), patience_s=0.5)])
    assert time.monotonic() - begun < 10


def test_unwritable_file_is_reported_with_its_path(tmp_path: Path) -> None:
    """The error says in words that the file cannot be written, with its path."""
    (tmp_path / "file").touch()
    with pytest.raises(UnavailableError, match="file/unit cannot be written"):
        carry_out([WriteFile(tmp_path / "file/unit", b"x")])
