"""Splits a region of the page into headings, paragraphs, lists, and so on. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from markerd.convert.embedded.blocks.formulas import is_wordy
from markerd.convert.embedded.blocks.labelling import split_into_blocks
from markerd.convert.embedded.blocks.lists import is_bulleted, split_lists
from markerd.convert.embedded.geometry import Box, union
from markerd.convert.embedded.layout.reading_order import sort_by_rows
from markerd.convert.embedded.layout.regions import RUNNING_TEXT, Region, group_paragraphs
from markerd.convert.embedded.layout.thresholds import THRESHOLDS as LAYOUT_THRESHOLDS
from markerd.convert.embedded.text.patterns import LETTERED
from markerd.convert.embedded.text_layer.text_line import Body, TextLine, is_heavier


def split_region(region: Region, lines: Sequence[TextLine], body: Body, page: Box) -> list[Region]:
    """Split a region of running text into paragraphs, headings, lists, and so on."""
    boxes = [line.box for line in lines]
    if region.lines and _is_mislabelled(region, lines):
        region = replace(region, label="Text")
    has_titles = region.label == "ListGroup" and any(lines[i].is_title for i in region.lines)
    if (region.label not in RUNNING_TEXT and not has_titles) or not region.lines:
        return [region]
    columns = group_paragraphs(boxes, region.lines) if _is_side_by_side(region, boxes) else [list(region.lines)]
    whole = [Region(union(boxes[i] for i in c), region.label, region.score, sort_by_rows(c, boxes)) for c in columns]
    return [
        block
        for column in whole
        for part in _cut_at_titles(column, lines)
        for listed in _split_lists(part, lines, body)
        for block in split_into_blocks(listed, lines, body, page)
    ]


def _split_lists(region: Region, lines: Sequence[TextLine], body: Body) -> list[Region]:
    if all(lines[i].is_title for i in region.lines):
        return [region]
    heavy = {i for i in region.lines if is_heavier(lines[i], body)}
    return split_lists(region, [line.box for line in lines], [line.text for line in lines], heavy)


def _cut_at_titles(region: Region, lines: Sequence[TextLine]) -> list[Region]:
    """Cut a region before and after the lines that the document as a whole shows to be headings."""
    parts = [tuple(part) for _, part in groupby(region.lines, key=lambda i: lines[i].is_title)]
    if len(parts) < 2:
        return [region]
    return [
        replace(region, box=union(lines[i].box for i in part), label=_name_part(region, lines[part[0]]), lines=part)
        for part in parts
    ]


def _name_part(region: Region, first: TextLine) -> str:
    return "Text" if first.is_title or region.label == "SectionHeader" else region.label


def _is_mislabelled(region: Region, lines: Sequence[TextLine]) -> bool:
    """Whether a region that the model calls something else is running text or a list."""
    held = [lines[i] for i in region.lines]
    if region.label == "Equation" and any(line.is_title for line in held):
        return True
    if region.label == "Equation":
        return is_wordy([line.text for line in held]) or all(line.is_mono for line in held)
    if region.label == "Bibliography" and sum(bool(LETTERED.match(line.text)) for line in held) > 1:
        return True
    return region.label in RUNNING_TEXT and any(is_bulleted(line.text) for line in held)


def _is_side_by_side(region: Region, boxes: Sequence[Box]) -> bool:
    """Whether lines of the region stand beside each other with a wide gap, so that it is more than one region."""
    return any(
        boxes[j][0] - boxes[i][2] > LAYOUT_THRESHOLDS.max_side_gap * (boxes[i][3] - boxes[i][1])
        and min(boxes[i][3], boxes[j][3]) - max(boxes[i][1], boxes[j][1]) > 0.5 * (boxes[i][3] - boxes[i][1])
        for i in region.lines
        for j in region.lines
    )
