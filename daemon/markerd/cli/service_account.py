"""Acting as the system's service does: with its user and its cache, as its unit names them."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import MutableMapping
from pathlib import Path

from markerd.cli.service_manager.installation import Scope
from markerd.cli.service_manager.systemd import find_unit_path
from markerd.errors import UnavailableError

_USER = re.compile(r"^User=(\S+)$", re.MULTILINE)
_CACHE = re.compile(r"^Environment=\"?XDG_CACHE_HOME=([^\s\"]+)\"?$", re.MULTILINE)


def become_service(environ: MutableMapping[str, str] = os.environ, unit: Path | None = None) -> None:
    """Take the cache of the system's service and, as root, its user, so that it can read what is written.

    Raises UnavailableError where there is no such service, or another user asks.
    """
    path = unit or find_unit_path(Scope.SYSTEM)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UnavailableError(f"there is no service of the machine: {path}: {error.strerror}") from error
    if cache := _CACHE.search(text):
        environ["XDG_CACHE_HOME"] = cache[1]
    if user := _USER.search(text):
        _become(user[1], environ)


def _become(name: str, environ: MutableMapping[str, str]) -> None:
    try:
        account = pwd.getpwnam(name)
    except KeyError as error:
        raise UnavailableError(f"the service's user {name} does not exist") from error
    if os.geteuid() == account.pw_uid:
        return
    if os.geteuid() != 0:
        raise UnavailableError(f"the service runs as {name}: run this as root, or as {name}")
    environ["HOME"] = account.pw_dir
    os.initgroups(name, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
