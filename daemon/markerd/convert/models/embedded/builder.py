"""Where layout and text layer meet: the place that sees to it that no line of the text layer is lost.

Marker attaches each line of the text layer to the region it shares most area with, and shows pictures as images
without their text. This builder corrects the layout before that happens. Imported only where Marker is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Annotated, Any

import numpy as np
from marker.builders.layout import LayoutBuilder
from marker.processors.table_recon import reconstruct_table_html, table_lines_from_pdftext
from marker.schema import BlockTypes
from marker.schema.polygon import PolygonBox
from marker.schema.registry import get_block_class

from markerd.convert.models.embedded.geometry import Box, area, as_box, share_inside, union
from markerd.convert.models.embedded.lists import label_owners, split_lists
from markerd.convert.models.embedded.markup import joined
from markerd.convert.models.embedded.reading_order import reading_order
from markerd.convert.models.embedded.regions import (
    MARGINS,
    PICTURES,
    TABLES,
    Region,
    assign,
    ink_outside,
    is_margin,
    is_text,
    scaled,
    without_empty,
)
from markerd.convert.models.embedded.tables import cells, holds_all, is_grid, is_prose, table_html

MIN_TABLE_SCORE = 0.5  # below this Marker gives a reconstructed table up, in the mode we run it in
MIN_TABLE_ROWS = 3  # of a table that the layout model did not see


class EmbeddedLayoutBuilder(LayoutBuilder):  # type: ignore[misc]  # Marker is untyped
    """Marker's layout builder, and after it a correction of each page that has a text layer."""

    keep_pageheader_in_output: Annotated[bool, "Mirrors the renderers: what stands at the top is content."] = False
    keep_pagefooter_in_output: Annotated[bool, "Mirrors the renderers: what stands at the bottom is content."] = False

    def __call__(self, document: Any, provider: Any) -> None:
        """Fill the document's pages with regions; called by Marker with its document and provider."""
        super().__call__(document, provider)
        if self.force_layout_block is not None:
            return
        for page in document.pages:
            lines = provider.page_lines.get(page.page_id) or []
            if lines:
                lines = provider.page_lines[page.page_id] = with_labels_joined(lines)
                correct(page, lines, self._content_margins())

    def _content_margins(self) -> frozenset[str]:
        """The labels of margins that hold content in this kind of document."""
        kept = {"PageHeader": self.keep_pageheader_in_output, "PageFooter": self.keep_pagefooter_in_output}
        return frozenset(label for label, is_kept in kept.items() if is_kept)


def with_labels_joined(lines: Sequence[Any]) -> list[Any]:
    """The lines, with each list label that stands alone (a bullet drawn apart from its item) put before its item."""
    owners = label_owners([as_box(line.line.polygon.bbox) for line in lines], [_text(line) for line in lines])
    joined_lines = [line for index, line in enumerate(lines) if index not in owners]
    for label, item in owners.items():
        lines[item].spans[:0] = lines[label].spans
        lines[item].chars[:0] = lines[label].chars
        lines[label].spans[-1].text = lines[label].spans[-1].text.rstrip() + " "
        lines[item].line.polygon = lines[item].line.polygon.merge([lines[label].line.polygon])
    return joined_lines


def correct(page: Any, provider_lines: Sequence[Any], content_margins: frozenset[str]) -> None:
    """Give each line of the text layer a region that will be shown, and put the regions into reading order."""
    lines = [as_box(line.line.polygon.bbox) for line in provider_lines]
    blocks = [page.get_block(block_id) for block_id in page.structure]
    regions = [Region(as_box(block.polygon.bbox), block.block_type.name) for block in blocks]
    labels = [_label(page, region, lines, content_margins) for region in regions]
    kept = [(b, Region(r.box, label)) for b, r, label in zip(blocks, regions, labels, strict=True) if label]
    texts = [_text(line) for line in provider_lines]
    held = without_empty(assign([region for _, region in kept], lines))
    assigned = [part for region in held for part in split_lists(_told_table(page, region), lines, texts)]
    _retire(blocks)
    _rebuild(page, assigned, provider_lines)


def _label(page: Any, region: Region, lines: Sequence[Box], content_margins: frozenset[str]) -> str | None:
    """What the region is, given its lines; None for one to be dissolved into its lines."""
    inside = [line for line in lines if share_inside(line, region.box) > 0.5]
    if region.label in PICTURES and inside:
        return _picture_label(page, region, inside)
    if region.label in content_margins:
        return "Text"
    if region.label in MARGINS and not is_margin(region, as_box(page.polygon.bbox), inside, lines):
        return "Text"
    if region.label in TABLES and inside and not digital_table(page, region.box):
        return None
    return region.label


def _told_table(page: Any, region: Region) -> Region:
    """Text in the columns of a small table is one, whatever the layout model took it for."""
    is_candidate = region.label == "Text" and len(region.lines) >= MIN_TABLE_ROWS and page.pdftext_page
    if is_candidate and is_grid(_words(page, region.box)):
        return replace(region, label="Table")
    return region


def _picture_label(page: Any, region: Region, inside: Sequence[Box]) -> str | None:
    image = page.get_image(highres=False)
    across, down = image.width / page.polygon.width, image.height / page.polygon.height
    grey = np.asarray(image.convert("L"))
    ink = ink_outside(grey, scaled(region.box, across, down), [scaled(line, across, down) for line in inside])
    if not is_text(region, inside, ink):
        return region.label
    return "Table" if digital_table(page, region.box) else None


def digital_table(page: Any, box: Box) -> str:
    """HTML of the table that the text layer has in the box, with all of its words; empty where it is none.

    Marker's reconstruction is the better reader of columns, but drops rows that fit none of its grids, and what it
    gives up goes to OCR: both lose text that is known. Then it is our plainer one.
    """
    if not page.pdftext_page:
        return ""
    lines = table_lines_from_pdftext(page.pdftext_page, box)
    words = _words(page, box)
    if is_prose(cells(words)):
        return ""
    result = reconstruct_table_html(lines)
    if result and result[1] >= MIN_TABLE_SCORE and holds_all(result[0], [text for _, text in words]):
        return str(result[0])
    return table_html(words)


def _words(page: Any, box: Box) -> list[tuple[Box, str]]:
    """The words of the text layer in the box, with their places."""
    lines = table_lines_from_pdftext(page.pdftext_page, box)
    return [((x0, top, x1, bottom), text) for tokens, top, bottom in lines for text, x0, x1 in tokens]


def _retire(blocks: Sequence[Any]) -> None:
    for block in blocks:
        block.removed = True


def _rebuild(page: Any, regions: Sequence[Region], provider_lines: Sequence[Any]) -> None:
    """New blocks for the regions. Pictures come last among the page's children, because Marker gives a line that
    two blocks hold alike to the first of them; the structure is in reading order."""
    order = {index: place for place, index in enumerate(reading_order([region.box for region in regions]))}
    placed = []
    for index in sorted(range(len(regions)), key=lambda i: regions[i].label in PICTURES):
        region = regions[index]
        block = page.add_block(_block_class(region), PolygonBox.from_bbox(list(region.box)))
        block.top_k = {block.block_type: region.score}
        placed.append((order[index], block))
        if region.label in TABLES and region.lines:
            around = union([region.box, *(as_box(provider_lines[i].line.polygon.bbox) for i in region.lines)])
            block.html = digital_table(page, around) or None
        if region.label in PICTURES and region.lines:
            # Marker shows a picture without its words; a drawing's labels stand before it instead.
            block.html = f"<p>{escape(joined([_text(provider_lines[i]) for i in region.lines]))}</p>"
    page.structure = [block.id for _, block in sorted(placed, key=lambda item: item[0])]


def _block_class(region: Region) -> Any:
    label = region.label
    if label == "Equation" and not region.lines and area(region.box) > 0:
        label = "Picture"  # an equation without characters of its own can only be shown
    return get_block_class(BlockTypes[label])


def _text(line: Any) -> str:
    return "".join(span.text for span in line.spans)
