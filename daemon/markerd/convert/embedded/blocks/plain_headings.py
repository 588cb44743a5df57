"""Finds headings in the type of the running text: the white around them, or their numbers, set them off. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median, median_low

from markerd.convert.embedded.blocks.set_off_headings import has_cells, reads_as_heading
from markerd.convert.embedded.blocks.thresholds import THRESHOLDS
from markerd.convert.embedded.blocks.typed_lines import Column, LineType
from markerd.convert.embedded.geometry import width
from markerd.convert.embedded.text.patterns import NUMBERED_HEADING
from markerd.convert.embedded.text.section_numbers import read_section_number


@dataclass(frozen=True)
class _Candidate:
    """A line that can be a heading: its page, and the whites above and below it, in sizes of the type."""

    page: int
    index: int
    text: str
    above: float
    below: float


def find_plain_headings(columns: Sequence[Column], body: LineType) -> list[frozenset[int]]:
    """Find lines of the type of the running text, `body`, that are headings, on each page.

    They stand alone, and there is more white above each than above a paragraph; or their numbers follow each other.
    """
    gaps = [gap for column in columns for gap in _list_gaps(column, body)]
    if not gaps:
        return [frozenset() for _ in columns]
    line_gap = median_low(gaps)
    wide = [gap for gap in gaps if gap > line_gap + THRESHOLDS.min_paragraph_gap]
    paragraph_gap = median(wide) if wide else line_gap
    likely = [one for page, column in enumerate(columns) for one in _find_candidates(page, column, body, line_gap)]
    set_off = [one for one in likely if _is_set_off(one, paragraph_gap)]
    found = {*_follow_numbers(likely), *(set_off if len(set_off) >= THRESHOLDS.min_heading_runs else ())}
    return [frozenset(one.index for one in found if one.page == page) for page in range(len(columns))]


def _list_gaps(column: Column, body: LineType) -> Iterator[float]:
    for index, kind in column.types.items():
        gap = column.gap_below(index)
        if kind == body and gap is not None and column.types[column.below[index]] == body:
            yield gap


def _is_set_off(one: _Candidate, paragraph_gap: float) -> bool:
    return one.above > paragraph_gap + THRESHOLDS.min_plain_white and one.above > one.below + THRESHOLDS.min_plain_white


def _find_candidates(page: int, column: Column, body: LineType, line_gap: float) -> Iterator[_Candidate]:
    for index, kind in column.types.items():
        line, below = column.lines[index], column.below.get(index)
        before, after = column.gap_above(index), column.gap_below(index)
        if kind != body or below is None or after is None or not reads_as_heading(line.text.strip()):
            continue
        under = column.lines[below]
        is_alone = not column.level[index] or all(column.lines[i].box[0] > under.box[2] for i in column.level[index])
        leads = (
            column.types[below] == body
            and under.letters >= THRESHOLDS.min_plain_letters
            and width(line.box) < THRESHOLDS.max_led_width * width(under.box)
            and not NUMBERED_HEADING.match(under.text)
        )
        is_apart = (before is None or before > line_gap + THRESHOLDS.min_plain_white) and after > line_gap
        if is_alone and leads and is_apart and not has_cells(line):
            yield _Candidate(page, index, line.text, THRESHOLDS.max_lead if before is None else before, after)


def _follow_numbers(likely: Sequence[_Candidate]) -> list[_Candidate]:
    """Find those whose numbers count the sections of the document without a gap."""
    found: list[_Candidate] = []
    numbers: list[tuple[int, ...]] = []
    for one in likely:
        number = read_section_number(one.text)
        if number and _may_follow(number, numbers):
            found.append(one)
            numbers.append(number)
    return found if len(found) >= THRESHOLDS.min_numbered else []


def _may_follow(number: tuple[int, ...], before: Sequence[tuple[int, ...]]) -> bool:
    """Whether a number begins the count, is one more than the last of its depth, or goes one deeper."""
    if not before:
        return set(number) <= {1} or len(number) == 1
    last = before[-1]
    if number == (*last, 1):
        return True
    depth = len(number)
    return depth <= len(last) and number[:-1] == last[: depth - 1] and number[-1] == last[depth - 1] + 1
