"""`markerd service`: the daemon as a service of the machine or of the user."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from markerd.config import Config, absolute, load_config
from markerd.errors import EXIT_OK, EXIT_UNAVAILABLE, UnavailableError
from markerd.service import systemd
from markerd.service.installation import Scope, describe
from markerd.service.steps import Step, carry_out, preview

_NOBODYS_HOME = "/nonexistent"


def install(config_path: Path, scope: Scope, *, is_dry_run: bool) -> int:
    """Write unit or plist and all that goes with it, and have it started with the machine or the session."""
    path = absolute(config_path)
    config = load_config(path, _environment_of(scope))
    installation = describe(config, path)
    problems = [*_user_dependent(path, config, scope), *systemd.problems(installation, scope)]
    if problems:
        raise UnavailableError(
            "this cannot be installed as a service:\n" + "\n".join(f"  - {each}" for each in problems)
        )
    _perform(systemd.install(installation, config, scope), is_dry_run=is_dry_run)
    if not is_dry_run:
        flag = " --system" if scope is Scope.SYSTEM else ""
        print(f"Installed. Start it with: markerd service start{flag}")
        if scope is Scope.USER:
            print("It runs while you are logged in; to have it run without: loginctl enable-linger")
    return EXIT_OK


def uninstall(scope: Scope, *, is_dry_run: bool) -> int:
    """Stop it and take it away. Documents, configuration and journal stay."""
    _perform(systemd.uninstall(scope), is_dry_run=is_dry_run)
    return EXIT_OK


def drive(verb: str, scope: Scope) -> int:
    """start, stop, restart or status, by the service manager's own command; gives its exit code."""
    return _pass_on(systemd.drive(verb, scope))


def logs(scope: Scope, *, lines: int, is_following: bool) -> int:
    return _pass_on(systemd.logs(scope, lines=lines, is_following=is_following))


def scope_of(is_system: bool) -> Scope:
    """Without the flag the machine's service is meant where it is the only one there is."""
    is_only_one = systemd.unit_path(Scope.SYSTEM).exists() and not systemd.unit_path(Scope.USER).exists()
    return Scope.SYSTEM if is_system or is_only_one else Scope.USER


def _perform(steps: Sequence[Step], *, is_dry_run: bool) -> None:
    if is_dry_run:
        print("\n".join(preview(steps)))
        return
    for line in carry_out(steps):
        print(line)


def _pass_on(command: tuple[str, ...]) -> int:
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:  # the end of `logs --follow`
        return EXIT_OK
    except FileNotFoundError:
        print(f"markerd: there is no {command[0]} on this machine", file=sys.stderr)
        return EXIT_UNAVAILABLE


# --- the configuration as the service will see it -------------------------------------------------------------------


def _environment_of(scope: Scope, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """A service has none of the variables that happen to be set in this shell."""
    if scope is Scope.SYSTEM:
        return {"HOME": _NOBODYS_HOME}
    return {name: value for name, value in environ.items() if name == "HOME" or name.startswith("XDG_")}


def _user_dependent(path: Path, config: Config, scope: Scope) -> list[str]:
    """Paths that mean something else for every user: `markerd status` and `retry` would look in the wrong place."""
    if scope is Scope.USER:
        return []
    dumped = config.model_dump()
    places = {"daemon.state_dir": dumped["daemon"]["state_dir"], "log.file": dumped["log"]["file"]}
    for index, folder in enumerate(dumped["folders"]):
        places |= {f"folders[{index}].{key}": folder[key] for key in ("path", "output", "archive", "failed")}
    return [
        f"{path}: {key} depends on whose home folder is meant: write it in full"
        + (', such as state_dir = "/var/lib/markerd"' if key == "daemon.state_dir" else "")
        for key, place in places.items()
        if place is not None and Path(_NOBODYS_HOME) in place.parents
    ]
