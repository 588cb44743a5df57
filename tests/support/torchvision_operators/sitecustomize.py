"""Lets torchvision be imported where its compiled part does not load, as a CUDA build beside a CPU build of torch.

A process runs this at its start with this folder on `PYTHONPATH`. Only the names of the operators are supplied that
torchvision looks for while it is imported: Surya's layout model uses its transforms, and none of its operators.
"""

from __future__ import annotations

import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType

_KEPT: list[object] = []  # an operator lives as long as the library that defines it


class _OperatorSupplier:
    """Supplies the operators when torchvision is about to be imported, and leaves finding it to others."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name == "torchvision._meta_registrations":
            supply_operators()
        return None


def supply_operators() -> None:
    """Define what torchvision's extension, which is loaded before, has left undefined."""
    import torch

    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library = torch.library.Library("torchvision", "FRAGMENT")
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            _KEPT.append(library)


sys.meta_path.insert(0, _OperatorSupplier)
