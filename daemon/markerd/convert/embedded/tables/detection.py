"""The tables of a page that are found by what is drawn or by how their words stand, whatever the layout model sees."""

from __future__ import annotations

from collections.abc import Sequence, Set

from markerd.convert.embedded.geometry import Box, area, overlap, share_inside, union
from markerd.convert.embedded.layout.reading_order import in_rows
from markerd.convert.embedded.layout.regions import RUNNING_TEXT, TABLES, PlacedRegion, Region
from markerd.convert.embedded.tables.aligned_text import text_grids
from markerd.convert.embedded.tables.grid import holds_all
from markerd.convert.embedded.tables.page_tables import PageTables
from markerd.convert.embedded.tables.trimming import trimmed
from markerd.convert.embedded.text_layer.text_line import TextLine

UNSURE = TABLES | {"Equation"}  # what the layout model often draws too small, or takes a table for


def drawn_tables(
    known: PageTables, lines: Sequence[TextLine], seen: Sequence[Box], margins: Set[int] = frozenset()
) -> list[PlacedRegion]:
    """Tables with rules between their cells, or across only; they may lie in each other.

    `seen` are those of the layout model; `margins` are the lines known to be running heads or feet, of which alone no
    table is made.
    """
    found = []
    for grid in known.grids:
        place = known.place_of(grid)
        held = inside_of(place, lines)
        html = _with_all(known.ruled_html(grid, [lines[i].box for i in held]), held, lines)
        if html and not set(held) <= margins:
            found.append(_placed(place, held, html, lines))
    for frame in sorted(known.framed(), key=area, reverse=True):
        if any(overlap(frame, other.box) > 0 for other in found):
            continue
        place = union([frame, *(box for box in seen if overlap(box, frame) > 0.5 * min(area(box), area(frame)))])
        held = [i for i in inside_of(place, lines) if i not in margins or share_inside(lines[i].box, frame) > 0.5]
        inside = trimmed(held, lines)
        boxes = [lines[i].box for i in inside]
        html = html_of(known, inside, lines) if boxes and known.is_table(boxes, place) else ""
        if html:
            found.append(_placed(union([frame, *boxes]), inside, html, lines))
    return found


def html_of(known: PageTables, held: Sequence[int], lines: Sequence[TextLine]) -> str:
    """`<table>` of these lines, with all of their text; empty where they are no table."""
    return _with_all(known.html([lines[i].box for i in held]), held, lines)


def _with_all(html: str, held: Sequence[int], lines: Sequence[TextLine]) -> str:
    """The table, if it has all text of these lines; else nothing."""
    return html if holds_all(html, [lines[i].text for i in held]) else ""


def text_tables(
    known: PageTables, regions: Sequence[Region], lines: Sequence[TextLine]
) -> tuple[list[Region], list[PlacedRegion]]:
    """The regions without the lines that stand in columns as tables do, and these tables."""
    unseen = [i for region in regions if region.label in RUNNING_TEXT or region.label in UNSURE for i in region.lines]
    seen = [set(region.lines) for region in regions if region.label in TABLES]
    tables = []
    phrases = dict(enumerate(known.phrases([line.box for line in lines])))
    for group in (trimmed(found, lines) for found in text_grids(lines, unseen, phrases)):
        if any(table & set(group) and not table <= set(group) for table in seen):
            continue  # the layout model saw more of it
        html = html_of(known, group, lines)
        if html:
            tables.append(_placed(union(lines[i].box for i in group), group, html, lines))
    taken = {i for table in tables for i in table.lines}
    left = [_without(region, taken, lines) for region in regions]
    return [region for region in left if region is not None], tables


def inside_of(box: Box, lines: Sequence[TextLine]) -> list[int]:
    """The lines that lie in the box, for the most part."""
    return [i for i, line in enumerate(lines) if share_inside(line.box, box) > 0.5]


def _placed(box: Box, held: Sequence[int], html: str, lines: Sequence[TextLine]) -> PlacedRegion:
    return PlacedRegion(box, "Table", lines=in_rows(held, [line.box for line in lines]), html=html)


def _without(region: Region, taken: set[int], lines: Sequence[TextLine]) -> Region | None:
    kept = tuple(i for i in region.lines if i not in taken)
    if kept == region.lines:
        return region
    return Region(union(lines[i].box for i in kept), region.label, region.score, kept) if kept else None
