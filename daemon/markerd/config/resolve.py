"""Paths and defaults that depend on the place of the file and on the environment, filled into the document.

The document is not checked yet, so that overlapping folders are reported together with all other problems. Pydantic
reports values of a wrong type.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from markerd.config.model import SIBLINGS, fill_siblings
from markerd.config.overlap import Place, Role, locate_on_disk
from markerd.config.paths import PathError, escape_path, expand_path
from markerd.config.places import find_default_state_dir
from markerd.config.problems import Location, Problem
from markerd.values import After

Document = dict[str, Any]

_FOLDER_PATHS = {"path": Role.HOT, "output": Role.OUTPUT, "archive": Role.ARCHIVE, "failed": Role.FAILED}
_KEY_FILES = (("surya", "vlm_key_file"), ("llm", "key_file"))
_PATHS = (
    ("daemon", "state_dir"),
    ("log", "file"),
    ("converter", "ocr_models"),
    *_KEY_FILES,
)
_SECRET_FILE = "secret_file"  # noqa: S105 - the key that names it
_DEFAULT = "is the default"


def resolve_paths(document: Document, base: Path, environ: Mapping[str, str]) -> Iterator[Problem]:
    """Make every path in the document absolute, in place. A path that cannot be made absolute stays text."""
    for table, location in _iterate_path_slots(document):
        key = str(location[-1])
        if isinstance(table[key], str):
            try:
                table[key] = expand_path(table[key], base, environ)
            except PathError as error:
                yield Problem(location, str(error))


def fill_defaults(document: Document, environ: Mapping[str, str], origins: dict[Location, str]) -> Iterator[Problem]:
    """Fill in, in place, the paths that were not given. `origins` learns which paths these are."""
    yield from _fill_state_dir(document, environ, origins)
    for index, folder in _iterate_folders(document):
        if isinstance(folder.get("path"), Path):
            origins.update({("folders", index, key): _DEFAULT for key in SIBLINGS if key not in folder})
            folder.update(fill_siblings(folder))


def _fill_state_dir(document: Document, environ: Mapping[str, str], origins: dict[Location, str]) -> Iterator[Problem]:
    table, location = document.setdefault("daemon", {}), ("daemon", "state_dir")
    if not isinstance(table, dict) or "state_dir" in table:
        return
    try:
        table["state_dir"] = expand_path(escape_path(find_default_state_dir(environ, sys.platform)), Path("/"), environ)
        origins[location] = _DEFAULT
    except (PathError, RuntimeError):
        yield Problem(location, "is missing, and the user has no home folder to put it in: name a folder")


def list_places(document: Document, file: Path) -> list[Place]:
    """List every place whose path could be resolved: the configuration file, log, keys, state, and the folders."""
    places = [locate_on_disk((), Role.FILE, file)]
    files = [(section, key, Role.FILE) for section, key in (("log", "file"), *_KEY_FILES)]
    for section, key, role in (*files, ("daemon", "state_dir", Role.STATE)):
        table = document.get(section)
        if isinstance(table, dict) and isinstance(table.get(key), Path):
            places.append(locate_on_disk((section, key), role, table[key]))
    for index, folder in _iterate_folders(document):
        places.extend(_list_places_of_folder(index, folder))
    return places


def _list_places_of_folder(index: int, folder: Document) -> Iterator[Place]:
    for key, role in _FOLDER_PATHS.items():
        is_unused = role is Role.ARCHIVE and folder.get("after", After.ARCHIVE.value) != After.ARCHIVE.value
        if isinstance(folder.get(key), Path) and not is_unused:
            is_recursive = role is Role.HOT and folder.get("recursive", True) is not False
            yield locate_on_disk(("folders", index, key), role, folder[key], is_recursive=is_recursive)
    for number, hook in _iterate_hooks(folder):
        if isinstance(hook.get(_SECRET_FILE), Path):
            yield locate_on_disk(("folders", index, "hooks", number, _SECRET_FILE), Role.FILE, hook[_SECRET_FILE])


def _iterate_path_slots(document: Document) -> Iterator[tuple[Document, Location]]:
    for section, key in _PATHS:
        table = document.get(section)
        if isinstance(table, dict) and key in table:
            yield table, (section, key)
    for index, folder in _iterate_folders(document):
        for key in _FOLDER_PATHS:
            if key in folder:
                yield folder, ("folders", index, key)
        for number, hook in _iterate_hooks(folder):
            if _SECRET_FILE in hook:
                yield hook, ("folders", index, "hooks", number, _SECRET_FILE)


def _iterate_folders(document: Document) -> Iterator[tuple[int, Document]]:
    folders = document.get("folders")
    for index, folder in enumerate(folders if isinstance(folders, list) else []):
        if isinstance(folder, dict):
            yield index, folder


def _iterate_hooks(folder: Document) -> Iterator[tuple[int, Document]]:
    hooks = folder.get("hooks")
    for number, hook in enumerate(hooks if isinstance(hooks, list) else []):
        if isinstance(hook, dict):
            yield number, hook
