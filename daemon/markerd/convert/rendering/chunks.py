"""Chunks: the blocks that stand directly on a page, each with the HTML of all that it holds.

Marker's own chunks take the last number of the page's id for the page's number, and unescape the text of blocks that
hold others: `&lt;b&gt;` in a list would become an element. Importing this module imports marker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from marker.renderers import chunk
from marker.renderers.chunk import ChunkOutput, FlatBlockOutput, collect_images
from marker.renderers.json import JSONBlockOutput

from markerd.convert.rendering.alt_text import move_alt_texts
from markerd.convert.rendering.renderers import CheckedBlocks

_REFERENCE = re.compile(r"""<content-ref src=['"]([^'"]*)['"]></content-ref>""")


class ChunkRenderer(CheckedBlocks, chunk.ChunkRenderer):  # type: ignore[misc]  # marker is untyped
    """Has the name of Marker's renderer, since options may name the class that they are for."""

    def __call__(self, document: Any) -> ChunkOutput:
        output = document.render(self.block_config)
        pages = (self.extract_json(document, page) for page in output.children)
        images = {str(block) for block in self.image_blocks}
        return ChunkOutput(
            blocks=[chunk for page in pages for chunk in build_chunks(page, images)],
            page_info={
                page.page_id: {"bbox": page.polygon.bbox, "polygon": page.polygon.polygon} for page in document.pages
            },
            metadata=self.generate_document_metadata(document, output),
        )


def build_chunks(page: JSONBlockOutput, image_blocks: set[str]) -> Iterator[FlatBlockOutput]:
    """Yield the chunks of one page. `image_blocks` has the types of blocks that are shown as a picture."""
    for block in page.children or ():
        yield FlatBlockOutput(
            id=block.id,
            block_type=block.block_type,
            html=_assemble_html(block, image_blocks),
            page=parse_page_number(block),
            polygon=block.polygon,
            bbox=block.bbox,
            section_hierarchy=block.section_hierarchy,
            images=collect_images(block),
        )


def parse_page_number(block: JSONBlockOutput) -> int:
    """Return the page's number, counted from 0. Ids read `/page/NUMBER/TYPE/NUMBER`."""
    return int(block.id.split("/")[2])


def _assemble_html(block: JSONBlockOutput, image_blocks: set[str]) -> str:
    if block.block_type in image_blocks and not block.children:
        return move_alt_texts(f"<p>{block.html}<img src='{block.id}'></p>")
    children = {child.id: child for child in block.children or ()}

    def shown(reference: re.Match[str]) -> str:
        child = children.get(reference[1])
        return _assemble_html(child, image_blocks) if child else reference[0]

    return _REFERENCE.sub(shown, block.html)
