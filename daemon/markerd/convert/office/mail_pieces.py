"""The pieces of an output, each rendered on its own in every format, put together as the output's artifacts.

Their pages have the numbers of the whole output already, so that no two pictures or blocks have one name. One piece is
held at a time.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from markerd.convert.marker_bridge.document_converter import (
    end_last_line,
    list_image_artifacts,
    write_metadata,
)
from markerd.convert.protocol import Artifact, ArtifactRole
from markerd.convert.protocol.produced_names import name_file, name_metadata

_BODY, _BODY_END = "<body>", "</body>"


def join_pieces(pieces: Sequence[Path], roles: Sequence[ArtifactRole], target: Path) -> tuple[Artifact, ...]:
    """Write the artifacts of the whole output into `target`; the pieces, one folder each, are used up."""
    artifacts = []
    for role in roles:
        name = name_file(role)
        with (target / name).open("w", encoding="utf-8", newline="") as file:
            _WRITERS[role](file, [piece / name for piece in pieces])
        end_last_line(target / name)
        artifacts.append(Artifact(role.value, name))
    metadata = _merge_lists([_read_json(piece / name_metadata()) for piece in pieces])
    images = [name for piece in pieces for name in _move_images(piece, roles, target)]
    return (*artifacts, *list_image_artifacts(images), write_metadata(metadata, target))


def _move_images(piece: Path, roles: Sequence[ArtifactRole], target: Path) -> list[str]:
    own = {name_metadata(), *map(name_file, roles)}
    images = sorted(entry for entry in piece.iterdir() if entry.name not in own)
    for image in images:
        image.rename(target / image.name)
    return [image.name for image in images]


def _write_markdown(file: IO[str], pieces: Sequence[Path]) -> None:
    """Write the texts with a blank line between them; pages that are told apart begin with blank lines."""
    texts = (piece.read_text("utf-8") for piece in pieces)
    between = ""
    for text in texts:
        shown = text.strip("\n")
        if shown:
            file.write((between or text[: len(text) - len(text.lstrip("\n"))]) + shown)
            between = "\n\n"


def _write_html(file: IO[str], pieces: Sequence[Path]) -> None:
    """Write the bodies one after the other, in the frame of the first page."""
    end = ""
    for number, piece in enumerate(pieces):
        before, _, rest = piece.read_text("utf-8").partition(_BODY)
        body, _, after = rest.rpartition(_BODY_END)
        file.write(body if number else f"{before}{_BODY}{body}")
        end = end or f"{_BODY_END}{after}"
    file.write(end)


def _write_json(file: IO[str], pieces: Sequence[Path]) -> None:
    _write_list(file, "children", (child for piece in pieces for child in _read_json(piece)["children"]))
    file.write(',\n  "block_type": "Document"\n}')


def _write_chunks(file: IO[str], pieces: Sequence[Path]) -> None:
    info: dict[str, Any] = {}

    def blocks() -> Iterator[Any]:
        for piece in pieces:
            read = _read_json(piece)
            info.update(read["page_info"])
            yield from read["blocks"]

    _write_list(file, "blocks", blocks())
    file.write(f',\n  "page_info": {_indent(info, "  ").lstrip()}\n}}')


def _write_list(file: IO[str], name: str, items: Iterator[Any]) -> None:
    """Write an object's first field as pydantic does, one item at a time."""
    file.write(f'{{\n  "{name}": [')
    between = "\n"
    for item in items:
        file.write(between + _indent(item, "    "))
        between = ",\n"
    file.write("]" if between == "\n" else "\n  ]")


def _indent(value: Any, by: str) -> str:
    return textwrap.indent(json.dumps(value, indent=2, ensure_ascii=False), by)


def _read_json(path: Path) -> Any:
    return json.loads(path.read_bytes())


def _merge_lists(pieces: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Concatenate lists (table of contents, page statistics); take everything else from the first piece."""
    merged: dict[str, Any] = {}
    for piece in pieces:
        for name, value in piece.items():
            before = merged.setdefault(name, [] if isinstance(value, list) else value)
            if isinstance(value, list) and isinstance(before, list):
                before.extend(value)
    return merged


_WRITERS = {
    ArtifactRole.MARKDOWN: _write_markdown,
    ArtifactRole.HTML: _write_html,
    ArtifactRole.JSON: _write_json,
    ArtifactRole.CHUNKS: _write_chunks,
}
