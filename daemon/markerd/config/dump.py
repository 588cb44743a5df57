"""The effective configuration as TOML that loads again, with secrets masked."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from markerd.config.model import Config
from markerd.config.options import mask_secrets
from markerd.config.paths import escape_path


def to_toml(config: Config) -> str:
    """Return every key with its value, defaults included. Keys without a value are left out.

    Loading the text gives an equal configuration, except for options that end in `_api_key`: they show as `***`.
    """
    import tomli_w

    document = config.model_dump()
    for folder in document["folders"]:
        folder["marker"] = mask_secrets(folder["marker"]) or None
    return tomli_w.dumps(to_toml_value(document))


def to_toml_value(value: Any) -> Any:
    """Return the value in the types that TOML has. Paths are escaped, so that reading them gives the same paths."""
    if isinstance(value, Mapping):
        return {key: to_toml_value(item) for key, item in value.items() if item is not None}
    if isinstance(value, (tuple, list)):
        return [to_toml_value(item) for item in value]
    if isinstance(value, Path):
        return escape_path(value)
    return value.value if isinstance(value, Enum) else value
