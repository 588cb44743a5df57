"""The steps of an installation, one after another. Each can be shown, and done twice without harm."""

from __future__ import annotations

import errno
import os
import pwd
import shlex
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from markerd.errors import UnavailableError
from markerd.files import durable
from markerd.values import count_with_noun, make_printable

_MOST_LINES = 200


class Step(Protocol):
    """One step. `do` raises UnavailableError, which says what to do."""

    def is_done(self) -> bool: ...
    def describe(self) -> str: ...
    def do(self) -> None: ...


@dataclass(frozen=True)
class WriteFile:
    """Write the file in one step if its content differs."""

    path: Path
    content: bytes

    def is_done(self) -> bool:
        try:
            return self.path.read_bytes() == self.content
        except OSError:
            return False

    def describe(self) -> str:
        lines = self.content.decode("utf-8", "replace").splitlines()
        if len(lines) > _MOST_LINES:
            return f"write {_show_path(self.path)} ({count_with_noun(len(lines), 'line')})"
        return "\n".join([f"write {_show_path(self.path)}", *(f"    | {line}" for line in lines)])

    def do(self) -> None:
        try:
            durable.write_file(self.path.parent, self.path.name, self.content)
            self.path.chmod(0o644)
        except OSError as error:
            raise UnavailableError(f"{_show_path(self.path)} cannot be written: {error.strerror}") from error


@dataclass(frozen=True)
class RemoveFile:
    """Remove a file of markerd. It is no fault if the file is gone already."""

    path: Path

    def is_done(self) -> bool:
        return not self.path.exists()

    def describe(self) -> str:
        return f"remove {_show_path(self.path)}"

    def do(self) -> None:
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise UnavailableError(f"{_show_path(self.path)} cannot be removed: {error.strerror}") from error


@dataclass(frozen=True)
class MakeFolder:
    """Make the folder if it is missing, for `owner` and its group with `mode`. An existing folder stays as it is.

    Without an owner, the folder belongs to the user who makes it.
    """

    path: Path
    mode: int = 0o755
    owner: str | None = None

    def is_done(self) -> bool:
        return self.path.is_dir()

    def describe(self) -> str:
        whose = f" for {self.owner}, mode {self.mode:o}" if self.owner else ""
        return f"make the folder {_show_path(self.path)}{whose}"

    def do(self) -> None:
        try:
            self.path.mkdir(parents=True)
            if self.owner is not None:
                self._give_to(pwd.getpwnam(self.owner))
        except (OSError, KeyError) as error:
            raise UnavailableError(f"the folder {_show_path(self.path)} cannot be made: {error}") from error

    def _give_to(self, user: pwd.struct_passwd) -> None:
        # A descriptor is used, because in a parent of that user the name may mean something else by now.
        fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            if os.fstat(fd).st_uid != os.geteuid():
                raise PermissionError(errno.EPERM, "it belongs to somebody else by now")
            os.fchown(fd, user.pw_uid, user.pw_gid)
            os.fchmod(fd, self.mode)  # after chown, which removes the set-group-ID bit
        finally:
            os.close(fd)


@dataclass(frozen=True)
class Run:
    """Run one command. It is done if its exit status is in `accepted`; until then it is repeated for `patience_s`."""

    command: tuple[str, ...]
    accepted: frozenset[int] = frozenset({0})
    patience_s: float = 0.0
    is_optional: bool = False
    """Whether a failure of the command changes nothing."""

    def is_done(self) -> bool:
        return False

    def describe(self) -> str:
        return f"run {shlex.join(self.command)}"

    def do(self) -> None:
        deadline = time.monotonic() + self.patience_s
        while (trouble := self._trouble()) is not None and time.monotonic() < deadline:
            time.sleep(1.0)
        if trouble is not None and not self.is_optional:
            raise UnavailableError(f"{shlex.join(self.command)}: {trouble}")

    def _trouble(self) -> str | None:
        try:
            done = subprocess.run(self.command, capture_output=True, text=True, check=False, cwd="/")
        except OSError as error:
            return f"cannot be run: {error.strerror}"
        if done.returncode in self.accepted:
            return None
        return (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"


def carry_out(steps: Sequence[Step]) -> list[str]:
    """Do what is not done yet. Return one line for each step that changed something or was run."""
    said = []
    for step in steps:
        if not step.is_done():
            step.do()
            said.append(step.describe().split("\n")[0])
    return said


@contextmanager
def make_readable_by_all() -> Iterator[None]:
    """Make what root writes here readable for the user of the service, whatever root's own mask is."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def preview(steps: Sequence[Step]) -> list[str]:
    """Return what `carry_out` would do now, contents of files included."""
    return [f"would {step.describe()}" for step in steps if not step.is_done()]


def _show_path(path: Path) -> str:
    return make_printable(str(path))
