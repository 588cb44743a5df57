"""What is added to an output once it is rendered: facts about its source, and chunks for retrieval.

Importing this module does not import marker.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from markerd.convert.preflight.document_properties import read_properties
from markerd.convert.protocol import Artifact, ArtifactRole, ConversionRequest, ConversionResult, JoinRequest
from markerd.convert.protocol.output_options import CHUNK_LINES, FRONT_MATTER, ChunkSize
from markerd.convert.protocol.produced_names import name_file
from markerd.convert.rendering.front_matter import Value, put_on_top, write_front_matter
from markerd.convert.rendering.retrieval.chunk_lines import Origin, write_lines
from markerd.convert.rendering.retrieval.cutting import Size
from markerd.convert.rendering.retrieval.page_blocks import read_blocks
from markerd.convert.rendering.retrieval.placing import Places, place_blocks
from markerd.document_metadata import NOTHING_SAID, DocumentMetadata, FrontMatterField
from markerd.files.hashing import hash_file
from markerd.files.untrusted import parse_json, read_file
from markerd.values import format_utc_now

FACTS_NAME = "facts.json"
"""Lies in the folder of a document's first part, for the join."""
_BLOCKS = ArtifactRole.CHUNKS
_MOST_BYTES = 4 << 20


@dataclass(frozen=True)
class SourceFacts:
    """What is known of a source, the same for all its parts; `sha256` is empty where nobody asked for it."""

    metadata: DocumentMetadata = NOTHING_SAID
    sha256: str = ""

    def write(self, folder: Path) -> None:
        """Leave the facts with the first part."""
        (folder / FACTS_NAME).write_text(json.dumps(asdict(self), ensure_ascii=True), encoding="ascii")

    @classmethod
    def read(cls, folder: Path) -> SourceFacts:
        """Read what `write` left, if anything. Raises OSError and ValueError, as `untrusted` does."""
        try:
            found = parse_json(read_file(folder / FACTS_NAME, _MOST_BYTES))
        except FileNotFoundError:
            return cls()
        return cls(DocumentMetadata.of(**found["metadata"]), found["sha256"])


def hash_source(source: Path, options: Mapping[str, object]) -> str:
    """Return the SHA-256 of the source where the front matter has it; else nothing."""
    wanted = options.get(FRONT_MATTER)
    if not isinstance(wanted, list | tuple) or FrontMatterField.SHA256.value not in wanted:
        return ""
    with source.open("rb") as file:
        return hash_file(file)


def finish(request: ConversionRequest | JoinRequest, result: ConversionResult) -> ConversionResult:
    """Add to an output what the request's options want; returns the result with what the document says of itself.

    Of a document in parts, the first leaves the facts that the join needs.
    """
    if isinstance(request, JoinRequest):
        return _add_facts(request, result, SourceFacts.read(min(Path(request.parts_dir).iterdir())))
    if result.is_part and request.part > 0:
        return result
    facts = _collect_facts(request)
    if result.is_part:
        facts.write(Path(request.output_dir))
        return result
    return _add_facts(request, result, facts)


def _collect_facts(request: ConversionRequest) -> SourceFacts:
    source = Path(request.source)
    return SourceFacts(read_properties(source), hash_source(source, request.options))


def _add_facts(
    request: ConversionRequest | JoinRequest, result: ConversionResult, facts: SourceFacts
) -> ConversionResult:
    wanted = request.options.get(FRONT_MATTER, ())
    if wanted and ArtifactRole.MARKDOWN.value in request.formats:
        path = Path(request.output_dir) / name_file(ArtifactRole.MARKDOWN)
        front_matter = write_front_matter(wanted, _list_facts(request.document, result.pages, facts))
        path.write_bytes(put_on_top(front_matter, path.read_bytes().decode("utf-8")).encode("utf-8"))
    return replace(_add_chunks(request, result), metadata=facts.metadata)


def list_formats(formats: tuple[str, ...], options: Mapping[str, object]) -> tuple[str, ...]:
    """Return the formats to render: with those blocks of which chunks for retrieval learn their places."""
    needs_blocks = CHUNK_LINES in options and ArtifactRole.MARKDOWN.value in formats
    return (*formats, _BLOCKS.value) if needs_blocks and _BLOCKS.value not in formats else formats


def _add_chunks(request: ConversionRequest | JoinRequest, result: ConversionResult) -> ConversionResult:
    wanted = request.options.get(CHUNK_LINES)
    if not wanted or ArtifactRole.MARKDOWN.value not in request.formats:
        return result
    folder, size = Path(request.output_dir), ChunkSize(**wanted)
    markdown = (folder / name_file(ArtifactRole.MARKDOWN)).read_bytes().decode("utf-8")
    blocks = folder / name_file(_BLOCKS)
    places = Places(place_blocks(markdown, read_blocks(blocks.read_text("utf-8"))))
    lines = write_lines(
        markdown, places, Size(size.max_tokens, size.overlap_tokens), Origin(size.folder, request.document)
    )
    name = name_file(ArtifactRole.CHUNK_LINES)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
    artifacts = (*result.artifacts, Artifact(ArtifactRole.CHUNK_LINES.value, name))
    if _BLOCKS.value not in request.formats:
        blocks.unlink()
        artifacts = tuple(each for each in artifacts if each.role != _BLOCKS.value)
    return replace(result, artifacts=artifacts)


def _list_facts(document: str, pages: int, facts: SourceFacts) -> dict[FrontMatterField, Value]:
    said = {FrontMatterField(name): value for name, value in asdict(facts.metadata).items()}
    return {
        **said,
        FrontMatterField.SOURCE: document,
        FrontMatterField.SHA256: facts.sha256,
        FrontMatterField.PAGES: pages,
        FrontMatterField.CONVERTED_AT: format_utc_now(),
    }
