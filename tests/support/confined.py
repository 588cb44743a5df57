"""Attempts in a process that confines itself as the converter does; see `confined_probe`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SUPPORT = Path(__file__).resolve().parent


def tried(home: Path, models: str = "embedded", environ: Mapping[str, str] = {}, /, **attempts: Any) -> Any:
    """What came of the attempts, by their names."""
    done = subprocess.run(
        [sys.executable, "-m", "confined_probe", str(home), models],
        input=json.dumps(attempts),
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, [str(_SUPPORT), os.environ.get("PYTHONPATH")])),
            **environ,
        },
        timeout=60,
        check=True,
    )
    outcomes = json.loads(done.stdout)
    assert outcomes.pop("level") == ("unconfined" if models == "unconfined" else "full")
    return outcomes


def refused(attempts: dict[str, Any], error: str = "EACCES") -> dict[str, str]:
    return dict.fromkeys(attempts, error)
