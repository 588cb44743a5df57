"""The launchd job of an installation: its plist, its paths, its log rotation. Pure; `launchctl` has the commands.

Keys are those of launchd.plist(5). The shipped plist gives the reason of each.
"""

from __future__ import annotations

import math
import os
import plistlib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from markerd.cli.service_manager.installation import Installation, Scope
from markerd.config.paths import escape_path
from markerd.errors import EXIT_CONFIGURATION

LABEL = "org.markerd.markerd"
PLIST_MODE = 0o644
"""The mode of the plist. launchd refuses a plist that group or others may write; below /Library root must own it."""

_CLOSING_S = 30  # from the end of the current document to the end of the process: converter, journal
_PATH = "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
_GUARDED_AT_HOME = ("Desktop", "Documents", "Downloads", "Library/Mobile Documents", "Library/CloudStorage")
_GUARDED_VOLUMES = ("/Volumes", "/Network")
_NOT_IN_XML = frozenset("\ufffe\uffff")


@dataclass(frozen=True)
class Account:
    """The account that the daemon runs as. `home` is absolute."""

    name: str
    group: str
    uid: int
    home: Path


def build_plist(installation: Installation, scope: Scope, account: Account) -> bytes:
    """Return the shipped plist with the values of this installation.

    Ask `find_problems` first which values a plist cannot hold.
    """
    job = plistlib.loads(_read_shipped(f"{LABEL}.plist"))
    said = str(find_launchd_log(scope, account))
    job |= {
        "ProgramArguments": _build_arguments(installation),
        "ExitTimeOut": choose_exit_timeout_s(installation),
        "StandardOutPath": said,
        "StandardErrorPath": said,
    }
    job["EnvironmentVariables"] |= _build_environment(installation, scope, account)
    if installation.log_file is not None:  # the variable would override the configuration
        del job["EnvironmentVariables"]["MARKERD__LOG__FILE"]
    if scope is Scope.SYSTEM:
        # Users who read outputs and log join the group.
        job |= {"UserName": account.name, "GroupName": account.group, "Umask": "027"}
    return plistlib.dumps(job, sort_keys=False)


def find_plist_path(scope: Scope, account: Account) -> Path:
    """Return the path where launchd finds the plist at the next login, or at the start of the machine."""
    folder = Path("/Library/LaunchDaemons") if scope is Scope.SYSTEM else account.home / "Library/LaunchAgents"
    return folder / f"{LABEL}.plist"


def choose_log_file(installation: Installation, scope: Scope, account: Account) -> Path:
    """Return `log.file`, or the file that the plist sets if the configuration names none: launchd keeps no journal."""
    return installation.log_file or _find_log_folder(scope, account) / "markerd.log"


def find_launchd_log(scope: Scope, account: Account) -> Path:
    """Return the file with what the daemon prints before its log is open, such as problems of the configuration."""
    return _find_log_folder(scope, account) / "launchd.log"


def list_folders(installation: Installation, scope: Scope, account: Account) -> tuple[Path, ...]:
    """List the account's own folders that must exist before launchd can start the job, because it makes no folder."""
    wanted = (choose_log_file(installation, scope, account).parent, find_launchd_log(scope, account).parent)
    return tuple(dict.fromkeys(wanted))


@dataclass(frozen=True)
class Loaded:
    """What an installed plist says of the job, whatever has become of the configuration since."""

    exit_timeout_s: float
    config: Path
    launchd_log: Path
    log: Path | None
    """The log file. None means that the configuration names it."""


def read_plist(plist: bytes) -> Loaded:
    """Read a plist of markerd. Raise ValueError or KeyError if it is a different one."""
    job = plistlib.loads(plist)
    arguments, log = job["ProgramArguments"], job["EnvironmentVariables"].get("MARKERD__LOG__FILE")
    return Loaded(
        exit_timeout_s=float(job["ExitTimeOut"]),
        config=Path(arguments[arguments.index("--config") + 1]),
        launchd_log=Path(job["StandardErrorPath"]),
        log=None if log is None else Path(log.replace("$$", "$")),
    )


def choose_exit_timeout_s(installation: Installation) -> int:
    """Return how long launchd waits between SIGTERM and SIGKILL. It is never 0, which means for ever."""
    return math.ceil(installation.stop_timeout_s) + _CLOSING_S


def write_newsyslog(installation: Installation, scope: Scope, account: Account) -> str:
    """Return a file for /etc/newsyslog.d.

    Logs whose names cannot be written there are left out; `find_warnings` reports them.
    """
    comments = [line for line in _read_shipped("newsyslog.conf").decode().splitlines() if line.startswith("#")]
    mode = "640" if scope is Scope.SYSTEM else "600"
    owner = f"{account.name}:{account.group}"
    logs = {
        choose_log_file(installation, scope, account): "10 10240 * BNZ",
        find_launchd_log(scope, account): "2 1024 * BN",
    }
    entries = [
        f"{_write_newsyslog_name(log)} {owner} {mode} {rest}"
        for log, rest in logs.items()
        if _is_in_one_field(str(log))
    ]
    return "\n".join([*comments, *entries, ""])


# --- what stands in the way ------------------------------------------------------------------------------------------


def find_problems(installation: Installation, account: Account) -> list[str]:
    """List why the service cannot be installed, one line each. An empty list means that it can."""
    named = [*_iterate_paths(installation), ("the home folder", account.home)]
    found = [problem for name, path in named for problem in _find_problems_of(name, path)]
    if account.uid == 0:
        # root has no login session for an agent, and must not read documents from anywhere.
        found.append("markerd does not run as root: run it as another user")
    return found


def find_warnings(installation: Installation, scope: Scope, account: Account) -> list[str]:
    """List what may keep an installed daemon from its work, one line each."""
    found = [
        f"{name} {path} is below {guard}, which macOS closes to background programs: choose a place outside, "
        f"or give {installation.interpreter} Full Disk Access in System Settings, Privacy & Security"
        for name, path in _iterate_paths(installation)
        if (guard := _find_guard(path, account.home)) is not None
    ]
    found += [
        f"newsyslog cannot rotate {log}: its name has a space"
        for log in (choose_log_file(installation, scope, account), find_launchd_log(scope, account))
        if not _is_in_one_field(str(log))
    ]
    return found


def _iterate_paths(installation: Installation) -> Iterator[tuple[str, Path]]:
    yield "the interpreter", installation.interpreter
    yield "the configuration", installation.config
    yield "daemon.state_dir", installation.state_dir
    for folder in installation.folders:
        yield "the folder", folder
    if installation.log_file is not None:
        yield "log.file", installation.log_file


def _find_problems_of(name: str, path: Path) -> Iterator[str]:
    if not path.is_absolute():
        yield f"{name} {str(path)!r} is relative: launchd needs an absolute path"
    if any(unicodedata.category(c) in ("Cc", "Cs") or c in _NOT_IN_XML for c in str(path)):
        yield f"{name} {str(path)!r} has characters that a property list cannot hold: rename it"


def _find_guard(path: Path, home: Path) -> Path | None:
    """Return the folder around `path` that TCC guards. Names are compared without case, as APFS does by default."""
    parts = Path(os.path.normpath(path)).parts
    anothers_home = Path(*parts[:3])  # /Users/somebody; any other path does no harm here
    guarded = [Path(volume) for volume in _GUARDED_VOLUMES]
    guarded += [whose / name for whose in (home, anothers_home) for name in _GUARDED_AT_HOME]
    return next((guard for guard in guarded if _fold_case(parts[: len(guard.parts)]) == _fold_case(guard.parts)), None)


def _fold_case(parts: Iterable[str]) -> list[str]:
    return [part.casefold() for part in parts]


# --- pieces ----------------------------------------------------------------------------------------------------------


def _build_arguments(installation: Installation) -> list[str]:
    return [
        str(installation.interpreter), "-m", "markerd", "run", "--config", str(installation.config),
        "--as-success", str(EXIT_CONFIGURATION),
    ]  # fmt: skip


def _build_environment(installation: Installation, scope: Scope, account: Account) -> dict[str, str]:
    environment = {
        "PATH": f"{installation.interpreter.parent}:{_PATH}",
        "MARKERD__LOG__FILE": escape_path(choose_log_file(installation, scope, account)),
    }
    # An agent has the variable from its session.
    return environment | ({"HOME": str(account.home)} if scope is Scope.SYSTEM else {})


def _find_log_folder(scope: Scope, account: Account) -> Path:
    root = Path("/") if scope is Scope.SYSTEM else account.home
    return root / "Library/Logs/markerd"


def _write_newsyslog_name(log: Path) -> str:
    return str(log).replace("#", "\\#")  # newsyslog.conf(5): without the backslash, the rest of the line is a comment


def _is_in_one_field(name: str) -> bool:
    return len(name.split()) == 1


def _read_shipped(name: str) -> bytes:
    return resources.files("markerd").joinpath("data", "launchd", name).read_bytes()
