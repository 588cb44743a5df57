"""Linux: a named semaphore is a file in /dev/shm, and /proc tells who made it and who maps it.

A name begins with the identity of its maker: `/mkd<pid>.<start>.<namespace>-<random>`. The start time (clock
ticks after boot) tells a process from a later one with the same pid; the inode of the PID namespace tells the
processes of two containers that share one /dev/shm. An inode number that is used again belongs to a namespace
whose processes are all dead, so the three together are unique among all that lives on this kernel. These names
are longer than the 31 characters of macOS, where they are not used; glibc allows 251.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

assert sys.platform != "win32"  # for mypy: os.makedev and os.geteuid are missing there

SHM_DIR = Path("/dev/shm")  # noqa: S108 - the kernel's interface, not a temporary folder of ours
FILE_PREFIX = "sem."  # glibc: the semaphore /NAME is the file sem.NAME

_NAME = re.compile(r"/mkd([1-9]\d*)\.([0-9a-f]+)\.([0-9a-f]+)-\w+", re.ASCII)
_MAPPING = re.compile(rb"^\S+ \S+ \S+ ([0-9a-f]+):([0-9a-f]+) (\d+)", re.MULTILINE)
_DEAD_STATES = frozenset("ZXx")

FileKey = tuple[int, int]  # st_dev, st_ino


@dataclass(frozen=True)
class Owner:
    """The process that made a name."""

    pid: int
    start_ticks: int
    pid_namespace: int

    @property
    def prefix(self) -> str:
        return f"/mkd{self.pid}.{self.start_ticks:x}.{self.pid_namespace:x}"


def parse_owner(name: str) -> Owner | None:
    """Return who made `name`; None where the name does not say."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    return Owner(int(match[1]), int(match[2], 16), int(match[3], 16))


def parse_stat(text: str) -> tuple[str, int]:
    """Return state letter and start time in ticks from /proc/PID/stat; the command in it may hold blanks and `)`."""
    fields = text[text.rindex(")") + 1 :].split()
    return fields[0], int(fields[19])  # fields 3 and 22 of proc(5)


def parse_mappings(maps: bytes) -> set[FileKey]:
    """Return the files that a /proc/PID/maps lists.

    They are identified by device and inode, because the path misleads: glibc makes a semaphore under a temporary name
    and links it to its own, so that in its maker's maps it stands as `/dev/shm/sem.Xy12Zw (deleted)`.
    """
    return {
        (os.makedev(int(major, 16), int(minor, 16)), int(inode))
        for major, minor, inode in _MAPPING.findall(maps)
        if inode != b"0"
    }


def find_name_prefix() -> str:
    """Return the prefix of this process's names.

    Where /proc cannot say who we are (not mounted, or that of another PID namespace) the prefix is random: it is still
    unique, and `find_abandoned_names` never takes it for a dead process's.
    """
    namespace = _read_pid_namespace()
    pid = os.getpid()
    if namespace is None:
        return f"/mkd{pid}.{secrets.token_hex(8)}"
    _, start_ticks = parse_stat(_read_stat(pid))
    return Owner(pid, start_ticks, namespace).prefix


def list_names(prefix: str) -> set[str]:
    """Return our user's semaphores whose names begin with `prefix` and a hyphen."""
    return {name for name in _iterate_names() if name.startswith(f"{prefix}-")}


def find_standing_names(names: Collection[str]) -> set[str]:
    """Return those of `names` that exist."""
    return {name for name in names if _read_file_key(name) is not None}


def find_mapped_names(names: Collection[str]) -> set[str]:
    """Return those of `names` that a process has open, including this one; all of them where /proc cannot be listed."""
    by_key = {key: name for name in names if (key := _read_file_key(name)) is not None}
    if not by_key:
        return set()
    try:
        mappings = [_read_mappings(pid) for pid in _list_pids()]
    except OSError:
        return set(names)
    return {by_key[key] for keys in mappings for key in keys & by_key.keys()}


def find_holder_pids(names: Collection[str]) -> set[int]:
    """Return the processes that have one of `names` open, as far as /proc shows them."""
    keys = {key for name in names if (key := _read_file_key(name)) is not None}
    if not keys:
        return set()
    with suppress(OSError):
        return {pid for pid in _list_pids() if keys & _read_mappings(pid)}
    return set()


def find_abandoned_names() -> set[str]:
    """Return names left by processes of our PID namespace that are dead, and that no process has open.

    Other namespaces are left alone: their processes cannot be seen from here. In our own every process that can have a
    dead one's name open is visible, because descendants stay in the namespace or go into nested ones.
    """
    namespace = _read_pid_namespace()
    if namespace is None:
        return set()
    left = {
        name
        for name in _iterate_names()
        if (owner := parse_owner(name)) is not None and owner.pid_namespace == namespace and _is_dead(owner)
    }
    return left - find_mapped_names(left)


def unlink(name: str) -> bool:
    """Remove a name; returns False where it does not exist any more. Raises OSError."""
    import _multiprocessing  # type: ignore[import-not-found]  # typeshed has no stub

    try:
        _multiprocessing.sem_unlink(name)
    except FileNotFoundError:
        return False
    return True


def release_memory() -> None:
    """Give the heap's free pages back to the kernel: glibc keeps them after a big document."""
    import ctypes

    with suppress(AttributeError):  # musl has no malloc_trim, and keeps less
        trim = ctypes.CDLL(None).malloc_trim
        trim.argtypes = [ctypes.c_size_t]
        trim(0)


def _iterate_names() -> Iterator[str]:
    """Yield our user's semaphores in /dev/shm; root, too, has nothing to remove of other users'."""
    with suppress(OSError), os.scandir(SHM_DIR) as entries:
        for entry in entries:
            if entry.name.startswith(FILE_PREFIX):
                name = "/" + entry.name.removeprefix(FILE_PREFIX)
                if _read_file_key(name) is not None:
                    yield name


def _read_file_key(name: str) -> FileKey | None:
    try:
        found = os.lstat(SHM_DIR / (FILE_PREFIX + name.removeprefix("/")))
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        return None
    return found.st_dev, found.st_ino


def _list_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _read_mappings(pid: int) -> set[FileKey]:
    """Return nothing for a process that ended, and for one that we may not look at.

    A semaphore has mode 0600, so another user's process cannot have opened it. Of our own user's processes only agents
    that hide themselves (ssh-agent, systemd's sd-pam) and programs with more capabilities than ours refuse. If these
    counted as holders, nothing would be removed wherever a user is logged in.
    """
    try:
        return parse_mappings(Path(f"/proc/{pid}/maps").read_bytes())
    except OSError:
        return set()


def _read_pid_namespace() -> int | None:
    """Return the inode of our PID namespace; None where /proc is missing or shows another namespace's processes."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(errors="replace").splitlines():
            # One pid for each level from that of this /proc down to ours: two mean that its pids are not ours.
            if line.startswith("NSpid:") and len(line.split()) == 2:
                return Path("/proc/self/ns/pid").stat().st_ino
    return None


def _is_dead(owner: Owner) -> bool:
    try:
        state, start_ticks = parse_stat(_read_stat(owner.pid))
    except (FileNotFoundError, ProcessLookupError):
        return not _accepts_signals(owner.pid)
    except OSError:
        return False
    return state in _DEAD_STATES or start_ticks != owner.start_ticks


def _read_stat(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text(errors="replace")


def _accepts_signals(pid: int) -> bool:
    """Whether a process exists that a /proc mounted with hidepid does not show."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
