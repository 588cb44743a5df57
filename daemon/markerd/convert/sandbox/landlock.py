"""Landlock: a process gives up the files and TCP ports that it does not need, for itself and its children, for ever.

These are the three system calls of landlock(7), which the C library does not wrap. Linux alone. Everything here is
called in the process that is to be confined, before it starts a thread, because other threads would stay as they are.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable, Mapping
from enum import IntFlag
from pathlib import Path

# linux/landlock.h; the numbers are the same on every architecture but alpha.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_FOR_VERSION = 1
_PATH_BENEATH, _NET_PORT = 1, 2
_BIND, _CONNECT = 0b01, 0b10
_SCOPES = 0b11  # abstract unix sockets and signals to processes that are not confined with us

TCP_SINCE = 4
"""The first ABI that knows TCP ports."""
SIGNALS_SINCE = 6
"""The first ABI that limits signals, and connections to abstract unix sockets, to processes confined together."""


class Access(IntFlag):
    """What may be done with a file or below a folder, as the kernel's own bits."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15

    READ = READ_FILE | READ_DIR
    RUN = READ_FILE | READ_DIR | EXECUTE
    CHANGE = WRITE_FILE | TRUNCATE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER
    """Without links, devices, FIFOs and sockets, so that the daemon finds only files and folders."""
    OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV


_BITS_SINCE = ((5, 16), (3, 15), (2, 14), (1, 13))  # an ABI, and the number of access rights it knows


class _RulesetAttr(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"  # required from Python 3.14 on
    _fields_ = (("allowed", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


class _NetPort(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


def read_abi() -> int:
    """Return the kernel's version of Landlock; 0 where it has none, or does not let us ask."""
    try:
        return _call(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_FOR_VERSION)
    except OSError:
        return 0


def restrict(paths: Mapping[Path, Access], connects: Iterable[int], listens: Iterable[int] = ()) -> int:
    """Give up everything but these paths, and these TCP ports to connect to or to listen at; returns the ABI that is in
    force. Paths that do not exist are skipped.

    With an ABI below `TCP_SINCE` the network stays as it is. PR_SET_NO_NEW_PRIVS must have been set. Raises OSError,
    and then nothing has changed.
    """
    version = read_abi()
    known = Access((1 << next((bits for since, bits in _BITS_SINCE if version >= since), 0)) - 1)
    attr = _RulesetAttr(
        known, _BIND | _CONNECT if version >= TCP_SINCE else 0, _SCOPES if version >= SIGNALS_SINCE else 0
    )
    ruleset = _call(_CREATE_RULESET, ctypes.byref(attr), ctypes.c_size_t(ctypes.sizeof(attr)), 0)
    try:
        for path, access in paths.items():
            _allow_path(ruleset, path, access & known)
        for action, ports in ((_CONNECT, connects), (_BIND, listens)):
            for port in ports if version >= TCP_SINCE else ():
                opened = _NetPort(action, port)
                _call(_ADD_RULE, ruleset, _NET_PORT, ctypes.byref(opened), 0)
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return version


def _allow_path(ruleset: int, path: Path, access: Access) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # the path does not exist, or is hidden from us
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            access &= Access.OF_FILES  # other rights on a file are EINVAL
        rule = _PathBeneath(access, fd)
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(fd)


def _call(number: int, *arguments: object) -> int:
    done = int(ctypes.CDLL(None, use_errno=True).syscall(number, *arguments))
    if done < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return done
