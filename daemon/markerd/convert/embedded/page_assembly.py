"""The layout of one page that has a text layer: every line in a region that will be shown, in reading order.

The page is Marker's, with the regions that the layout model found on it. Imported only where Marker is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from markerd.convert.embedded.blocks.formulas import is_wordy, with_formulas
from markerd.convert.embedded.blocks.labelling import structured, with_broken_joined
from markerd.convert.embedded.blocks.lists import is_bulleted, split_lists
from markerd.convert.embedded.geometry import Box, as_box, share_inside, union
from markerd.convert.embedded.layout.partition import Partition, partition, settled
from markerd.convert.embedded.layout.reading_order import as_read, in_rows, with_side_headings
from markerd.convert.embedded.layout.regions import (
    MARGINS,
    PICTURES,
    RUNNING_TEXT,
    TABLES,
    PlacedRegion,
    Region,
    assign,
    ink_outside,
    is_text,
    paragraphs,
    scaled,
    without_empty,
)
from markerd.convert.embedded.layout.running_headers import Margins
from markerd.convert.embedded.layout.thresholds import THRESHOLDS as LAYOUT_THRESHOLDS
from markerd.convert.embedded.tables.aligned_text import is_index_entry, split_text_columns
from markerd.convert.embedded.tables.detection import (
    build_lines_html,
    find_drawn_tables,
    find_lines_inside,
    find_text_tables,
)
from markerd.convert.embedded.tables.page_tables import PageTables, read_page_tables
from markerd.convert.embedded.tables.thresholds import THRESHOLDS as TABLE_THRESHOLDS
from markerd.convert.embedded.tables.trimming import trim_table
from markerd.convert.embedded.text_layer.text_line import Body, TextLine, is_heavier


def page_layout(
    page: Any,
    lines: Sequence[TextLine],
    positions: Sequence[int],
    body: Body,
    margins: Margins,
) -> Partition:
    """The page's regions in reading order, each of its lines in one of them.

    `positions`: of each line in the PDF's stream of characters. `margins`: the lines that are left out as running heads
    or feet, which PageHeader and PageFooter regions hold, no others; and those of them that are shown, as text.
    """
    boxes = [line.box for line in lines]
    columns = split_text_columns(lines, range(len(lines)))
    known = read_page_tables(page)

    def table_html(held: Sequence[int]) -> str:
        return build_lines_html(known, held, lines) if known else ""

    seen = [r.box for r in _seen(page) if r.label == "Table"]
    drawn = find_drawn_tables(known, lines, seen, margins.left_out.keys()) if known else []
    firm = settled([*drawn, *_running(margins.left_out, boxes), *_shown(margins.shown, boxes)], boxes, table_html)
    taken = {i for region in firm for i in region.lines}
    free = [i for i in range(len(lines)) if i not in taken]
    tables = [region for region in firm if region.html]
    known_margins = [boxes[i] for region in firm if not region.html for i in region.lines]
    model = [r for r in _labelled(page, known, lines, columns, tables) if not _is_taken(r, known_margins)]
    regions = _assigned(model, free, boxes)
    regions, formulas = with_formulas(regions, lines, columns)
    regions, found = find_text_tables(known, regions, lines) if known else (regions, [])
    text = [part for region in [*regions, *formulas] for part in _parts(region, lines, body, as_box(page.polygon.bbox))]
    claims = [*firm, *found, *(_placed(known, region, lines) for region in text)]
    return _in_reading_order(partition(claims, boxes, table_html), lines, positions, margins.shown)


def _in_reading_order(
    whole: Partition, lines: Sequence[TextLine], positions: Sequence[int], shown: Mapping[int, str]
) -> Partition:
    heads, content, feet = _by_margin(whole.regions, shown)
    starts = [min((positions[i] for i in region.lines), default=None) for region in content]
    places = [region.box for region in content]
    headings = {i for i, region in enumerate(content) if region.label == "SectionHeader"}
    ordered = [content[i] for i in with_side_headings(as_read(places, starts), places, headings)]
    return whole.with_regions([*heads, *with_broken_joined(ordered, lines), *feet])


def _by_margin(
    placed: Sequence[PlacedRegion], shown: Mapping[int, str]
) -> tuple[list[PlacedRegion], list[PlacedRegion], list[PlacedRegion]]:
    """Heads, content and feet: a PDF may have written its margins before or after the rest."""

    def has(region: PlacedRegion, label: str) -> bool:
        return region.label == label or (bool(region.lines) and all(shown.get(i) == label for i in region.lines))

    heads = [region for region in placed if has(region, "PageHeader")]
    feet = [region for region in placed if has(region, "PageFooter") and region not in heads]
    return heads, [region for region in placed if region not in heads and region not in feet], feet


def _labelled(
    page: Any,
    known: PageTables | None,
    lines: Sequence[TextLine],
    columns: Sequence[Sequence[int]],
    tables: Sequence[Region],
) -> list[Region]:
    """The layout model's regions, but for those that are known better and those to be dissolved into their lines."""
    left = [
        r
        for r in _seen(page)
        if not any(
            share_inside(r.box, t.box) > LAYOUT_THRESHOLDS.max_inside_table
            or share_inside(t.box, r.box) > LAYOUT_THRESHOLDS.max_table_inside
            for t in tables
        )
    ]
    labels = [_label(page, known, region, lines) for region in left]
    return [
        _trimmed(Region(region.box, label), lines)
        for region, label in zip(left, labels, strict=True)
        if label and not (label in TABLES and _is_in_columns(region, lines, columns))
    ]


def _is_in_columns(region: Region, lines: Sequence[TextLine], columns: Sequence[Sequence[int]]) -> bool:
    """Whether running text of several columns, or an index, lies in what was taken for a table or a picture."""
    held = [[i for i in column if share_inside(lines[i].box, region.box) > 0.5] for column in columns]
    if sum(len(column) >= TABLE_THRESHOLDS.min_column_lines for column in held) < 2:
        return False
    inside = [i for column in held for i in column]
    return region.label in PICTURES or 2 * sum(is_index_entry(lines[i]) for i in inside) > len(inside)


def _seen(page: Any) -> list[Region]:
    """The layout model's regions."""
    blocks = [page.get_block(block_id) for block_id in page.structure]
    return [Region(as_box(block.polygon.bbox), block.block_type.name) for block in blocks]


def _trimmed(region: Region, lines: Sequence[TextLine]) -> Region:
    """A table without what stands above and below it."""
    inside = find_lines_inside(region.box, lines) if region.label == "Table" else []
    own = trim_table(inside, lines)
    return replace(region, box=union(lines[i].box for i in own)) if 0 < len(own) < len(inside) else region


def _label(page: Any, known: PageTables | None, region: Region, lines: Sequence[TextLine]) -> str | None:
    """What the region is, given its lines; None for one to be dissolved into its lines."""
    within = [lines[i] for i in find_lines_inside(region.box, lines)]
    inside = [line.box for line in within]
    if region.label in PICTURES | TABLES and sum(line.is_mono for line in within) > LAYOUT_THRESHOLDS.min_listing * len(
        within
    ):
        return None
    if region.label in PICTURES and inside:
        own = [lines[i].box for i in trim_table(find_lines_inside(region.box, lines), lines)]
        is_table = known is not None and known.is_table(
            own, union(own or [region.box]), LAYOUT_THRESHOLDS.min_pictured_filled
        )
        return "Table" if is_table else _picture_label(page, region, inside)
    if region.label in MARGINS:
        return "Text"  # what one page shows does not tell a running head: `margins` knows those by all pages
    if (
        region.label in TABLES
        and inside
        and not (known and build_lines_html(known, find_lines_inside(region.box, lines), lines))
    ):
        return None
    return region.label


def _picture_label(page: Any, region: Region, inside: Sequence[Box]) -> str | None:
    image = page.get_image(highres=False)
    across, down = image.width / page.polygon.width, image.height / page.polygon.height
    grey = np.asarray(image.convert("L"))
    ink = ink_outside(grey, scaled(region.box, across, down), [scaled(line, across, down) for line in inside])
    return None if is_text(region, inside, ink) else region.label


def _is_taken(region: Region, margins: Sequence[Box]) -> bool:
    """Whether the region is there for a running head or foot that is known already."""
    return region.label not in PICTURES and any(
        share_inside(region.box, box) > LAYOUT_THRESHOLDS.max_margin_share for box in margins
    )


def _assigned(regions: Sequence[Region], free: Sequence[int], boxes: Sequence[Box]) -> list[Region]:
    held = without_empty(assign(regions, [boxes[i] for i in free]))
    return [Region(r.box, r.label, r.score, in_rows([free[i] for i in r.lines], boxes)) for r in held]


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
        boxes[j][0] - boxes[i][2] > LAYOUT_THRESHOLDS.max_side_gap * (boxes[i][3] - boxes[i][1])
        and min(boxes[i][3], boxes[j][3]) - max(boxes[i][1], boxes[j][1]) > 0.5 * (boxes[i][3] - boxes[i][1])
        for i in region.lines
        for j in region.lines
    )


def _running(margins: Mapping[int, str], boxes: Sequence[Box]) -> list[PlacedRegion]:
    """One region for the running head and one for the foot."""
    held = {label: in_rows([i for i, one in margins.items() if one == label], boxes) for label in set(margins.values())}
    return [PlacedRegion(union(boxes[i] for i in held[label]), label, lines=held[label]) for label in sorted(held)]


def _shown(margins: Mapping[int, str], boxes: Sequence[Box]) -> list[PlacedRegion]:
    """Text regions for the running heads and feet that are content."""
    held = [paragraphs(boxes, [i for i, one in margins.items() if one == label]) for label in sorted(MARGINS)]
    return [
        PlacedRegion(union(boxes[i] for i in group), "Text", lines=in_rows(group, boxes))
        for groups in held
        for group in groups
    ]


def _placed(known: PageTables | None, region: Region, lines: Sequence[TextLine]) -> PlacedRegion:
    html = ""
    if known and region.label in TABLES and region.lines:
        html = build_lines_html(known, region.lines, lines)
    return PlacedRegion(region.box, region.label, region.score, region.lines, html)
