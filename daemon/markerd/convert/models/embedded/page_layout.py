"""The layout of one page that has a text layer: every line in a region that will be shown, in reading order.

The page is Marker's, with the regions that the layout model found on it. Imported only where Marker is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from marker.processors.table_recon import reconstruct_table_html, table_lines_from_pdftext

from markerd.convert.models.embedded.columns import MIN_COLUMN_LINES, is_index_entry, text_columns, text_grids
from markerd.convert.models.embedded.formulas import is_wordy, with_formulas
from markerd.convert.models.embedded.geometry import Box, as_box, height, share_inside, union
from markerd.convert.models.embedded.layer import layer_words
from markerd.convert.models.embedded.lists import is_bulleted, split_lists
from markerd.convert.models.embedded.reading_order import as_read, in_rows, with_side_headings
from markerd.convert.models.embedded.regions import (
    MARGINS,
    PICTURES,
    TABLES,
    Region,
    assign,
    ink_outside,
    is_margin,
    is_text,
    paragraphs,
    scaled,
    without_empty,
)
from markerd.convert.models.embedded.rulings import grids, ruled_table_html
from markerd.convert.models.embedded.structure import structured, with_broken_joined
from markerd.convert.models.embedded.tables import cells, holds_all, is_prose, table_html
from markerd.convert.models.embedded.textline import Body, TextLine, is_heavier

MIN_TABLE_SCORE = 0.5  # below this Marker gives a reconstructed table up, in the mode we run it in
MAX_UNREPEATED_DEPTH = 0.08  # of the page's height
UNSURE = TABLES | {"Equation"}  # what the layout model often draws too small, or takes a table for
_BROKEN = re.compile("(?<=[^\\W\\d_])[\x02\ufffe\u00ad]\\s+(?=[^\\W\\d_])")
_HYPHEN = re.compile("[\x02\ufffe\u00ad]")
RUNNING_TEXT = frozenset({"Text", "SectionHeader", "Caption", "Code", "Footnote", "Bibliography"})


@dataclass(frozen=True)
class PlacedRegion(Region):
    """A region with the HTML that it is shown by, where that is not left to Marker."""

    html: str = ""


def page_layout(
    page: Any,
    lines: Sequence[TextLine],
    positions: Sequence[int],
    body: Body,
    margins: Mapping[int, str],
    content_margins: frozenset[str],
) -> list[PlacedRegion]:
    """The page's regions in reading order.

    `positions`: of each line in the PDF's stream of characters. `margins`: the lines that are known to be running
    heads or feet. `content_margins`: labels of the layout model that are content in this kind of document.
    """
    boxes = [line.box for line in lines]
    tables = _ruled_tables(page, boxes)
    columns = text_columns(lines, range(len(lines)))
    taken = {i for table in tables for i in table.lines} | set(margins)
    free = [i for i in range(len(lines)) if i not in taken]
    model = [
        r
        for r in _labelled(page, lines, columns, tables, content_margins)
        if not _is_taken(r, [boxes[i] for i in margins])
    ]
    regions = _assigned(model, free, boxes)
    regions, formulas = with_formulas(regions, lines, columns)
    regions, found = _with_text_grids(page, regions, lines)
    text = [part for region in [*regions, *formulas] for part in _parts(region, lines, body, as_box(page.polygon.bbox))]
    placed = [*tables, *found, *(_placed(page, region, boxes) for region in text)]
    heads, content, feet = _by_margin([*placed, *_running(margins, boxes)])
    starts = [min((positions[i] for i in region.lines), default=None) for region in content]
    places = [region.box for region in content]
    headings = {i for i, region in enumerate(content) if region.label == "SectionHeader"}
    ordered = [content[i] for i in with_side_headings(as_read(places, starts), places, headings)]
    return [*heads, *with_broken_joined(ordered, lines), *feet]


def _by_margin(placed: Sequence[PlacedRegion]) -> tuple[list[PlacedRegion], list[PlacedRegion], list[PlacedRegion]]:
    """Heads, content and feet: a PDF may have written its margins before or after the rest."""
    heads = [region for region in placed if region.label == "PageHeader"]
    feet = [region for region in placed if region.label == "PageFooter"]
    return heads, [region for region in placed if region.label not in MARGINS], feet


def _ruled_tables(page: Any, boxes: Sequence[Box]) -> list[PlacedRegion]:
    if not page.pdftext_page:
        return []
    image = page.get_image(highres=False)
    across, down = page.polygon.width / image.width, page.polygon.height / image.height
    within = layer_words(page.pdftext_page)
    found = []
    for grid in grids(np.asarray(image.convert("L"))):
        place = scaled(grid.box, across, down)
        inside = tuple(i for i, box in enumerate(boxes) if share_inside(box, place) > 0.5)
        words = [(scaled(box, 1 / across, 1 / down), text) for box, text in within if share_inside(box, place) > 0.5]
        html = ruled_table_html(grid, words) if inside else ""
        if html and holds_all(html, [text for _, text in words]):
            found.append(PlacedRegion(place, "Table", lines=inside, html=html))
    return found


def _labelled(
    page: Any,
    lines: Sequence[TextLine],
    columns: Sequence[Sequence[int]],
    tables: Sequence[Region],
    content_margins: frozenset[str],
) -> list[Region]:
    """The layout model's regions, but for those that are known better and those to be dissolved into their lines."""
    boxes = [line.box for line in lines]
    blocks = [page.get_block(block_id) for block_id in page.structure]
    regions = [Region(as_box(b.polygon.bbox), b.block_type.name) for b in blocks]
    left = [
        r
        for r in regions
        if not any(share_inside(r.box, t.box) > 0.5 or share_inside(t.box, r.box) > 0.8 for t in tables)
    ]
    labels = [_label(page, region, boxes, content_margins) for region in left]
    return [
        Region(region.box, label)
        for region, label in zip(left, labels, strict=True)
        if label and not (label in TABLES and _is_in_columns(region, lines, columns))
    ]


def _is_in_columns(region: Region, lines: Sequence[TextLine], columns: Sequence[Sequence[int]]) -> bool:
    """Whether running text of several columns, or an index, lies in what was taken for a table or a picture."""
    held = [[i for i in column if share_inside(lines[i].box, region.box) > 0.5] for column in columns]
    if sum(len(column) >= MIN_COLUMN_LINES for column in held) < 2:
        return False
    inside = [i for column in held for i in column]
    return region.label in PICTURES or 2 * sum(is_index_entry(lines[i]) for i in inside) > len(inside)


def _label(page: Any, region: Region, lines: Sequence[Box], content_margins: frozenset[str]) -> str | None:
    """What the region is, given its lines; None for one to be dissolved into its lines."""
    inside = [line for line in lines if share_inside(line, region.box) > 0.5]
    if region.label in PICTURES and inside:
        return _picture_label(page, region, inside)
    if region.label in content_margins:
        return "Text"
    if region.label in MARGINS and not _is_furniture(region, as_box(page.polygon.bbox), inside, lines):
        return "Text"
    if region.label in TABLES and inside and not digital_table(page, region.box):
        return None
    return region.label


def _is_furniture(region: Region, page: Box, inside: Sequence[Box], lines: Sequence[Box]) -> bool:
    """Whether a running head or foot that stands on this page alone is one: nearer to the edge than a letter's head."""
    depth = MAX_UNREPEATED_DEPTH * height(page)
    is_near = region.box[3] <= page[1] + depth or region.box[1] >= page[3] - depth
    return is_near and is_margin(region, page, inside, lines)


def _picture_label(page: Any, region: Region, inside: Sequence[Box]) -> str | None:
    image = page.get_image(highres=False)
    across, down = image.width / page.polygon.width, image.height / page.polygon.height
    grey = np.asarray(image.convert("L"))
    ink = ink_outside(grey, scaled(region.box, across, down), [scaled(line, across, down) for line in inside])
    if not is_text(region, inside, ink):
        return region.label
    return "Table" if digital_table(page, region.box) else None


def _is_taken(region: Region, margins: Sequence[Box]) -> bool:
    """Whether the region is there for a running head or foot that is known already."""
    return region.label not in PICTURES and any(share_inside(region.box, box) > 0.3 for box in margins)


def _assigned(regions: Sequence[Region], free: Sequence[int], boxes: Sequence[Box]) -> list[Region]:
    held = without_empty(assign(regions, [boxes[i] for i in free]))
    return [Region(r.box, r.label, r.score, in_rows([free[i] for i in r.lines], boxes)) for r in held]


def _with_text_grids(
    page: Any, regions: Sequence[Region], lines: Sequence[TextLine]
) -> tuple[list[Region], list[PlacedRegion]]:
    """The regions without the lines that stand in columns as tables do, and these tables."""
    if not page.pdftext_page:
        return list(regions), []
    unseen = [i for region in regions if region.label in RUNNING_TEXT or region.label in UNSURE for i in region.lines]
    seen = [set(region.lines) for region in regions if region.label in TABLES]
    tables = []
    for group in text_grids(lines, unseen):
        if any(table & set(group) and not table <= set(group) for table in seen):
            continue  # the layout model saw more of it
        box = union(lines[i].box for i in group)
        html = digital_table(page, box)
        if html and holds_all(html, [lines[i].text for i in group]):
            tables.append(PlacedRegion(box, "Table", lines=in_rows(group, [line.box for line in lines]), html=html))
    taken = {i for table in tables for i in table.lines}
    left = [_without(region, taken, lines) for region in regions]
    return [region for region in left if region is not None], tables


def _without(region: Region, taken: set[int], lines: Sequence[TextLine]) -> Region | None:
    kept = tuple(i for i in region.lines if i not in taken)
    if kept == region.lines:
        return region
    return Region(union(lines[i].box for i in kept), region.label, region.score, kept) if kept else None


def _parts(region: Region, lines: Sequence[TextLine], body: Body, page: Box) -> list[Region]:
    """A region of running text as its paragraphs, headings, lists, and so on."""
    boxes, texts = [line.box for line in lines], [line.text for line in lines]
    if region.lines and _is_mislabelled(region, lines):
        region = replace(region, label="Text")
    if region.label not in RUNNING_TEXT or not region.lines:
        return [region]
    heavy = {i for i in region.lines if is_heavier(lines[i], body)}
    columns = paragraphs(boxes, region.lines) if _is_side_by_side(region, boxes) else [list(region.lines)]
    whole = [Region(union(boxes[i] for i in c), region.label, region.score, in_rows(c, boxes)) for c in columns]
    return [
        part
        for column in whole
        for listed in split_lists(column, boxes, texts, heavy)
        for part in structured(listed, lines, body, page)
    ]


def _is_mislabelled(region: Region, lines: Sequence[TextLine]) -> bool:
    """Whether what the model took for something else is running text, or a list."""
    held = [lines[i] for i in region.lines]
    if region.label == "Equation":
        return is_wordy([line.text for line in held]) or all(line.is_mono for line in held)
    return region.label in RUNNING_TEXT and any(is_bulleted(line.text) for line in held)


def _is_side_by_side(region: Region, boxes: Sequence[Box]) -> bool:
    """Whether the region's lines stand beside each other with a wide gap: then it is more than one."""
    return any(
        boxes[j][0] - boxes[i][2] > 1.5 * (boxes[i][3] - boxes[i][1])
        and min(boxes[i][3], boxes[j][3]) - max(boxes[i][1], boxes[j][1]) > 0.5 * (boxes[i][3] - boxes[i][1])
        for i in region.lines
        for j in region.lines
    )


def _running(margins: Mapping[int, str], boxes: Sequence[Box]) -> list[PlacedRegion]:
    """One region for the running head and one for the foot."""
    held = {label: in_rows([i for i, one in margins.items() if one == label], boxes) for label in set(margins.values())}
    return [PlacedRegion(union(boxes[i] for i in held[label]), label, lines=held[label]) for label in sorted(held)]


def _placed(page: Any, region: Region, boxes: Sequence[Box]) -> PlacedRegion:
    html = ""
    if region.label in TABLES and region.lines:
        html = digital_table(page, union([region.box, *(boxes[i] for i in region.lines)]))
    return PlacedRegion(region.box, region.label, region.score, region.lines, html)


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
        return _unbroken(str(result[0]))
    return _unbroken(table_html(words))


def _unbroken(html: str) -> str:
    """With the words made whole that a hyphen parts at a line's end, which pdfium marks with a control character."""
    return _HYPHEN.sub("-", _BROKEN.sub("", html))


def _words(page: Any, box: Box) -> list[tuple[Box, str]]:
    """The words of the text layer in the box, with their places."""
    lines = table_lines_from_pdftext(page.pdftext_page, box)
    return [((x0, top, x1, bottom), text) for tokens, top, bottom in lines for text, x0, x1 in tokens]
