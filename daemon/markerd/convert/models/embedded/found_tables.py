"""The tables of a page that are found by what is drawn or by how their words stand, whatever the layout model sees."""

from __future__ import annotations

from collections.abc import Sequence

from markerd.convert.models.embedded.columns import text_grids
from markerd.convert.models.embedded.geometry import Box, area, overlap, share_inside, union
from markerd.convert.models.embedded.page_tables import PageTables
from markerd.convert.models.embedded.reading_order import in_rows
from markerd.convert.models.embedded.regions import RUNNING_TEXT, TABLES, PlacedRegion, Region
from markerd.convert.models.embedded.table_trim import trimmed
from markerd.convert.models.embedded.tables import holds_all
from markerd.convert.models.embedded.textline import TextLine

UNSURE = TABLES | {"Equation"}  # what the layout model often draws too small, or takes a table for


def drawn_tables(known: PageTables, lines: Sequence[TextLine], seen: Sequence[Box]) -> list[PlacedRegion]:
    """Tables with rules between their cells, or across only; `seen` are those of the layout model."""
    ruled = [_placed(place, inside_of(place, lines), html, lines) for place, html in known.ruled()]
    found = [table for table in ruled if table.lines]
    for frame in sorted(known.framed(), key=area, reverse=True):
        if any(overlap(frame, other.box) > 0 for other in found):
            continue
        place = union([frame, *(box for box in seen if overlap(box, frame) > 0.5 * min(area(box), area(frame)))])
        inside = trimmed(inside_of(place, lines), lines)
        boxes = [lines[i].box for i in inside]
        if boxes and known.is_table(boxes, place):
            found.append(_placed(union([frame, *boxes]), inside, known.html(boxes), lines))
    return found


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
        boxes = [lines[i].box for i in group]
        html = known.html(boxes) if boxes else ""
        if html and holds_all(html, [lines[i].text for i in group]):
            tables.append(_placed(union(boxes), group, html, lines))
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
