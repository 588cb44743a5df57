"""seccomp: a process gives up all system calls but those of `system_calls`, for itself and its children, for ever.

Landlock limits files and TCP by path and port; this is for all that Landlock does not know. libseccomp makes the
filter, since it has the numbers of calls on each architecture. Linux alone. It is called before a thread is started,
after PR_SET_NO_NEW_PRIVS. A refused call returns EPERM.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from typing import IO

from markerd.convert.sandbox.system_calls import UNKNOWN, Rule

_LIBRARY = "libseccomp.so.2"
_MISSING = "libseccomp (2.5 or later) is not installed (Debian: apt install libseccomp2)"

# linux/seccomp.h
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_REFUSE, _NO_SUCH_CALL = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS

# seccomp.h of libseccomp
_ATTRIBUTE_OF_OTHER_ARCHITECTURES, _ATTRIBUTE_OF_KERNELS_ERRORS = 2, 9
_MASKED_EQUAL = 7
_NOTIFICATION_SINCE_API = 5
# The numbers of architectures in linux/audit.h; 32-bit programs and x32 on x86_64 have others.
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "riscv64": 0xC00000F3}


class _Argument(ctypes.Structure):
    _fields_ = (
        ("number", ctypes.c_uint),
        ("comparison", ctypes.c_int),
        ("mask", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
    )


def explain_missing() -> str:
    """Say what keeps the filter from being made here; an empty string where nothing does. The kernel is not asked."""
    if not sys.platform.startswith("linux") or os.uname().machine not in ARCHITECTURES or sys.maxsize <= 1 << 32:
        return "no seccomp here"
    return "" if _load_library() else _MISSING


def restrict(rules: Iterable[Rule]) -> None:
    """Refuse all other calls. Raises OSError, and then nothing has changed."""
    with _build_filter(_REFUSE, rules, os.uname().machine) as (library, context):
        _check_result(library.seccomp_load(context))


def restrict_and_listen(rules: Iterable[Rule]) -> int:
    """Do the same, but let each refused call wait for an answer; returns the descriptor to read and to answer them.

    Whoever has the descriptor could let calls through: it must not stay in this process. Raises OSError (EBUSY where a
    container's manager listens already), and then nothing has changed.
    """
    with _build_filter(_NOTIFY, rules, os.uname().machine) as (library, context):
        if library.seccomp_api_get() < _NOTIFICATION_SINCE_API:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        _check_result(library.seccomp_load(context))
        loaded = int(library.seccomp_notify_fd(context))
        listener = fcntl.fcntl(loaded, fcntl.F_DUPFD_CLOEXEC, 0)
    with contextlib.suppress(OSError):  # some versions of libseccomp close it themselves
        os.close(loaded)
    return listener


def export(rules: Iterable[Rule], machine: str, file: IO[bytes]) -> None:
    """Write the filter for an architecture as the kernel would get it: structures `sock_filter`, eight bytes each."""
    with _build_filter(_REFUSE, rules, machine) as (library, context):
        _check_result(library.seccomp_export_bpf(context, file.fileno()))


def look_up_name(number: int, architecture: int) -> str:
    """Return the call's name; "unknown" for a number that has none."""
    library = _load_library()
    found = library and library.seccomp_syscall_resolve_num_arch(architecture, number)
    if not found:
        return "unknown"
    name = ctypes.string_at(found).decode("ascii")
    ctypes.CDLL(None).free(ctypes.c_void_p(found))
    return name


@contextlib.contextmanager
def _build_filter(otherwise: int, rules: Iterable[Rule], machine: str) -> Iterator[tuple[ctypes.CDLL, int]]:
    library = _load_library()
    if library is None:
        raise OSError(errno.ENOENT, _MISSING)
    context = library.seccomp_init(otherwise)
    if not context:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
    try:
        _choose_architecture(library, context, machine)
        _check_result(library.seccomp_attr_set(context, _ATTRIBUTE_OF_OTHER_ARCHITECTURES, _REFUSE))
        library.seccomp_attr_set(context, _ATTRIBUTE_OF_KERNELS_ERRORS, 1)  # the kernel's errors, from version 2.5 on
        for rule in rules:
            _add_rule(library, context, _ALLOW, rule, machine)
        for call in UNKNOWN:
            _add_rule(library, context, _NO_SUCH_CALL, Rule(call), machine)
        yield library, context
    finally:
        library.seccomp_release(context)


def _choose_architecture(library: ctypes.CDLL, context: int, machine: str) -> None:
    if machine != os.uname().machine:
        _check_result(library.seccomp_arch_add(context, ARCHITECTURES[machine]))
        _check_result(library.seccomp_arch_remove(context, ARCHITECTURES[os.uname().machine]))


def _add_rule(library: ctypes.CDLL, context: int, action: int, rule: Rule, machine: str) -> None:
    """Add a rule. A call that this architecture or this libseccomp does not have is skipped, since it is refused
    anyway.
    """
    name = rule.call.encode("ascii")
    if library.seccomp_syscall_resolve_name_arch(ARCHITECTURES[machine], name) < 0:
        return
    arguments = (_Argument * len(rule.checks))(
        *(_Argument(check.argument, _MASKED_EQUAL, check.mask, check.value) for check in rule.checks)
    )
    # libseccomp takes the number of the running machine, and translates it by the name.
    number = library.seccomp_syscall_resolve_name(name)
    _check_result(library.seccomp_rule_add_array(context, action, number, len(rule.checks), arguments))


def _check_result(result: int) -> None:
    if result < 0:
        raise OSError(-result, os.strerror(-result))


@cache
def _load_library() -> ctypes.CDLL | None:
    with contextlib.suppress(OSError, AttributeError):  # it is not installed, or an older version lacks a function
        return _declare_signatures(ctypes.CDLL(_LIBRARY))
    return None


def _declare_signatures(library: ctypes.CDLL) -> ctypes.CDLL:
    context, uint32 = ctypes.c_void_p, ctypes.c_uint32
    library.seccomp_init.argtypes, library.seccomp_init.restype = [uint32], context
    for name in ("seccomp_release", "seccomp_load", "seccomp_notify_fd"):
        getattr(library, name).argtypes = [context]
    library.seccomp_release.restype = None
    library.seccomp_attr_set.argtypes = [context, ctypes.c_int, uint32]
    library.seccomp_arch_add.argtypes = library.seccomp_arch_remove.argtypes = [context, uint32]
    library.seccomp_export_bpf.argtypes = [context, ctypes.c_int]
    library.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    library.seccomp_syscall_resolve_name_arch.argtypes = [uint32, ctypes.c_char_p]
    library.seccomp_syscall_resolve_num_arch.argtypes = [uint32, ctypes.c_int]
    library.seccomp_syscall_resolve_num_arch.restype = context
    library.seccomp_rule_add_array.argtypes = [context, uint32, ctypes.c_int, ctypes.c_uint, context]
    return library
