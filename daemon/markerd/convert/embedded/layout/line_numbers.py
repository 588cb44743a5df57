"""The numbers of lines in transcripts, drafts, patents and poems, which are no part of their text. Pure.

They stand in a column beside the text, for each line or for every second, fifth or tenth, and count the rows of the
text without a gap. So do the rows of a table and a list of short items: what tells them apart is that text runs on from
one numbered line into the next, over line ends that break sentences.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markerd.convert.embedded.geometry import Box, group_by_height, height, usual, width
from markerd.convert.embedded.layout.thresholds import THRESHOLDS
from markerd.convert.embedded.text.patterns import (
    LINE_NUMBER_AT_END,
    LINE_NUMBER_AT_START,
    SENTENCE_END,
    SENTENCE_WITHIN,
    SPEAKER,
)

Piece = tuple[Box, str]
"""A line, or what stands between two gaps of it."""


@dataclass(frozen=True)
class LineNumber:
    """A number that counts a line: the piece it stands in, the range of its characters there, and its place."""

    piece: int
    start: int
    end: int
    value: int
    box: Box
    is_left: bool


@dataclass(frozen=True)
class _Row:
    """A row of the text without its numbers. `is_whole` says that no gap cuts it into cells."""

    middle: float
    right: float
    text: str
    is_whole: bool


@dataclass(frozen=True)
class _Chain:
    """Numbers below each other that count on, on one page, and the rows of the text that they count."""

    page: int
    numbers: tuple[LineNumber, ...]
    step: int
    rows: tuple[_Row, ...]
    edge: float

    @property
    def kind(self) -> tuple[bool, int]:
        return self.numbers[0].is_left, self.step


def find_line_numbers(pages: Sequence[Sequence[Piece]]) -> list[list[LineNumber]]:
    """Find the numbers of lines on the pages of a document, in order.

    A short chain, such as that of a last page, counts where others show how the document's lines are numbered.
    """
    chains = [chain for number, pieces in enumerate(pages) for chain in _find_chains(number, pieces)]
    firm = _find_firm([chain for chain in chains if _is_long(chain)])
    kept = [
        chain
        for chain in chains
        if chain in firm
        or any(chain.kind == one.kind and abs(chain.edge - one.edge) < THRESHOLDS.same_number_place for one in firm)
    ]
    return [[number for chain in kept if chain.page == page for number in chain.numbers] for page in range(len(pages))]


def cut_numbers(piece: Piece, numbers: Sequence[LineNumber]) -> Piece:
    """Return the piece without these numbers of its own; its text is empty where it had nothing else."""
    box, text = piece
    for number in sorted(numbers, key=lambda number: number.start, reverse=True):
        left, top, right, bottom = box
        box = (number.box[2], top, right, bottom) if number.start <= 1 else (left, top, number.box[0], bottom)
        text = text[: number.start] + text[number.end :]
    return box, text.strip()


def _is_long(chain: _Chain) -> bool:
    least = THRESHOLDS.min_numbered_lines if chain.step == 1 else THRESHOLDS.min_skipping_numbers
    return len(chain.numbers) >= least


def _find_firm(chains: Sequence[_Chain]) -> list[_Chain]:
    """Find the chains that can be nothing else: the text of all that number each line must run on."""
    kinds: dict[tuple[bool, int], list[_Chain]] = defaultdict(list)
    for chain in chains:
        kinds[chain.kind].append(chain)
    return [
        chain
        for (_, step), group in kinds.items()
        if step > 1 or _do_run_on([row for chain in group for row in chain.rows])
        for chain in group
        if step > 1 or not _is_cut_into_cells(chain.rows)
    ]


def _do_run_on(rows: Sequence[_Row]) -> bool:
    """Whether sentences run over the ends of these lines, and end within them."""
    widest = max((row.right for row in rows), default=0.0)
    left = min((row.right for row in rows), default=0.0)
    full = left + THRESHOLDS.min_running_end * (widest - left)
    running = sum(
        one.is_whole
        and other.is_whole
        and one.right >= full
        and len(one.text) >= THRESHOLDS.min_line_letters
        and not SENTENCE_END.search(one.text)
        and _continues(other.text)
        for one, other in pairwise(rows)
    )
    ends = sum(bool(SENTENCE_WITHIN.search(row.text)) for row in rows)
    return running >= max(THRESHOLDS.min_running_lines, THRESHOLDS.min_running_share * len(rows)) and ends >= 2


def _continues(text: str) -> bool:
    first = text[:1]
    return first.isalpha() and not first.isupper()


def _is_cut_into_cells(rows: Sequence[_Row]) -> bool:
    return sum(not row.is_whole for row in rows) > THRESHOLDS.max_cut_rows * len(rows)


def _find_chains(page: int, pieces: Sequence[Piece]) -> list[_Chain]:
    found = _read_numbers(pieces)
    if len(found) == 0:
        return []
    rows = group_by_height([box for box, _ in pieces])
    row_of = {piece: place for place, row in enumerate(rows) for piece in row}
    outer = [number for number in found if _is_outermost(number, [pieces[i][0] for i in rows[row_of[number.piece]]])]
    size = usual(height(number.box) for number in outer)
    chains: list[_Chain] = []
    for column in _group_columns(found, outer, size):
        for numbers in _cut_chains(column):
            chain = _build_chain(page, numbers, pieces, rows, row_of)
            taken = {number.box for one in chains for number in one.numbers}
            if chain is not None and taken.isdisjoint(number.box for number in chain.numbers):
                chains.append(chain)
    return chains


def _read_numbers(pieces: Sequence[Piece]) -> list[LineNumber]:
    """Read the numbers at the starts and ends of the pieces."""
    found = []
    for index, (box, text) in enumerate(pieces):
        for pattern, is_left in ((LINE_NUMBER_AT_START, True), (LINE_NUMBER_AT_END, False)):
            match = pattern.search(text) if not is_left else pattern.match(text)
            if match is None or (not is_left and match.start(1) == len(text) - len(text.lstrip())):
                continue  # what stands alone is at the start
            share = width(box) / max(len(text), 1)
            place = box[0] + match.start(1) * share, box[1], box[0] + match.end(1) * share, box[3]
            found.append(LineNumber(index, match.start(1), match.end(1), int(match[1]), place, is_left))
            if not text[: match.start(1)].strip() and not text[match.end(1) :].strip():
                found.append(LineNumber(index, match.start(1), match.end(1), int(match[1]), place, is_left=False))
    return found


def _is_outermost(number: LineNumber, row: Iterable[Box]) -> bool:
    """Whether nothing of the row stands beyond the number."""
    if number.is_left:
        return all(box[0] >= number.box[0] - 1 for box in row)
    return all(box[2] <= number.box[2] + 1 for box in row)


def _group_columns(found: Sequence[LineNumber], outer: Sequence[LineNumber], size: float) -> list[list[LineNumber]]:
    """Group numbers whose left or right edges stand below each other; the largest groups first.

    Numbers between two columns of text count every fifth line of both.
    """
    groups = []
    for is_left in (True, False):
        for numbers in ([n for n in outer if n.is_left == is_left], [n for n in found if n.is_left == is_left]):
            for edge in (0, 2):
                groups += _group_by_edge(numbers, edge, THRESHOLDS.same_number_edge * max(size, 1.0))
    return sorted(groups, key=len, reverse=True)


def _group_by_edge(numbers: Sequence[LineNumber], edge: int, near: float) -> list[list[LineNumber]]:
    groups: list[list[LineNumber]] = []
    for number in sorted(numbers, key=lambda number: number.box[edge]):
        if groups and number.box[edge] - groups[-1][0].box[edge] <= near:
            groups[-1].append(number)
        else:
            groups.append([number])
    return [sorted(group, key=lambda number: number.box[1]) for group in groups]


def _cut_chains(column: Sequence[LineNumber]) -> list[list[LineNumber]]:
    """Cut a column where its numbers do not count on; a number that OCR missed or misread leaves a gap."""
    chains: list[list[LineNumber]] = []
    for number in column:
        for chain in reversed(chains[-THRESHOLDS.compared_chains :]):
            if 0 < number.value - chain[-1].value <= _choose_reach(chain):
                chain.append(number)
                break
        else:
            chains.append([number])
    return sorted(chains, key=len, reverse=True)


def _choose_reach(chain: Sequence[LineNumber]) -> int:
    """Choose by how much the next number may be greater: by three steps, or by ten where no step is known."""
    if len(chain) < 2:
        return THRESHOLDS.max_number_step
    return 3 * min(b.value - a.value for a, b in pairwise(chain))


def _build_chain(
    page: int,
    numbers: Sequence[LineNumber],
    pieces: Sequence[Piece],
    rows: Sequence[Sequence[int]],
    row_of: dict[int, int],
) -> _Chain | None:
    """Build the chain if its numbers count the rows of the text beside them."""
    places = [row_of[number.piece] for number in numbers]
    steps = [b.value - a.value for a, b in pairwise(numbers)]
    step = min(steps, default=numbers[0].value)
    if step > THRESHOLDS.max_number_step or any(each % step for each in steps) or len(set(places)) < len(places):
        return None
    if step > 1 and numbers[0].value % step:
        return None
    by_row = dict(zip(places, numbers, strict=True))
    read = [_read_row(rows[place], pieces, by_row.get(place)) for place in range(places[0], places[-1] + 1)]
    if not _count_rows_right(numbers, places, read, step):
        return None
    edge = numbers[0].box[2 if numbers[0].is_left else 0]
    return _Chain(page, tuple(numbers), step, tuple(row for row in read if row.text), edge)


def _read_row(row: Sequence[int], pieces: Sequence[Piece], number: LineNumber | None) -> _Row:
    parts = []
    for index in sorted(row, key=lambda i: pieces[i][0][0]):
        box, text = pieces[index]
        if number is not None and index == number.piece:
            text = text[: number.start] + text[number.end :]
        if text.strip():
            parts.append((box, text.strip()))
    if not parts:
        box = pieces[row[0]][0]
        return _Row((box[1] + box[3]) / 2, 0.0, "", is_whole=True)
    text = " ".join(text for _, text in parts)
    is_whole = len(parts) == 1 or (len(parts) == 2 and bool(SPEAKER.match(text)))
    return _Row((parts[0][0][1] + parts[0][0][3]) / 2, max(box[2] for box, _ in parts), text, is_whole)


def _count_rows_right(numbers: Sequence[LineNumber], places: Sequence[int], read: Sequence[_Row], step: int) -> bool:
    """Whether as many rows of text stand between two numbers as they say; where each line has one, none is without."""
    texts = [place for place, row in enumerate(read, start=places[0]) if row.text]
    right = sum(
        _is_count_right(bisect_left(texts, below) - bisect_left(texts, above), other.value - one.value, step)
        for (one, above), (other, below) in pairwise(zip(numbers, places, strict=True))
    )
    return right >= THRESHOLDS.min_right_counts * (len(numbers) - 1)


def _is_count_right(rows: int, lines: int, step: int) -> bool:
    return rows <= lines if step == 1 else rows == lines
