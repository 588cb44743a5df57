"""The parts of a document joined, part by part and page by page: one part is held at a time, not the document.

What a conversion of all pages at once would have decided over all of them is decided here: the levels of headings, and
by them under which heading a block stands. A paragraph or list that continues from one part into the next is whole.

Importing this module imports marker.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from bs4 import BeautifulSoup, Tag
from marker.processors.sectionheader import SectionHeaderProcessor
from marker.renderers.json import JSONBlockOutput
from marker.renderers.markdown import cleanup_text
from marker.renderers.ocr_json import OCRJSONPageOutput
from marker.schema import BlockTypes

from markerd.convert.checks.quality import refuse_empty, sum_up_quality
from markerd.convert.embedded.blocks.heading_levels import find_levels as levels_by_type
from markerd.convert.large_documents.part import HEADING_MARK, Part, PartHeading, list_own_names, locate_text_file
from markerd.convert.marker_bridge.document_converter import (
    DocumentConverter,
    end_last_line,
    list_image_artifacts,
    write_metadata,
)
from markerd.convert.protocol import Artifact, ArtifactRole, Quality
from markerd.convert.protocol.produced_names import name_file
from markerd.convert.rendering.chunks import build_chunks, parse_page_number
from markerd.convert.rendering.ocr_json import OCRJSONRenderer
from markerd.values import LlmUse

_BODY, _BODY_END = "\n <body>\n", " </body>\n"
_HEADING = BlockTypes.SectionHeader.name
Levels = Mapping[str, "int | None"]


@dataclass(frozen=True)
class Joined:
    """The artifacts of the whole document, and how much of its text is in them."""

    artifacts: tuple[Artifact, ...]
    quality: Quality
    llm: LlmUse | None = None


def join_parts(
    converter: DocumentConverter, folders: Sequence[Path], roles: Sequence[ArtifactRole], target: Path
) -> Joined:
    """Write the artifacts of the whole document into `target`; the parts' images are moved there.

    Raises DocumentError where none of the document's text is in its parts.
    """
    parts = [Part.read(folder) for folder in folders]
    checks = [check for part in parts for check in part.checks]
    refuse_empty(checks)
    levels = decide_levels([heading for part in parts for heading in part.headings], converter.config)
    artifacts = []
    for role in roles:
        name = name_file(role)
        with (target / name).open("w", encoding="utf-8", errors="replace", newline="") as file:
            _WRITERS[role](
                file, [locate_text_file(folder, role) for folder in folders], levels, converter.build_renderer(role)
            )
        end_last_line(target / name)
        artifacts.append(Artifact(role.value, name))
    images = [name for folder in folders for name in _move_images(folder, roles, target)]
    metadata = write_metadata(_merge_metadata([part.metadata for part in parts]), target)
    return Joined((*artifacts, *list_image_artifacts(images), metadata), sum_up_quality(checks), _sum_up_llm(parts))


def _sum_up_llm(parts: Sequence[Part]) -> LlmUse | None:
    """Add up what the parts asked of an LLM service; each of them was a document to it."""
    uses = [part.llm for part in parts if part.llm is not None]
    if not uses:
        return None
    requests, failed = sum(use.requests for use in uses), sum(use.failed for use in uses)
    return replace(uses[0], requests=requests, failed=failed, reason=next((u.reason for u in uses if u.reason), ""))


def decide_levels(headings: Sequence[PartHeading], options: Mapping[str, Any]) -> dict[str, int | None]:
    """Decide the levels of all headings of the document, by the name of the block: by their type, else as Marker
    does.
    """
    typed = [(heading.block, heading.type) for heading in headings if heading.type is not None]
    by_type = dict(zip((block for block, _ in typed), levels_by_type([kind for _, kind in typed]), strict=True))
    return {**_decide_levels_by_height([h for h in headings if h.type is None], options), **by_type}


def _decide_levels_by_height(headings: Sequence[PartHeading], options: Mapping[str, Any]) -> dict[str, int | None]:
    processor = SectionHeaderProcessor(dict(options))
    ranges = processor.bucket_headings([heading.height for heading in headings if heading.height is not None])
    least = [low * processor.height_tolerance for low, _ in ranges]
    default: int = processor.default_level

    def level(heading: PartHeading) -> int | None:
        if heading.height is None:
            return heading.level
        fitting = (number for number, low in enumerate(least, start=1) if heading.height >= low)
        return next(fitting, default) if heading.height > 0 else default

    return {heading.block: level(heading) for heading in headings}


def _move_images(folder: Path, roles: Sequence[ArtifactRole], target: Path) -> list[str]:
    images = sorted(entry for entry in folder.iterdir() if entry.name not in list_own_names(roles))
    for image in images:
        image.rename(target / image.name)
    return [image.name for image in images]


def _merge_metadata(metadata: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Concatenate lists (table of contents, page statistics); take everything else from the first part."""
    first = metadata[0]
    lists = {name for name, value in first.items() if isinstance(value, list)}
    return {
        name: [entry for each in metadata for entry in each[name]] if name in lists else value
        for name, value in first.items()
    }


# --- text -------------------------------------------------------------------------------------------------------------


def _parse_parts(files: Iterable[Path], levels: Levels) -> Iterator[BeautifulSoup]:
    for file in files:
        yield _set_levels(BeautifulSoup(file.read_text("utf-8"), "html.parser"), levels)


def _set_levels(soup: BeautifulSoup, levels: Levels) -> BeautifulSoup:
    for heading in soup.find_all(None, {HEADING_MARK: True}):
        level = levels.get(str(heading.attrs.pop(HEADING_MARK)))
        heading.name = f"h{level}" if level else heading.name
    return soup


def _write_markdown(file: IO[str], files: Sequence[Path], levels: Levels, renderer: Any) -> None:
    is_paginated = renderer.paginate_output
    file.write("\n\n" if is_paginated else "")
    between, text, carried = "", "", None
    for number, soup in enumerate(_parse_parts(files, levels), start=1):
        _insert_first(soup, carried)
        carried = _take_continued(soup) if number < len(files) and not is_paginated else None
        text = cleanup_text(renderer.md_cls.convert_soup(soup))
        if text:
            file.write(between + text)
            between = "\n\n"
    if is_paginated and text.endswith(renderer.page_separator):
        file.write("\n\n")


def _take_continued(soup: BeautifulSoup) -> Tag | None:
    """Take out the last block where it continues in the next part; None where it does not."""
    last = next((child for child in reversed(_find_body(soup).contents) if isinstance(child, Tag)), None)
    if last is None or "has-continuation" not in last.get_attribute_list("class"):
        return None
    return last.extract()


def _insert_first(soup: BeautifulSoup, carried: Tag | None) -> None:
    first = next((child for child in _find_body(soup).contents if isinstance(child, Tag)), None)
    if carried is None:
        return
    if first is None:
        _find_body(soup).append(carried)
    else:
        first.insert_before(carried)


def _find_body(soup: BeautifulSoup) -> Tag:
    assert soup.body is not None
    return soup.body


def _write_html(file: IO[str], files: Sequence[Path], levels: Levels, _: Any) -> None:
    text, end = "", 0
    for number, soup in enumerate(_parse_parts(files, levels)):
        text = soup.prettify()
        begin, end = text.index(_BODY) + len(_BODY), text.rindex(_BODY_END)
        file.write(text[:end] if number == 0 else text[begin:end])
    file.write(text[end:])


# --- trees ------------------------------------------------------------------------------------------------------------


def _read_pages(files: Iterable[Path], levels: Levels) -> Iterator[JSONBlockOutput]:
    hierarchy: dict[int, str] = {}
    for path in files:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                page = JSONBlockOutput.model_validate_json(line)
                hierarchy = _place_under_headings(page, hierarchy, levels)
                yield page


def _place_under_headings(block: JSONBlockOutput, above: Mapping[int, str], levels: Levels) -> dict[int, str]:
    """Say of the block, and of all in it, under which headings it stands; returns those of what follows it."""
    under = dict(above)
    level = levels.get(block.id) if block.block_type == _HEADING else None
    if level:
        under = {number: heading for number, heading in under.items() if number < level} | {level: block.id}
    if block.block_type == _HEADING:
        block.html = str(_set_levels(BeautifulSoup(block.html, "html.parser"), levels))
    for child in block.children or []:
        under = _place_under_headings(child, under, levels)
    block.section_hierarchy = dict(under)
    return under


def _read_ocr_pages(files: Iterable[Path]) -> Iterator[OCRJSONPageOutput]:
    for path in files:
        with path.open(encoding="utf-8") as lines:
            yield from map(OCRJSONPageOutput.model_validate_json, lines)


def _write_json(file: IO[str], files: Sequence[Path], levels: Levels, renderer: Any) -> None:
    is_ocr = isinstance(renderer, OCRJSONRenderer)
    pages: Iterator[Any] = _read_ocr_pages(files) if is_ocr else _read_pages(files, levels)
    _write_list(file, "children", (page.model_dump_json(indent=2) for page in pages))
    file.write(f',\n  "block_type": "{BlockTypes.Document.name}"\n}}')


def _write_chunks(file: IO[str], files: Sequence[Path], levels: Levels, renderer: Any) -> None:
    image_blocks = {str(block) for block in renderer.image_blocks}
    info: dict[int, Any] = {}

    def chunks() -> Iterator[str]:
        for page in _read_pages(files, levels):
            info[parse_page_number(page)] = {"bbox": page.bbox, "polygon": page.polygon}
            for chunk in build_chunks(page, image_blocks):
                yield chunk.model_dump_json(indent=2)

    _write_list(file, "blocks", chunks())
    file.write(f',\n  "page_info": {textwrap.indent(json.dumps(info, indent=2), "  ").lstrip()}\n}}')


def _write_list(file: IO[str], name: str, items: Iterator[str]) -> None:
    """Write the list as pydantic writes a model whose first field it is."""
    file.write(f'{{\n  "{name}": [')
    between = "\n"
    for item in items:
        file.write(between + textwrap.indent(item, "    "))
        between = ",\n"
    file.write("]" if between == "\n" else "\n  ]")


_WRITERS = {
    ArtifactRole.MARKDOWN: _write_markdown,
    ArtifactRole.HTML: _write_html,
    ArtifactRole.JSON: _write_json,
    ArtifactRole.CHUNKS: _write_chunks,
}
