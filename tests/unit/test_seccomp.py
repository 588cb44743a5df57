"""The filter of system calls, run as the kernel would run it, for architectures that this machine has not."""

from __future__ import annotations

import errno
import socket

import pytest

from markerd.convert.seccomp import Sockets, program_for

REFUSED, ALLOWED = 0x00050000 | errno.EACCES, 0x7FFF0000
# Name: its number for audit, that of socket(2), and that of read(2).
MACHINES = {"x86_64": (0xC000003E, 41, 0), "aarch64": (0xC00000B7, 198, 63), "riscv64": (0xC00000F3, 198, 63)}
IO_URING_SETUP = 425
MPTCP = 262


def verdict(machine: str, sockets: Sockets, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the program returns for a call."""
    data = {0: number, 4: MACHINES[machine][0] if architecture is None else architecture}
    data |= {16 + 8 * index: argument for index, argument in enumerate(arguments)}
    program = program_for(machine, sockets)
    value, at = 0, 0
    while True:
        code, yes, no, constant = program[at]
        at += 1
        if code == 0x06:
            return constant
        if code == 0x20:
            value = data[constant]
        elif code == 0x54:
            value &= constant
        else:
            at += yes if (value == constant if code == 0x15 else value >= constant) else no


@pytest.mark.parametrize("machine", MACHINES)
def test_without_sockets_all_else_goes_on(machine: str) -> None:
    """socket(2) of every kind and io_uring are refused, other calls are not."""
    _, call, read = MACHINES[machine]
    for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, 16):
        assert verdict(machine, Sockets.NONE, call, family, socket.SOCK_STREAM, 0) == REFUSED
    assert verdict(machine, Sockets.NONE, IO_URING_SETUP) == REFUSED
    assert verdict(machine, Sockets.NONE, read) == ALLOWED


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("family", "kind", "protocol", "wanted"),
    [
        (socket.AF_INET, socket.SOCK_STREAM, 0, ALLOWED),
        (socket.AF_INET6, socket.SOCK_STREAM | 0o2000000, socket.IPPROTO_TCP, ALLOWED),
        (socket.AF_INET, socket.SOCK_STREAM, MPTCP, REFUSED),
        (socket.AF_INET, socket.SOCK_DGRAM, 0, REFUSED),
        (socket.AF_INET6, socket.SOCK_DGRAM | 0o2000000, 0, REFUSED),
        (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP, REFUSED),
        (socket.AF_UNIX, socket.SOCK_STREAM, 0, REFUSED),
        (16, socket.SOCK_RAW, 0, REFUSED),
    ],
)
def test_for_model_servers_there_is_tcp(machine: str, family: int, kind: int, protocol: int, wanted: int) -> None:
    """And nothing else: flags of the type do not matter, the protocol does."""
    _, call, _ = MACHINES[machine]
    assert verdict(machine, Sockets.TCP, call, family, kind, protocol) == wanted


@pytest.mark.parametrize("sockets", Sockets)
def test_calls_by_another_door_are_refused(sockets: Sockets) -> None:
    """Those of 32-bit programs and of x32, which have other numbers for the same."""
    assert verdict("x86_64", sockets, 359, architecture=0x40000003) == REFUSED
    assert verdict("x86_64", sockets, 0x40000000 + 41) == REFUSED
