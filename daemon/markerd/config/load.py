"""Loading: a TOML file and the environment become a checked configuration, or a list of all their problems."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from pydantic import ValidationError

from markerd.config.ceiling import find_ceiling_problems
from markerd.config.folder_values import find_repeated_formats, find_unwritten_formats
from markerd.config.hints import Fault, explain
from markerd.config.hook_problems import find_hook_problems
from markerd.config.listen import find_listen_problems
from markerd.config.model import Config
from markerd.config.options import find_option_problems
from markerd.config.overlap import find_overlaps
from markerd.config.overrides import apply_overrides
from markerd.config.problems import Problem
from markerd.config.renamed_keys import RenamedKey, rename_keys
from markerd.config.resolve import fill_defaults, list_places, resolve_paths
from markerd.errors import ConfigurationError


def make_absolute(path: Path) -> Path:
    """Return the path of a configuration file as the daemon reports it: absolute, with symbolic links kept."""
    return Path(os.path.abspath(path))  # noqa: PTH100  # Path.absolute() keeps `..`


class LoadedConfig(NamedTuple):
    """A valid configuration, and the old names of keys that it uses."""

    config: Config
    renamed_keys: Sequence[RenamedKey]


def load_config(path: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Return the configuration alone: see `read_config`."""
    return read_config(path, environ).config


def read_config(path: Path, environ: Mapping[str, str] = os.environ) -> LoadedConfig:
    """Return the configuration in the file at `path`, with the overrides in `environ`.

    Relative paths start at the folder of `path` as it is given. If `path` is a symbolic link, that is the folder of the
    link. Raise ConfigurationError with one line for each problem of the file and of the overrides. A file that cannot
    be read or is not TOML has that one problem. The function looks at the disk to compare folders, and changes nothing.
    """
    file = make_absolute(path)
    return check_document(_read(file), file, environ)


def check_document(written: Mapping[str, Any], file: Path, environ: Mapping[str, str]) -> LoadedConfig:
    """Return the configuration that is written as `file` would have it. Raise ConfigurationError as `read_config`."""
    renamed, doubled = rename_keys(written)
    overridden = apply_overrides(written, environ)
    document = overridden.document
    origins = {renamed_key.new: f"is written as {renamed_key.source}" for renamed_key in renamed} | overridden.origins
    problems = [*doubled, *overridden.problems, *resolve_paths(document, file.parent, environ)]
    problems += fill_defaults(document, environ, origins)
    config, faults = _validate(document)
    problems += [
        *faults,
        *find_option_problems(document),
        *find_repeated_formats(document),
        *find_unwritten_formats(config.folders if config else ()),
        *find_hook_problems(config),
        *find_listen_problems(document),
    ]
    problems += [*find_ceiling_problems(document), *find_overlaps(list_places(document, file))]
    if config is None or problems:
        raise ConfigurationError(str(file), [problem.to_line(origins) for problem in problems])
    return LoadedConfig(config, [*renamed, *overridden.renamed_keys])


def _read(file: Path) -> dict[str, Any]:
    import tomli

    try:
        # Some editors put a byte order mark at the beginning.
        return tomli.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError as error:
        hint = "there is no such file: write one with `markerd init`, or name another with --config"
        raise ConfigurationError(str(file), [hint]) from error
    except OSError as error:
        hint = f"cannot be read: {error.strerror}: correct it, or name another file with --config"
        raise ConfigurationError(str(file), [hint]) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(str(file), [f"line {line} is not UTF-8: save the file as UTF-8"]) from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(str(file), [f"is not valid TOML: {error}"]) from error


def _validate(document: Mapping[str, Any]) -> tuple[Config | None, list[Problem]]:
    try:
        return Config.model_validate(document), []
    except ValidationError as error:
        faults = cast("list[Fault]", error.errors(include_url=False))
        return None, list(explain(faults))
