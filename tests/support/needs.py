"""What a test needs of the machine: missing, it skips, and fails where CI=true."""

from __future__ import annotations

import importlib.util
import os
from typing import NoReturn

import pytest


def need_ray() -> None:
    """Ray, which only `isolation = "ray"` needs."""
    if importlib.util.find_spec("ray") is None:
        missing("ray is not installed")


def missing(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
