"""seccomp: a process gives up opening sockets, for itself and all below it, for ever.

Landlock refuses connections of TCP; this is for what it does not know: UDP, with it DNS, and the sockets of the
machine's own services (D-Bus, docker). Pairs of sockets, which reach nobody else, stay. Linux alone; called before a
thread is started, after PR_SET_NO_NEW_PRIVS.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
from enum import Enum

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2  # prctl(2)

# linux/audit.h and the number of socket(2); io_uring_setup(2) has the same on all.
_ARCHITECTURES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198), "riscv64": (0xC00000F3, 198)}
_IO_URING_SETUP = 425  # which makes sockets by itself
_X32 = 0x40000000  # from here on x86_64 has the same calls once more

# seccomp_data: what the filter looks at, by its offset; of arguments the lower half, all of these being little-endian.
_NUMBER, _ARCHITECTURE, _FAMILY, _TYPE, _PROTOCOL = 0, 4, 16, 24, 32
_LOAD, _AND, _RETURN, _IF_EQUAL, _IF_AT_LEAST = 0x20, 0x54, 0x06, 0x15, 0x35  # linux/bpf_common.h
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES
_TYPE_MASK = 0xF  # the rest are flags, such as SOCK_CLOEXEC


class Sockets(Enum):
    """Which may be opened."""

    NONE = "none"
    TCP = "tcp"


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Instruction)))


def is_known_here() -> bool:
    """Whether the filter can be written for this architecture."""
    return sys.platform.startswith("linux") and sys.maxsize > 1 << 32 and os.uname().machine in _ARCHITECTURES


def restrict(sockets: Sockets) -> None:
    """Refuse all others with EACCES. Raises OSError, and then nothing has changed."""
    program = program_for(os.uname().machine, sockets)
    array = (_Instruction * len(program))(*(_Instruction(*line) for line in program))
    wanted = _Program(len(program), array)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(wanted), 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def program_for(machine: str, sockets: Sockets) -> list[tuple[int, int, int, int]]:
    """Instructions: code, steps to skip if it is so, steps if it is not, constant."""
    architecture, socket_call = _ARCHITECTURES[machine]
    checks = [] if sockets is Sockets.NONE else _TCP_ONLY
    lines: list[_Line] = [
        (_LOAD, _NEXT, _NEXT, _ARCHITECTURE),
        (_IF_EQUAL, _NEXT, _TO_REFUSE, architecture),
        (_LOAD, _NEXT, _NEXT, _NUMBER),
        (_IF_AT_LEAST, _TO_REFUSE, _NEXT, _X32),
        (_IF_EQUAL, _TO_REFUSE, _NEXT, _IO_URING_SETUP),
        (_IF_EQUAL, _NEXT if checks else _TO_REFUSE, _TO_ALLOW, socket_call),
        *checks,
        (_RETURN, _NEXT, _NEXT, _ALLOW),
        (_RETURN, _NEXT, _NEXT, _REFUSE),
    ]
    return [
        (code, _steps(yes, at, len(lines)), _steps(no, at, len(lines)), constant)
        for at, (code, yes, no, constant) in enumerate(lines)
    ]


def _steps(target: int, at: int, length: int) -> int:
    """The two last lines are counted from the end, as a list does; a jump counts from the line after it."""
    return target if target >= 0 else length + target - at - 1


_Line = tuple[int, int, int, int]
_NEXT, _ONE_FURTHER, _TO_ALLOW, _TO_REFUSE = 0, 1, -2, -1
_TCP_ONLY: list[_Line] = [
    (_LOAD, _NEXT, _NEXT, _FAMILY),
    (_IF_EQUAL, _ONE_FURTHER, _NEXT, int(socket.AF_INET)),
    (_IF_EQUAL, _NEXT, _TO_REFUSE, int(socket.AF_INET6)),
    (_LOAD, _NEXT, _NEXT, _TYPE),
    (_AND, _NEXT, _NEXT, _TYPE_MASK),
    (_IF_EQUAL, _NEXT, _TO_REFUSE, int(socket.SOCK_STREAM)),
    (_LOAD, _NEXT, _NEXT, _PROTOCOL),  # MPTCP, for one, passes Landlock by
    (_IF_EQUAL, _TO_ALLOW, _NEXT, 0),
    (_IF_EQUAL, _TO_ALLOW, _TO_REFUSE, int(socket.IPPROTO_TCP)),
]
