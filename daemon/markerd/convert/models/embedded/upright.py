"""Pages that lay on their side or their head are turned for all that comes after OCR.

Marker tells running heads by their place on the page, and cuts figures out of it: both want it upright. Imported only
where Marker is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from typing import Any

from marker.builders.ocr import OcrBuilder
from marker.schema.polygon import PolygonBox
from surya.recognition.schema import PageOCRResult

from markerd.convert.models.embedded.orientation import box_around, turned_point

MIN_READ = 0.5  # of the letters of a condemned text layer, for OCR to have read the page
_TAG = re.compile(r"<[^>]*>")


class PageReading(PageOCRResult):  # type: ignore[misc]  # surya is untyped
    """What surya's predictors answer, and by how many degrees counter-clockwise, in quarters, the page must turn."""

    turned: int = 0


class EmbeddedOcrBuilder(OcrBuilder):  # type: ignore[misc]  # Marker is untyped
    """Marker's OCR, and after it each page is upright; where OCR does not know the script the text layer stays."""

    def __call__(self, document: Any, provider: Any) -> None:
        """Called by Marker once the lines of the text layer are where they belong, or are condemned."""
        self._lines = provider.page_lines
        super().__call__(document, provider)

    def replace_page_structure(
        self, document: Any, pages: Sequence[Any], images: Sequence[Any], recognition_results: Sequence[Any]
    ) -> None:
        read = []
        for page, image, result in zip(pages, images, recognition_results, strict=True):
            lines = self._lines.get(page.page_id) or []
            layer = "".join(span.text for line in lines for span in line.spans)
            if is_unread("".join(block.html for block in result.blocks), layer):
                page.text_extraction_method = "pdftext"
                page.merge_blocks(lines, text_extraction_method="pdftext")
            else:
                read.append((page, image, result))
        if read:
            self._replace(document, read)

    def _replace(self, document: Any, read: Sequence[tuple[Any, Any, Any]]) -> None:
        pages, images, results = zip(*read, strict=True)
        super().replace_page_structure(document, pages, images, results)
        for page, _, result in read:
            if result.turned:
                stand_up(page, result.turned)


def is_unread(html: str, layer: str) -> bool:
    """Whether OCR found much less than the text layer has: it does not know the script of most of it."""
    return _letters(unescape(_TAG.sub(" ", html))) < MIN_READ * _letters(layer)


def _letters(text: str) -> int:
    return sum(character.isalnum() for character in text)


def stand_up(page: Any, degrees: int) -> None:
    """Turn a page's pictures and the places of its blocks by 90, 180 or 270 degrees counter-clockwise."""
    size = (page.polygon.width, page.polygon.height)
    upright = size if degrees == 180 else (size[1], size[0])
    page.highres_image = page.get_image(highres=True).rotate(degrees, expand=True)
    page.lowres_image = page.get_image(highres=False).rotate(degrees, expand=True)
    for block in page.children:
        corners = [turned_point((x, y), degrees, size, upright) for x, y in block.polygon.polygon]
        block.polygon = PolygonBox.from_bbox(list(box_around(corners))).fit_to_bounds((0, 0, *upright))
    page.polygon = PolygonBox.from_bbox([0, 0, *upright])
