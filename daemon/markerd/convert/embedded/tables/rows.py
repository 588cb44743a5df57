"""The rows of a table: which of its lines of text make one row. Pure.

Rules between lines decide first, then the white between lines. Where neither does, a line continues the row above if
its first word would not have fitted at the end of the line above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from markerd.convert.embedded.geometry import Box
from markerd.convert.embedded.tables.grid import Piece
from markerd.convert.embedded.tables.thresholds import THRESHOLDS


@dataclass(frozen=True)
class PlacedPhrase:
    """A phrase of a line, with the first and the last column that it stands in."""

    piece: Piece
    first: int
    last: int

    @property
    def box(self) -> Box:
        return self.piece[0]

    @property
    def text(self) -> str:
        return self.piece[1]


@dataclass(frozen=True)
class TableLine:
    """A line of text through the whole table, from left to right."""

    parts: tuple[PlacedPhrase, ...]

    @property
    def top(self) -> float:
        return min(part.box[1] for part in self.parts)

    @property
    def bottom(self) -> float:
        return max(part.box[3] for part in self.parts)

    @property
    def filled(self) -> frozenset[int]:
        return frozenset(column for part in self.parts for column in range(part.first, part.last + 1))


Row = list[TableLine]
"""The lines of one row, from top to bottom."""


def split_bands(
    lines: Sequence[TableLine], horizontal: Sequence[Box], edges: tuple[float, float]
) -> list[list[TableLine]]:
    """Split the lines at rules that cross most of the table, from top to bottom."""
    heights: list[tuple[float, float]] = []
    for rule in sorted(horizontal, key=lambda r: r[1]):
        length = max(0.0, min(rule[2], edges[1]) - max(rule[0], edges[0]))
        if heights and rule[1] - heights[-1][0] < THRESHOLDS.same_row_rule_pt:
            heights[-1] = (heights[-1][0], heights[-1][1] + length)
        else:
            heights.append((rule[1], length))
    full = [y for y, length in heights if length > THRESHOLDS.min_row_rule * (edges[1] - edges[0])]
    over = [sum(1 for y in full if y < (line.top + line.bottom) / 2) for line in lines]
    return [[line for line, count in zip(lines, over, strict=True) if count == band] for band in sorted(set(over))]


def straddles(above: TableLine, line: TableLine, below: TableLine) -> bool:
    """Whether a line stands beside two others, half beside each, and so belongs to both rows."""
    reach = THRESHOLDS.min_straddle * (line.bottom - line.top)
    if above.bottom - line.top < reach or line.bottom - below.top < reach:
        return False
    shared = above.filled & below.filled
    return not line.filled & (above.filled | below.filled) and len(shared) > 1


def are_rows(bands: Sequence[Sequence[TableLine]]) -> bool:
    """Whether each band between rules is one row: there are several bands, and no band repeats its columns."""
    if len(bands) < THRESHOLDS.min_ruled_bands:
        return False
    return not any(_is_stacked(band) for band in bands[1:])


def _is_stacked(band: Sequence[TableLine]) -> bool:
    """Whether the lines of a band are rows by themselves: the same columns are filled again and again."""
    first = band[0].filled
    repeated = sum(1 for line in band[1:] if len(line.filled & first) > 1 and 0 in line.filled & first)
    return len(band) > THRESHOLDS.max_row_lines or repeated > 0.5 * (len(band) - 1)


def group_lines_into_rows(band: Sequence[TableLine], size: float) -> list[Row]:
    """Group the lines between two rules, or of a table without rules, into rows.

    `size` is the height of most words.
    """
    if len(band) < 2:
        return [list(band)]
    gaps = [below.top - above.bottom for above, below in pairwise(band)]
    tight = find_tight_gap(gaps, size)
    usual = median(len(line.filled) for line in band)
    if tight is not None and not _are_continued(band, gaps, tight, usual):
        tight = None
    rows: list[Row] = [[band[0]]]
    for gap, line in zip(gaps, band[1:], strict=True):
        is_one = gap < -THRESHOLDS.max_line_overlap * size or (
            gap <= tight if tight is not None else _continues_row(rows[-1], line, band, usual)
        )
        if is_one:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def find_tight_gap(gaps: Sequence[float], size: float) -> float | None:
    """Find the widest white inside rows, where the whites are of two kinds; None where all are alike."""
    ordered = sorted(gaps)
    jumps = [(wide - narrow, narrow) for narrow, wide in pairwise(ordered)]
    jump, narrow = max(jumps, default=(0.0, 0.0))
    return narrow if jump > THRESHOLDS.min_white_jump * size else None


def _are_continued(band: Sequence[TableLine], gaps: Sequence[float], tight: float, usual: float) -> bool:
    """Whether most lines that stand close to the line above continue it."""
    pairs = [(above, below) for gap, (above, below) in zip(gaps, pairwise(band), strict=True) if gap <= tight]
    going_on = sum(1 for above, below in pairs if _may_continue(above, below, usual))
    return going_on >= THRESHOLDS.min_continued * len(pairs)


def _may_continue(above: TableLine, below: TableLine, usual: float) -> bool:
    fewer = min(len(above.filled), len(below.filled)) < max(usual, 2)
    return fewer or all(_is_wordy(part.text) for part in below.parts)


def _continues_row(row: Row, line: TableLine, band: Sequence[TableLine], usual: float) -> bool:
    """Whether a line continues the row above it, in a table whose lines are all equally far apart."""
    above = row[-1]
    if len(line.filled) > 0.5 * usual or not line.filled <= frozenset(c for up in row for c in up.filled):
        return _is_label_continued(row, line, band)
    if 0 in line.filled and len(line.filled) == 1:
        return False
    return all(_had_no_room(above, part, band) and _is_wordy(part.text) for part in line.parts)


def _is_label_continued(row: Row, line: TableLine, band: Sequence[TableLine]) -> bool:
    """Whether the row so far is the beginning of a label whose numbers stand beside its last line."""
    is_label = all(up.filled == {0} for up in row)
    first = line.parts[0]
    return is_label and first.first == 0 and first.text[:1].islower() and _had_no_room(row[-1], first, band)


def _had_no_room(above: TableLine, part: PlacedPhrase, band: Sequence[TableLine]) -> bool:
    over = [up for up in above.parts if up.first <= part.first <= up.last]
    if not over:
        return False
    right = max(p.box[2] for line in band for p in line.parts if p.last == part.last)
    word = part.text.split()[0]
    return over[-1].box[2] + (part.box[2] - part.box[0]) * len(word) / max(1, len(part.text)) > right - 1


def _is_wordy(text: str) -> bool:
    letters = sum(c.isalpha() for c in text)
    return letters > 0.5 * sum(not c.isspace() for c in text)
