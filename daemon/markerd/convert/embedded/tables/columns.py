"""The columns of a table, found from the words of its lines and from its vertical rules. Pure.

A column is what the white between words leaves. The white must go through all lines except those whose text spans
several columns.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from markerd.convert.embedded.geometry import Box, height, union, usual, width
from markerd.convert.embedded.tables.grid import Piece, find_covered_ranges
from markerd.convert.embedded.tables.thresholds import THRESHOLDS
from markerd.convert.embedded.text.patterns import NUMBER, SIGN_AFTER_NUMBER, SIGN_BEFORE_NUMBER

Range = tuple[float, float]


def join_phrases(line: Sequence[Piece], size: float, vertical: Sequence[Box]) -> list[Piece]:
    """Join the words of one line, from left to right, where the gaps show that they stand in one cell.

    `vertical` are the vertical rules of the table; no phrase crosses one.
    """
    joined: list[Piece] = []
    for box, text in line:
        if (
            joined
            and _are_one_phrase(joined[-1], (box, text), size)
            and not _is_rule_between(joined[-1][0], box, vertical)
        ):
            last = joined.pop()
            joined.append((union([last[0], box]), f"{last[1]} {text}"))
        else:
            joined.append((box, text))
    return joined


def _are_one_phrase(left: Piece, right: Piece, size: float) -> bool:
    are_numbers = NUMBER.fullmatch(left[1].split()[-1]) and NUMBER.fullmatch(right[1])
    return right[0][0] - left[0][2] < (THRESHOLDS.max_number_gap if are_numbers else THRESHOLDS.max_word_gap) * size


def _is_rule_between(left: Box, right: Box, vertical: Sequence[Box]) -> bool:
    middle = (left[1] + left[3]) / 2
    return any(
        left[2] - THRESHOLDS.rule_slack_pt < (rule[0] + rule[2]) / 2 < right[0] + THRESHOLDS.rule_slack_pt
        and rule[1] - THRESHOLDS.rule_end_slack_pt < middle < rule[3] + THRESHOLDS.rule_end_slack_pt
        for rule in vertical
    )


def find_columns(lines: Sequence[Sequence[Piece]], vertical: Sequence[Box]) -> list[Range]:
    """Find the x ranges of the columns: at least one, or none where there are no phrases.

    `lines` are the phrases of each line; `vertical` are the vertical rules of the table.
    """
    if not any(lines):
        return []
    spans = _find_unspanning(lines)
    found = find_covered_ranges([(box[0], box[2]) for box, _ in spans], len(lines) // THRESHOLDS.lines_per_stray) or [
        _measure_extent(lines)
    ]
    parted = [part for column in found for part in _split_column(column, _find_column_rules(vertical, lines))]
    return _merge_sign_columns(_merge_heading_columns(parted, lines), lines)


def _measure_extent(lines: Sequence[Sequence[Piece]]) -> Range:
    """Measure from the first phrase to the last: phrases that never stand below each other are one column."""
    around = union(box for line in lines for box, _ in line)
    return around[0], around[2]


def _merge_heading_columns(columns: list[Range], lines: Sequence[Sequence[Piece]]) -> list[Range]:
    """Merge a heading at the left of a wide column with the numbers at its right: no line has text in both."""
    index = 0
    held = _find_lines_of(columns, lines)
    while index + 1 < len(columns):
        left, right = held[index : index + 2]
        if not left & right and 0 < min(len(left), len(right)) <= THRESHOLDS.max_heading_lines and len(columns) > 2:
            columns[index : index + 2] = [(columns[index][0], columns[index + 1][1])]
            held = _find_lines_of(columns, lines)
        else:
            index += 1
    return columns


def _find_lines_of(columns: Sequence[Range], lines: Sequence[Sequence[Piece]]) -> list[set[int]]:
    """Find, for each column, the lines that have text in it."""
    held: list[set[int]] = [set() for _ in columns]
    for number, line in enumerate(lines):
        for box, _ in line:
            held[_find_nearest_column(box, columns)].add(number)
    return held


def _find_unspanning(lines: Sequence[Sequence[Piece]]) -> list[Piece]:
    """Find the pieces that do not stand above or below several phrases in most of the other lines."""
    edges = [([box[0] for box, _ in line], [box[2] for box, _ in line]) for line in lines]
    found = []
    for number, line in enumerate(lines):
        others = [*edges[:number], *edges[number + 1 :]]
        found += [piece for piece in line if not _is_spanning(piece[0], others)]
    return found


def _is_spanning(box: Box, others: Sequence[tuple[Sequence[float], Sequence[float]]]) -> bool:
    """Whether more of the other lines, given by where their phrases start and end, have several below than just one."""
    tolerance = THRESHOLDS.max_phrase_overlap * height(box)
    left, right = box[0] + tolerance, box[2] - tolerance
    counts = [bisect_left(starts, right) - bisect_right(ends, left) for starts, ends in others]
    return sum(count > 1 for count in counts) > counts.count(1)


def _find_column_rules(vertical: Sequence[Box], lines: Sequence[Sequence[Piece]]) -> list[float]:
    """Find where vertical rules, possibly in parts, run along a good share of the lines."""
    top = min(box[1] for line in lines for box, _ in line)
    bottom = max(box[3] for line in lines for box, _ in line)
    lengths: dict[int, float] = {}
    for rule in vertical:
        place = round((rule[0] + rule[2]) / 2)
        near = next((x for x in lengths if abs(x - place) <= THRESHOLDS.same_column_rule_pt), place)
        lengths[near] = lengths.get(near, 0.0) + min(rule[3], bottom) - max(rule[1], top)
    return sorted(x for x, length in lengths.items() if length > THRESHOLDS.min_column_rule * (bottom - top))


def _split_column(column: Range, rules: Sequence[float]) -> list[Range]:
    edges = [
        column[0],
        *(x for x in rules if column[0] + THRESHOLDS.rule_slack_pt < x < column[1] - THRESHOLDS.rule_slack_pt),
        column[1],
    ]
    return list(pairwise(edges))


def _merge_sign_columns(columns: list[Range], lines: Sequence[Sequence[Piece]]) -> list[Range]:
    """Merge signs that are set apart from their numbers (€, %) with the column of the numbers."""
    index = 0
    texts = _find_texts_of(columns, lines)
    while index < len(columns) and len(columns) > 2:
        held = texts[index]
        if index + 1 < len(columns) and held and all(SIGN_BEFORE_NUMBER.fullmatch(text) for text in held):
            columns[index : index + 2] = [(columns[index][0], columns[index + 1][1])]
            texts = _find_texts_of(columns, lines)
        elif index and held and all(SIGN_AFTER_NUMBER.fullmatch(text) for text in held):
            columns[index - 1 : index + 1] = [(columns[index - 1][0], columns[index][1])]
            texts = _find_texts_of(columns, lines)
        else:
            index += 1
    return columns


def _find_texts_of(columns: Sequence[Range], lines: Sequence[Sequence[Piece]]) -> list[list[str]]:
    """Find the texts of each column."""
    held: list[list[str]] = [[] for _ in columns]
    for line in lines:
        for box, text in line:
            held[_find_nearest_column(box, columns)].append(text)
    return held


def _find_nearest_column(box: Box, columns: Sequence[Range]) -> int:
    shared = [min(box[2], right) - max(box[0], left) for left, right in columns]
    return shared.index(max(shared))


def find_reach(box: Box, columns: Sequence[Range]) -> tuple[int, int]:
    """Find the first and the last column that a phrase stands in.

    These are the columns that it covers for a good part, and the nearest one.
    """
    nearest = _find_nearest_column(box, columns)
    covered = [
        i
        for i, (left, right) in enumerate(columns)
        if min(box[2], right) - max(box[0], left) > THRESHOLDS.min_column_reach * min(right - left, width(box))
    ]
    return (min([*covered, nearest]), max([*covered, nearest]))


def measure_usual_height(pieces: Sequence[Piece]) -> float:
    """Measure the median height of the words; 0 for none."""
    return usual(height(box) for box, _ in pieces)
