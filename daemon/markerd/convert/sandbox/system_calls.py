"""The system calls that a confined converter may make: those that converting was seen to need, and their relatives.

A call that is not listed is refused. The names are those of libseccomp, which knows their numbers on each architecture;
a name that an architecture, or an older libseccomp, does not have is skipped. `seccomp` makes a filter of them.

The list was measured with strace over 80 documents of every kind, and checked with 200 others, which come out the same
as without it: Python, torch, onnxruntime, OpenBLAS, PDFium, pango and fontconfig, and the programs that they start.
Calls are listed with their relatives, so that another version of a library, a newer glibc (statx in place of fstat) or
another architecture (openat in place of open) finds its own.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum


class Sockets(Enum):
    """Which sockets may be opened. Connected pairs, which reach nobody else, may always be made."""

    NONE = "none"
    CLIENT = "client"
    SERVER = "server"
    """TCP, and the devices of graphics processors."""


class Signals(Enum):
    """To whom signals may be sent."""

    OWN_GROUP = "own group"
    """The process itself and its group: for kernels whose Landlock does not bound signals."""
    BOUNDED = "bounded"
    """Anybody, as far as this filter goes: Landlock lets none through to processes that are not confined with it."""


@dataclass(frozen=True)
class Check:
    """Says that the bits of `mask` in an argument, counted from 0, must be those of `value`."""

    argument: int
    mask: int
    value: int


@dataclass(frozen=True)
class Rule:
    """A call that is allowed where all checks hold. Rules of the same call are alternatives."""

    call: str
    checks: tuple[Check, ...] = ()


INT = 0xFFFFFFFF
"""The half of an argument that the kernel reads where the type is int; the upper half can be anything."""
POINTER = 0xFFFFFFFFFFFFFFFF

# Landlock limits opening and changing, by path; these calls work on open files, or within those limits. Named
# semaphores need hard links (sem_open(3)); Landlock keeps them within the writable folders. Left out, mostly
# because Landlock does not know them: chmod, chown, utime and the like, extended attributes, truncate by path, symbolic
# links, devices, mounts, inotify, fanotify, file handles.
_FILES = """
    open openat openat2 creat close close_range dup dup2 dup3
    read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek sendfile copy_file_range
    stat lstat fstat newfstatat fstatat64 statx statfs fstatfs access faccessat faccessat2 readlink readlinkat
    getdents getdents64 getcwd chdir fchdir umask
    mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat
    fsync fdatasync sync_file_range fadvise64 readahead flock fallocate ftruncate
"""

# Memory of its own, executable too: torch and onnxruntime generate code. mbind and its relatives place it on NUMA
# nodes. Left out: memory of other processes, and files in memory (memfd_create), which could be executed.
_MEMORY = """
    brk mmap munmap mremap mprotect madvise mincore msync mlock mlock2 munlock mseal map_shadow_stack
    mbind get_mempolicy set_mempolicy membarrier
"""

# Threads; futex_wait and its relatives are those of Linux 6.7.
_THREADS = """
    futex futex_waitv futex_wait futex_wake futex_requeue set_robust_list rseq set_tid_address gettid
    sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_min sched_get_priority_max
"""

# Programs are started by vfork or clone, with execve, which Landlock bounds by path. Left out: execveat, which executes
# what has no path; all that changes user, group or capabilities, or makes name spaces; ptrace and its relatives.
_PROCESSES = """
    fork vfork execve exit exit_group wait4 waitid arch_prctl setsid setpgid
    getpid getppid getpgrp getpgid getsid getuid geteuid getgid getegid getresuid getresgid getgroups capget
    getrlimit setrlimit getrusage getpriority uname sysinfo getcpu riscv_flush_icache riscv_hwprobe
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack pause
    restart_syscall
"""

_TIME = """
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times
    getitimer setitimer alarm timer_create timer_settime timer_gettime timer_getoverrun timer_delete
    timerfd_create timerfd_settime timerfd_gettime
"""

_POLLING = """
    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
    eventfd eventfd2 pipe pipe2
"""

_RANDOM = "getrandom"

# Calls on the ends of a pair, which asyncio makes for itself, and on sockets of TCP.
_CONNECTED = "recvfrom recvmsg shutdown getsockopt getsockname getpeername"
_CLIENTS = "connect setsockopt"
_SERVERS = "bind listen accept accept4"

UNKNOWN = ("clone3",)
"""Answered as an older kernel would: its arguments lie in memory and cannot be looked at. The C library takes clone."""

# linux/sched.h: CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. (NEWTIME is none of clone's.)
_NEW_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
_ITSELF = 0
_PRIO_PROCESS = 0

# fcntl(2). Left out: F_NOTIFY, which watches a folder, F_SETOWN and F_SETSIG, which send signals, leases and seals.
_FCNTL = {
    "F_DUPFD": 0, "F_GETFD": 1, "F_SETFD": 2, "F_GETFL": 3, "F_SETFL": 4, "F_GETLK": 5, "F_SETLK": 6, "F_SETLKW": 7,
    "F_OFD_GETLK": 36, "F_OFD_SETLK": 37, "F_OFD_SETLKW": 38, "F_DUPFD_CLOEXEC": 1030, "F_SETPIPE_SZ": 1031,
    "F_GETPIPE_SZ": 1032,
}  # fmt: skip

# ioctl(2): whether it is a terminal, its width, how much can be read, and what fcntl does as well.
_IOCTL = {
    "TCGETS": 0x5401, "TCGETS2": 0x802C542A, "TIOCGWINSZ": 0x5413, "FIONREAD": 0x541B, "FIONBIO": 0x5421,
    "FIONCLEX": 0x5450, "FIOCLEX": 0x5451,
}  # fmt: skip
# For model servers those of graphics processors, by the byte that names the driver: mask and value. The console
# has K as well, but without the bits that say that something is read or written.
_DRIVER, _READS, _WRITES = 0x0000FF00, 0x80000000, 0x40000000
_DRIVERS = (
    (_DRIVER, 0), (_DRIVER, ord("F") << 8), (_DRIVER, ord("d") << 8),  # nvidia-uvm, nvidia, drm
    (_DRIVER | _READS, _READS | ord("K") << 8), (_DRIVER | _WRITES, _WRITES | ord("K") << 8),  # amdgpu-kfd
)  # fmt: skip

# prctl(2): names, the signal at the parent's death, and questions. Left out: PR_SET_DUMPABLE, which would hide its
# memory from the daemon, PR_SET_PTRACER, PR_SET_CHILD_SUBREAPER, PR_SET_MM, PR_SET_SECCOMP.
_PRCTL = {
    "PR_SET_PDEATHSIG": 1, "PR_GET_PDEATHSIG": 2, "PR_GET_DUMPABLE": 3, "PR_SET_NAME": 15, "PR_GET_NAME": 16,
    "PR_GET_SECCOMP": 21, "PR_CAPBSET_READ": 23, "PR_GET_NO_NEW_PRIVS": 39, "PR_SVE_GET_VL": 51, "PR_SME_GET_VL": 64,
    "PR_SET_VMA": 0x53564D41,
}  # fmt: skip

_TYPE = 0xF  # of a socket; the rest are flags, such as SOCK_CLOEXEC
_FASTOPEN = 0x20000000  # MSG_FASTOPEN connects while it sends, and Landlock is not asked


def list_allowed(sockets: Sockets, signals: Signals, own_pid: int) -> Iterator[Rule]:
    """Yield all rules. `own_pid` is the process that is to be confined."""
    for group in (_FILES, _MEMORY, _THREADS, _PROCESSES, _TIME, _POLLING, _RANDOM, _CONNECTED):
        yield from map(Rule, group.split())
    yield from _allow_on_itself()
    yield from _allow_signals(signals, own_pid)
    yield from _allow_values("fcntl", 1, _FCNTL.values())
    yield from _allow_values("ioctl", 1, _IOCTL.values())
    yield from _allow_values("prctl", 0, _PRCTL.values())
    yield Rule("clone", (Check(0, _NEW_NAMESPACES, 0),))
    yield from _allow_pairs()
    if sockets is not Sockets.NONE:
        yield from map(Rule, _CLIENTS.split())
        yield from _allow_tcp()
    if sockets is Sockets.SERVER:
        yield from map(Rule, _SERVERS.split())
        yield from (Rule("ioctl", (Check(1, mask, value),)) for mask, value in _DRIVERS)


def _allow_on_itself() -> Iterator[Rule]:
    """Allow limits, processors and priority of the process itself: these calls could reach the user's other
    processes too.
    """
    yield Rule("prlimit64", (Check(0, INT, _ITSELF),))
    yield Rule("sched_setaffinity", (Check(0, INT, _ITSELF),))
    yield Rule("setpriority", (Check(0, INT, _PRIO_PROCESS), Check(1, INT, _ITSELF)))


def _allow_signals(signals: Signals, own_pid: int) -> Iterator[Rule]:
    if signals is Signals.BOUNDED:
        yield from map(Rule, ("kill", "tkill", "tgkill"))
        return
    yield from _allow_values("kill", 0, (0, own_pid))
    yield from _allow_values("tgkill", 0, (own_pid,))


def _allow_pairs() -> Iterator[Rule]:
    """Allow pairs of streams: from an end of a pair of datagrams a message could be sent to any socket, by its path."""
    yield _allow_socket("socketpair", socket.AF_UNIX, 0)
    yield Rule("sendto", (Check(3, _FASTOPEN, 0), Check(4, POINTER, 0)))  # without an address
    yield Rule("sendmsg", (Check(2, _FASTOPEN, 0),))


def _allow_tcp() -> Iterator[Rule]:
    """Allow TCP, but neither UDP nor MPTCP, which Landlock does not know."""
    for family in (socket.AF_INET, socket.AF_INET6):
        for protocol in (0, socket.IPPROTO_TCP):
            yield _allow_socket("socket", family, protocol)


def _allow_socket(call: str, family: int, protocol: int) -> Rule:
    return Rule(call, (Check(0, INT, family), Check(1, _TYPE, socket.SOCK_STREAM), Check(2, INT, protocol)))


def _allow_values(call: str, argument: int, values: Iterable[int]) -> Iterator[Rule]:
    for value in values:
        yield Rule(call, (Check(argument, INT, value),))
