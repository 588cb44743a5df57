"""A part: one range of a document's pages, converted and written so that parts can be joined without Marker's pages.

    <role>.html    Markdown and HTML: the text before it gets its final form
    <role>.jsonl   JSON and chunks: one page a line
    part.json      metadata, and the headings, whose levels are decided when all are known
    _page_….jpeg   images

Importing this module imports marker.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from marker.schema import BlockTypes

from markerd.convert.embedded.blocks.heading_levels import Heading
from markerd.convert.embedded.marker_hooks.section_header import TypedHeading
from markerd.convert.large_documents.finished_output import FACTS_NAME
from markerd.convert.marker_bridge.document_converter import DocumentConverter, write_images
from markerd.convert.protocol import ArtifactRole, PageCheck
from markerd.convert.rendering.ocr_json import OCRJSONRenderer
from markerd.files.untrusted import parse_json, read_file
from markerd.values import LlmUse

FILE_NAME = "part.json"
HEADING_MARK = "data-markerd-heading"
"""The attribute that names the block of a heading, until its level is known."""
AS_TEXT = frozenset({ArtifactRole.MARKDOWN, ArtifactRole.HTML})
_MOST_BYTES = 64 << 20  # of `part.json`: a page full of headings comes to 20 kB
_OPENING_TAG = re.compile(r"^<(h\d)>")


@dataclass(frozen=True)
class PartHeading:
    """A section header: the block's name, and what decides its level against all others.

    That is `type`, its text and its typeface, where the layout builder found it; else `height`, that of its lines.
    Where both are None its level was read with it, and stays.
    """

    block: str
    height: float | None
    level: int | None
    type: Heading | None = None


def locate_text_file(folder: Path, role: ArtifactRole) -> Path:
    return folder / f"{role.value}.{'html' if role in AS_TEXT else 'jsonl'}"


def list_own_names(roles: Sequence[ArtifactRole]) -> set[str]:
    """Return all names in a part's folder that are not those of images."""
    return {FILE_NAME, FACTS_NAME, *(locate_text_file(Path(), role).name for role in roles)}


def drop_pages_after(document: Any, pages: int) -> None:
    """Drop what follows the first `pages` pages: they were read to find out what continues on them."""
    kept = {page.page_id for page in document.pages[:pages]}
    document.pages = document.pages[:pages]
    document.table_of_contents = [entry for entry in document.table_of_contents or [] if entry["page_id"] in kept]


def write_part(
    converter: DocumentConverter,
    document: Any,
    roles: Sequence[ArtifactRole],
    folder: Path,
    checks: Sequence[PageCheck] = (),
) -> None:
    """Write the document's pages, in every format, as a part, with the checks of these pages."""
    metadata: dict[str, Any] = {}
    for role in roles:
        renderer = converter.build_renderer(role)
        output = document.render(renderer.block_config)
        _mark_headings(document, output.children)
        metadata = metadata or renderer.generate_document_metadata(document, output)
        _write_role(renderer, document, output, role, folder)
    use = converter.llm_session.use if converter.llm_session is not None else None
    described = {
        "metadata": metadata,
        "headings": [asdict(heading) for heading in _find_headings(document)],
        "checks": [asdict(check) for check in checks],
        "llm": None if use is None else asdict(use),
    }
    (folder / FILE_NAME).write_text(json.dumps(described, ensure_ascii=True, default=str), encoding="utf-8")


def _write_role(renderer: Any, document: Any, output: Any, role: ArtifactRole, folder: Path) -> None:
    if role in AS_TEXT:
        text, images = renderer.extract_html(document, output)
        locate_text_file(folder, role).write_bytes(text.encode("utf-8", "replace"))
        write_images(images, folder)
        return
    with locate_text_file(folder, role).open("w", encoding="utf-8", errors="replace") as file:
        for page in _extract_pages(renderer, document, output):
            file.write(page.model_dump_json() + "\n")


def _extract_pages(renderer: Any, document: Any, output: Any) -> Iterator[Any]:
    if isinstance(renderer, OCRJSONRenderer):
        yield from renderer.extract_json(document)
        return
    for page in output.children:
        yield renderer.extract_json(document, page)


def _find_headings(document: Any) -> Iterator[PartHeading]:
    for page in document.pages:
        for block in page.children:
            if block.block_type is BlockTypes.SectionHeader:
                is_read = bool(block.html)
                height = None if is_read else (block.line_height(document) if block.structure else 0)
                yield PartHeading(str(block.id), height, block.heading_level, _read_type(block))


def _read_type(block: Any) -> Heading | None:
    return block.type if isinstance(block, TypedHeading) else None


def _is_level_open(block: Any) -> bool:
    return not block.html or _read_type(block) is not None


def _mark_headings(document: Any, outputs: Sequence[Any]) -> None:
    """Give each heading whose level is still open the name of its block as an attribute."""
    for output in outputs:
        if output.id.block_type is BlockTypes.SectionHeader and _is_level_open(document.get_block(output.id)):
            output.html = _OPENING_TAG.sub(rf'<\1 {HEADING_MARK}="{output.id}">', output.html)
        _mark_headings(document, output.children or [])


@dataclass(frozen=True)
class Part:
    """A part that lies in `folder`."""

    folder: Path
    metadata: dict[str, Any]
    headings: tuple[PartHeading, ...]
    checks: tuple[PageCheck, ...]
    llm: LlmUse | None = None

    @classmethod
    def read(cls, folder: Path) -> Part:
        """Read a part. Raises OSError and ValueError, as `untrusted` does."""
        described = parse_json(read_file(folder / FILE_NAME, _MOST_BYTES))
        headings = tuple(map(_parse_heading, described["headings"]))
        checks = tuple(map(_parse_check, described["checks"]))
        llm = LlmUse(**described["llm"]) if described.get("llm") else None
        return cls(folder, described["metadata"], headings, checks, llm)


def _parse_check(described: dict[str, Any]) -> PageCheck:
    return PageCheck(**{**described, "tables": tuple(described["tables"])})


def _parse_heading(described: dict[str, Any]) -> PartHeading:
    kind = described.pop("type")
    return PartHeading(**described, type=Heading(**kind) if kind else None)
