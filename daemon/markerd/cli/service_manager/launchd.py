"""The launchd job of an installation: its plist, its paths, its log rotation. Pure; `launchctl` has the commands.

Keys are those of launchd.plist(5); the shipped plist says of each why it is there.
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
"""launchd refuses a plist that group or others may write; below /Library root must own it."""

_CLOSING_S = 30  # from the end of the drain to the end of the process: converter, journal
_PATH = "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
_GUARDED_AT_HOME = ("Desktop", "Documents", "Downloads", "Library/Mobile Documents", "Library/CloudStorage")
_GUARDED_VOLUMES = ("/Volumes", "/Network")
_NOT_IN_XML = frozenset("\ufffe\uffff")


@dataclass(frozen=True)
class Account:
    """Whom the daemon runs as; `home` is absolute."""

    name: str
    group: str
    uid: int
    home: Path


def build_plist(installation: Installation, scope: Scope, account: Account) -> bytes:
    """The shipped plist with what is of this installation in it. Ask `find_problems` first for what cannot go in."""
    job = plistlib.loads(_read_shipped(f"{LABEL}.plist"))
    said = str(find_launchd_log(scope, account))
    job |= {
        "ProgramArguments": _build_arguments(installation),
        "ExitTimeOut": choose_exit_timeout_s(installation),
        "StandardOutPath": said,
        "StandardErrorPath": said,
    }
    job["EnvironmentVariables"] |= _build_environment(installation, scope, account)
    if installation.log_file is not None:  # the variable would come before it
        del job["EnvironmentVariables"]["MARKERD__LOG__FILE"]
    if scope is Scope.SYSTEM:
        # Who shall read outputs and log joins the group.
        job |= {"UserName": account.name, "GroupName": account.group, "Umask": "027"}
    return plistlib.dumps(job, sort_keys=False)


def find_plist_path(scope: Scope, account: Account) -> Path:
    """Where launchd finds it at the next login, or start of the machine."""
    folder = Path("/Library/LaunchDaemons") if scope is Scope.SYSTEM else account.home / "Library/LaunchAgents"
    return folder / f"{LABEL}.plist"


def choose_log_file(installation: Installation, scope: Scope, account: Account) -> Path:
    """`log.file`, or what the plist makes of it where the configuration names none: launchd keeps no journal."""
    return installation.log_file or _find_log_folder(scope, account) / "markerd.log"


def find_launchd_log(scope: Scope, account: Account) -> Path:
    """What the daemon says before its log is open: a wrong configuration, for one."""
    return _find_log_folder(scope, account) / "launchd.log"


def list_folders(installation: Installation, scope: Scope, account: Account) -> tuple[Path, ...]:
    """What must be there before launchd can start the job, the account's own: launchd makes no folder."""
    wanted = (choose_log_file(installation, scope, account).parent, find_launchd_log(scope, account).parent)
    return tuple(dict.fromkeys(wanted))


@dataclass(frozen=True)
class Loaded:
    """What a plist in its place says of the job, whatever has become of the configuration since."""

    exit_timeout_s: float
    config: Path
    launchd_log: Path
    log: Path | None
    """None: the configuration names it."""


def read_plist(plist: bytes) -> Loaded:
    """Raises ValueError and KeyError for what is no plist of ours."""
    job = plistlib.loads(plist)
    arguments, log = job["ProgramArguments"], job["EnvironmentVariables"].get("MARKERD__LOG__FILE")
    return Loaded(
        exit_timeout_s=float(job["ExitTimeOut"]),
        config=Path(arguments[arguments.index("--config") + 1]),
        launchd_log=Path(job["StandardErrorPath"]),
        log=None if log is None else Path(log.replace("$$", "$")),
    )


def choose_exit_timeout_s(installation: Installation) -> int:
    """How long launchd waits between SIGTERM and SIGKILL; never 0, which would be for ever."""
    return math.ceil(installation.stop_timeout_s) + _CLOSING_S


def write_newsyslog(installation: Installation, scope: Scope, account: Account) -> str:
    """A file for /etc/newsyslog.d. Logs whose names cannot be written there are left out; `find_warnings` says so."""
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
    """Why this cannot be installed, one line each; empty where it can."""
    named = [*_iterate_paths(installation), ("the home folder", account.home)]
    found = [problem for name, path in named for problem in _find_problems_of(name, path)]
    if account.uid == 0:
        # root has no login session for an agent, and no business with documents from anywhere.
        found.append("markerd does not run as root: name another user for it")
    return found


def find_warnings(installation: Installation, scope: Scope, account: Account) -> list[str]:
    """What may keep an installed daemon from its work, one line each."""
    found = [
        f"{name} {path} is below {guard}, which macOS keeps from background programs: choose a place outside, "
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
        yield f"{name} {str(path)!r} is relative: launchd needs it from the root on"
    if any(unicodedata.category(c) in ("Cc", "Cs") or c in _NOT_IN_XML for c in str(path)):
        yield f"{name} {str(path)!r} has characters that a property list cannot hold: rename it"


def _find_guard(path: Path, home: Path) -> Path | None:
    """The folder around `path` that TCC guards. Names are compared as APFS does by default: without case."""
    parts = Path(os.path.normpath(path)).parts
    anothers_home = Path(*parts[:3])  # /Users/somebody, and harmless where it is something else
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
    # An agent has it from its session.
    return environment | ({"HOME": str(account.home)} if scope is Scope.SYSTEM else {})


def _find_log_folder(scope: Scope, account: Account) -> Path:
    root = Path("/") if scope is Scope.SYSTEM else account.home
    return root / "Library/Logs/markerd"


def _write_newsyslog_name(log: Path) -> str:
    return str(log).replace("#", "\\#")  # newsyslog.conf(5): else the rest of the line is a comment


def _is_in_one_field(name: str) -> bool:
    return len(name.split()) == 1


def _read_shipped(name: str) -> bytes:
    return resources.files("markerd").joinpath("data", "launchd", name).read_bytes()
