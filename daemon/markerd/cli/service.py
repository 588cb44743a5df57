"""`markerd service`: the daemon as a service of the machine or of the user."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from markerd.cli.service_manager.installation import Scope, describe
from markerd.cli.service_manager.managers import Launchd, Systemd, choose_manager
from markerd.cli.service_manager.steps import Step, carry_out, make_readable_by_all, preview
from markerd.config import Config, load_config, make_absolute
from markerd.errors import EXIT_OK, UnavailableError

_NOBODYS_HOME = "/nonexistent"


def install(config_path: Path, *, is_system: bool, is_dry_run: bool) -> int:
    """Write the unit or plist and what belongs to it, and have it started with the machine or the session."""
    scope = Scope.SYSTEM if is_system else Scope.USER
    path = make_absolute(config_path)
    config = load_config(path, _choose_environment(scope))
    installation = describe(config, path)
    service = Launchd(scope) if sys.platform == "darwin" else Systemd(scope)
    problems = [*_find_user_dependent_paths(path, config, scope), *service.problems(installation)]
    if problems:
        raise UnavailableError("\n  - ".join(["markerd cannot be installed as a service:", *problems]))
    for warning in service.warnings(installation):
        print(f"warning: {warning}", file=sys.stderr)
    _perform(service.install(installation, config), is_system=is_system, is_dry_run=is_dry_run)
    if not is_dry_run:
        print("\n".join(["Installed.", *service.hints]))
    return EXIT_OK


def uninstall(*, is_system: bool, is_dry_run: bool) -> int:
    """Stop the service and remove it. Documents, configuration and journal stay."""
    _perform(choose_manager(is_system=is_system).uninstall(), is_system=is_system, is_dry_run=is_dry_run)
    return EXIT_OK


def drive(verb: str, *, is_system: bool) -> int:
    """Start, stop or restart the service, as `verb` says."""
    for step in choose_manager(is_system=is_system).drive(verb):
        step.do()
    return EXIT_OK


def status(*, is_system: bool) -> int:
    """Print what the service manager says about the service. Return its exit code."""
    return _pass_on(choose_manager(is_system=is_system).status_command())


def logs(*, is_system: bool, lines: int, is_following: bool) -> int:
    return _pass_on(choose_manager(is_system=is_system).logs_command(lines=lines, is_following=is_following))


def _perform(steps: Sequence[Step], *, is_system: bool, is_dry_run: bool) -> None:
    if is_dry_run:
        print("\n".join(preview(steps)))
        return
    with make_readable_by_all() if is_system else nullcontext():
        for line in carry_out(steps):
            print(line)


def _pass_on(command: tuple[str, ...]) -> int:
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:  # the usual end of `logs --follow`
        return EXIT_OK
    except FileNotFoundError as error:
        raise UnavailableError(f"{command[0]} is not on this machine") from error


# --- the configuration as the service will see it -------------------------------------------------------------------


def _choose_environment(scope: Scope, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of the service, which has none of the variables that happen to be set in this shell."""
    if scope is Scope.SYSTEM:
        return {"HOME": _NOBODYS_HOME}
    return {name: value for name, value in environ.items() if name == "HOME" or name.startswith("XDG_")}


def _find_user_dependent_paths(path: Path, config: Config, scope: Scope) -> list[str]:
    """List paths that depend on the user, because `markerd status` and `retry` would look in the wrong place."""
    if scope is Scope.USER:
        return []
    dumped = config.model_dump()
    places = {"daemon.state_dir": dumped["daemon"]["state_dir"], "log.file": dumped["log"]["file"]}
    for index, folder in enumerate(dumped["folders"]):
        places |= {f"folders[{index}].{key}": folder[key] for key in ("path", "output", "archive", "failed")}
    return [
        f"{path}: {key} depends on the home folder of the user: write the path in full"
        + (', such as state_dir = "/var/lib/markerd"' if key == "daemon.state_dir" else "")
        for key, place in places.items()
        if place is not None and Path(_NOBODYS_HOME) in place.parents
    ]
