"""systemd: the unit of this installation, and the commands that install, control and remove it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

from markerd.cli.service_manager.installation import Installation, Reach, Scope, list_used_folders
from markerd.cli.service_manager.steps import MakeFolder, RemoveFile, Run, Step, WriteFile
from markerd.cli.service_manager.unit_file import Setting, edit_unit, find_path_problem, quote_argument, quote_path
from markerd.config import Config

UNIT = "markerd.service"
USER = "markerd"
_SYSTEM_UNITS = Path("/etc/systemd/system")
_SYSUSERS = Path("/etc/sysusers.d/markerd.conf")
_CATALOG = Path("/usr/local/lib/systemd/catalog/markerd.catalog")  # journald does not look into /etc
_STATE = Path("/var/lib")

_HIDDEN = tuple(map(Path, ("/home", "/root", "/run/user", "/tmp", "/var/tmp")))  # noqa: S108 - names only
_TOO_BROAD = frozenset(
    Path("/", *parts)
    for parts in (
        (), ("bin",), ("boot",), ("dev",), ("etc",), ("home",), ("lib",), ("lib64",), ("media",), ("mnt",), ("opt",),
        ("proc",), ("root",), ("run",), ("sbin",), ("srv",), ("sys",), ("tmp",), ("usr",), ("usr", "local"), ("var",),
        ("var", "cache"), ("var", "lib"), ("var", "log"), ("var", "spool"),
    )
)  # fmt: skip
"""Folders that hold the files of more than one program."""

_HEAD = """\
# Written by `markerd service install`, which writes it anew. Change it by a drop-in: systemctl{flag} edit markerd
"""


def find_unit_path(scope: Scope, environ: Mapping[str, str] = os.environ) -> Path:
    if scope is Scope.SYSTEM:
        return _SYSTEM_UNITS / UNIT
    home = Path(environ.get("HOME") or Path.home())
    given = Path(environ.get("XDG_CONFIG_HOME", ""))
    return (given if given.is_absolute() else home / ".config") / "systemd" / "user" / UNIT


# --- what keeps it from being installed -----------------------------------------------------------------------------


def find_problems(installation: Installation, scope: Scope) -> list[str]:
    """List the reasons why this installation cannot be a service of that scope, one line each."""
    named = [installation.interpreter, installation.config, *list_written_paths(installation)]
    found = [problem for path in named if (problem := find_path_problem(path))]
    if "$" in str(installation.interpreter):
        found.append(f"{installation.interpreter}: systemd accepts no program with a dollar sign in its path")
    if scope is Scope.SYSTEM:
        found += _find_problems_of_system(installation)
    return found


def _find_problems_of_system(installation: Installation) -> Iterator[str]:
    for parent in installation.folders:
        if parent in _TOO_BROAD:
            yield (
                f"the folders of an entry share no parent but {parent}, and the service may write below one folder "
                "only: put inbox, outbox, done and failed side by side, as in /srv/markerd"
            )
    for path in list_written_paths(installation):
        if path in _TOO_BROAD and path not in installation.folders:
            yield f"the service could write into {path}: give state_dir and log.file a folder of their own"
    for path in (installation.config, *list_written_paths(installation)):
        if hidden := _find_hiding_folder(path):
            yield f"{path}: a service of the machine sees nothing below {hidden}: move it, or leave out --system"
    for path in dict.fromkeys((installation.interpreter, installation.interpreter.resolve(), installation.package)):
        if hidden := _find_hiding_folder(path):
            yield (
                f"this markerd ({path}) lies below {hidden}, where a service of the machine sees nothing: install "
                "markerd into a virtual environment in /opt, made with a Python of the system"
            )


def list_written_paths(installation: Installation) -> list[Path]:
    """List the folders that the service writes to, besides those that systemd itself gives it."""
    log_folder = [] if installation.log_file is None else [installation.log_file.parent]
    return list(dict.fromkeys([*installation.folders, installation.state_dir, *log_folder]))


def _find_hiding_folder(path: Path) -> Path | None:
    return next((hidden for hidden in _HIDDEN if hidden == path or hidden in path.parents), None)


# --- the unit -------------------------------------------------------------------------------------------------------


def build_unit(installation: Installation, scope: Scope) -> str:
    """Return the shipped unit with the values of this installation."""
    shipped = files("markerd") / "data" / "systemd"
    if scope is Scope.USER:
        text, settings = (shipped / "user" / UNIT).read_text("utf-8"), _build_settings(installation)
    else:
        text, settings = (shipped / UNIT).read_text("utf-8"), _build_settings_of_system(installation)
    head = _HEAD.format(flag=" --user" if scope is Scope.USER else "")
    return edit_unit(head + text[text.index("\n[Unit]\n") :], settings)


def _build_settings(installation: Installation) -> dict[Setting, list[str]]:
    program, config = map(quote_argument, map(str, (installation.interpreter, installation.config)))
    return {("Service", "ExecStart"): [f"{program} -m markerd run --config {config}"]}


def _build_settings_of_system(installation: Installation) -> dict[Setting, list[str]]:
    # systemd.exec(5): a colon separates the directory from a link to it.
    is_state_of_systemd = installation.state_dir.parent == _STATE and ":" not in installation.state_dir.name
    written = [
        path
        for path in list_written_paths(installation)
        if not (is_state_of_systemd and path == installation.state_dir)
    ]
    outermost = [path for path in written if not any(other in path.parents for other in written)]
    quoted = [quote_path(path) for path in outermost]
    return {
        **_build_settings(installation),
        ("Unit", "RequiresMountsFor"): quoted,
        ("Service", "ReadWritePaths"): quoted,
        ("Service", "StateDirectory"): [quote_path(Path(installation.state_dir.name))] if is_state_of_systemd else [],
        ("Service", "StateDirectoryMode"): ["0700"] if is_state_of_systemd else [],
        **_build_network_settings(installation),
    }


def _build_network_settings(installation: Installation) -> dict[Setting, list[str]]:
    """Return the settings for the status page, and for the services that the daemon asks.

    In a network of its own nobody could connect. Outgoing traffic stays refused unless other machines may connect, or
    are asked.
    """
    reaches = {installation.page, installation.services}
    if reaches == {Reach.NOBODY}:
        return {}
    private = {("Service", "PrivateNetwork"): ["no"]}
    if Reach.OTHERS not in reaches:
        return private
    return {**private, ("Service", "IPAddressDeny"): [], ("Service", "IPAddressAllow"): []}


# --- what is done ---------------------------------------------------------------------------------------------------


def build_install_steps(installation: Installation, config: Config, scope: Scope) -> list[Step]:
    path = find_unit_path(scope)
    steps: list[Step] = []
    if scope is Scope.SYSTEM:
        shipped = files("markerd") / "data" / "systemd"
        steps += [
            WriteFile(_SYSUSERS, (shipped / "sysusers.d" / "markerd.conf").read_bytes()),
            Run(("systemd-sysusers", str(_SYSUSERS))),
            WriteFile(_CATALOG, (shipped / "markerd.catalog").read_bytes()),
            Run(("journalctl", "--update-catalog"), is_optional=True),
        ]
    steps += _iterate_folder_steps(installation, config, scope)
    if scope is Scope.SYSTEM:
        steps.append(
            Run(_build_doctor_command(installation))
        )  # before a working unit is replaced by one that does not work
    written = WriteFile(path, build_unit(installation, scope).encode())
    steps += [written, Run(_name_systemctl(scope, "daemon-reload")), Run(_name_systemctl(scope, "enable", UNIT))]
    # A service that runs still follows the old unit.
    return steps if written.is_done() else [*steps, Run(_name_systemctl(scope, "try-restart", UNIT))]


def _iterate_folder_steps(installation: Installation, config: Config, scope: Scope) -> Iterator[Step]:
    owner = USER if scope is Scope.SYSTEM else None
    for parent in installation.folders:
        yield MakeFolder(parent, owner=owner)
    for folder in config.folders:
        for path in list_used_folders(folder):
            # Members of the group drop documents. What they drop belongs to the group, so that the service can read it.
            is_hot = path == folder.path
            yield MakeFolder(path, owner=owner, mode=0o2770 if is_hot else 0o2750)
    yield MakeFolder(installation.state_dir, owner=owner, mode=0o700)
    if installation.log_file is not None:
        yield MakeFolder(installation.log_file.parent, owner=owner, mode=0o750)


def _build_doctor_command(installation: Installation) -> tuple[str, ...]:
    """Return the command that checks the service's user: whether it can run this Python, read the configuration and
    write into the folders."""
    command = (
        str(installation.interpreter),
        "-m",
        "markerd",
        "doctor",
        "--faults",
        "--config",
        str(installation.config),
    )
    environment = ("env", "-i", "PATH=/usr/bin:/bin", f"HOME={installation.state_dir}", "LANG=C.UTF-8")
    return ("runuser", "-u", USER, "--", *environment, *command)


def build_uninstall_steps(scope: Scope) -> list[Step]:
    """Return the steps that remove the service. Documents, configuration, journal and the user stay."""
    path = find_unit_path(scope)
    ours = [path] if scope is Scope.USER else [path, _CATALOG, _SYSUSERS]
    return [
        Run(_name_systemctl(scope, "disable", "--now", UNIT), is_optional=True),
        *(RemoveFile(file) for file in ours),
        Run(_name_systemctl(scope, "daemon-reload")),
        *([Run(("journalctl", "--update-catalog"), is_optional=True)] if scope is Scope.SYSTEM else []),
    ]


def build_command(scope: Scope, verb: str) -> tuple[str, ...]:
    """Return the command for start, stop, restart or status."""
    return _name_systemctl(scope, "--no-pager", verb, UNIT)


def build_logs_command(scope: Scope, *, lines: int, is_following: bool) -> tuple[str, ...]:
    which = "--unit" if scope is Scope.SYSTEM else "--user-unit"
    follow = ("--follow",) if is_following else ()
    return ("journalctl", "--no-pager", f"--lines={lines}", *follow, which, UNIT)


def _name_systemctl(scope: Scope, *arguments: str) -> tuple[str, ...]:
    return ("systemctl", *(["--user"] if scope is Scope.USER else []), *arguments)
