"""What lies in an output folder when its event is handed over. A later conversion may have replaced it since."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError

from markerd.files.untrusted import open_to_read, parse_json, read_file
from markerd.values import MANIFEST_NAME, Format, demand_plain_name

_MANIFEST_BYTES = 64 << 20
"""As `pipeline.manifest` reads it."""
_TEXTS = tuple(wanted.value for wanted in (Format.MARKDOWN, Format.HTML, Format.JSON, Format.CHUNKS))


class Artifact(BaseModel):
    """A file of the output; `file` is its name in the folder."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    file: Annotated[str, PlainValidator(demand_plain_name)]
    role: str
    size: int
    sha256: str


class _Source(BaseModel):
    sha256: str


class _Manifest(BaseModel):
    source: _Source
    artifacts: tuple[Artifact, ...] = ()


@dataclass(frozen=True)
class OutputFiles:
    """The files of an output folder, made from the content with the hash `sha256`."""

    folder: Path
    sha256: str
    artifacts: tuple[Artifact, ...]

    @property
    def text(self) -> Path | None:
        """The document itself: its Markdown, else HTML, JSON or chunks; None where there is none of them."""
        found = {artifact.role: artifact for artifact in reversed(self.artifacts)}
        chosen = next((found[role] for role in _TEXTS if role in found), None)
        return None if chosen is None else self.folder / chosen.file

    def read_markdown(self, most_bytes: int) -> str | None:
        """Read the Markdown; None where there is none, or it is longer than that."""
        markdown = next((each for each in self.artifacts if each.role == Format.MARKDOWN.value), None)
        if markdown is None or markdown.size > most_bytes:
            return None
        try:
            return read_file(self.folder / markdown.file, most_bytes).decode("utf-8", "replace")
        except (OSError, ValueError):
            return None


def read_output_files(folder: Path | None) -> OutputFiles | None:
    """Read what the manifest in the folder names; None where there is none that can be read."""
    if folder is None:
        return None
    try:
        manifest = _Manifest.model_validate(parse_json(read_file(folder / MANIFEST_NAME, _MANIFEST_BYTES)))
    except (OSError, ValueError, ValidationError):
        return None
    return OutputFiles(folder, manifest.source.sha256, manifest.artifacts)


def open_manifest(folder: Path | None) -> BinaryIO:
    """Open the manifest for a program to read; an empty file where there is none."""
    if folder is not None:
        try:
            file = open_to_read(folder / MANIFEST_NAME)
        except OSError:
            return open(os.devnull, "rb")  # noqa: PTH123 - typed alike
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            os.set_blocking(file.fileno(), True)
            return file
        file.close()
    return open(os.devnull, "rb")  # noqa: PTH123 - likewise
