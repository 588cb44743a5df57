"""Display formulas in a text layer. Their fractions, limits and exponents are short lines of their own, which make no
sense one after the other, so each cluster of them stays together. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from markerd.convert.embedded.blocks.thresholds import THRESHOLDS
from markerd.convert.embedded.geometry import Box, height, overlap, union, vertical_overlap
from markerd.convert.embedded.layout.reading_order import sort_by_rows
from markerd.convert.embedded.layout.regions import Region
from markerd.convert.embedded.text.patterns import FORMULA_NUMBER, FUNCTION_NAME, WORD
from markerd.convert.embedded.text_layer.text_line import TextLine

BROKEN_UP = frozenset({"Text", "Equation", "Caption", "SectionHeader", "Bibliography", "Footnote"})


def is_wordy(texts: Sequence[str]) -> bool:
    """Whether a supposed equation is running text: mostly words, and several of them."""
    text = " ".join(texts)
    words = WORD.findall(text)
    return len(words) > THRESHOLDS.max_equation_words and sum(map(len, words)) > THRESHOLDS.max_equation_wordy * sum(
        not c.isspace() for c in text
    )


def separate_formulas(
    regions: Sequence[Region], lines: Sequence[TextLine], columns: Sequence[Sequence[int]]
) -> tuple[list[Region], list[Region]]:
    """Separate the lines of display formulas from the regions; returns the regions, and one region for each formula.

    `columns` are the lines of each column of text; a formula stands in one of them, or in none.
    """
    boxes = [line.box for line in lines]
    free = [i for region in regions if region.label in BROKEN_UP for i in region.lines]
    in_columns = {i for column in columns for i in column}
    sides = [[i for i in free if i in column] for column in map(set, columns)]
    sides.append([i for i in free if i not in in_columns])
    groups = [_add_number(group, side, lines) for side in sides for group in find_clusters(lines, side)]
    taken = {i for group in groups for i in group}
    found, left = [Region(union(boxes[i] for i in g), "Equation", lines=sort_by_rows(g, boxes)) for g in groups], []
    for region in regions:
        kept = tuple(i for i in region.lines if i not in taken)
        if region.label == "Equation" and any(overlap(region.box, formula.box) > 0 for formula in found) and not kept:
            continue
        if kept == region.lines:
            left.append(region)
        elif kept:
            left.append(replace(region, box=union(boxes[i] for i in kept), lines=kept))
    return left, found


def find_clusters(lines: Sequence[TextLine], indices: Sequence[int]) -> list[list[int]]:
    """Find groups of lines that make a formula each."""
    prose = [i for i in indices if len(_find_words(lines[i])) > THRESHOLDS.max_formula_words]
    pieces = [i for i in indices if _can_be_piece(lines[i]) and not any(_is_in_row(lines[i], lines[p]) for p in prose)]
    groups: list[list[int]] = []
    for index in sorted(pieces, key=lambda i: lines[i].box[1]):
        near = [g for g in groups if any(_are_near(lines[index], lines[i]) for i in g)]
        groups = [g for g in groups if g not in near]
        groups.append([index, *(i for group in near for i in group)])
    return [group for group in groups if _is_formula(group, lines)]


def _find_words(line: TextLine) -> list[str]:
    return [word for word in WORD.findall(line.text) if not FUNCTION_NAME.fullmatch(word.casefold())]


def _can_be_piece(line: TextLine) -> bool:
    """Whether the line can be a part of a formula: mathematics, or next to nothing."""
    words = _find_words(line)
    return not line.is_mono and (
        (line.math >= THRESHOLDS.min_math and len(words) < 2)
        or (not words and line.letters <= THRESHOLDS.max_piece_letters)
    )


def _is_in_row(piece: TextLine, prose: TextLine) -> bool:
    gap = max(piece.box[0] - prose.box[2], prose.box[0] - piece.box[2])
    return gap < THRESHOLDS.max_row_gap * prose.size and vertical_overlap(
        piece.box, prose.box
    ) > THRESHOLDS.min_row_overlap * min(height(piece.box), height(prose.box))


def _are_near(one: TextLine, other: TextLine) -> bool:
    reach = THRESHOLDS.max_formula_gap * max(one.size, other.size)
    across = max(one.box[0], other.box[0]) - min(one.box[2], other.box[2])
    down = max(one.box[1], other.box[1]) - min(one.box[3], other.box[3])
    return across < 2 * reach and down < 0.5 * reach


def _is_formula(group: Sequence[int], lines: Sequence[TextLine]) -> bool:
    letters = sum(lines[i].letters for i in group)
    mathematics = sum(lines[i].math * lines[i].letters for i in group)
    rows = {round((lines[i].box[1] + lines[i].box[3]) / 2) for i in group}
    return len(group) >= THRESHOLDS.min_formula_lines and len(rows) > 1 and mathematics >= THRESHOLDS.min_math * letters


def _add_number(group: list[int], indices: Sequence[int], lines: Sequence[TextLine]) -> list[int]:
    """Add the number of the formula, to its right."""
    around: Box = union(lines[i].box for i in group)
    numbers = [
        i
        for i in indices
        if i not in group and FORMULA_NUMBER.fullmatch(lines[i].text) and vertical_overlap(lines[i].box, around) > 0
    ]
    nearest = min(numbers, key=lambda i: abs(lines[i].box[0] - around[2]), default=None)
    return group if nearest is None or lines[nearest].box[0] < around[2] - lines[nearest].size else [*group, nearest]
