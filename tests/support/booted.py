"""A machine booted for one command: a real systemd as PID 1, over this machine's files, gone afterwards."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from needs import missing

_TOOL = Path(__file__).resolve().parents[3] / "shared" / "tools" / "with-systemd"
_KEEP_TMP = "mkdir -p /etc/tmpfiles.d && : >/etc/tmpfiles.d/tmp.conf"
"""The boot empties /tmp, where this checkout may lie: tmpfiles.d(5), an empty file masks the one of that name."""


def under_systemd(
    *command: str | Path, cwd: Path, environ: dict[str, str], stdin: str = "", timeout_s: float = 120.0
) -> subprocess.CompletedProcess[str]:
    """Run it there as root, with no more of an environment than `environ`; skips, or fails in CI, where it cannot."""
    if not _TOOL.exists():
        missing("no ../shared/tools/with-systemd beside this checkout")
    if os.geteuid() != 0:
        missing("booting systemd needs root")
    variables = [f"{name}={value}" for name, value in environ.items()]
    inside = ["sh", "-c", f'{_KEEP_TMP} && exec "$@"', "sh", "env", *variables, *map(str, command)]
    return subprocess.run(
        [str(_TOOL), *inside], cwd=cwd, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False
    )
