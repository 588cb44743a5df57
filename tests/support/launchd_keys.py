"""The keys of a launchd job and the types of their values, by the manual page launchd.plist(5) of macOS 15.

launchd itself ignores a key that it does not know and one of the wrong type: only a list can find them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class ListOf:
    """An array."""

    item: Kind


@dataclass(frozen=True)
class DictOf:
    """A dictionary whose keys are free."""

    value: Kind


@dataclass(frozen=True)
class OneOf:
    """One of some strings."""

    allowed: frozenset[str]


@dataclass(frozen=True)
class Either:
    """Any of several kinds."""

    kinds: tuple[Kind, ...]


Kind: TypeAlias = "type[bool] | type[int] | type[str] | ListOf | DictOf | OneOf | Either | Mapping[str, Kind]"

_CALENDAR: Mapping[str, Kind] = dict.fromkeys(("Minute", "Hour", "Day", "Weekday", "Month"), int)
_LIMITS: Mapping[str, Kind] = dict.fromkeys(
    (
        "Core", "CPU", "Data", "FileSize", "MemoryLock", "NumberOfFiles", "NumberOfProcesses", "ResidentSetSize",
        "Stack",
    ),
    int,
)  # fmt: skip
_SOCKET: Mapping[str, Kind] = {
    "SockType": OneOf(frozenset({"stream", "dgram", "seqpacket"})),
    "SockPassive": bool,
    "SockNodeName": str,
    "SockServiceName": Either((str, int)),
    "SockFamily": OneOf(frozenset({"IPv4", "IPv6", "IPv4v6"})),
    "SockProtocol": OneOf(frozenset({"TCP", "UDP"})),
    "SockPathName": str,
    "SecureSocketWithKey": str,
    "SockPathOwner": int,
    "SockPathGroup": int,
    "SockPathMode": int,
    "Bonjour": Either((bool, str, ListOf(str))),
    "MulticastGroup": str,
}
_KEEP_ALIVE: Mapping[str, Kind] = {
    "SuccessfulExit": bool,
    "Crashed": bool,
    "PathState": DictOf(bool),
    "OtherJobEnabled": DictOf(bool),
}

JOB: Mapping[str, Kind] = {
    "Label": str,
    "Disabled": bool,
    "UserName": str,
    "GroupName": str,
    "inetdCompatibility": {"Wait": bool},
    "LimitLoadToHosts": ListOf(str),
    "LimitLoadFromHosts": ListOf(str),
    "LimitLoadToSessionType": Either((str, ListOf(str))),
    "LimitLoadToHardware": DictOf(ListOf(str)),
    "LimitLoadFromHardware": DictOf(ListOf(str)),
    "Program": str,
    "BundleProgram": str,
    "ProgramArguments": ListOf(str),
    "EnableGlobbing": bool,
    "EnableTransactions": bool,
    "EnablePressuredExit": bool,
    "KeepAlive": Either((_KEEP_ALIVE, bool)),
    "RunAtLoad": bool,
    "RootDirectory": str,
    "WorkingDirectory": str,
    "EnvironmentVariables": DictOf(str),
    "Umask": Either((int, str)),
    "ExitTimeOut": int,
    "ThrottleInterval": int,
    "InitGroups": bool,
    "WatchPaths": ListOf(str),
    "QueueDirectories": ListOf(str),
    "StartOnMount": bool,
    "StartInterval": int,
    "StartCalendarInterval": Either((_CALENDAR, ListOf(_CALENDAR))),
    "StandardInPath": str,
    "StandardOutPath": str,
    "StandardErrorPath": str,
    "Debug": bool,
    "WaitForDebugger": bool,
    "SoftResourceLimits": _LIMITS,
    "HardResourceLimits": _LIMITS,
    "Nice": int,
    "ProcessType": OneOf(frozenset({"Background", "Standard", "Adaptive", "Interactive"})),
    "AbandonProcessGroup": bool,
    "LowPriorityIO": bool,
    "LowPriorityBackgroundIO": bool,
    "MaterializeDatalessFiles": bool,
    "LaunchOnlyOnce": bool,
    "MachServices": DictOf(Either((bool, {"ResetAtClose": bool, "HideUntilCheckIn": bool}))),
    "Sockets": DictOf(Either((_SOCKET, ListOf(_SOCKET)))),
    "LaunchEvents": DictOf(DictOf(DictOf(Either((bool, int, str))))),
    "SessionCreate": bool,
    "LegacyTimers": bool,
    "AssociatedBundleIdentifiers": Either((str, ListOf(str))),
}
"""Without the keys that the page calls obsolete or no longer implemented (OnDemand, TimeOut, HopefullyExits…)."""


def faults(value: object, kind: Kind = JOB, where: str = "job") -> Iterator[str]:
    """What of `value` is not of its kind, one line each."""
    if isinstance(kind, Either):
        found = [list(faults(value, one, where)) for one in kind.kinds]
        yield from min(found, key=len)
    elif isinstance(kind, OneOf):
        if value not in kind.allowed:
            yield f"{where}: {value!r} is none of {sorted(kind.allowed)}"
    elif isinstance(kind, ListOf):
        yield from _faults_of_list(value, kind.item, where)
    elif isinstance(kind, (DictOf, Mapping)):
        yield from _faults_of_dict(value, kind, where)
    elif type(value) is not kind:  # True is an int to isinstance
        yield f"{where}: {value!r} is no {kind.__name__}"


def _faults_of_list(value: object, item: Kind, where: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{where}: {value!r} is no array"
        return
    for index, one in enumerate(value):
        yield from faults(one, item, f"{where}[{index}]")


def _faults_of_dict(value: object, kind: DictOf | Mapping[str, Kind], where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: {value!r} is no dictionary"
        return
    for key, one in value.items():
        known = kind.value if isinstance(kind, DictOf) else kind.get(key)
        if known is None:
            yield f"{where}: there is no key {key}"
        else:
            yield from faults(one, known, f"{where}.{key}")
