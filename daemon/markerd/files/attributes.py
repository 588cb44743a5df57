"""What belongs to a file besides its bytes, given to its copy: times, mode, owner, group, ACL, extended attributes."""

from __future__ import annotations

import os
import stat

_THE_SYSTEMS_OWN = ("security.selinux", "security.ima", "security.evm", "security.SMACK64")
"""Labels that the system gives to each file by its place: a copy has its own."""


def give(original: int, copy: int) -> tuple[str, ...]:
    """Give the attributes of one open file to another; names what the copy may not have. Raises OSError."""
    before = os.fstat(original)
    lost = [*_give_owner(before, copy)]
    # Whoever else owns it now must not lend his rights to those who run it. After the owner: chown clears these bits.
    mode = stat.S_IMODE(before.st_mode)
    os.fchmod(copy, mode & ~(stat.S_ISUID | stat.S_ISGID) if lost else mode)
    lost += _give_extended(original, copy)
    os.utime(copy, ns=(before.st_atime_ns, before.st_mtime_ns))
    return tuple(lost)


def _give_owner(before: os.stat_result, copy: int) -> list[str]:
    """One by one: who may not give a file away may still give it to another group of his."""
    now, lost = os.fstat(copy), []
    for name, is_other, owner in (
        ("group", before.st_gid != now.st_gid, (-1, before.st_gid)),
        ("owner", before.st_uid != now.st_uid, (before.st_uid, -1)),
    ):
        if is_other:
            try:
                os.chown(copy, *owner)
            except OSError:
                lost.append(name)
    return lost


def _give_extended(original: int, copy: int) -> list[str]:
    """ACLs among them, as `system.posix_acl_access`."""
    if not hasattr(os, "listxattr"):  # Python has these on Linux alone
        return []
    try:
        names = os.listxattr(original)
    except OSError:  # the file system has none
        return []
    lost = []
    for name in names:
        if name not in _THE_SYSTEMS_OWN:
            try:
                os.setxattr(copy, name, os.getxattr(original, name))
            except OSError:
                lost.append(name)
    return lost
