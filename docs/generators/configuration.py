"""`reference/configuration.md`: every key of the models in `markerd.config.model`."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from generators.markdown import code, codes, document, table
from markerd.config.dump import to_toml_value
from markerd.config.model import SECTIONS, SIBLINGS, SUBSECTIONS
from markerd.intake.filters import LEFT_ALONE_BY_KIND

_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "table", tuple: "array"}
_DEFAULTS_IN_WORDS = {
    "daemon.state_dir": "`$STATE_DIRECTORY` under systemd; `~/.local/state/markerd` on Linux; "
    "`~/Library/Application Support/markerd` on macOS",
    **{f"folders.{key}": f"`{name}`, beside the hot folder" for key, name in SIBLINGS.items()},
}
"""Defaults that depend on the machine or on another key."""

_HEAD = """\
markerd reads one TOML file. The first of these that is given or exists is used: `--config FILE`, `$MARKERD_CONFIG`,
`./markerd.toml`, `~/.config/markerd/markerd.toml`, `/etc/markerd/markerd.toml`. Two examples come with the sources:
[example.toml](../../config/example.toml) shows every key with its default, and
[server.toml](../../config/server.toml) is a configuration for a server.

- Relative paths start at the folder of the configuration file. `~`, `$NAME` and `${NAME}` are expanded; `$$` is a
  dollar sign.
- An environment variable overrides any value: `MARKERD__CONVERTER__THREADS=2`, `MARKERD__FOLDERS__0__PATH=/data/in`.
- `markerd config check` reports all mistakes at once, each with its key. `markerd config show` prints the values in
  force.
- SIGHUP reloads the file after the current document, or the current part of a large document. A wrong file changes
  nothing; the event `config.rejected` reports it. `daemon.state_dir` changes only with a restart."""

_FOLDERS = """\
Each hot folder has a table of its own. At least one is needed. `include` and `exclude` compare a pattern with the
name of a file; a pattern with a `/` is compared with the path below the hot folder. Case does not matter."""

_HOOKS = """\
A hook of the folder above it is told of outcomes: see [Hand documents over](../guide/handover.md). It has either `run`
or `url`."""

_INTRODUCTIONS = {"folders": _FOLDERS, "folders.hooks": _HOOKS}
"""Tables of which there may be several, with what is said of them."""

_LEFT_ALONE = """\
markerd ignores files whose name matches one of these patterns, in any case. A pattern that ends in `/` matches a
folder and everything below it. The key `ignore` of a folder adds patterns (`ignore = ["*.uploading-*", "old
versions/"]`); no pattern can be taken away. Use `exclude` for documents that you do not want converted."""


def page() -> str:
    """The page in Markdown."""
    tables = {**SECTIONS, **{".".join(keys): model for keys, model in SUBSECTIONS.items()}}
    sections = [part for section, model in tables.items() for part in _section(section, model)]
    ignored = table(
        ("kind", "patterns"),
        [(kind, codes(p.replace("\r", "^M") for p in patterns)) for kind, patterns in LEFT_ALONE_BY_KIND.items()],
    )
    return document(
        "Configuration", _HEAD, *sections, "## Ignored names", _LEFT_ALONE, ignored,
        "`^M` stands for a carriage return, which the Finder puts into that name.",
    )  # fmt: skip


def _section(section: str, model: type[BaseModel]) -> Iterator[str]:
    yield f"## `[[{section}]]`" if section in _INTRODUCTIONS else f"## `[{section}]`"
    if section in _INTRODUCTIONS:
        yield _INTRODUCTIONS[section]
    rows = [_row(section, key, field) for key, field in model.model_fields.items()]
    yield table(("key", "type", "default", "meaning"), rows)


def _row(section: str, key: str, field: FieldInfo) -> tuple[str, ...]:
    return code(key), _type(field.annotation) + _range(field), _default(f"{section}.{key}", field), _meaning(field)


def _type(annotation: Any) -> str:
    arguments = [argument for argument in get_args(annotation) if argument is not type(None)]
    origin = get_origin(annotation)
    if origin is tuple:
        return f"array of {_type(arguments[0])}s"
    if origin is dict:
        return "table"
    if arguments:  # a union with None, or an annotated type
        return _type(arguments[0])
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "string"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table"
    return _TYPES.get(annotation, "path")


def _range(field: FieldInfo) -> str:
    low = next((bound for bound in map(_low, field.metadata) if bound), "")
    high = next((f"at most {item.le}" for item in field.metadata if getattr(item, "le", None) is not None), "")
    return "".join(f", {bound}" for bound in (low, high) if bound)


def _low(item: Any) -> str:
    if getattr(item, "gt", None) is not None:
        return f"above {item.gt}"
    return f"at least {item.ge}" if getattr(item, "ge", None) is not None else ""


def _default(key: str, field: FieldInfo) -> str:
    if key in _DEFAULTS_IN_WORDS:
        return _DEFAULTS_IN_WORDS[key]
    default = field.get_default(call_default_factory=True)
    if default is PydanticUndefined:
        return "required"
    if default is None:
        return "not set"
    return code(_toml(to_toml_value(default)))


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value}"


def _meaning(field: FieldInfo) -> str:
    examples = [text if "=" in str(text) else _toml(text) for text in field.examples or ()]
    description = (field.description or "").replace("<name>", "NAME")
    return description + (f" Example: {codes(examples)}." if examples else "")
