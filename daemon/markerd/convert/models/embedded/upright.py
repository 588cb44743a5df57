"""Pages that lay on their side or their head are turned for all that comes after OCR.

Marker tells running heads by their place on the page, and cuts figures out of it: both want it upright. Imported only
where Marker is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marker.builders.ocr import OcrBuilder
from marker.schema.polygon import PolygonBox
from surya.recognition.schema import PageOCRResult

from markerd.convert.models.embedded.orientation import box_around, turned_point


class PageReading(PageOCRResult):  # type: ignore[misc]  # surya is untyped
    """What surya's predictors answer, and by how many degrees counter-clockwise, in quarters, the page must turn."""

    turned: int = 0


class EmbeddedOcrBuilder(OcrBuilder):  # type: ignore[misc]  # Marker is untyped
    """Marker's OCR of whole pages, and after it each of them is upright."""

    def replace_page_structure(
        self, document: Any, pages: Sequence[Any], images: Sequence[Any], recognition_results: Sequence[Any]
    ) -> None:
        super().replace_page_structure(document, pages, images, recognition_results)
        for page, result in zip(pages, recognition_results, strict=True):
            if result.turned:
                stand_up(page, result.turned)


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
