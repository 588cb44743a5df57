"""The head of a table: how many lines it takes, and which headings span columns and rows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.tables.columns import Range
from markerd.convert.embedded.tables.rows import PlacedPhrase, TableLine, count_lines_above_rows
from markerd.convert.embedded.tables.thresholds import THRESHOLDS


def count_head_lines(bands: Sequence[Sequence[TableLine]], size: float) -> int:
    """Count the lines of the head: those above the first rule, or those above the first numbers or the first row."""
    first = bands[0]
    above = count_lines_above_rows(bands, size)
    if len(bands) > 1 and len(first) <= THRESHOLDS.max_head_lines:
        is_upper = (
            len(bands) > 2 and len(bands[1]) <= THRESHOLDS.max_lower_head_lines and _is_upper_half(first, bands[1])
        )
        return len(first) + len(bands[1]) if is_upper else min(above, _count_lines_above_row(first))
    numbers = next((i for i, line in enumerate(first) if _is_numeric(line)), 0)
    # A line with only a label, below labels of all columns, is a title in the body.
    numbers = next(
        (i for i, line in enumerate(first[:numbers]) if i and line.filled == {0} <= first[0].filled), numbers
    )
    numbers = min(numbers, above)
    full = max(len(line.filled) for line in first)
    are_rows = all(len(line.filled) == full for line in first[:numbers])
    return numbers if 1 < numbers < THRESHOLDS.max_head_lines and not are_rows else 1


def _count_lines_above_row(band: Sequence[TableLine]) -> int:
    """Count the lines above the first whole row of numbers with its label: what is ruled or shaded with a head may be
    the first group of rows.
    """
    whole = band[0].filled
    rows = (i for i, line in enumerate(band) if i and line.filled == whole and 0 in whole and _is_numeric(line))
    return next(rows, len(band))


def _is_upper_half(first: Sequence[TableLine], second: Sequence[TableLine]) -> bool:
    """Whether the lines below the first rule are the lower half of a head: several stand under one heading above."""
    if any(_is_numeric(line) for line in second):
        return False
    under = [part for line in second for part in line.parts]
    return any(
        sum(1 for other in under if upper.first <= other.first and other.last <= upper.last) > 1
        for line in first
        for upper in line.parts
        if upper.first < upper.last
    )


def _is_numeric(line: TableLine) -> bool:
    parts = [part.text for part in line.parts if part.first > 0]
    numbers = [text for text in parts if sum(c.isdigit() for c in text) >= 0.5 * max(1, sum(c.isalnum() for c in text))]
    return len(numbers) > 0.5 * len(parts)


def widen_headings(
    lines: Sequence[TableLine], columns: Sequence[Range], horizontal: Sequence[Box], size: float
) -> list[TableLine]:
    """Widen each heading of the head to all columns that it is the heading of."""
    return [
        TableLine(tuple(_widen_heading(part, line, lines[i + 1 :], columns, horizontal, size) for part in line.parts))
        for i, line in enumerate(lines)
    ]


def _widen_heading(
    part: PlacedPhrase,
    line: TableLine,
    below: Sequence[TableLine],
    columns: Sequence[Range],
    horizontal: Sequence[Box],
    size: float,
) -> PlacedPhrase:
    ruled = _find_ruled_columns(part, columns, horizontal, size) if below else []
    if ruled and len(ruled) < len(columns) and not _has_others(line, part, ruled[0], ruled[-1]):
        return replace(part, first=ruled[0], last=ruled[-1])
    best = part
    middle = (part.box[0] + part.box[2]) / 2
    filled = frozenset(c for other in below for c in other.filled)
    for first in range(part.first + 1):
        for last in range(part.last, len(columns)):
            is_middle = abs((columns[first][0] + columns[last][1]) / 2 - middle) < THRESHOLDS.max_off_centre * size
            is_wider = last - first > best.last - best.first
            is_over = set(range(first, last + 1)) <= filled and first > 0
            if is_middle and is_wider and is_over and not _has_others(line, part, first, last):
                best = replace(part, first=first, last=last)
    return best


def _find_ruled_columns(
    part: PlacedPhrase, columns: Sequence[Range], horizontal: Sequence[Box], size: float
) -> list[int]:
    """Find the columns above which a rule lies directly under the heading; none where there are several such rules."""
    most_overlap, most_gap = THRESHOLDS.max_heading_rule_overlap * size, THRESHOLDS.max_heading_rule_gap * size
    near = [rule for rule in horizontal if -most_overlap < rule[1] - part.box[3] < most_gap]
    under = [rule for rule in near if rule[0] < part.box[2] - 1 and rule[2] > part.box[0] + 1]
    if len(under) != 1:
        return []
    left, _, right, _ = under[0]
    return [i for i, c in enumerate(columns) if min(c[1], right) - max(c[0], left) > 0.5 * (c[1] - c[0])]


def _has_others(line: TableLine, part: PlacedPhrase, first: int, last: int) -> bool:
    return any(other is not part and other.first <= last and other.last >= first for other in line.parts)


def find_spanned_columns(lines: Sequence[TableLine]) -> frozenset[int]:
    """Find the columns under headings that span several columns."""
    return frozenset(c for line in lines for p in line.parts if p.first < p.last for c in range(p.first, p.last + 1))


def split_levels(lines: Sequence[TableLine]) -> list[list[TableLine]]:
    """Split the lines of a head into its rows: a heading that spans columns has others below it.

    Other lines are parts of one label. A line without a heading that spans columns, or is spanned, belongs to whatever
    it stands beside, so it is in no row.
    """
    levels: list[list[TableLine]] = []
    covered = find_spanned_columns(lines)
    is_open = False
    for line in lines:
        if covered and not line.filled & covered:
            continue
        if is_open:
            levels[-1].append(line)
        else:
            levels.append([line])
        is_open = all(part.first == part.last for part in line.parts)
    return levels
