"""The options that a command line gives as `KEY=VALUE`: keys of a folder that concern the conversion, and Marker's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markerd.config.folder_values import override_folder
from markerd.config.hints import find_field
from markerd.config.load import LoadedConfig, check_document
from markerd.config.model import FolderConfig
from markerd.config.overrides import PREFIX, OverrideValueError, read_value
from markerd.values import Format

FOLDER_KEYS = ("converter", "spans", "web_boilerplate", "front_matter", "chunk_tokens", "chunk_overlap_tokens")
"""The keys of a folder that say how a document is read and written; `formats` has an option of its own."""
_ANY_FOLDER = {"path": "/nonexistent/hot", "output": "/nonexistent/output", "archive": "/nonexistent/done"}
"""Stands for the folders that a configuration must have. A command that names its files uses none of them."""


def load_defaults(environ: Mapping[str, str]) -> LoadedConfig:
    """Return the configuration of one who has no file: the defaults, with the overrides of the environment."""
    overrides = {name: value for name, value in environ.items() if not name.startswith(f"{PREFIX}FOLDERS__")}
    return check_document({"folders": [_ANY_FOLDER]}, Path("/nonexistent/markerd.toml"), overrides)


def build_folder(output: Path, formats: Sequence[Format], options: Sequence[str]) -> tuple[FolderConfig, list[str]]:
    """Return a folder with these outputs and options, each `KEY=VALUE`, and one line for each that is wrong."""
    folder = FolderConfig(path=output / "in", output=output, archive=output / "done", failed=output / "failed")
    values: dict[str, Any] = {"formats": [wanted.value for wanted in formats], "marker": {}}
    problems = []
    for option in options:
        key, equals, text = option.partition("=")
        if not (key and equals):
            problems.append(f"{option}: write KEY=VALUE")
        elif key in FolderConfig.model_fields and key not in FOLDER_KEYS:
            problems.append(f"{key}: this key of a folder cannot be given here")
        else:
            problems += _read_into(values, key, text)
    changed, wrong = override_folder(folder, values)
    return changed, [*problems, *(line.removeprefix("marker.") for line in wrong)]


def _read_into(values: dict[str, Any], key: str, text: str) -> list[str]:
    """Read the text as a variable of the environment is read: as TOML where the key takes such a value."""
    is_own = key in FOLDER_KEYS
    location = ("folders", 0, key) if is_own else ("folders", 0, "marker", key)
    try:
        (values if is_own else values["marker"])[key] = read_value(find_field(location), text)
    except OverrideValueError as error:
        return [f"{key}: {error}"]
    return []
