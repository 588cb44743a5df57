"""Finds tables by their rules or by how their words stand, whatever the layout model sees."""

from __future__ import annotations

from collections.abc import Sequence, Set

from markerd.convert.embedded.geometry import Box, area, overlap, share_inside, union
from markerd.convert.embedded.layout.reading_order import sort_by_rows
from markerd.convert.embedded.layout.regions import RUNNING_TEXT, TABLES, PlacedRegion, Region
from markerd.convert.embedded.tables.aligned_text import find_aligned_tables
from markerd.convert.embedded.tables.table_judge import TableJudge
from markerd.convert.embedded.tables.thresholds import THRESHOLDS
from markerd.convert.embedded.tables.trimming import trim_table
from markerd.convert.embedded.text_layer.text_line import TextLine

UNSURE = TABLES | {
    "Equation"
}  # labels of regions that the layout model draws too small, or of what it takes a table for


def find_drawn_tables(judge: TableJudge, seen: Sequence[Box], margins: Set[int] = frozenset()) -> list[PlacedRegion]:
    """Find tables with rules between their cells, or with horizontal rules only. They may lie inside each other.

    `seen` are the tables of the layout model. `margins` are the lines known as running heads or feet, which alone make
    no table.
    """
    known, lines = judge.known, judge.lines
    found = []
    for grid in known.grids:
        place = known.locate_grid(grid)
        held = find_lines_inside(place, lines)
        is_separated = known.separates_words(grid, [lines[i].box for i in held])
        html = judge.build_html(held) if is_separated else ""
        if html and not set(held) <= margins:
            found.append(_place_table(place, held, html, lines))
    for frame in sorted(known.find_frames(), key=area, reverse=True):
        if any(overlap(frame, other.box) > 0 for other in found):
            continue
        place = union([frame, *(box for box in seen if overlap(box, frame) > 0.5 * min(area(box), area(frame)))])
        held = [
            i for i in find_lines_inside(place, lines) if i not in margins or share_inside(lines[i].box, frame) > 0.5
        ]
        taken = {i for table in found for i in table.lines}
        inside = _find_whole_table(judge, trim_table(held, lines), set(range(len(lines))) - margins - taken)
        boxes = [lines[i].box for i in inside]
        html = judge.build_html(inside) if boxes and known.is_table(boxes, place) else ""
        if html:
            found.append(_place_table(union([frame, *boxes]), inside, html, lines))
    return found


def find_text_tables(judge: TableJudge, regions: Sequence[Region]) -> tuple[list[Region], list[PlacedRegion]]:
    """Find tables by columns of text alone; returns the regions without their lines, and these tables."""
    lines = judge.lines
    unseen = [i for region in regions if region.label in RUNNING_TEXT or region.label in UNSURE for i in region.lines]
    seen = [set(region.lines) for region in regions if region.label in TABLES]
    tables = []
    phrases = dict(enumerate(judge.known.split_phrases([line.box for line in lines])))
    for group in (trim_table(found, lines) for found in find_aligned_tables(lines, unseen, phrases)):
        if any(table & set(group) and not table <= set(group) for table in seen):
            continue  # the layout model saw more of this table
        held = _find_whole_table(judge, group, set(unseen))
        html = judge.build_html(held)
        if html:
            tables.append(_place_table(union(lines[i].box for i in held), held, html, lines))
    return _remove_tables(regions, tables, lines), tables


def _find_whole_table(judge: TableJudge, group: Sequence[int], free: Set[int]) -> Sequence[int]:
    """Find the table around these lines as liteparse sees it, if it sees more of it than we do.

    Where many cells are empty our rows end early. All lines of the whole have to be free, and to be a table; a line or
    two more are text that stands near.
    """
    lines = judge.lines
    for table in judge.readers.tables:
        inside = trim_table(find_lines_inside(table.box, lines), lines)
        is_much = len(inside) - len(group) >= THRESHOLDS.min_added_share * len(inside)
        if group and is_much and set(group) < set(inside) <= free and judge.build_html(inside):
            return inside
    return group


def find_proposed_tables(judge: TableJudge, regions: Sequence[Region]) -> tuple[list[Region], list[PlacedRegion]]:
    """Find tables that liteparse sees in text and pictures; returns the regions without them, and these tables."""
    lines = judge.lines
    free = {i for region in regions if region.label not in TABLES for i in region.lines}
    tables = []
    for table in judge.readers.tables:
        held = [i for i in find_lines_inside(table.box, lines) if i in free]
        html = judge.build_html(held, is_proposed=True)
        if html:
            tables.append(_place_table(union(lines[i].box for i in held), held, html, lines))
            free -= set(held)
    return _remove_tables(regions, tables, lines), tables


def _remove_tables(
    regions: Sequence[Region], tables: Sequence[PlacedRegion], lines: Sequence[TextLine]
) -> list[Region]:
    taken = {i for table in tables for i in table.lines}
    left = [_remove_lines(region, taken, lines) for region in regions]
    return [region for region in left if region is not None]


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
