"""The rows of a table: which of its lines of text make one row. Pure.

Rules between lines decide first. Between two rules the rows are those that cost least: a row costs something, and so do
numbers below each other in one row, cells of a row at different heights, and lines that go on where they seem to end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import accumulate, pairwise
from math import inf

from markerd.convert.embedded.geometry import Box, height
from markerd.convert.embedded.tables.cell_lines import has_room
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


class Anchor(Enum):
    """Where the cells of a row stand that have fewer lines than others; its value is the share of the height."""

    TOP = 0.0
    MIDDLE = 0.5
    BOTTOM = 1.0

    def measure(self, top: float, bottom: float) -> float:
        """Measure the height at which something from `top` to `bottom` is set."""
        return top + self.value * (bottom - top)


@dataclass(frozen=True)
class _Setting:
    """How the cells of a table are set."""

    size: float
    """The height of most words."""
    tight: float | None
    """The widest white between lines inside rows, where it differs from that between rows."""
    edges: dict[int, float]
    """Where the text of each column ends at most."""
    cased: frozenset[int]
    """The columns in which cells begin with capital letters."""
    wrapped: frozenset[int] = frozenset()
    """The columns in which a line goes on within a sentence or a word."""


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


def group_lines_into_rows(bands: Sequence[Sequence[TableLine]], size: float) -> list[Row]:
    """Group the lines of a table into rows, none of which goes on from one band to the next.

    The cells of all rows are set at the top, in the middle or at the bottom: of the three groupings that fit one of
    these best, the cheapest is taken. `size` is the height of most words.
    """
    setting = _measure_setting(bands, size)
    links = [_measure_links(band, setting) for band in bands]
    found = [_group_by_anchor(bands, links, anchor, size) for anchor in Anchor]
    return min(found, key=lambda grouping: grouping[0])[1]


def _group_by_anchor(
    bands: Sequence[Sequence[TableLine]], links: Sequence[Sequence[float]], anchor: Anchor, size: float
) -> tuple[float, list[Row]]:
    """Find the rows that cost least, and their cost, if the cells of each row are set at one height."""
    found = [_find_cheapest_rows(band, link, anchor, size) for band, link in zip(bands, links, strict=True)]
    first = 0.0 if anchor is Anchor.TOP else THRESHOLDS.misfit_cost
    return first + sum(cost for cost, _ in found), [row for _, rows in found for row in rows]


def _find_cheapest_rows(
    band: Sequence[TableLine], links: Sequence[float], anchor: Anchor, size: float
) -> tuple[float, list[Row]]:
    """Find the rows of a band that cost least, by the cheapest rows up to each of its lines."""
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(band) + 1):
        best.append(
            min(
                (best[start][0] + THRESHOLDS.row_cost + max(0.0, links[start]) + cost, start)
                for start, cost in _measure_rows_to(band, links, end, anchor, size)
            )
        )
    rows: list[Row] = []
    end = len(band)
    while end:
        rows.insert(0, list(band[best[end][1] : end]))
        end = best[end][1]
    return best[-1][0], rows


def _measure_rows_to(
    band: Sequence[TableLine], links: Sequence[float], end: int, anchor: Anchor, size: float
) -> Iterator[tuple[int, float]]:
    """Yield where a row that ends here may begin, and what it costs; the shortest row first."""
    joined, numbers, repeated, is_labelled = 0.0, Counter[int](), 0, False
    for start in range(end - 1, max(-1, end - 1 - THRESHOLDS.max_row_lines), -1):
        held = {part.first for part in band[start].parts if not _is_wordy(part.text)}
        repeated += sum(numbers[column] > 0 for column in held)
        numbers.update(held)
        is_labelled |= 0 in band[start].filled
        yield (
            start,
            joined
            + THRESHOLDS.repeat_cost * repeated
            + _measure_misfit(band[start:end], anchor, size)
            + THRESHOLDS.row_cost * (not is_labelled),
        )
        if repeated > THRESHOLDS.max_repeats and links[start] < inf:
            return  # longer rows cost more yet
        joined += max(0.0, -links[start])


def _measure_misfit(row: Sequence[TableLine], anchor: Anchor, size: float) -> float:
    """Measure what it costs that cells of a row do not stand where the others do."""
    if len(row) < 2:
        return 0.0
    places: dict[int, tuple[float, float]] = {}
    for part in (part for line in row for part in line.parts):
        top, bottom = places.get(part.first, (part.box[1], part.box[3]))
        places[part.first] = min(top, part.box[1]), max(bottom, part.box[3])
    at = [anchor.measure(*place) for place in places.values()]
    whole = anchor.measure(min(top for top, _ in places.values()), max(bottom for _, bottom in places.values()))
    return THRESHOLDS.misfit_cost * sum(abs(place - whole) > THRESHOLDS.max_anchor_slack * size for place in at)


def count_lines_above_rows(bands: Sequence[Sequence[TableLine]], size: float) -> int:
    """Count the lines of the first band above the first whose words had room on the headings above it.

    There are headings of all columns above it. It may be that all lines of the band are counted.
    """
    setting = _measure_setting(bands, size)
    columns = frozenset[int]().union(*(line.filled for band in bands for line in band))
    seen = frozenset[int]()
    for place, line in enumerate(bands[0]):
        links = [_measure_text_link(bands[0], place, part, setting) for part in line.parts if _is_wordy(part.text)]
        is_lower = any(part.text[:1].islower() for part in line.parts)
        if columns <= seen and not is_lower and links and all(link == -THRESHOLDS.part_cost for link in links):
            return place
        seen |= line.filled
    return len(bands[0])


def _measure_setting(bands: Sequence[Sequence[TableLine]], size: float) -> _Setting:
    parts = [part for band in bands for line in band for part in line.parts]
    whites = [white for band in bands for white in _measure_whites(band)]
    setting = _Setting(
        size,
        find_tight_gap([white for white in whites if white >= -THRESHOLDS.max_line_overlap * size], size),
        {column: max(p.box[2] for p in parts if p.last == column) for column in {p.last for p in parts}},
        frozenset(part.first for part in parts if part.text[:1].isupper()),
    )
    placed = [(band, place, part) for band in bands for place, line in enumerate(band) for part in line.parts]
    wrapped = frozenset(
        part.first for band, place, part in placed if _measure_text_link(band, place, part, setting) > 0
    )
    return replace(setting, wrapped=wrapped)


def _measure_links(band: Sequence[TableLine], setting: _Setting) -> list[float]:
    """Measure for each line of a band how much it seems to continue the line above: less than 0 if it does not."""
    links = [0.0]
    for place, white in enumerate(_measure_whites(band), start=1):
        if white < -THRESHOLDS.max_line_overlap * setting.size:
            links.append(inf)
            continue
        of_white = THRESHOLDS.join_gain if setting.tight is not None and white <= setting.tight else 0.0
        of_white += -THRESHOLDS.part_cost if setting.tight is not None and white > setting.tight else 0.0
        links.append(of_white + sum(_measure_text_link(band, place, part, setting) for part in band[place].parts))
    return links


def _measure_whites(band: Sequence[TableLine]) -> list[float]:
    """Measure the white between each line and all that stand above it in its band."""
    bottoms = accumulate((line.bottom for line in band), max)
    return [line.top - bottom for bottom, line in zip(bottoms, band[1:], strict=False)]


def _measure_text_link(band: Sequence[TableLine], place: int, part: PlacedPhrase, setting: _Setting) -> float:
    """Measure how much a phrase continues the one above: it had no room there, and begins no sentence."""
    above = _find_above(band, place, part)
    if above is None or not _is_wordy(part.text):
        return 0.0
    if part.text[:1].islower() and above.text[-1:] in "-\u2010\u00ad":
        return 2 * THRESHOLDS.join_gain
    if has_room(above.box[2], part.piece, setting.edges[part.last]):
        return -THRESHOLDS.part_cost
    if part.text[:1].islower() and part.first in setting.cased:
        return THRESHOLDS.join_gain
    return -(THRESHOLDS.capital_cost if part.first in setting.wrapped else THRESHOLDS.unlikely_cost)


def _find_above(band: Sequence[TableLine], place: int, part: PlacedPhrase) -> PlacedPhrase | None:
    """Find the phrase in the column on the line above, or on the one above that where the first stands beside both."""
    for line in reversed(band[max(0, place - 2) : place]):
        for above in line.parts:
            if above.first <= part.first <= above.last:
                return above if part.box[1] - above.box[3] < height(part.box) else None
    return None


def find_tight_gap(gaps: Sequence[float], size: float) -> float | None:
    """Find the widest white inside rows, where the whites are of two kinds; None where all are alike."""
    ordered = sorted(gaps)
    jumps = [(wide - narrow, narrow) for narrow, wide in pairwise(ordered)]
    jump, narrow = max(jumps, default=(0.0, 0.0))
    return narrow if jump > THRESHOLDS.min_white_jump * size else None


def _is_wordy(text: str) -> bool:
    letters = sum(c.isalpha() for c in text)
    return letters > 0.5 * sum(not c.isspace() for c in text)
