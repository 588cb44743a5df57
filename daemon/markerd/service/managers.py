"""The service manager of this machine, systemd or launchd, behind one protocol."""

from __future__ import annotations

import os
import plistlib
import pwd
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from markerd.config import Config, load_config
from markerd.errors import UnavailableError
from markerd.service import launchctl, launchd, systemd
from markerd.service.installation import Installation, Scope, describe, used_folders
from markerd.service.launchd import Account
from markerd.service.steps import MakeFolder, RemoveFile, Run, Step, WriteFile


class Manager(Protocol):
    """What `markerd service` needs of a service manager; the steps are still to be carried out."""

    hints: Sequence[str]
    """What to tell after an installation, a line each."""

    def problems(self, installation: Installation) -> list[str]: ...
    def warnings(self, installation: Installation) -> list[str]: ...
    def install(self, installation: Installation, config: Config) -> list[Step]: ...
    def uninstall(self) -> list[Step]: ...
    def drive(self, verb: str) -> list[Step]:
        """For start, stop and restart. Raises UnavailableError where nothing is installed."""

    def status_command(self) -> tuple[str, ...]: ...
    def logs_command(self, *, lines: int, is_following: bool) -> tuple[str, ...]: ...


def manager(*, is_system: bool) -> Manager:
    """Without `is_system` the machine's service is meant where it is the only one that is installed."""
    if sys.platform == "darwin":
        return Launchd(Scope.SYSTEM if is_system else Scope.USER)
    is_only_one = systemd.unit_path(Scope.SYSTEM).exists() and not systemd.unit_path(Scope.USER).exists()
    return Systemd(Scope.SYSTEM if is_system or is_only_one else Scope.USER)


class Systemd:
    """See `Manager`."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.hints: Sequence[str] = ("Start it with: markerd service start --system",)
        if scope is Scope.USER:
            linger = "It runs while you are logged in; to have it run without: loginctl enable-linger"
            self.hints = ("Start it with: markerd service start", linger)

    def problems(self, installation: Installation) -> list[str]:
        return systemd.problems(installation, self._scope)

    def warnings(self, installation: Installation) -> list[str]:  # noqa: ARG002 - the protocol's
        return []

    def install(self, installation: Installation, config: Config) -> list[Step]:
        return systemd.install(installation, config, self._scope)

    def uninstall(self) -> list[Step]:
        return systemd.uninstall(self._scope)

    def drive(self, verb: str) -> list[Step]:
        return [Run(systemd.command(self._scope, verb))]

    def status_command(self) -> tuple[str, ...]:
        return systemd.command(self._scope, "status")

    def logs_command(self, *, lines: int, is_following: bool) -> tuple[str, ...]:
        return systemd.logs(self._scope, lines=lines, is_following=is_following)


class Launchd:
    """See `Manager`. A daemon of the machine runs as whoever asked for it with sudo."""

    hints: Sequence[str] = ("It has been started, and starts again with the session or the machine.",)

    def __init__(self, scope: Scope, environ: Mapping[str, str] = os.environ) -> None:
        self._scope = scope
        self._account = _account(environ.get("SUDO_USER") if scope is Scope.SYSTEM else None)

    def problems(self, installation: Installation) -> list[str]:
        return launchd.problems(installation, self._account)

    def warnings(self, installation: Installation) -> list[str]:
        return launchd.warnings(installation, self._scope, self._account)

    def install(self, installation: Installation, config: Config) -> list[Step]:
        owner = self._account.name if self._scope is Scope.SYSTEM else None
        folders = [*launchd.folders(installation, self._scope, self._account), installation.state_dir]
        folders += [path for folder in config.folders for path in used_folders(folder)]
        path = launchd.plist_path(self._scope, self._account)
        steps: list[Step] = [MakeFolder(folder, owner=owner) for folder in dict.fromkeys(folders)]
        if self._scope is Scope.SYSTEM:  # only root may have logs rotated
            rotation = launchd.newsyslog(installation, self._scope, self._account)
            steps.append(WriteFile(_NEWSYSLOG, rotation.encode()))
        steps.append(WriteFile(path, launchd.plist(installation, self._scope, self._account)))
        return [*steps, *launchctl.install(installation, self._scope, self._account)]

    def uninstall(self) -> list[Step]:
        path = launchd.plist_path(self._scope, self._account)
        stop = launchctl.stop(self._installed(), self._scope, self._account) if path.exists() else ()
        return [*stop, RemoveFile(path), *([RemoveFile(_NEWSYSLOG)] if self._scope is Scope.SYSTEM else [])]

    def drive(self, verb: str) -> list[Step]:
        installed = self._installed()
        if verb == "start":
            return [*launchctl.start(self._scope, self._account)]
        steps = launchctl.stop if verb == "stop" else launchctl.restart
        return [*steps(installed, self._scope, self._account)]

    def status_command(self) -> tuple[str, ...]:
        return launchctl.status(self._scope, self._account)

    def logs_command(self, *, lines: int, is_following: bool) -> tuple[str, ...]:
        file = launchd.log_file(self._installed(), self._scope, self._account)
        return ("tail", "-n", str(lines), *(["-F"] if is_following else []), str(file))

    def _installed(self) -> Installation:
        """What the plist in place was made from."""
        path = launchd.plist_path(self._scope, self._account)
        try:
            arguments = plistlib.loads(path.read_bytes())["ProgramArguments"]
            config = Path(arguments[arguments.index("--config") + 1])
        except (OSError, ValueError, KeyError, IndexError) as error:
            raise UnavailableError(f"nothing is installed in {path}: markerd service install") from error
        return describe(load_config(config), config)


_NEWSYSLOG = Path("/etc/newsyslog.d/markerd.conf")


def _account(name: str | None) -> Account:
    import grp

    user = pwd.getpwnam(name) if name else pwd.getpwuid(os.getuid())
    return Account(user.pw_name, grp.getgrgid(user.pw_gid).gr_name, user.pw_uid, Path(user.pw_dir))
