"""The layout of one page with a text layer: every line in a region that will be shown, in reading order.

The page is Marker's, with the regions that the layout model found on it. Only modules that run with Marker import this
one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from markerd.convert.embedded.blocks.formulas import separate_formulas
from markerd.convert.embedded.blocks.labelling import join_broken
from markerd.convert.embedded.blocks.region_splitting import split_region
from markerd.convert.embedded.geometry import Box, as_box, share_inside, union
from markerd.convert.embedded.layout.partition import Partition, partition_lines, settle_claims
from markerd.convert.embedded.layout.reading_order import move_side_headings, order_by_stream, sort_by_rows
from markerd.convert.embedded.layout.regions import (
    MARGINS,
    PICTURES,
    TABLES,
    PlacedRegion,
    Region,
    assign_all_lines,
    drop_empty,
    group_paragraphs,
    is_text,
    measure_ink_outside,
    scale_box,
)
from markerd.convert.embedded.layout.running_headers import Margins
from markerd.convert.embedded.layout.text_boxes import find_text_boxes
from markerd.convert.embedded.layout.thresholds import THRESHOLDS as LAYOUT_THRESHOLDS
from markerd.convert.embedded.tables.aligned_text import is_index_entry, split_text_columns
from markerd.convert.embedded.tables.detection import (
    find_drawn_tables,
    find_lines_inside,
    find_proposed_tables,
    find_text_tables,
)
from markerd.convert.embedded.tables.table_judge import TableJudge
from markerd.convert.embedded.tables.thresholds import THRESHOLDS as TABLE_THRESHOLDS
from markerd.convert.embedded.tables.trimming import trim_table
from markerd.convert.embedded.text_layer.text_line import Body, TextLine


def assemble_page(
    page: Any,
    lines: Sequence[TextLine],
    positions: Sequence[int],
    body: Body,
    margins: Margins,
    judge: TableJudge | None,
) -> Partition:
    """Assemble the page's regions in reading order, with each of its lines in exactly one of them.

    `positions` are the places of the lines in the PDF's stream of characters. `margins` has the lines that are left out
    as running heads or feet, which only PageHeader and PageFooter regions hold, and those of them that are shown as
    text. `judge` reads the tables; it is None where the page has no text layer.
    """
    boxes = [line.box for line in lines]

    def build_table(held: Sequence[int]) -> str:
        return judge.build_html(held) if judge else ""

    drawn = _find_drawn_tables(page, judge, margins)
    margin_claims = [*_build_margin_regions(margins.left_out, boxes), *_build_shown_regions(margins.shown, boxes)]
    firm = settle_claims([*drawn, *margin_claims], boxes, build_table)
    regions, formulas = _find_model_regions(page, judge, lines, firm)
    found: list[PlacedRegion] = []
    if judge:
        regions, found = find_text_tables(judge, regions)
        regions, proposed = find_proposed_tables(judge, regions)
        found += proposed
    bounds = as_box(page.polygon.bbox)
    placed = [_place_table(judge, region) for region in [*regions, *formulas]]
    text = [part for region in placed for part in split_region(region, lines, body, bounds)]
    claims = [*firm, *found, *(_place_region(region) for region in text)]
    whole = _sort_in_reading_order(partition_lines(claims, boxes, build_table), positions, margins.shown)
    heads, content, feet = _split_by_margin(whole.regions, margins.shown)
    return whole.replace_regions([*heads, *join_broken(content, lines, body.line_gap), *feet])


def _find_drawn_tables(page: Any, judge: TableJudge | None, margins: Margins) -> list[PlacedRegion]:
    seen = [region.box for region in _read_model_regions(page) if region.label == "Table"]
    return find_drawn_tables(judge, seen, margins.left_out.keys()) if judge else []


def _find_model_regions(
    page: Any, judge: TableJudge | None, lines: Sequence[TextLine], firm: Sequence[PlacedRegion]
) -> tuple[list[Region], list[Region]]:
    """Find the layout model's regions for lines that the firm regions do not hold, and formulas in these regions."""
    boxes = [line.box for line in lines]
    columns = split_text_columns(lines, range(len(lines)))
    taken = {i for region in firm for i in region.lines}
    tables = [region for region in firm if region.html]
    framed = [region for region in _find_text_boxes(page, judge, boxes) if taken.isdisjoint(region.lines)]
    taken |= {i for region in framed for i in region.lines}
    known_margins = [boxes[i] for region in firm if not region.html for i in region.lines]
    model = [
        r for r in _relabel_regions(page, judge, lines, columns, [*tables, *framed]) if not _is_taken(r, known_margins)
    ]
    regions = _assign_free_lines(model, [i for i in range(len(lines)) if i not in taken], boxes)
    return separate_formulas([*regions, *framed], lines, columns)


def _find_text_boxes(page: Any, judge: TableJudge | None, boxes: Sequence[Box]) -> list[Region]:
    if judge is None:
        return []
    rules = judge.known.rules
    return find_text_boxes(rules.horizontal, rules.vertical, boxes, as_box(page.polygon.bbox))


def _sort_in_reading_order(whole: Partition, positions: Sequence[int], shown: Mapping[int, str]) -> Partition:
    heads, content, feet = _split_by_margin(whole.regions, shown)
    starts = [min((positions[i] for i in region.lines), default=None) for region in content]
    places = [region.box for region in content]
    headings = {i for i, region in enumerate(content) if region.label == "SectionHeader"}
    ordered = [content[i] for i in move_side_headings(order_by_stream(places, starts), places, headings)]
    return whole.replace_regions([*heads, *ordered, *feet])


def _split_by_margin(
    placed: Sequence[PlacedRegion], shown: Mapping[int, str]
) -> tuple[list[PlacedRegion], list[PlacedRegion], list[PlacedRegion]]:
    """Split regions into heads, content and feet: a PDF may have written its margins before or after the rest."""

    def is_labelled(region: PlacedRegion, label: str) -> bool:
        return region.label == label or (bool(region.lines) and all(shown.get(i) == label for i in region.lines))

    heads = [region for region in placed if is_labelled(region, "PageHeader")]
    feet = [region for region in placed if is_labelled(region, "PageFooter") and region not in heads]
    return heads, [region for region in placed if region not in heads and region not in feet], feet


def _relabel_regions(
    page: Any,
    judge: TableJudge | None,
    lines: Sequence[TextLine],
    columns: Sequence[Sequence[int]],
    tables: Sequence[Region],
) -> list[Region]:
    """Relabel the layout model's regions, without those known better and those that dissolve into their lines."""
    left = [
        r
        for r in _read_model_regions(page)
        if not any(
            share_inside(r.box, t.box) > LAYOUT_THRESHOLDS.max_inside_table
            or share_inside(t.box, r.box) > LAYOUT_THRESHOLDS.max_table_inside
            for t in tables
        )
    ]
    labels = [_choose_label(page, judge, region, lines) for region in left]
    return [
        _trim_region(Region(region.box, label), lines)
        for region, label in zip(left, labels, strict=True)
        if label and not (label in TABLES and _is_in_columns(region, lines, columns))
    ]


def _is_in_columns(region: Region, lines: Sequence[TextLine], columns: Sequence[Sequence[int]]) -> bool:
    """Whether a supposed table or picture holds running text of several columns, or an index."""
    held = [[i for i in column if share_inside(lines[i].box, region.box) > 0.5] for column in columns]
    if sum(len(column) >= TABLE_THRESHOLDS.min_column_lines for column in held) < 2:
        return False
    inside = [i for column in held for i in column]
    return region.label in PICTURES or 2 * sum(is_index_entry(lines[i]) for i in inside) > len(inside)


def _read_model_regions(page: Any) -> list[Region]:
    """Read the regions that the layout model found."""
    blocks = [page.get_block(block_id) for block_id in page.structure]
    return [Region(as_box(block.polygon.bbox), block.block_type.name) for block in blocks]


def _trim_region(region: Region, lines: Sequence[TextLine]) -> Region:
    """Remove from a table the text above and below it."""
    inside = find_lines_inside(region.box, lines) if region.label == "Table" else []
    own = trim_table(inside, lines)
    return replace(region, box=union(lines[i].box for i in own)) if 0 < len(own) < len(inside) else region


def _choose_label(page: Any, judge: TableJudge | None, region: Region, lines: Sequence[TextLine]) -> str | None:
    """Choose the label of a region by its lines; None for a region that dissolves into its lines."""
    within = [lines[i] for i in find_lines_inside(region.box, lines)]
    inside = [line.box for line in within]
    if region.label in PICTURES | TABLES and sum(line.is_mono for line in within) > LAYOUT_THRESHOLDS.min_listing * len(
        within
    ):
        return None
    if region.label in PICTURES and inside:
        own = [lines[i].box for i in trim_table(find_lines_inside(region.box, lines), lines)]
        is_table = judge is not None and judge.known.is_table(
            own, union(own or [region.box]), LAYOUT_THRESHOLDS.min_pictured_filled
        )
        return "Table" if is_table else _choose_picture_label(page, region, inside)
    if region.label in MARGINS:
        return "Text"  # one page alone does not show a running head; `margins` knows them from all pages
    if (
        region.label in TABLES
        and inside
        and not (judge and _build_seen_html(judge, find_lines_inside(region.box, lines)))
    ):
        return None
    return region.label


def _choose_picture_label(page: Any, region: Region, inside: Sequence[Box]) -> str | None:
    image = page.get_image(highres=False)
    across, down = image.width / page.polygon.width, image.height / page.polygon.height
    grey = np.asarray(image.convert("L"))
    ink = measure_ink_outside(
        grey, scale_box(region.box, across, down), [scale_box(line, across, down) for line in inside]
    )
    return None if is_text(region, inside, ink) else region.label


def _is_taken(region: Region, margins: Sequence[Box]) -> bool:
    """Whether the region stands for a running head or foot that is known already."""
    return region.label not in PICTURES and any(
        share_inside(region.box, box) > LAYOUT_THRESHOLDS.max_margin_share for box in margins
    )


def _assign_free_lines(regions: Sequence[Region], free: Sequence[int], boxes: Sequence[Box]) -> list[Region]:
    held = drop_empty(assign_all_lines(regions, [boxes[i] for i in free]))
    return [Region(r.box, r.label, r.score, sort_by_rows([free[i] for i in r.lines], boxes)) for r in held]


def _build_margin_regions(margins: Mapping[int, str], boxes: Sequence[Box]) -> list[PlacedRegion]:
    """Build one region for the running head and one for the foot."""
    held = {
        label: sort_by_rows([i for i, one in margins.items() if one == label], boxes) for label in set(margins.values())
    }
    return [PlacedRegion(union(boxes[i] for i in held[label]), label, lines=held[label]) for label in sorted(held)]


def _build_shown_regions(margins: Mapping[int, str], boxes: Sequence[Box]) -> list[PlacedRegion]:
    """Build Text regions for the running heads and feet that are content."""
    held = [group_paragraphs(boxes, [i for i, one in margins.items() if one == label]) for label in sorted(MARGINS)]
    return [
        PlacedRegion(union(boxes[i] for i in group), "Text", lines=sort_by_rows(group, boxes))
        for groups in held
        for group in groups
    ]


def _place_table(judge: TableJudge | None, region: Region) -> Region:
    """Place a table with its HTML; lines that no reader sees as a table are text."""
    if judge is None or region.label not in TABLES or not region.lines:
        return region
    html = _build_seen_html(judge, region.lines)
    if not html:
        return replace(region, label="Text")
    return PlacedRegion(region.box, region.label, region.score, region.lines, html)


def _build_seen_html(judge: TableJudge, held: Sequence[int]) -> str:
    """Build a `<table>` where the layout model sees one."""
    return judge.build_html(held) or judge.build_html(held, is_proposed=True)


def _place_region(region: Region) -> PlacedRegion:
    if isinstance(region, PlacedRegion):
        return region
    return PlacedRegion(region.box, region.label, region.score, region.lines)
