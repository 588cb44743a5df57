"""What the models of this package share: a session of onnxruntime on the CPU, and how pixels become its input."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from markerd.errors import UnavailableError

# What the models were trained with: ImageNet's mean and deviation of red, green, blue.
MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], dtype=np.float32)


def open_session(model: Path, sha256: str, threads: int) -> Any:
    """Open an onnxruntime session on the CPU.

    Raises UnavailableError where the file is missing or is not the one that markerd ships.
    """
    import onnxruntime

    try:
        content = model.read_bytes()
    except OSError as error:
        raise UnavailableError(f"the model {model} cannot be read: {error.strerror}") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise UnavailableError(f"the model {model} is not the one that markerd ships; reinstall markerd")
    # onnxruntime reports usage on some platforms unless told not to.
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.enable_cpu_mem_arena = False  # the arena keeps the memory of the largest page for ever
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, sess_options=options, providers=["CPUExecutionProvider"])


def normalise_pixels(image: Any) -> NDArray[np.float32]:
    """Convert a PIL image to the values that the models were trained on, of shape (3, height, width)."""
    pixels = (np.asarray(image.convert("RGB"), dtype=np.float32) / 255.0 - MEAN) / DEVIATION
    return np.ascontiguousarray(pixels.transpose(2, 0, 1), dtype=np.float32)
