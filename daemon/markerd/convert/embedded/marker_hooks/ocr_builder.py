"""Turns pages that lay on their side or upside down for all steps that follow OCR.

Marker cuts figures out of the page and places blocks on it: both need it upright. Only modules that run with Marker
import this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import unescape
from typing import Any

from marker.builders.ocr import OcrBuilder
from marker.schema import BlockTypes
from marker.schema.polygon import PolygonBox
from surya.recognition.schema import PageOCRResult

from markerd.convert.checks.unread_pages import unread
from markerd.convert.embedded.layout.regions import MARGINS
from markerd.convert.embedded.layout.scanned_running_headers import ScannedMargin, find_left_out
from markerd.convert.embedded.marker_hooks.thresholds import THRESHOLDS
from markerd.convert.embedded.ocr.orientation import bound_points, turn_point
from markerd.convert.embedded.text.patterns import HTML_TAG

_PICTURES = frozenset({BlockTypes.Picture, BlockTypes.Figure, BlockTypes.Diagram})


class PageReading(PageOCRResult):  # type: ignore[misc]  # surya is untyped
    """The answer of surya's predictors, and the quarter turn that the page needs, in degrees counter-clockwise."""

    turned: int = 0


class EmbeddedOcrBuilder(OcrBuilder):  # type: ignore[misc]  # Marker is untyped
    """Marker's OCR of what a text layer does not say; afterwards each page is upright.

    Where OCR does not know the script, the text layer stays.
    """

    def __call__(self, document: Any, provider: Any) -> None:
        """Read pages and blocks; called by Marker once the text layer's lines are in their blocks, or rejected."""
        self._lines = provider.page_lines
        self._has_lines: set[int] = set()
        self._doubted: set[Any] = set()
        for page in document.pages:
            if page.text_extraction_method == "pdftext":
                self._mark_doubted(document, page)
        super().__call__(document, provider)
        _leave_out_margins(document)

    def _mark_doubted(self, document: Any, page: Any) -> None:
        """Mark for OCR what is in fonts that do not say what they show.

        These are the blocks, or the page where a block is of a kind that OCR reads only with its page.
        """
        blocks, apart = self._find_doubted_blocks(document, page)
        if page.is_doubted_whole or len(apart) < len(blocks):
            page.text_extraction_method = "surya"
            self._has_lines.add(page.page_id)
        else:
            self._mark_blocks_for_ocr(apart)

    def _find_doubted_blocks(self, document: Any, page: Any) -> tuple[list[Any], list[Any]]:
        """Find the doubted blocks except pictures, which show their labels, and those that OCR reads by themselves."""
        blocks = [b for b in page.structure_blocks(document) if b.id in page.doubted and b.block_type not in _PICTURES]
        return blocks, [block for block in blocks if block.block_type not in self.skip_ocr_blocks]

    def _mark_blocks_for_ocr(self, blocks: Sequence[Any]) -> None:
        for block in blocks:
            block.text_extraction_method = "surya"
            self._doubted.add(block.id)

    def replace_page_structure(
        self, document: Any, pages: Sequence[Any], images: Sequence[Any], recognition_results: Sequence[Any]
    ) -> None:
        read = []
        for page, image, result in zip(pages, images, recognition_results, strict=True):
            lines = self._lines.get(page.page_id) or []
            layer = "".join(span.text for line in lines for span in line.spans)
            if is_unread("".join(block.html for block in result.blocks), layer):
                self._keep_layer(document, page, lines)
            else:
                read.append((page, image, result))
        if read:
            self._replace(document, read)

    def _keep_layer(self, document: Any, page: Any, lines: Sequence[Any]) -> None:
        """Keep the page's text layer. OCR may still find in single blocks what it missed on the page.

        An example is a line in a large empty form.
        """
        page.text_extraction_method = "pdftext"
        if page.page_id in self._has_lines:
            blocks, apart = self._find_doubted_blocks(document, page)
            self._mark_blocks_for_ocr(apart)
            if len(apart) < len(blocks):
                unread.add(page.page_id)
        else:
            page.merge_blocks(lines, text_extraction_method="pdftext")
            unread.add(page.page_id)

    def apply_block_html(
        self, document: Any, recognition_results: Any, block_ids: Sequence[Sequence[Any]], clear_lines: bool = False
    ) -> None:
        for ids, page in zip(block_ids, recognition_results, strict=True):
            for block_id, result in zip(ids, page.blocks, strict=True):
                text = document.get_block(block_id).raw_text(document) if block_id in self._doubted else ""
                if is_unread(result.html, text):
                    result.html = ""  # Marker then leaves the block as it is
                    unread.add(block_id.page_id)
        super().apply_block_html(document, recognition_results, block_ids, clear_lines=clear_lines)

    def _replace(self, document: Any, read: Sequence[tuple[Any, Any, Any]]) -> None:
        pages, images, results = zip(*read, strict=True)
        super().replace_page_structure(document, pages, images, results)
        for page, _, result in read:
            if result.turned:
                turn_page_upright(page, result.turned)


def _leave_out_margins(document: Any) -> None:
    """Leave out what pages repeat, among the heads and feet of the layout model on pages that OCR read."""
    found, blocks = [], []
    for page in document.pages:
        if page.text_extraction_method != "surya":
            continue
        texts = {block.id: unescape(HTML_TAG.sub(" ", block.html or "")) for block in page.structure_blocks(document)}
        for block in page.structure_blocks(document):
            if block.block_type.name in MARGINS:
                is_alone = not any(text.strip() for other, text in texts.items() if other != block.id)
                found.append(ScannedMargin(page.page_id, block.block_type.name, texts[block.id], is_alone))
                blocks.append(block)
    for block, is_left_out in zip(blocks, find_left_out(found), strict=True):
        block.ignore_for_output = is_left_out


def is_unread(html: str, layer: str) -> bool:
    """Whether OCR found much less than the text layer has: it does not know the script of most of it."""
    return _count_letters(unescape(HTML_TAG.sub(" ", html))) < THRESHOLDS.min_read * _count_letters(layer)


def _count_letters(text: str) -> int:
    return sum(character.isalnum() for character in text)


def turn_page_upright(page: Any, degrees: int) -> None:
    """Turn a page's pictures and the places of its blocks by 90, 180 or 270 degrees counter-clockwise."""
    size = (page.polygon.width, page.polygon.height)
    upright = size if degrees == 180 else (size[1], size[0])
    page.highres_image = page.get_image(highres=True).rotate(degrees, expand=True)
    page.lowres_image = page.get_image(highres=False).rotate(degrees, expand=True)
    for block in page.children:
        corners = [turn_point((x, y), degrees, size, upright) for x, y in block.polygon.polygon]
        block.polygon = PolygonBox.from_bbox(list(bound_points(corners))).fit_to_bounds((0, 0, *upright))
    page.polygon = PolygonBox.from_bbox([0, 0, *upright])
