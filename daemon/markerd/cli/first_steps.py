"""`markerd` without a command: what to do first on this machine."""

from __future__ import annotations

from pathlib import Path

from markerd.config import find_config, find_default_config_path, load_config
from markerd.errors import ConfigurationError
from markerd.values import make_printable


def write_first_steps() -> str:
    """Return the steps to take. They depend on whether there is a configuration, and whether it can be read."""
    try:
        path = find_config()
    except ConfigurationError:
        return _choose_text(
            f"1. markerd init      writes {_show_path(find_default_config_path())} and makes the folders it names",
            "2. markerd run       watches them until Ctrl-C",
            "3. Drop a document into the hot folder that `markerd run` names.",
        )
    try:
        folder = load_config(path).folders[0]
    except ConfigurationError:
        return _choose_text(f"1. markerd config check    says what is wrong with {_show_path(path)}")
    return _choose_text(
        f"1. markerd run       watches the folders that {_show_path(path)} names, until Ctrl-C",
        f"2. Drop a document into {_show_path(folder.path)}",
        f"3. Its output appears in {_show_path(folder.output)}",
    )


def _choose_text(*steps: str) -> str:
    return "\n".join(
        [
            "markerd watches folders and turns every document dropped there into Markdown, JSON, HTML or chunks.",
            "",
            *(f"  {step}" for step in steps),
            "",
            "markerd doctor looks for what is missing on this machine; markerd --help lists all commands.",
        ]
    )


def _show_path(path: Path) -> str:
    return make_printable(str(path))
