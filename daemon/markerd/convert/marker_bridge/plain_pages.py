"""Pages of Marker's whose blocks come from an independent reader, because the layout failed or fell short.

Such a block holds its HTML and no lines, so that neither Marker's processors nor its OCR change it. Importing this
module imports marker.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from marker.processors.document_toc import DocumentTOCProcessor
from marker.providers.pdf import PdfProvider
from marker.schema import BlockTypes
from marker.schema.document import Document
from marker.schema.polygon import PolygonBox
from marker.schema.registry import get_block_class
from PIL import Image
from pypdfium2 import PdfDocument

from markerd.convert.checks.faults import MetFault, catch_fault
from markerd.convert.embedded.geometry import Box, as_box
from markerd.convert.embedded.layout.regions import scale_box
from markerd.convert.embedded.readers.read_block import ReadBlock
from markerd.convert.rendering.alt_text import is_alt_html

_MOST_SIDE_PT = 14_400  # 200 inches: what a PDF's page could measure up to version 1.7
_logger = logging.getLogger(__name__)
_PICTURES = frozenset({BlockTypes.Picture, BlockTypes.Figure, BlockTypes.Diagram})
_LOW_DPI, _HIGH_DPI = 96, 192  # Marker's `lowres_image_dpi` and `highres_image_dpi`


def build_empty_document(path: str) -> Any:
    """Build one of Marker's documents, without pages."""
    return Document(filepath=path, pages=[])


def insert_pages(document: Any, numbers: Sequence[int]) -> None:
    """Add pages without blocks at the document's end. Pages count from 0."""
    if not numbers:
        return
    with closing(PdfDocument(document.filepath)) as pdf:
        document.pages.extend(_build_page(pdf, document.filepath, number) for number in numbers)


def _build_page(pdf: Any, path: str, number: int) -> Any:
    width, height = (side if 1 <= side <= _MOST_SIDE_PT else 1.0 for side in pdf.get_page_size(number))
    page = get_block_class(BlockTypes.Page)(
        page_id=number,
        lowres_image=_draw_page(path, number, _LOW_DPI),
        polygon=PolygonBox.from_bbox([0, 0, width, height]),
        refs=[],
        structure=[],
        children=[],
        text_extraction_method="pdftext",
    )
    page._highres_loader = lambda page_id: _draw_page(path, page_id, _HIGH_DPI)
    return page


def _draw_page(path: str, number: int, dpi: int) -> Any:
    """A page that cannot be drawn is left to the readers of its text, with a picture of one pixel."""

    def draw() -> Any:
        with closing(PdfDocument(path)) as pdf:
            pdf.init_forms()
            return PdfProvider._render_image(pdf, number, dpi, True)

    image = catch_fault(draw)
    if isinstance(image, MetFault):
        _logger.warning("page %d cannot be drawn: %s", number + 1, image)
        return Image.new("RGB", (1, 1), "white")
    return image


def has_picture(page: Any) -> bool:
    """Whether there is a picture of the page; there is none of a page without area, or of one that cannot be drawn."""
    return bool(max(page.lowres_image.size) > 1)


def is_shown_by_picture(page: Any) -> bool:
    """Whether one of the page's blocks is a picture."""
    return any(page.get_block(block_id).block_type in _PICTURES for block_id in page.structure or ())


def find_block_places(page: Any) -> list[Box]:
    """Find where the page's blocks lie, in pixels of its small picture."""
    image = page.get_image()
    across, down = image.width / page.polygon.width, image.height / page.polygon.height
    boxes = [page.get_block(block_id).polygon.bbox for block_id in page.structure or ()]
    return [scale_box(as_box(box), across, down) for box in boxes]


def build_page_picture(page: Any) -> ReadBlock:
    """Build the block that shows the page as its picture."""
    return ReadBlock("Picture", as_box(page.polygon.bbox))


def show_as_picture(page: Any) -> None:
    """Add the page's picture to its blocks."""
    page.structure = [*(page.structure or ()), _add_block(page, build_page_picture(page))]


def put_blocks(page: Any, blocks: Sequence[ReadBlock]) -> None:
    """Make the reader's blocks those of the page.

    Pictures that the layout model saw stay, each before what is below it; without any, those that the reader saw are
    shown.
    """
    held = [page.get_block(block_id) for block_id in page.structure or []]
    kept = sorted(filter(_is_picture, held), key=lambda block: block.polygon.y_start)
    for block in held:
        block.removed = block not in kept
        if block in kept:
            block.html = None  # the reader has its labels as well
    page.text_extraction_method = "pdftext"
    page.structure = []
    for read in (block for block in blocks if block.html or not kept):
        while kept and kept[0].polygon.y_start <= read.box[1]:
            page.structure.append(kept.pop(0).id)
        page.structure.append(_add_block(page, read))
    page.structure.extend(block.id for block in kept)


def _is_picture(block: Any) -> bool:
    """Whether the block is a picture of its own, not an equation that is shown as one: the reader has its
    characters.
    """
    return block.block_type in _PICTURES and not is_alt_html(block.html or "")


def _add_block(page: Any, read: ReadBlock) -> Any:
    polygon = PolygonBox.from_bbox(list(read.box), ensure_nonzero_area=True)
    block = page.add_block(get_block_class(BlockTypes[read.label]), polygon)
    block.structure = []
    block.html = read.html or None
    block.text_extraction_method = "pdftext"
    if read.level is not None:
        block.heading_level = read.level
    return block.id


def renew_contents(document: Any, processors: Sequence[Any]) -> None:
    """Rebuild the table of contents from the headings that are in the document now."""
    for processor in processors:
        if isinstance(processor, DocumentTOCProcessor):
            processor(document)
