"""Copies what belongs to a file besides its bytes: times, mode, owner, group, ACL, extended attributes."""

from __future__ import annotations

import os
import stat

_SET_BY_SYSTEM = ("security.selinux", "security.ima", "security.evm", "security.SMACK64")
"""Labels that the system gives to each file by its place; a copy gets its own."""


def copy_attributes(original: int, copy: int) -> tuple[str, ...]:
    """Copy the attributes of one open file to another; returns the names of those that the copy may not have.

    Raises OSError.
    """
    before = os.fstat(original)
    lost = [*_copy_owner(before, copy)]
    # Another owner must not lend his rights to those who run the file. This follows the owner: chown clears these bits.
    mode = stat.S_IMODE(before.st_mode)
    os.fchmod(copy, mode & ~(stat.S_ISUID | stat.S_ISGID) if lost else mode)
    lost += _copy_extended(original, copy)
    os.utime(copy, ns=(before.st_atime_ns, before.st_mtime_ns))
    return tuple(lost)


def _copy_owner(before: os.stat_result, copy: int) -> list[str]:
    """Group and owner one by one: a user who may not give a file away may still give it to another of his groups."""
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


def _copy_extended(original: int, copy: int) -> list[str]:
    """ACLs are among the extended attributes, as `system.posix_acl_access`."""
    if not hasattr(os, "listxattr"):  # Python has these on Linux alone
        return []
    try:
        names = os.listxattr(original)
    except OSError:  # the file system has none
        return []
    lost = []
    for name in names:
        if name not in _SET_BY_SYSTEM:
            try:
                os.setxattr(copy, name, os.getxattr(original, name))
            except OSError:
                lost.append(name)
    return lost
