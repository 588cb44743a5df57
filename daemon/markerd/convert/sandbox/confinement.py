"""What a confined process may still reach: it gives up all else before it reads a document or imports a library.

It reads the Python installation, libraries, fonts and models. It writes in its own folder, where a converter has the
document in work. A converter connects to model servers alone; a model server listens at its own port alone. What a
process starts is confined with it. Linux alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from markerd.convert.sandbox import landlock, refused_calls, seccomp, system_calls
from markerd.convert.sandbox.landlock import Access
from markerd.convert.sandbox.reach import Reach
from markerd.convert.sandbox.reachable_paths import list_reachable
from markerd.convert.sandbox.system_calls import Signals, Sockets

_PR_SET_NO_NEW_PRIVS = 38  # prctl(2)
_CAPABILITY_VERSION_3 = 0x20080522  # capget(2)
_CAP_DAC_READ_SEARCH = 1 << 2
_MOST_FILES = 4096
_CORE_BYTES = 1


class Level(str, Enum):
    """How much of the confinement is in force."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


@dataclass(frozen=True)
class Confinement:
    """What was done, for the log: `landlock_abi` is 0 where there is none."""

    level: Level
    landlock_abi: int
    reason: str


def probe_confinement() -> Confinement:
    """Return what this system offers for the embedded models, without confining anything. It is cheap."""
    if not sys.platform.startswith("linux"):
        return Confinement(Level.NONE, 0, f"{sys.platform} offers nothing that is used for this")
    return describe_achieved(landlock.read_abi(), seccomp.explain_missing())


def build_unwanted(reason: str) -> Confinement:
    return Confinement(Level.NONE, 0, reason)


def confine(reach: Reach, refusals: socket.socket | None = None) -> Confinement:
    """Confine this process and all that it will start. Called before any thread is started.

    `refusals` leads to the daemon's `RefusedCalls`, for the log; it is closed. Raises nothing: the result says what
    could not be had.
    """
    with refusals or contextlib.nullcontext():
        if not sys.platform.startswith("linux"):
            return probe_confinement()
        _remember_user()
        paths = list_reachable(reach)
        _limit_resources()
        try:
            _renounce_new_privileges()
        except OSError as error:
            return Confinement(Level.NONE, landlock.read_abi(), f"the kernel refuses no_new_privs: {error.strerror}")
        kept = _give_up_capabilities(paths)
        abi = _restrict_paths(paths, reach)  # the filter, loaded next, forbids further calls of Landlock
        missing = _restrict_calls(abi, reach, refusals)
        return describe_achieved(abi, missing, kept, has_sockets=reach.has_sockets)


def _restrict_paths(paths: Mapping[Path, Access], reach: Reach) -> int:
    """Return Landlock's ABI that is in force; 0 where the kernel has none, or refuses it."""
    try:
        return landlock.restrict(paths, reach.connects, reach.listens)
    except OSError:
        return 0


def _restrict_calls(abi: int, reach: Reach, refusals: socket.socket | None) -> str:
    """Return why the calls could not be restricted; an empty string where they are."""
    if why_not := seccomp.explain_missing():
        return why_not
    signals = Signals.BOUNDED if abi >= landlock.SIGNALS_SINCE else Signals.OWN_GROUP
    rules = system_calls.list_allowed(_choose_sockets(reach), signals, os.getpid())
    try:
        _filter_calls(list(rules), refusals)
    except OSError as error:
        return f"the kernel refuses seccomp's filter: {error.strerror}"
    return ""


def _choose_sockets(reach: Reach) -> Sockets:
    if reach.listens:
        return Sockets.SERVER
    return Sockets.CLIENT if reach.connects else Sockets.NONE


def _filter_calls(rules: list[system_calls.Rule], refusals: socket.socket | None) -> None:
    """Load the filter, and hand over its listener.

    Where nobody can listen, because a container's manager does or the kernel is old, the log names no refused calls.
    """
    if refusals is None:
        seccomp.restrict(rules)
        return
    try:
        listener = seccomp.restrict_and_listen(rules)
    except OSError:
        seccomp.restrict(rules)
    else:
        refused_calls.hand_over(listener, refusals)


def describe_achieved(abi: int, why_no_filter: str, *also_missing: str, has_sockets: bool = False) -> Confinement:
    """Describe what is in force with this ABI (0: none), and with the filter of system calls, or why that is not there.

    Without sockets no network is reached; with them, for model servers, Landlock has to limit where they lead.
    """
    missing = [gap for gap in also_missing if gap]
    if abi == 0:
        missing.append("files are open: no Landlock here (Linux 5.13, `landlock` among `lsm=`), or it is refused")
    if has_sockets and abi < landlock.TCP_SINCE:
        missing.append(f"TCP is open: Landlock's ABI {abi} does not know it (Linux 6.7 does)")
    if why_no_filter:
        missing.append(f"sockets other than TCP and all other system calls are open: {why_no_filter}")
    if not has_sockets and why_no_filter and abi < landlock.TCP_SINCE:
        missing.append("TCP is open")
    if not missing:
        return Confinement(Level.FULL, abi, "files by Landlock, system calls by seccomp")
    level = Level.PARTIAL if abi or not why_no_filter else Level.NONE
    return Confinement(level, abi, "; ".join(missing))


# --- what is given up besides -----------------------------------------------------------------------------------------


def _remember_user() -> None:
    """Set home and user in the environment: libraries ask for them, and would look into /etc/passwd."""
    import getpass

    with contextlib.suppress(KeyError, OSError, RuntimeError):
        os.environ.setdefault("HOME", str(Path.home()))
        os.environ.setdefault("USER", getpass.getuser())


def _limit_resources() -> None:
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _MOST_FILES if most == resource.RLIM_INFINITY else min(most, _MOST_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    # No core dumps, because one holds parts of documents. The limit is one byte and not zero: where core_pattern names
    # a program, the kernel respects only a limit of 1. PR_SET_DUMPABLE is not used: where /proc hides processes that
    # may not be traced (hidepid, ProtectProc=), the daemon could no longer see its own converter's memory.
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    size = _CORE_BYTES if most == resource.RLIM_INFINITY or most >= _CORE_BYTES else 0
    resource.setrlimit(resource.RLIMIT_CORE, (size, size))


def _renounce_new_privileges() -> None:
    """Let no program that is run from here gain privileges: set-user-ID bits have no effect."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Capabilities(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def _give_up_capabilities(needed: Iterable[Path]) -> str:
    """Give up all capabilities; under no_new_privs no program that runs here gets them back (capabilities(7)).

    Returns what is kept and why, else an empty string. Root's installation may lie where only a capability lets root
    in, as in another user's home: then the one to read is kept, which Landlock limits.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = _CapabilityHeader(_CAPABILITY_VERSION_3, 0), (_Capabilities * 2)()
    if libc.capget(ctypes.byref(header), sets) != 0 or not (sets[0].permitted or sets[1].permitted):
        return ""

    def keep(effective: int, permitted: int) -> bool:
        sets[0], sets[1] = _Capabilities(effective, permitted, 0), _Capabilities(0, 0, 0)
        return bool(libc.capset(ctypes.byref(header), sets) == 0)

    reading = sets[0].permitted & _CAP_DAC_READ_SEARCH
    if not keep(0, reading):  # the filter of a service manager may refuse it
        return f"capabilities are kept: the system refuses to give them up: {os.strerror(ctypes.get_errno())}"
    barred = next((path for path in needed if _is_barred(path)), None) if reading else None
    if barred is None:
        keep(0, 0)
        return ""
    keep(reading, reading)
    return f"CAP_DAC_READ_SEARCH is kept: root may not enter {barred} without it"


def _is_barred(path: Path) -> bool:
    """Whether the owner of the path keeps us out. A path that does not exist does not count."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
        os.close(os.open(f"{path}/.", os.O_PATH | os.O_CLOEXEC))  # a folder may be listed although it cannot be entered
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def build_log_fields(confinement: Confinement) -> Mapping[str, str | int]:
    """Build the fields of the event `converter.confined`."""
    return {
        "confinement": confinement.level.value,
        "landlock_abi": confinement.landlock_abi,
        "reason": confinement.reason,
    }
