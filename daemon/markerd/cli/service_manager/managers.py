"""The service manager of this machine, systemd or launchd, behind one protocol."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from markerd.cli.service_manager import launchctl, launchd, systemd
from markerd.cli.service_manager.installation import Installation, Scope, list_used_folders
from markerd.cli.service_manager.launchd import Account
from markerd.cli.service_manager.steps import MakeFolder, RemoveFile, Run, Step, WriteFile
from markerd.config import Config, load_config
from markerd.errors import ConfigurationError, UnavailableError


class Manager(Protocol):
    """What `markerd service` needs of a service manager. The caller carries the steps out."""

    hints: Sequence[str]
    """What to tell after an installation, one line each."""

    def problems(self, installation: Installation) -> list[str]: ...
    def warnings(self, installation: Installation) -> list[str]: ...
    def install(self, installation: Installation, config: Config) -> list[Step]: ...
    def uninstall(self) -> list[Step]: ...
    def drive(self, verb: str) -> list[Step]:
        """Return the steps that start, stop or restart the service. Raise UnavailableError if it is not installed."""

    def status_command(self) -> tuple[str, ...]: ...
    def logs_command(self, *, lines: int, is_following: bool) -> tuple[str, ...]: ...


def choose_manager(*, is_system: bool) -> Manager:
    """Return the service manager of this machine.

    Without `is_system`, the service of the machine is meant if it is the only one that is installed.
    """
    if sys.platform == "darwin":
        return Launchd(Scope.SYSTEM if is_system else Scope.USER)
    is_only_one = systemd.find_unit_path(Scope.SYSTEM).exists() and not systemd.find_unit_path(Scope.USER).exists()
    return Systemd(Scope.SYSTEM if is_system or is_only_one else Scope.USER)


class Systemd:
    """The service under systemd: see `Manager`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.hints: Sequence[str] = ("Start it with: markerd service start --system",)
        if scope is Scope.USER:
            linger = "It runs while you are logged in. To run it without a login: loginctl enable-linger"
            self.hints = ("Start it with: markerd service start", linger)

    def problems(self, installation: Installation) -> list[str]:
        return systemd.find_problems(installation, self._scope)

    def warnings(self, installation: Installation) -> list[str]:  # noqa: ARG002 - the protocol's
        return []

    def install(self, installation: Installation, config: Config) -> list[Step]:
        return systemd.build_install_steps(installation, config, self._scope)

    def uninstall(self) -> list[Step]:
        return systemd.build_uninstall_steps(self._scope)

    def drive(self, verb: str) -> list[Step]:
        return [Run(systemd.build_command(self._scope, verb))]

    def status_command(self) -> tuple[str, ...]:
        return systemd.build_command(self._scope, "status")

    def logs_command(self, *, lines: int, is_following: bool) -> tuple[str, ...]:
        return systemd.build_logs_command(self._scope, lines=lines, is_following=is_following)


class Launchd:
    """The service under launchd: see `Manager`. A daemon of the machine runs as the user who used sudo."""

    hints: Sequence[str] = ("It was started, and starts again with the session or the machine.",)

    def __init__(self, scope: Scope, environ: Mapping[str, str] = os.environ) -> None:
        self._scope = scope
        self._account = _find_account(environ.get("SUDO_USER") if scope is Scope.SYSTEM else None)

    def problems(self, installation: Installation) -> list[str]:
        return launchd.find_problems(installation, self._account)

    def warnings(self, installation: Installation) -> list[str]:
        return launchd.find_warnings(installation, self._scope, self._account)

    def install(self, installation: Installation, config: Config) -> list[Step]:
        owner = self._account.name if self._scope is Scope.SYSTEM else None
        folders = [*launchd.list_folders(installation, self._scope, self._account), installation.state_dir]
        folders += [path for folder in config.folders for path in list_used_folders(folder)]
        path = launchd.find_plist_path(self._scope, self._account)
        steps: list[Step] = [
            MakeFolder(folder, 0o700 if folder == installation.state_dir else 0o755, owner)
            for folder in dict.fromkeys(folders)
        ]
        if self._scope is Scope.SYSTEM:  # only root may have logs rotated
            rotation = launchd.write_newsyslog(installation, self._scope, self._account)
            steps.append(WriteFile(_NEWSYSLOG, rotation.encode()))
        steps.append(WriteFile(path, launchd.build_plist(installation, self._scope, self._account)))
        return [
            *steps,
            *launchctl.build_install_steps(launchd.choose_exit_timeout_s(installation), self._scope, self._account),
        ]

    def uninstall(self) -> list[Step]:
        path = launchd.find_plist_path(self._scope, self._account)
        stop = (
            launchctl.build_stop_steps(self._loaded().exit_timeout_s, self._scope, self._account)
            if path.exists()
            else ()
        )
        return [*stop, RemoveFile(path), *([RemoveFile(_NEWSYSLOG)] if self._scope is Scope.SYSTEM else [])]

    def drive(self, verb: str) -> list[Step]:
        patience_s = self._loaded().exit_timeout_s
        if verb == "start":
            return [*launchctl.build_start_steps(self._scope, self._account)]
        steps = launchctl.build_stop_steps if verb == "stop" else launchctl.build_restart_steps
        return [*steps(patience_s, self._scope, self._account)]

    def status_command(self) -> tuple[str, ...]:
        return launchctl.build_status_command(self._scope, self._account)

    def logs_command(self, *, lines: int, is_following: bool) -> tuple[str, ...]:
        loaded = self._loaded()
        files = [loaded.launchd_log, loaded.log or _find_log_file(loaded.config)]
        return ("tail", "-n", str(lines), *(["-F"] if is_following else []), *(str(file) for file in files if file))

    def _loaded(self) -> launchd.Loaded:
        path = launchd.find_plist_path(self._scope, self._account)
        try:
            return launchd.read_plist(path.read_bytes())
        except (OSError, ValueError, KeyError) as error:
            raise UnavailableError(f"no service is installed in {path}: run `markerd service install`") from error


_NEWSYSLOG = Path("/etc/newsyslog.d/markerd.conf")


def _find_log_file(config: Path) -> Path | None:
    try:
        return load_config(config).log.file
    except ConfigurationError:  # the log of launchd reports it
        return None


def _find_account(name: str | None) -> Account:
    import grp

    user = pwd.getpwnam(name) if name else pwd.getpwuid(os.getuid())
    return Account(user.pw_name, grp.getgrgid(user.pw_gid).gr_name, user.pw_uid, Path(user.pw_dir))
