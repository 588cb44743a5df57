"""The places of the configuration and of the state by the conventions of the platform."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from markerd.errors import ConfigurationError

FILE_NAME = "markerd.toml"
SYSTEM_CONFIG = Path("/etc/markerd") / FILE_NAME
SYSTEM_STATE_DIR = Path("/var/lib/markerd")


def find_home(environ: Mapping[str, str]) -> Path:
    """Return $HOME, or the folder in the user database, because a system service may run without $HOME.

    Raise RuntimeError if neither names a folder.
    """
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()


def find_default_config_path(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Return the path of the user's own configuration, which `markerd init` writes and `markerd run` finds."""
    if platform == "darwin":
        return _find_application_support(environ) / FILE_NAME
    return _find_xdg_folder(environ, "XDG_CONFIG_HOME", ".config") / "markerd" / FILE_NAME


def find_default_state_dir(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Return the folder for journal and spool if the configuration names none.

    systemd sets STATE_DIRECTORY for StateDirectory=. If it has several entries, the first one counts.
    """
    given = Path(environ.get("STATE_DIRECTORY", "").split(":")[0])
    if given.is_absolute():
        return given
    if platform == "darwin":
        return _find_application_support(environ)
    return _find_xdg_folder(environ, "XDG_STATE_HOME", ".local/state") / "markerd"


def find_runtime_dir(state_dir: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for the status: that of systemd's RuntimeDirectory=, otherwise the state directory."""
    given = Path(environ.get("RUNTIME_DIRECTORY", "").split(":")[0])
    return given if given.is_absolute() else state_dir


def list_status_dirs(state_dir: Path, environ: Mapping[str, str] = os.environ) -> list[Path]:
    """List the folders in which a daemon with this state_dir may have put its status, also under a service manager."""
    # cron and sudo set no XDG_RUNTIME_DIR. Its usual place is taken.
    of_user = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    instances = [path for parent in (Path("/run"), Path(of_user)) for path in sorted(parent.glob("markerd*"))]
    return [find_runtime_dir(state_dir, environ), state_dir, *instances]


def find_config(environ: Mapping[str, str] = os.environ, cwd: Path | None = None) -> Path:
    """Find the configuration to use if the command line names none. The path is absolute.

    This is the file that $MARKERD_CONFIG names, otherwise the first that exists of ./markerd.toml, the user's own file
    and /etc/markerd/markerd.toml. If the file that $MARKERD_CONFIG names is missing, no other one is taken: a daemon on
    the wrong configuration is worse than none. Raise ConfigurationError, which lists the places, if there is no file.
    """
    folder = cwd if cwd is not None else Path.cwd()
    if named := environ.get("MARKERD_CONFIG"):
        return _demand_config(folder / named)
    candidates = [folder / FILE_NAME, *_list_user_configs(environ), SYSTEM_CONFIG]
    for candidate in candidates:
        if _is_file(candidate):
            return candidate
    looked = ", ".join(map(str, candidates))
    hint = "write one with `markerd init`, or name one with --config or $MARKERD_CONFIG"
    raise ConfigurationError(FILE_NAME, [f"there is no configuration in {looked}: {hint}"])


def _demand_config(path: Path) -> Path:
    if _is_file(path):
        return path
    hint = "$MARKERD_CONFIG names this file, and there is none: correct it, or write one with `markerd init`"
    raise ConfigurationError(str(path), [hint])


def _list_user_configs(environ: Mapping[str, str]) -> list[Path]:
    try:
        return [find_default_config_path(environ)]
    except RuntimeError:  # the user of a container may have no name and no home
        return []


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113  # Path.is_file raises where a folder may not be entered


def _find_application_support(environ: Mapping[str, str]) -> Path:
    return find_home(environ) / "Library" / "Application Support" / "markerd"


def _find_xdg_folder(environ: Mapping[str, str], variable: str, fallback: str) -> Path:
    given = Path(environ.get(variable, ""))
    # By the XDG specification, a relative path is invalid and has to be ignored.
    return given if given.is_absolute() else find_home(environ) / fallback
