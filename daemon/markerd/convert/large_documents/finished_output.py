"""What is added to an output once it is rendered: the facts about its source, at the top of the Markdown.

Importing this module imports marker.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from markerd.convert.marker_bridge.document_converter import name_file
from markerd.convert.preflight.document_properties import read_properties
from markerd.convert.protocol import ArtifactRole, ConversionRequest, ConversionResult, JoinRequest
from markerd.convert.protocol.output_options import FRONT_MATTER
from markerd.convert.rendering.front_matter import Value, put_on_top, write_front_matter
from markerd.document_metadata import NOTHING_SAID, DocumentMetadata, FrontMatterField
from markerd.files.untrusted import parse_json, read_file
from markerd.values import format_utc_now

FACTS_NAME = "facts.json"
"""Lies in the folder of a document's first part, for the join."""
_MOST_BYTES = 4 << 20
_BLOCK_BYTES = 1 << 20


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
    digest = hashlib.sha256()
    with source.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


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
    return replace(result, metadata=facts.metadata)


def _list_facts(document: str, pages: int, facts: SourceFacts) -> dict[FrontMatterField, Value]:
    said = {FrontMatterField(name): value for name, value in asdict(facts.metadata).items()}
    return {
        **said,
        FrontMatterField.SOURCE: document,
        FrontMatterField.SHA256: facts.sha256,
        FrontMatterField.PAGES: pages,
        FrontMatterField.CONVERTED_AT: format_utc_now(),
    }
