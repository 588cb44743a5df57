"""The filter of system calls, run as the kernel would run it, for architectures that this machine has not."""

from __future__ import annotations

import errno
import operator
import socket
import struct
import tempfile
from functools import cache

import pytest

from markerd.convert.sandbox import seccomp
from markerd.convert.sandbox.system_calls import Signals, Sockets, list_allowed
from needs import missing

REFUSED, UNKNOWN, ALLOWED = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS, 0x7FFF0000
# Their numbers for audit, and which column of the numbers below is theirs: aarch64 and riscv64 share one.
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1), "riscv64": (0xC00000F3, 1)}
OWN_PID = 4711
MPTCP = 262
TESTS = {0x15: operator.eq, 0x25: operator.gt, 0x35: operator.ge}
CLOEXEC = 0o2000000
FASTOPEN = 0x20000000

# Number of x86_64, and that of asm-generic; None where there is none.
NUMBERS: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63), "openat": (257, 56), "open": (2, None), "newfstatat": (262, 79), "statx": (332, 291),
    "mmap": (9, 222), "mprotect": (10, 226), "futex": (202, 98), "execve": (59, 221), "fork": (57, None),
    "exit_group": (231, 94), "wait4": (61, 260), "ppoll": (271, 73), "epoll_pwait": (281, 22), "pipe2": (293, 59),
    "clock_gettime": (228, 113), "getrandom": (318, 278), "rt_sigaction": (13, 134), "linkat": (265, 37),
    "prlimit64": (302, 261), "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "clone": (56, 220),
    "clone3": (435, 435), "socket": (41, 198), "socketpair": (53, 199), "sendto": (44, 206), "sendmsg": (46, 211),
    "connect": (42, 203), "listen": (50, 201), "fcntl": (72, 25), "ioctl": (16, 29), "prctl": (157, 167),
    "sched_setaffinity": (203, 122), "setpriority": (141, 140),
}  # fmt: skip
NEVER: dict[str, tuple[int | None, int | None]] = {
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "lchown": (94, None), "fchown": (93, 55), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "getxattr": (191, 8), "truncate": (76, 45), "symlink": (88, None),
    "symlinkat": (266, 36), "mknod": (133, None), "mknodat": (259, 33), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429),
    "unshare": (272, 97), "setns": (308, 268), "inotify_init": (253, None), "inotify_init1": (294, 26),
    "inotify_add_watch": (254, 27), "fanotify_init": (300, 262), "fanotify_mark": (301, 263), "keyctl": (250, 219),
    "add_key": (248, 217), "request_key": (249, 218), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "execveat": (322, 281), "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "semget": (64, 190),
    "semctl": (66, 191), "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "mq_open": (240, 180),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "process_madvise": (440, 440), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "perf_event_open": (298, 241), "bpf": (321, 280), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "personality": (135, 92), "quotactl": (179, 60),
    "setuid": (105, 146), "setgid": (106, 144), "setresuid": (117, 147), "setgroups": (116, 159), "capset": (126, 91),
    "sched_setscheduler": (144, 119), "sched_setattr": (314, 274), "ioprio_set": (251, 30), "move_pages": (279, 239),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "vmsplice": (278, 75), "splice": (275, 76),
    "sendmmsg": (307, 269), "swapon": (167, 224), "reboot": (169, 142), "kexec_load": (246, 104),
    "init_module": (175, 105), "finit_module": (313, 273), "acct": (163, 89), "syslog": (103, 116),
    "sethostname": (170, 161), "settimeofday": (164, 170), "clock_settime": (227, 112), "seccomp": (317, 277),
    "landlock_restrict_self": (446, 446),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _able() -> None:
    if why_not := seccomp.explain_missing():
        missing(why_not)


@cache
def program(machine: str, sockets: Sockets, signals: Signals) -> list[tuple[int, int, int, int]]:
    """Instructions: code, steps to skip if it is so, steps if it is not, constant."""
    with tempfile.TemporaryFile() as file:
        seccomp.export(list_allowed(sockets, signals, OWN_PID), machine, file)
        file.seek(0)
        return list(struct.iter_unpack("=HBBI", file.read()))


def verdict(
    machine: str,
    number: int | None,
    *arguments: int,
    sockets: Sockets = Sockets.NONE,
    signals: Signals = Signals.BOUNDED,
    architecture: int | None = None,
) -> int:
    """What the program returns for a call, linux/bpf_common.h's machine."""
    assert number is not None
    data = {0: number, 4: MACHINES[machine][0] if architecture is None else architecture}
    for index in range(6):
        argument = arguments[index] if index < len(arguments) else 0
        data |= {16 + 8 * index: argument & 0xFFFFFFFF, 20 + 8 * index: argument >> 32 & 0xFFFFFFFF}
    lines, value, at = program(machine, sockets, signals), 0, 0
    while True:
        code, yes, no, constant = lines[at]
        at += 1
        if code == 0x06:
            return constant
        if code == 0x20:
            value = data[constant]
        elif code == 0x54:
            value &= constant
        elif code == 0x05:
            at += constant
        else:
            at += yes if TESTS[code](value, constant) else no


def number_of(machine: str, call: str) -> int | None:
    return (NUMBERS | NEVER)[call][MACHINES[machine][1]]


def test_missing_library_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """No confinement is claimed then."""
    monkeypatch.setattr(seccomp, "_LIBRARY", "libseccomp.so.none")
    seccomp._load_library.cache_clear()
    try:
        assert "apt install libseccomp2" in seccomp.explain_missing()
        with pytest.raises(OSError, match="libseccomp2"):
            seccomp.restrict(list_allowed(Sockets.NONE, Signals.BOUNDED, OWN_PID))
    finally:
        seccomp._load_library.cache_clear()


@pytest.mark.parametrize("sockets", Sockets)
@pytest.mark.parametrize("machine", MACHINES)
def test_unlisted_call_is_refused(machine: str, sockets: Sockets) -> None:
    """By name, and every number up to the last one that any kernel has, and far beyond."""
    numbers = {call: number for call in NEVER if (number := number_of(machine, call)) is not None}
    verdicts = {call: verdict(machine, number, sockets=sockets) for call, number in numbers.items()}
    assert verdicts == dict.fromkeys(numbers, REFUSED)
    names = {rule.call for rule in list_allowed(sockets, Signals.BOUNDED, OWN_PID)} | {"clone3"}
    passed = [
        number for number in (*range(700), 5000, 0x3FFFFFFF) if verdict(machine, number, sockets=sockets) == ALLOWED
    ]
    assert {seccomp.look_up_name(number, MACHINES[machine][0]) for number in passed} <= names
    assert len(passed) > 150


@pytest.mark.parametrize("machine", MACHINES)
def test_listed_calls_are_allowed(machine: str) -> None:
    """Files, memory, threads, programs, time: those of their calls that the architecture has."""
    calls = (
        "read", "openat", "open", "newfstatat", "statx", "mmap", "mprotect", "futex", "execve", "fork", "exit_group",
        "wait4", "ppoll", "epoll_pwait", "pipe2", "clock_gettime", "getrandom", "rt_sigaction", "linkat",
    )  # fmt: skip
    numbers = [number for call in calls if (number := number_of(machine, call)) is not None]
    assert [verdict(machine, number) for number in numbers] == [ALLOWED] * len(numbers)


UPPER_HALF = 0xFFFFFFFF << 32
"""What a register may hold above an int: the kernel does not look at it, so it may change nothing."""


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("call", "arguments", "wanted"),
    [
        ("prlimit64", (0, 7), ALLOWED),
        ("prlimit64", (UPPER_HALF, 7), ALLOWED),
        ("prlimit64", (1, 7), REFUSED),
        ("prlimit64", (UPPER_HALF + 1, 7), REFUSED),
        ("sched_setaffinity", (0,), ALLOWED),
        ("sched_setaffinity", (OWN_PID + 1,), REFUSED),
        ("setpriority", (0, 0, 5), ALLOWED),
        ("setpriority", (0, 1, 5), REFUSED),
        ("setpriority", (2, 0, 5), REFUSED),
        ("clone", (0x3D0F00,), ALLOWED),
        ("clone", (17,), ALLOWED),
        *(("clone", (flag | 17,), REFUSED) for flag in (1 << 17, *(1 << bit for bit in range(25, 31)))),
        ("clone3", (0, 0), UNKNOWN),
        ("fcntl", (3, 1), ALLOWED),
        ("fcntl", (3, 1030), ALLOWED),
        ("fcntl", (3, 8), REFUSED),
        ("fcntl", (3, 10), REFUSED),
        ("fcntl", (3, 1024), REFUSED),
        ("fcntl", (3, 1026), REFUSED),
        ("ioctl", (1, 0x5401), ALLOWED),
        ("ioctl", (1, UPPER_HALF + 0x5401), ALLOWED),
        ("ioctl", (0, 0x5412), REFUSED),
        ("ioctl", (0, 0x541C), REFUSED),
        ("ioctl", (0, UPPER_HALF + 0x5412), REFUSED),
        ("ioctl", (3, 0xC0502100), REFUSED),
        ("prctl", (15,), ALLOWED),
        ("prctl", (4, 0), REFUSED),
        ("prctl", (22, 2), REFUSED),
        ("prctl", (0x59616D61, 1), REFUSED),
        ("socketpair", (socket.AF_UNIX, socket.SOCK_STREAM | CLOEXEC, 0), ALLOWED),
        ("socketpair", (socket.AF_UNIX, socket.SOCK_DGRAM, 0), REFUSED),
        ("socketpair", (socket.AF_UNIX, socket.SOCK_SEQPACKET, 0), REFUSED),
        ("socketpair", (30, socket.SOCK_STREAM, 0), REFUSED),
        ("sendto", (3, 4096, 1, 0, 0, 0), ALLOWED),
        ("sendto", (3, 4096, 1, 0, 4096, 16), REFUSED),
        ("sendto", (3, 4096, 1, 0, 1 << 33, 16), REFUSED),
        ("sendto", (3, 4096, 1, FASTOPEN, 0, 0), REFUSED),
        ("sendmsg", (3, 4096, 0x4000), ALLOWED),
        ("sendmsg", (3, 4096, FASTOPEN | 0x4000), REFUSED),
        ("connect", (3, 4096, 16), REFUSED),
        ("listen", (3, 5), REFUSED),
    ],
)
def test_call_is_allowed_by_its_arguments(machine: str, call: str, arguments: tuple[int, ...], wanted: int) -> None:
    """On itself and not on others, harmless requests and no others, by the bits that the kernel looks at."""
    assert verdict(machine, number_of(machine, call), *arguments) == wanted


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("call", "arguments", "own_group", "bounded"),
    [
        ("kill", (0, 9), ALLOWED, ALLOWED),
        ("kill", (OWN_PID, 9), ALLOWED, ALLOWED),
        ("kill", (1, 9), REFUSED, ALLOWED),
        ("kill", (0xFFFFFFFF, 9), REFUSED, ALLOWED),
        ("tgkill", (OWN_PID, OWN_PID + 1, 6), ALLOWED, ALLOWED),
        ("tgkill", (1, 1, 6), REFUSED, ALLOWED),
        ("tkill", (1, 6), REFUSED, ALLOWED),
    ],
)
def test_signals_are_allowed_only_to_the_own_group(
    machine: str, call: str, arguments: tuple[int, ...], own_group: int, bounded: int
) -> None:
    """Where Landlock does not bound them."""
    number = number_of(machine, call)
    assert verdict(machine, number, *arguments, signals=Signals.OWN_GROUP) == own_group
    assert verdict(machine, number, *arguments, signals=Signals.BOUNDED) == bounded


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("family", "kind", "protocol", "wanted"),
    [
        (socket.AF_INET, socket.SOCK_STREAM, 0, ALLOWED),
        (socket.AF_INET6, socket.SOCK_STREAM | CLOEXEC, socket.IPPROTO_TCP, ALLOWED),
        (socket.AF_INET, socket.SOCK_STREAM, MPTCP, REFUSED),
        (socket.AF_INET, socket.SOCK_DGRAM, 0, REFUSED),
        (socket.AF_INET6, socket.SOCK_DGRAM | CLOEXEC, 0, REFUSED),
        (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP, REFUSED),
        (socket.AF_UNIX, socket.SOCK_STREAM, 0, REFUSED),
        (16, socket.SOCK_RAW, 0, REFUSED),
    ],
)
def test_model_servers_may_use_tcp_only(machine: str, family: int, kind: int, protocol: int, wanted: int) -> None:
    """Flags of the type do not matter, the protocol does. Without servers no socket is allowed."""
    number = number_of(machine, "socket")
    assert verdict(machine, number, family, kind, protocol, sockets=Sockets.SERVER) == wanted
    assert verdict(machine, number, family, kind, protocol, sockets=Sockets.NONE) == REFUSED
    assert verdict(machine, number_of(machine, "connect"), 3, sockets=Sockets.SERVER) == ALLOWED


@pytest.mark.parametrize("machine", MACHINES)
def test_driver_requests_do_not_include_terminal_requests(machine: str) -> None:
    """They are told apart by the byte that names the driver."""
    drivers = (0xC020462A, 0x30000001, 0x80184B01, 0x40184B03, 0xC0406400)
    terminals_and_our_own = (0x5412, 0x541C, 0x4B46, 0x4B3A, 0xC0502100)
    number = number_of(machine, "ioctl")
    assert {verdict(machine, number, 3, request, sockets=Sockets.SERVER) for request in drivers} == {ALLOWED}
    refused = {verdict(machine, number, 3, request, sockets=Sockets.SERVER) for request in terminals_and_our_own}
    assert refused == {REFUSED}
    assert {verdict(machine, number, 3, request) for request in drivers} == {REFUSED}


@pytest.mark.parametrize("sockets", Sockets)
def test_calls_of_other_architectures_are_refused(sockets: Sockets) -> None:
    """Those of 32-bit programs and of x32 have other numbers for the same calls."""
    assert verdict("x86_64", 3, architecture=0x40000003, sockets=sockets) == REFUSED
    assert verdict("x86_64", 0x40000000, sockets=sockets) == REFUSED
    assert verdict("aarch64", 3, architecture=0x40000028, sockets=sockets) == REFUSED


def test_call_number_is_named_by_its_architecture() -> None:
    """A number without a name is reported as unknown."""
    for machine, (architecture, column) in MACHINES.items():
        for call in ("chmod", "fchmodat", "socket"):
            number = number_of(machine, call)
            assert number is None or seccomp.look_up_name(number, architecture) == call, column
        assert seccomp.look_up_name(123456, architecture) == "unknown"
