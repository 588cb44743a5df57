"""Finds headings by the type that a document sets them in: one that lines apart from the running text share. Pure.

No rule knows how headings look. In one document they are blue, in another one in small capitals or underlined. What is
common to them is that the lines of one type stand alone, and that running text follows each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence, Set
from functools import cached_property

from markerd.convert.embedded.blocks.thresholds import THRESHOLDS
from markerd.convert.embedded.blocks.typed_lines import Column, LineType
from markerd.convert.embedded.geometry import height, horizontal_overlap, union, width
from markerd.convert.embedded.text.patterns import (
    BULLETED,
    CAPTION,
    CLAUSE_END,
    CONTENTS_ENTRY,
    ITEM,
    NUMBERED_HEADING,
)
from markerd.convert.embedded.text_layer.text_line import TextLine


def find_set_off_headings(columns: Sequence[Column], body: LineType) -> list[frozenset[int]]:
    """Find the lines of each page that are headings by their type; `body` is the type of the running text."""
    by_type: defaultdict[LineType, list[_Run]] = defaultdict(list)
    for run in (_Run(column, indices) for column in columns for indices in column.split_runs()):
        by_type[run.type].append(run)
    heading_types = {one for one, runs in by_type.items() if one != body and _are_headings(one, runs, body)}
    found: dict[int, set[int]] = {id(column): set() for column in columns}
    for run in (run for one in heading_types for run in by_type[one]):
        if run.may_be_heading and run.leads(body, heading_types):
            found[id(run.column)] |= set(run.indices)
    return [frozenset(found[id(column)]) for column in columns]


def _are_headings(one: LineType, runs: Sequence[_Run], body: LineType) -> bool:
    """Whether the lines of this type are headings: nearly all stand alone, and some are followed by running text."""
    if one.size < THRESHOLDS.max_note_growth * body.size and not (one.is_bold or one.is_capital or one.is_underlined):
        return False
    leading = sum(run.may_be_heading and run.leads(body, ()) for run in runs)
    return leading >= THRESHOLDS.min_heading_runs and leading >= THRESHOLDS.min_leading_share * len(runs)


def has_cells(line: TextLine) -> bool:
    """Whether wide gaps make cells of the line, other than that behind the number of a heading."""
    is_numbered = len(line.parts) == 2 and bool(NUMBERED_HEADING.match(f"{line.parts[0][1]} x"))
    return len(line.parts) > 1 and not is_numbered


def reads_as_heading(text: str) -> bool:
    """Whether a text can be a heading by what it says: a few words that end no sentence and are no entry of a list."""
    words = ITEM.sub("", text)
    first = next((c for c in words if c.isalpha()), "")
    return (
        THRESHOLDS.min_set_off_letters <= len(text) <= THRESHOLDS.max_heading_letters
        and bool(first)
        and not first.islower()
        and not text.endswith((".", ",", ";", ":"))
        and not (BULLETED.match(text) or CAPTION.match(text) or CONTENTS_ENTRY.search(text))
    )


class _Run:
    """Lines of one type that follow each other closely, in one column of a page."""

    def __init__(self, column: Column, indices: Sequence[int]) -> None:
        self.column, self.indices = column, indices
        self._lines = [column.lines[i] for i in indices]
        self.type = column.types[indices[0]]

    @cached_property
    def may_be_heading(self) -> bool:
        """Whether the run is short, reads as a heading and stands alone."""
        text = " ".join(line.text.strip() for line in self._lines)
        return (
            len(self.indices) <= THRESHOLDS.max_heading_lines
            and reads_as_heading(text)
            and not any(has_cells(line) for line in self._lines)
            and not any(self._has_mate(i) for i in self.indices)
            and self._is_apart()
        )

    def leads(self, body: LineType, heading_types: Set[LineType] | tuple[()]) -> bool:
        """Whether running text follows, or a heading of a known type."""
        below = self.column.below.get(self.indices[-1])
        if below is None:
            return bool(heading_types)  # at the end of a column
        if self.column.types[below] in heading_types:
            return True
        letters = 0
        next_line: int | None = below
        while next_line is not None and letters < THRESHOLDS.min_led_letters:
            if not _is_running(self.column.types[next_line], body):
                return False
            letters += self.column.lines[next_line].letters
            next_line = self.column.below.get(next_line)
        return letters >= THRESHOLDS.min_led_letters

    def _has_mate(self, index: int) -> bool:
        """Whether a line of the run stands on one row with another of its type, or close beside another line."""
        box = self.column.lines[index].box
        return any(
            self.column.types[other] == self.type
            or -horizontal_overlap(box, self.column.lines[other].box) < THRESHOLDS.max_mate_gap * height(box)
            for other in self.column.level[index]
        )

    def _is_apart(self) -> bool:
        """Whether there is more white above than below, or the line above ends a paragraph."""
        before, after = self.column.gap_above(self.indices[0]), self.column.gap_below(self.indices[-1])
        if before is None or after is None:
            return True
        if before > after + THRESHOLDS.min_white_difference:
            return True
        neighbours = [self.column.above[self.indices[0]], self.column.below[self.indices[-1]]]
        above, below = (self.column.lines[i] for i in neighbours)
        box = union(line.box for line in self._lines)
        widest = width(union([above.box, box, below.box]))
        return bool(CLAUSE_END.search(above.text)) and width(box) < THRESHOLDS.max_led_width * widest


def _is_running(one: LineType, body: LineType) -> bool:
    return (one.family, one.size, one.is_bold) == (body.family, body.size, body.is_bold) or (
        one.size == body.size and not one.is_bold and one.colour == body.colour and not one.is_underlined
    )
