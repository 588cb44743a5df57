"""Which file system a path lies on."""

from __future__ import annotations

import pytest

from markerd.intake.mounts import find_mount_type, is_network_type, parse_mountinfo

MOUNTINFO = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 27 0:30 / /mnt/share rw shared:1 master:2 - nfs4 host:/export rw
31 30 254:1 / /mnt/share/my\040disk rw - xfs /dev/vdb rw
32 27 254:2 / /mnt/over rw - ext4 /dev/vdc rw
33 32 0:40 / /mnt/over rw - fuse.sshfs host: rw
"""


@pytest.mark.parametrize(
    ("path", "fs_type"),
    [
        ("/home/inbox", "ext4"),
        ("/mnt/share", "nfs4"),
        ("/mnt/share/inbox", "nfs4"),
        ("/mnt/shared/inbox", "ext4"),
        ("/mnt/share/my disk/inbox", "xfs"),
        ("/mnt/over/inbox", "fuse.sshfs"),
    ],
)
def test_the_longest_mount_point_tells_the_type(path: str, fs_type: str) -> None:
    """A path belongs to the deepest mount above it, to the later one of two in one place."""
    assert find_mount_type(path, parse_mountinfo(MOUNTINFO)) == fs_type


@pytest.mark.parametrize("fs_type", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph", "drvfs", "vboxsf"])
def test_remote_types_are_network(fs_type: str) -> None:
    """What other machines change is a network file system."""
    assert is_network_type(fs_type)


@pytest.mark.parametrize(
    "fs_type", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "apfs", "fuseblk", "fuse.mergerfs", ""]
)
def test_local_types_are_not_network(fs_type: str) -> None:
    """Where all changes pass through this kernel, native events serve; so they do where nothing is known."""
    assert not is_network_type(fs_type)
