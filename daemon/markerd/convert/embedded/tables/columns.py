"""The columns of a table, from the words of its lines and the rules that are drawn down it: pure.

A column is what the white between words leaves, where that white goes through all lines but those whose text spans
columns.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from markerd.convert.embedded.geometry import Box, height, union, usual, width
from markerd.convert.embedded.tables.grid import Piece, ranges_of
from markerd.convert.embedded.tables.thresholds import THRESHOLDS
from markerd.convert.embedded.text.patterns import NUMBER, SIGN_AFTER_NUMBER, SIGN_BEFORE_NUMBER

Range = tuple[float, float]


def phrases_of(line: Sequence[Piece], size: float, downs: Sequence[Box]) -> list[Piece]:
    """Words of one line, from left to right, joined to what stands in one cell as far as their gaps tell."""
    joined: list[Piece] = []
    for box, text in line:
        if joined and _is_one(joined[-1], (box, text), size) and not _is_ruled(joined[-1][0], box, downs):
            last = joined.pop()
            joined.append((union([last[0], box]), f"{last[1]} {text}"))
        else:
            joined.append((box, text))
    return joined


def _is_one(left: Piece, right: Piece, size: float) -> bool:
    are_numbers = NUMBER.fullmatch(left[1].split()[-1]) and NUMBER.fullmatch(right[1])
    return right[0][0] - left[0][2] < (THRESHOLDS.max_number_gap if are_numbers else THRESHOLDS.max_word_gap) * size


def _is_ruled(left: Box, right: Box, downs: Sequence[Box]) -> bool:
    middle = (left[1] + left[3]) / 2
    return any(
        left[2] - THRESHOLDS.rule_slack_pt < (rule[0] + rule[2]) / 2 < right[0] + THRESHOLDS.rule_slack_pt
        and rule[1] - THRESHOLDS.rule_end_slack_pt < middle < rule[3] + THRESHOLDS.rule_end_slack_pt
        for rule in downs
    )


def columns_of_lines(lines: Sequence[Sequence[Piece]], downs: Sequence[Box]) -> list[Range]:
    """The x ranges of the columns: one at least, but for no phrases.

    `lines` are phrases; `downs` are the rules that run down through the table.
    """
    if not any(lines):
        return []
    spans = [piece for line in lines for piece in line if not _is_spanning(piece, line, lines)]
    found = ranges_of([(box[0], box[2]) for box, _ in spans], len(lines) // THRESHOLDS.lines_per_stray) or [
        _extent(lines)
    ]
    parted = [part for column in found for part in _parted(column, _through(downs, lines))]
    return _without_signs(_headed(parted, lines), lines)


def _extent(lines: Sequence[Sequence[Piece]]) -> Range:
    """From the first phrase to the last: what stands nowhere below each other is one column."""
    around = union(box for line in lines for box, _ in line)
    return around[0], around[2]


def _headed(columns: list[Range], lines: Sequence[Sequence[Piece]]) -> list[Range]:
    """A heading on the left of a wide column and numbers on its right are one: no line has something in both."""
    index = 0
    while index + 1 < len(columns):
        held = [
            {n for n, line in enumerate(lines) if any(_column_at(box, columns) == i for box, _ in line)}
            for i in (index, index + 1)
        ]
        if not held[0] & held[1] and 0 < min(map(len, held)) <= THRESHOLDS.max_heading_lines and len(columns) > 2:
            columns[index : index + 2] = [(columns[index][0], columns[index + 1][1])]
        else:
            index += 1
    return columns


def _is_spanning(piece: Piece, line: Sequence[Piece], lines: Sequence[Sequence[Piece]]) -> bool:
    """Whether it stands over several phrases of most other lines."""
    counts = [_overlapped(piece[0], other) for other in lines if other is not line]
    several = sum(1 for count in counts if count > 1)
    return several > sum(1 for count in counts if count == 1)


def _overlapped(box: Box, line: Sequence[Piece]) -> int:
    tolerance = THRESHOLDS.max_phrase_overlap * height(box)
    starts, ends = [b[0] for b, _ in line], [b[2] for b, _ in line]
    return max(0, bisect_left(starts, box[2] - tolerance) - bisect_right(ends, box[0] + tolerance))


def _through(downs: Sequence[Box], lines: Sequence[Sequence[Piece]]) -> list[float]:
    """Where rules run down, in parts maybe, along a good share of the lines."""
    top = min(box[1] for line in lines for box, _ in line)
    bottom = max(box[3] for line in lines for box, _ in line)
    lengths: dict[int, float] = {}
    for rule in downs:
        place = round((rule[0] + rule[2]) / 2)
        near = next((x for x in lengths if abs(x - place) <= THRESHOLDS.same_column_rule_pt), place)
        lengths[near] = lengths.get(near, 0.0) + min(rule[3], bottom) - max(rule[1], top)
    return sorted(x for x, length in lengths.items() if length > THRESHOLDS.min_column_rule * (bottom - top))


def _parted(column: Range, rules: Sequence[float]) -> list[Range]:
    edges = [
        column[0],
        *(x for x in rules if column[0] + THRESHOLDS.rule_slack_pt < x < column[1] - THRESHOLDS.rule_slack_pt),
        column[1],
    ]
    return list(pairwise(edges))


def _without_signs(columns: list[Range], lines: Sequence[Sequence[Piece]]) -> list[Range]:
    """Signs that are set apart from their numbers (€, %) are no column of their own."""
    index = 0
    while index < len(columns) and len(columns) > 2:
        held = [text for line in lines for box, text in line if _column_at(box, columns) == index]
        if index + 1 < len(columns) and held and all(SIGN_BEFORE_NUMBER.fullmatch(text) for text in held):
            columns[index : index + 2] = [(columns[index][0], columns[index + 1][1])]
        elif index and held and all(SIGN_AFTER_NUMBER.fullmatch(text) for text in held):
            columns[index - 1 : index + 1] = [(columns[index - 1][0], columns[index][1])]
        else:
            index += 1
    return columns


def _column_at(box: Box, columns: Sequence[Range]) -> int:
    return max(range(len(columns)), key=lambda i: min(box[2], columns[i][1]) - max(box[0], columns[i][0]))


def reach(box: Box, columns: Sequence[Range]) -> tuple[int, int]:
    """The first and the last column that a phrase stands in: those it covers for a good part, else the nearest."""
    nearest = _column_at(box, columns)
    covered = [
        i
        for i, (left, right) in enumerate(columns)
        if min(box[2], right) - max(box[0], left) > THRESHOLDS.min_column_reach * min(right - left, width(box))
    ]
    return (min([*covered, nearest]), max([*covered, nearest]))


def usual_height(pieces: Sequence[Piece]) -> float:
    """The height of most words; 0 for none."""
    return usual(height(box) for box, _ in pieces)
