"""Which region of a page holds which line of its text layer: every line is in exactly one region. Pure.

The layout model, the rules and the table finders claim lines without knowing of each other. `partition_lines` settles
their claims, and a `Partition` cannot hold a line twice, nor lack one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from markerd.convert.embedded.geometry import Box, area, union
from markerd.convert.embedded.layout.reading_order import sort_by_rows
from markerd.convert.embedded.layout.regions import MARGINS, PICTURES, PlacedRegion, group_paragraphs

TableBuilder = Callable[[Sequence[int]], str]
"""Builds the HTML of a table of these lines, with all of their text; empty where they are no table."""


@dataclass(frozen=True)
class Partition:
    """The regions of a page, and the number of its lines: each line is in exactly one region.

    Raises ValueError for regions that hold a line twice, lack one, or hold one that does not exist.
    """

    regions: tuple[PlacedRegion, ...]
    count: int

    def __post_init__(self) -> None:
        held = sorted(line for region in self.regions for line in region.lines)
        if held != list(range(self.count)):
            raise ValueError(f"the regions hold lines {held}, and the page has {self.count}, each to be held once")

    def replace_regions(self, regions: Sequence[PlacedRegion]) -> Partition:
        """The same lines in other regions, or in another order."""
        return Partition(tuple(regions), self.count)


def partition_lines(claims: Sequence[PlacedRegion], lines: Sequence[Box], build_table: TableBuilder) -> Partition:
    """Settle the claims of regions to lines. Lines that none claims become Text regions, one for each paragraph."""
    held = settle_claims(claims, lines, build_table)
    taken = {line for region in held for line in region.lines}
    left = [line for line in range(len(lines)) if line not in taken]
    texts = [
        PlacedRegion(union(lines[line] for line in group), "Text", lines=sort_by_rows(group, lines))
        for group in group_paragraphs(lines, left)
    ]
    return Partition((*held, *texts), len(lines))


def settle_claims(
    claims: Sequence[PlacedRegion], lines: Sequence[Box], build_table: TableBuilder
) -> list[PlacedRegion]:
    """Take from each region the lines that another region has, so that no line is in two regions.

    A line that several regions claim belongs to a table rather than to a running head or foot, to these rather than to
    running text, and to running text rather than to a picture. Among regions of one kind it belongs to the smallest: a
    frame around a page may look like a table, but its content is the table. A table that loses lines is built again
    from those it keeps; where they are no table, it gives way to whatever else claims them. A region that loses all
    lines is dropped.
    """
    left = list(claims)
    while True:
        kept = _assign_lines(left, len(lines))
        losers = [n for n, region in enumerate(left) if kept[n] and set(kept[n]) != set(region.lines)]
        htmls = {n: build_table(kept[n]) for n in losers if left[n].html}
        broken = min((n for n, html in htmls.items() if not html), key=lambda n: _rank_claim(left[n]), default=None)
        if broken is None:
            shown = [_keep_lines(region, kept[n], htmls.get(n), lines) for n, region in enumerate(left)]
            return [region for region in shown if region is not None]
        del left[broken]


def _assign_lines(claims: Sequence[PlacedRegion], count: int) -> list[tuple[int, ...]]:
    """Find the lines that each region keeps, in the region's own order."""
    owners: dict[int, int] = {}
    for number in sorted(range(len(claims)), key=lambda n: _rank_claim(claims[n])):
        for line in claims[number].lines:
            if 0 <= line < count:
                owners.setdefault(line, number)
    return [
        tuple(dict.fromkeys(line for line in region.lines if owners.get(line) == number))
        for number, region in enumerate(claims)
    ]


def _rank_claim(region: PlacedRegion) -> tuple[int, float]:
    """A lower rank is a better claim."""
    if region.html:
        return 0, area(region.box)
    if region.label in MARGINS:
        return 1, area(region.box)
    return (3 if region.label in PICTURES else 2), area(region.box)


def _keep_lines(
    region: PlacedRegion, kept: tuple[int, ...], html: str | None, lines: Sequence[Box]
) -> PlacedRegion | None:
    if kept == region.lines:
        return region
    if not kept:
        return replace(region, lines=()) if region.label in PICTURES else None
    box = region.box if region.label in PICTURES else union(lines[line] for line in kept)
    return replace(region, box=box, lines=kept, html=region.html if html is None else html)
