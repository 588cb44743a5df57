"""Finds tables by their rules or by how their words stand, whatever the layout model sees."""

from __future__ import annotations

from collections.abc import Sequence, Set

from markerd.convert.embedded.geometry import Box, area, overlap, share_inside, union
from markerd.convert.embedded.layout.reading_order import sort_by_rows
from markerd.convert.embedded.layout.regions import RUNNING_TEXT, TABLES, PlacedRegion, Region
from markerd.convert.embedded.tables.aligned_text import find_aligned_tables
from markerd.convert.embedded.tables.grid import holds_all
from markerd.convert.embedded.tables.page_tables import PageTables
from markerd.convert.embedded.tables.trimming import trim_table
from markerd.convert.embedded.text_layer.text_line import TextLine

UNSURE = TABLES | {
    "Equation"
}  # labels of regions that the layout model draws too small, or of what it takes a table for


def find_drawn_tables(
    known: PageTables, lines: Sequence[TextLine], seen: Sequence[Box], margins: Set[int] = frozenset()
) -> list[PlacedRegion]:
    """Find tables with rules between their cells, or with horizontal rules only. They may lie inside each other.

    `seen` are the tables of the layout model. `margins` are the lines known as running heads or feet, which alone make
    no table.
    """
    found = []
    for grid in known.grids:
        place = known.locate_grid(grid)
        held = find_lines_inside(place, lines)
        html = _require_all_text(known.build_ruled_html(grid, [lines[i].box for i in held]), held, lines)
        if html and not set(held) <= margins:
            found.append(_place_table(place, held, html, lines))
    for frame in sorted(known.find_frames(), key=area, reverse=True):
        if any(overlap(frame, other.box) > 0 for other in found):
            continue
        place = union([frame, *(box for box in seen if overlap(box, frame) > 0.5 * min(area(box), area(frame)))])
        held = [
            i for i in find_lines_inside(place, lines) if i not in margins or share_inside(lines[i].box, frame) > 0.5
        ]
        inside = trim_table(held, lines)
        boxes = [lines[i].box for i in inside]
        html = build_lines_html(known, inside, lines) if boxes and known.is_table(boxes, place) else ""
        if html:
            found.append(_place_table(union([frame, *boxes]), inside, html, lines))
    return found


def build_lines_html(known: PageTables, held: Sequence[int], lines: Sequence[TextLine]) -> str:
    """Build a `<table>` of these lines, with all of their text; empty where they are no table."""
    return _require_all_text(known.build_html([lines[i].box for i in held]), held, lines)


def _require_all_text(html: str, held: Sequence[int], lines: Sequence[TextLine]) -> str:
    """The table, if it holds all text of these lines; otherwise nothing."""
    return html if holds_all(html, [lines[i].text for i in held]) else ""


def find_text_tables(
    known: PageTables, regions: Sequence[Region], lines: Sequence[TextLine]
) -> tuple[list[Region], list[PlacedRegion]]:
    """Find tables by columns of text alone; returns the regions without their lines, and these tables."""
    unseen = [i for region in regions if region.label in RUNNING_TEXT or region.label in UNSURE for i in region.lines]
    seen = [set(region.lines) for region in regions if region.label in TABLES]
    tables = []
    phrases = dict(enumerate(known.split_phrases([line.box for line in lines])))
    for group in (trim_table(found, lines) for found in find_aligned_tables(lines, unseen, phrases)):
        if any(table & set(group) and not table <= set(group) for table in seen):
            continue  # the layout model saw more of this table
        html = build_lines_html(known, group, lines)
        if html:
            tables.append(_place_table(union(lines[i].box for i in group), group, html, lines))
    taken = {i for table in tables for i in table.lines}
    left = [_remove_lines(region, taken, lines) for region in regions]
    return [region for region in left if region is not None], tables


def find_lines_inside(box: Box, lines: Sequence[TextLine]) -> list[int]:
    """Find the lines that lie in the box for the most part."""
    return [i for i, line in enumerate(lines) if share_inside(line.box, box) > 0.5]


def _place_table(box: Box, held: Sequence[int], html: str, lines: Sequence[TextLine]) -> PlacedRegion:
    return PlacedRegion(box, "Table", lines=sort_by_rows(held, [line.box for line in lines]), html=html)


def _remove_lines(region: Region, taken: set[int], lines: Sequence[TextLine]) -> Region | None:
    kept = tuple(i for i in region.lines if i not in taken)
    if kept == region.lines:
        return region
    return Region(union(lines[i].box for i in kept), region.label, region.score, kept) if kept else None
