"""Which file system a hot folder is on, and whether the folder is still the same one."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from markerd.files import trees

Identity = tuple[int, int]

_NETWORK_TYPES = frozenset({
    "9p", "acfs", "afpfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs", "fakeowner", "fuse",
    "gfs2", "glusterfs", "gpfs", "lustre", "macfuse", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "osxfuse",
    "prl_fs", "smb2", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs", "webdav",
})  # fmt: skip
# Native events are complete where every change passes through this machine's mount.
_LOCAL_FUSE = frozenset({
    "fuse.bindfs", "fuse.encfs", "fuse.fuse-overlayfs", "fuse.gocryptfs", "fuse.mergerfs", "fuse.ntfs-3g",
})  # fmt: skip


def identify_folder(folder: Path) -> Identity:
    """Return device and inode: a folder that was deleted and made again, or mounted over, is another one.

    Raises OSError, NotADirectoryError included.
    """
    status = folder.stat()
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(20, "Not a directory", str(folder))
    return status.st_dev, status.st_ino


def is_network(folder: Path) -> bool:
    """Whether other machines (or the host of this virtual one) can change it without this kernel noticing."""
    return is_network_type(find_mount_type(os.path.realpath(folder), _list_mounts()))


def is_network_type(fs_type: str) -> bool:
    """Whether a file system of this type tells nothing of changes made elsewhere."""
    if fs_type.startswith("fuse."):
        return fs_type not in _LOCAL_FUSE
    return fs_type in _NETWORK_TYPES


def find_mount_type(path: str, mounts: Iterator[tuple[str, str]]) -> str:
    """Find the file system type of the mount that holds an absolute path; of two on one mount point the later."""
    longest, found = -1, ""
    for mount_point, fs_type in mounts:
        prefix = mount_point.rstrip("/")
        if (path == prefix or path.startswith(prefix + "/")) and len(prefix) >= longest:
            longest, found = len(prefix), fs_type
    return found


def parse_mountinfo(text: str) -> Iterator[tuple[str, str]]:
    """Read mount points and types from /proc/self/mountinfo, in mount order; see proc_pid_mountinfo(5)."""
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        yield _unescape(before.split(" ")[4]), after.split(" ")[0]


def _unescape(mount_point: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), mount_point)


def _list_mounts() -> Iterator[tuple[str, str]]:
    if sys.platform == "linux":
        text = Path("/proc/self/mountinfo").read_text(errors="surrogateescape")
        return parse_mountinfo(text)
    else:  # noqa: RET505 - for mypy, which sees one platform at a time
        return ((mount.mountpoint, mount.fstype) for mount in psutil.disk_partitions(all=True))


def count_inotify_watches() -> int | None:
    """Count the inotify watches of this process, from /proc/self/fdinfo; None where that cannot be known."""
    try:
        infos = list(Path("/proc/self/fdinfo").iterdir())
    except OSError:
        return None
    return sum(_count_watches(info) for info in infos)


def _count_watches(info: Path) -> int:
    try:
        return info.read_bytes().count(b"inotify wd:")
    except OSError:  # closed meanwhile
        return 0


def count_folders(root: str, *, is_recursive: bool) -> int:
    """Count the watches that a hot folder takes: itself and each readable folder below, symlinks not followed."""
    return sum(1 for _ in trees.walk(root)) if is_recursive else 1
