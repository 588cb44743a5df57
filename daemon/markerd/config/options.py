"""Options of Marker in `[folders.marker]`: the check that their values can be sent to a converter.

A converter checks their names and types later.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from markerd.config.model import FolderConfig
from markerd.config.problems import Location, Problem

MASK = "***"
_SECRET_ENDING = "_api_key"  # noqa: S105  # how Marker names its secrets
_LARGEST_INTEGER = 2**63


def find_option_problems(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield one problem for each option that JSON cannot hold (dates, times, infinities).

    A key of the folder that stands among the options is one too.
    """
    folders = document.get("folders")
    for index, folder in enumerate(folders if isinstance(folders, list) else []):
        options = folder.get("marker") if isinstance(folder, dict) else None
        if isinstance(options, dict):
            yield from _find_unportable_values(("folders", index, "marker"), options)
            yield from (
                Problem(("folders", index, "marker", name), "is a key of the folder: write it above [folders.marker]")
                for name in options
                if name in FolderConfig.model_fields
            )


def is_secret(name: str) -> bool:
    """Whether the value of the option is shown nowhere."""
    return name.lower().endswith(_SECRET_ENDING)


def mask_secrets(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with every secret replaced, in nested tables too."""
    return {name: MASK if is_secret(name) else _mask_value(options[name]) for name in options}


def _mask_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return mask_secrets(value)
    return [_mask_value(item) for item in value] if isinstance(value, list) else value


def _find_unportable_values(location: Location, value: Any) -> Iterator[Problem]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _find_unportable_values((*location, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _find_unportable_values((*location, index), item)
    elif fault := _find_fault(value):
        yield Problem(location, fault)


def _find_fault(value: Any) -> str | None:
    if isinstance(value, (str, bool)):
        return None
    if isinstance(value, int):
        is_too_large = not -_LARGEST_INTEGER <= value < _LARGEST_INTEGER
        return "has more than 64 bits: write a smaller number" if is_too_large else None
    if isinstance(value, float):
        return None if math.isfinite(value) else "is not a finite number: write one"
    return f"is a {type(value).__name__}, which no option of Marker takes: write it in double quotes"
