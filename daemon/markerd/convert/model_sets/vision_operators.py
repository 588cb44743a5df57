"""Lets torchvision be imported beside a build of torch that its compiled part does not fit.

PyPI's torchvision is compiled for PyPI's torch, which has CUDA; beside a CPU build of torch it has no operators, and
its import fails where it describes them (torchvision/_meta_registrations.py). Surya's layout model needs only Python
functions of torchvision, so the operators are declared, and whoever calls one is told that it is not there.
"""

from __future__ import annotations

_DESCRIBED = ("nms", "qnms")
"""The operators that torchvision 0.28 describes at its import without a look whether they are there."""
_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def declare_missing_operators() -> None:
    """Declare torchvision's operators where its compiled part does not load. Imports torch, and torchvision."""
    import torch

    try:
        import torchvision  # noqa: F401
    except RuntimeError:  # "operator torchvision::nms does not exist"
        for name in _DESCRIBED:
            torch.library.define(f"torchvision::{name}", _SIGNATURE)
