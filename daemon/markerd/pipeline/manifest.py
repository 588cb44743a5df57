"""`manifest.json` says what an output folder is, which source it came from, and that it is whole."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Annotated

from pydantic import PlainValidator, TypeAdapter

from markerd.convert.protocol import PageCheck
from markerd.document_metadata import NOTHING_SAID, DocumentMetadata
from markerd.files.untrusted import parse_json, read_file
from markerd.values import MANIFEST_NAME, Attachment, DegradedPage, LlmUse, ReadTable, demand_plain_name, make_printable

FILE_NAME = MANIFEST_NAME
SCHEMA = 1
MAX_BYTES = 64 << 20
"""A larger file is no manifest: each of the 100,000 pictures that a document may have takes 300 bytes."""


FileName = Annotated[str, PlainValidator(demand_plain_name)]
"""Of a file in the output folder itself. It may have undecodable bytes, which pydantic's own strings may not."""


@dataclass(frozen=True)
class Source:
    """The document that an output was made from; its names went through `make_printable`, which keeps them apart."""

    folder: str
    path: str
    name: str
    size: int
    sha256: str
    modified: str

    @classmethod
    def of(cls, folder: str, path: str, size: int, sha256: str, mtime_ns: int) -> Source:
        modified = datetime.fromtimestamp(mtime_ns / 1e9, timezone.utc).isoformat(timespec="seconds")
        name = os.path.basename(path)  # noqa: PTH119
        return cls(make_printable(folder), make_printable(path), make_printable(name), size, sha256, modified)

    def is_same_document(self, other: Source) -> bool:
        """Whether both are of one document, of whatever content."""
        return (self.folder, self.path) == (other.folder, other.path)


@dataclass(frozen=True)
class PublishedFile:
    """One artifact as it lies in the output folder."""

    file: FileName
    role: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Coverage:
    """The share, 0 to 1, of the words of the text layer that the output has: the mean of the pages,
    and the worst one."""

    mean: float
    worst: float
    worst_page: int


@dataclass(frozen=True)
class Manifest:
    """`seconds` maps stages to durations; `versions` the libraries to theirs.

    `coverage` is None for what has no text layer. Pages count from 1: `pages_degraded` lost structure, each with its
    reason, `pages_text_missing` lack words of their text layer, `pages_unread` OCR could not read. `tables` names
    the reader of each table of a PDF or picture. With `is_first_picture_only` the file holds others, such as an
    animation. `attachments` are those of a mail, and of the mails within it, in order. `llm` is what was asked of an
    LLM service; None where nothing was. `metadata` is what the document says of itself. `page_checks` says how each
    page was read, only where that was asked for.
    """

    source: Source
    pages: int
    formats: tuple[str, ...]
    model_set: str
    model_set_reason: str
    versions: Mapping[str, str]
    seconds: Mapping[str, float]
    published_at: str
    coverage: Coverage | None = None
    pages_degraded: tuple[DegradedPage, ...] = ()
    pages_text_missing: tuple[int, ...] = ()
    pages_unread: tuple[int, ...] = ()
    tables: tuple[ReadTable, ...] = ()
    is_first_picture_only: bool = False
    attachments: tuple[Attachment, ...] = ()
    llm: LlmUse | None = None
    metadata: DocumentMetadata = NOTHING_SAID
    page_checks: tuple[PageCheck, ...] = ()
    artifacts: tuple[PublishedFile, ...] = field(default=())
    schema: int = SCHEMA

    def to_json(self) -> bytes:
        """Write the manifest as the bytes of its file."""
        fields = asdict(self)
        if not self.page_checks:
            del fields["page_checks"]
        return (json.dumps(fields, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def read(fd: int) -> Manifest | None:
    """Read the manifest in the folder opened as `fd`; None where there is none that markerd wrote.

    Whatever else has its name there, of any size and form, is not ours.
    """
    try:
        return parse(read_file(FILE_NAME, MAX_BYTES, fd))
    except (OSError, ValueError):
        return None


def parse(content: bytes) -> Manifest:
    """Parse the bytes of a manifest. Raises ValueError for any others."""
    return _MANIFEST.validate_python(parse_json(content))


_MANIFEST = TypeAdapter(Manifest)
