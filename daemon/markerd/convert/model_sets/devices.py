"""Whether there is a GPU, and which of Marker's modes suits it. Importing this imports neither torch nor marker."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

_GPUS = (Path("/dev/nvidia0"), Path("/dev/kfd"))
"""The devices of the drivers of NVIDIA and AMD. nvidia-smi is not asked: it hangs for seconds on a busy card."""


def has_gpu(device: str = "auto") -> bool:
    """Whether the models compute on a GPU, where `device` is "auto", "cuda", "mps" or "cpu"."""
    if device != "auto":
        return device != "cpu"
    is_apple = sys.platform == "darwin" and platform.machine() == "arm64"
    return is_apple or any(path.exists() for path in _GPUS)


def choose_mode(device: str, *, has_vision: bool) -> str:
    """Return Marker's mode for folders that name none: "balanced" needs the vision model for each page, on a GPU."""
    return "balanced" if has_vision and has_gpu(device) else "fast"
