"""The values of one folder that others may choose than the configuration: a command for its documents, or a profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from pydantic import Field, ValidationError

from markerd.config.hints import Fault, explain
from markerd.config.model import FolderConfig
from markerd.config.options import find_option_problems
from markerd.config.problems import Problem
from markerd.config.section import Section
from markerd.values import ConverterKind, Format

_FOLDER = ("folders", 0)


class _OneFolder(Section):
    """As in the configuration, so that problems name their place as they do there."""

    folders: tuple[FolderConfig, ...] = Field(strict=False, min_length=1)


def override_folder(folder: FolderConfig, values: Mapping[str, Any]) -> tuple[FolderConfig, list[str]]:
    """Return the folder with these values in place of its own, and one line for each that is wrong.

    Options of Marker are added to those of the folder. Without Markdown there are no chunks of it. Where a value is
    wrong, the folder is returned as it was.
    """
    formats = values.get("formats")
    is_without_chunks = isinstance(formats, list | tuple) and Format.MARKDOWN not in formats
    no_chunks = {"chunk_tokens": 0, "chunk_overlap_tokens": 0} if is_without_chunks else {}
    document = {"folders": [{**folder.model_dump(), **no_chunks, **values}]}
    marker = values.get("marker", {})
    if isinstance(marker, dict):
        document["folders"][0]["marker"] = {**folder.marker, **marker}
    problems = [*find_option_problems(document), *find_repeated_formats(document)]
    try:
        changed = _OneFolder.model_validate(document).folders
    except ValidationError as error:
        problems += explain(cast("list[Fault]", error.errors(include_url=False)))
        changed = (folder,)
    problems += find_unwritten_formats(changed)
    if problems:
        return folder, [_write(problem) for problem in problems]
    return changed[0], []


def _write(problem: Problem) -> str:
    location = problem.location[len(_FOLDER) :] if problem.location[: len(_FOLDER)] == _FOLDER else problem.location
    return Problem(location, problem.message).to_line({}) if location else problem.message


def find_repeated_formats(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield one problem for each format that a folder names twice."""
    folders = document.get("folders")
    for index, folder in enumerate(folders if isinstance(folders, list) else []):
        formats = folder.get("formats") if isinstance(folder, dict) else None
        names = [str.__str__(name) for name in formats if isinstance(name, str)] if isinstance(formats, list) else []
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Problem(("folders", index, "formats"), f"{name!r} is there more than once: keep one")


def find_unwritten_formats(folders: Sequence[FolderConfig]) -> Iterator[Problem]:
    """Yield one problem for each folder whose converter does not write its formats."""
    for index, folder in enumerate(folders):
        if folder.converter is ConverterKind.OCR and folder.formats != (Format.JSON,):
            names = ", ".join(wanted.value for wanted in folder.formats)
            message = f'converter = "ocr" writes JSON only, not {names}: write formats = ["json"]'
            yield Problem(("folders", index, "formats"), message)
