"""The lines of a page by their type and by what stands above, below and beside each. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from markerd.convert.embedded.blocks.thresholds import THRESHOLDS
from markerd.convert.embedded.geometry import Box, height, horizontal_overlap, vertical_overlap, width
from markerd.convert.embedded.text_layer.text_line import TextLine


@dataclass(frozen=True)
class LineType:
    """The type of a line, as far as a reader tells lines apart by it."""

    family: str
    size: int
    is_bold: bool
    is_italic: bool
    colour: int
    is_underlined: bool
    is_capital: bool


def find_body_type(lines: Iterable[TextLine]) -> LineType | None:
    counts: Counter[LineType] = Counter()
    for line in lines:
        counts[describe_type(line)] += line.letters
    return counts.most_common(1)[0][0] if counts else None


def describe_type(line: TextLine) -> LineType:
    letters = [c for c in line.text if c.isalpha()]
    is_capital = len(letters) > THRESHOLDS.min_capital_letters and sum(
        c.isupper() for c in letters
    ) > THRESHOLDS.min_capitals * len(letters)
    size = round(line.size / THRESHOLDS.type_step_pt)
    return LineType(line.family, size, line.is_bold, line.is_italic, line.colour, line.is_underlined, is_capital)


class Column:
    """The lines of a page, each with the one below it."""

    def __init__(self, lines: Sequence[TextLine], left_out: Set[int]) -> None:
        self.lines = lines
        kept = [i for i, line in enumerate(lines) if i not in left_out and line.is_upright and line.size > 0]
        self._order = sorted(kept, key=lambda i: (lines[i].box[1], lines[i].box[0]))
        self.types = {i: describe_type(lines[i]) for i in kept}
        self.below, self.above = self._link()
        self.level = self._find_level()

    @property
    def lines_in_order(self) -> list[TextLine]:
        return [self.lines[i] for i in self._order]

    def split_runs(self) -> Iterator[list[int]]:
        """Yield lines of one type that follow each other closely."""
        begun = set[int]()
        for index in self._order:
            if index in begun:
                continue
            run = [index]
            while (below := self.below.get(run[-1])) is not None and self._is_one_run(run[-1], below):
                run.append(below)
            begun.update(run)
            yield run

    def gap_below(self, index: int) -> float | None:
        """The white below a line, in sizes of its type; None where nothing is near."""
        below = self.below.get(index)
        return None if below is None else self._measure_gap(index, below)

    def gap_above(self, index: int) -> float | None:
        """The same above it."""
        above = self.above.get(index)
        return None if above is None else self._measure_gap(above, index)

    def _measure_gap(self, above: int, below: int) -> float:
        return (self.lines[below].box[1] - self.lines[above].box[3]) / self.lines[below].size

    def _is_one_run(self, above: int, below: int) -> bool:
        return (
            self.types[above] == self.types[below]
            and self._measure_gap(above, below) < THRESHOLDS.max_heading_gap
            and self.above.get(below) == above
        )

    def _link(self) -> tuple[dict[int, int], dict[int, int]]:
        below: dict[int, int] = {}
        above: dict[int, int] = {}
        for place, index in enumerate(self._order):
            line = self.lines[index]
            for other in self._order[place + 1 : place + 1 + THRESHOLDS.max_lines_ahead]:
                box = self.lines[other].box
                if box[1] - line.box[3] > THRESHOLDS.max_lead * line.size:
                    break
                if _stands_below(line.box, box):
                    below.setdefault(index, other)
                    above[other] = index  # the nearest one is the last to come
                    break
        return below, above

    def _find_level(self) -> dict[int, list[int]]:
        """Find the lines that stand on one row with each line."""
        level: defaultdict[int, list[int]] = defaultdict(list)
        for place, index in enumerate(self._order):
            for other in self._order[place + 1 : place + 1 + THRESHOLDS.max_lines_ahead]:
                if self.lines[other].box[1] >= self.lines[index].box[3]:
                    break
                if _is_level(self.lines[index].box, self.lines[other].box):
                    level[index].append(other)
                    level[other].append(index)
        return level


def _stands_below(above: Box, below: Box) -> bool:
    return not _is_level(above, below) and horizontal_overlap(above, below) > THRESHOLDS.min_column_share * min(
        width(above), width(below)
    )


def _is_level(first: Box, second: Box) -> bool:
    return vertical_overlap(first, second) > 0.5 * min(height(first), height(second))
