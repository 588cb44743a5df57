"""Which lines of text belong to which region of a page, and regions for lines that have none. Pure.

Lines come from the text layer or from OCR. Every line ends up in exactly one region.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from markerd.convert.embedded.geometry import (
    Box,
    area,
    as_box,
    height,
    horizontal_overlap,
    overlap,
    share_inside,
    union,
    usual,
    vertical_overlap,
    width,
)
from markerd.convert.embedded.layout.thresholds import THRESHOLDS

PICTURES = frozenset({"Figure", "Picture", "Diagram"})
MARGINS = frozenset({"PageHeader", "PageFooter"})
TABLES = frozenset({"Table", "Form", "TableOfContents"})
RUNNING_TEXT = frozenset({"Text", "SectionHeader", "Caption", "Code", "Footnote", "Bibliography"})


@dataclass(frozen=True)
class Region:
    """A part of the page; `label` is one of surya's layout labels, and `lines` are the indices of its lines."""

    box: Box
    label: str
    score: float = 1.0
    lines: tuple[int, ...] = field(default=())


@dataclass(frozen=True)
class PlacedRegion(Region):
    """A region with the HTML that it is shown by; empty where Marker makes it from the lines."""

    html: str = ""


def assign_all_lines(regions: Sequence[Region], lines: Sequence[Box]) -> list[Region]:
    """Assign each line to a region, and add a Text region for each group of lines that is left over.

    A line inside both a text region and a picture goes to the text.
    """
    held, orphans = assign_lines(regions, lines)
    return held + build_text_regions(group_paragraphs(lines, orphans), lines)


def assign_lines(regions: Sequence[Region], lines: Sequence[Box]) -> tuple[list[Region], list[int]]:
    """Assign lines to regions; returns the regions with their lines, and the lines that belong to none."""
    owners = [_choose_owner(line, regions) for line in lines]
    held = [
        replace(region, lines=tuple(i for i, owner in enumerate(owners) if owner == index))
        for index, region in enumerate(regions)
    ]
    return held, [i for i, owner in enumerate(owners) if owner is None]


def build_text_regions(groups: Sequence[Sequence[int]], lines: Sequence[Box]) -> list[Region]:
    """Build a Text region for each group of lines."""
    return [Region(union([lines[i] for i in group]), "Text", lines=tuple(group)) for group in groups]


def _choose_owner(line: Box, regions: Sequence[Region]) -> int | None:
    shares = [share_inside(line, region.box) for region in regions]
    candidates = [i for i, share in enumerate(shares) if share >= THRESHOLDS.min_line_share]
    if not candidates:
        return None

    def rank(i: int) -> tuple[bool, bool, float, float]:
        # The box of a heading is tight; the box of the text below it may reach up into the heading.
        label = regions[i].label
        return label not in PICTURES, label == "SectionHeader", round(shares[i], 1), -area(regions[i].box)

    return max(candidates, key=rank)


def group_paragraphs(lines: Sequence[Box], indices: Sequence[int]) -> list[list[int]]:
    """Group lines that touch: below each other at a small distance, or fragments of one row. Top to bottom."""
    groups: list[list[int]] = []
    for index in sorted(indices, key=lambda i: (lines[i][1], lines[i][0])):
        near = [
            g
            for g in groups
            if any(are_neighbours(lines[index], lines[other]) for other in g[-THRESHOLDS.compared_lines :])
        ]
        merged = [i for group in near for i in group] + [index]
        groups = [g for g in groups if g not in near]
        groups.append(sorted(merged, key=lambda i: (lines[i][1], lines[i][0])))
    return sorted(groups, key=lambda g: (lines[g[0]][1], lines[g[0]][0]))


def are_neighbours(first: Box, second: Box) -> bool:
    """Whether two lines belong to one paragraph, as far as their places show."""
    small, large = sorted((height(first), height(second)))
    if large > THRESHOLDS.max_height_ratio * small:
        return False
    if vertical_overlap(first, second) > 0.5 * small:
        return horizontal_overlap(first, second) > -THRESHOLDS.max_fragment_gap * small
    gap = -vertical_overlap(first, second)
    return gap < THRESHOLDS.max_line_gap * small and horizontal_overlap(
        first, second
    ) > THRESHOLDS.min_line_overlap * min(width(first), width(second))


def measure_text_coverage(box: Box, lines: Sequence[Box]) -> float:
    """Measure how much of the region the boxes of its lines cover, 0 to 1."""
    return min(1.0, sum(overlap(line, box) for line in lines) / max(area(box), 1e-6))


def is_text(region: Region, lines: Sequence[Box], ink_outside: float) -> bool:
    """Whether a picture of the layout model is text: it has enough lines, and next to nothing is drawn beside them.

    `lines` are those of the region; `ink_outside` is the share of its area that is neither background nor text.
    """
    if not lines:
        return False
    coverage = measure_text_coverage(region.box, lines)
    if coverage > THRESHOLDS.min_text_coverage:
        return True
    most_ink = min(
        THRESHOLDS.sparse_ink_base + THRESHOLDS.sparse_ink_slope * coverage, THRESHOLDS.max_ink_per_text * coverage
    )
    return coverage > THRESHOLDS.min_sparse_coverage and ink_outside < most_ink


def is_page_of_text(region: Region, page: Box, lines: Sequence[Box], ink_outside: float) -> bool:
    """Whether a picture of the layout model is a page with its shadows: the edges and the fold of a copied book."""
    long = [line for line in lines if width(line) > THRESHOLDS.min_long_line * height(line)]
    return (
        area(region.box) > THRESHOLDS.min_page_picture * area(page)
        and len(long) >= THRESHOLDS.min_long_lines
        and ink_outside < THRESHOLDS.max_shadow
    )


def is_margin(region: Region, page: Box, inside: Sequence[Box], lines: Sequence[Box]) -> bool:
    """Whether a region called header or footer can be one: few lines near the edge, no larger than the body's.

    `inside` are its own lines, `lines` all lines of the page. A title at the top of the page is no header.
    """
    depth = THRESHOLDS.max_margin_depth * height(page)
    is_near = region.box[3] <= page[1] + depth or region.box[1] >= page[3] - depth
    if not is_near or not inside:
        return is_near
    rows = {round((line[1] + line[3]) / 2 / max(height(line), 1.0)) for line in inside}
    is_large = max(height(line) for line in inside) > THRESHOLDS.max_margin_growth * usual(
        height(line) for line in lines
    )
    return len(rows) <= THRESHOLDS.max_margin_rows and not is_large


def measure_ink_outside(pixels: NDArray[np.uint8], box: Box, lines: Sequence[Box]) -> float:
    """Measure the share of the box's pixels that differ from its background and lie in no line.

    `pixels` is the page in grey, (height, width); boxes are in its pixels. The background is the commonest grey.
    """
    left, top, right, bottom = (round(value) for value in box)
    crop = pixels[max(top, 0) : bottom, max(left, 0) : right]
    if crop.size == 0:
        return 0.0
    background = int(np.bincount(crop.ravel(), minlength=256).argmax())
    ink = np.abs(crop.astype(np.int16) - background) > THRESHOLDS.min_ink_contrast
    halo = THRESHOLDS.line_halo_px
    for line in lines:
        x0, y0, x1, y1 = (round(value) for value in line)
        ink[max(0, y0 - top - halo) : max(0, y1 - top + halo), max(0, x0 - left - halo) : max(0, x1 - left + halo)] = (
            False
        )
    return float(ink.mean())


def measure_drawn_share(pixels: NDArray[np.uint8], box: Box) -> float:
    """Measure the share of the box on which something is drawn, in small squares, so that specks hardly count.

    `pixels` is the page in grey, (height, width). The background is the commonest grey.
    """
    left, top, right, bottom = (round(value) for value in box)
    crop = pixels[max(top, 0) : bottom, max(left, 0) : right]
    side = THRESHOLDS.drawn_square_px
    down, across = crop.shape[0] // side, crop.shape[1] // side
    if down == 0 or across == 0:
        return 0.0
    background = int(np.bincount(crop.ravel(), minlength=256).argmax())
    difference = np.abs(crop[: down * side, : across * side].astype(np.int16) - background)
    return float(
        (difference.reshape(down, side, across, side).mean(axis=(1, 3)) > THRESHOLDS.min_drawn_contrast).mean()
    )


def drop_doubles(regions: Sequence[Region]) -> list[Region]:
    """Drop regions that lie in a larger one of their kind, and pictures that are mostly made of other regions."""
    kept: list[Region] = []
    for region in sorted(regions, key=lambda r: -area(r.box)):
        is_inside = any(
            k.label == region.label and share_inside(region.box, k.box) > THRESHOLDS.max_double for k in kept
        )
        if not is_inside:
            kept.append(region)
    return [r for r in kept if not (r.label in PICTURES and _is_made_of_others(r, kept))]


def _is_made_of_others(picture: Region, regions: Sequence[Region]) -> bool:
    others = [
        r for r in regions if r.label not in PICTURES and share_inside(r.box, picture.box) > THRESHOLDS.min_picture_part
    ]
    return sum(area(r.box) for r in others) > THRESHOLDS.max_picture_of_others * area(picture.box)


def drop_empty(regions: Sequence[Region]) -> list[Region]:
    """Drop regions for text that hold no line and lie, for a good part, on regions that hold lines.

    The model drew them twice. If they stayed, OCR would read them and their text would appear twice.
    """
    filled = [region for region in regions if region.lines]
    return [
        region
        for region in regions
        if region.lines
        or region.label in PICTURES
        or sum(overlap(region.box, other.box) for other in filled) < THRESHOLDS.max_empty_overlap * area(region.box)
    ]


def scale_box(box: Sequence[float], across: float, down: float) -> Box:
    """Convert a box to another unit."""
    left, top, right, bottom = as_box(box)
    return left * across, top * down, right * across, bottom * down
