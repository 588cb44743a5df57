"""`manifest.json`: what an output folder is, which source it came from, and that it is whole."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Any

from markerd.values import printable

FILE_NAME = "manifest.json"
SCHEMA = 1


@dataclass(frozen=True)
class Source:
    """Which document an output was made from; names are printable, which keeps them apart (`values.printable`)."""

    folder: str
    path: str
    name: str
    size: int
    sha256: str
    modified: str

    @classmethod
    def of(cls, folder: str, path: str, size: int, sha256: str, mtime_ns: int) -> Source:
        modified = datetime.fromtimestamp(mtime_ns / 1e9, timezone.utc).isoformat(timespec="seconds")
        return cls(printable(folder), printable(path), printable(os.path.basename(path)), size, sha256, modified)  # noqa: PTH119

    def is_same_document(self, other: Source) -> bool:
        return (self.folder, self.path) == (other.folder, other.path)


@dataclass(frozen=True)
class PublishedFile:
    """One artifact as it lies in the output folder."""

    file: str
    role: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """`seconds` maps stages to durations; `versions` the libraries to theirs."""

    source: Source
    pages: int
    formats: tuple[str, ...]
    model_set: str
    model_set_reason: str
    versions: Mapping[str, str]
    seconds: Mapping[str, float]
    published_at: str
    artifacts: tuple[PublishedFile, ...] = field(default=())
    schema: int = SCHEMA

    def to_json(self) -> bytes:
        return (json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def read(fd: int) -> Manifest | None:
    """The manifest in the folder opened as `fd`, or None where there is none that markerd wrote."""
    try:
        with os.fdopen(os.open(FILE_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=fd), "rb") as file:
            return _parsed(json.load(file))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _parsed(raw: dict[str, Any]) -> Manifest:
    return Manifest(
        **{
            **raw,
            "source": Source(**raw["source"]),
            "formats": tuple(raw["formats"]),
            "artifacts": tuple(PublishedFile(**artifact) for artifact in raw["artifacts"]),
        }
    )


def utc_now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
