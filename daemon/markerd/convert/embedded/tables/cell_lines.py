"""The lines of a cell between drawn rules: kept where they were set so, joined where the width broke them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from markerd.convert.embedded.geometry import height, width
from markerd.convert.embedded.tables.columns import Range
from markerd.convert.embedded.tables.grid import Piece, group_rows
from markerd.convert.embedded.tables.thresholds import THRESHOLDS
from markerd.convert.embedded.text.bidi import join_words
from markerd.convert.embedded.text.line_joining import join_lines


def join_cell_lines(pieces: Sequence[Piece], sides: Range) -> str:
    r"""Join the text of a cell whose rules stand at `sides`; lines that were set as lines are kept, with `\n` between.

    A line that the width broke is full: the first word of the next one did not fit behind it.
    """
    rows = group_rows(pieces)
    texts = [join_words([text for _, text in row]) for row in rows]
    if len(rows) < 2:
        return "".join(texts)
    start, end = min(box[0] for box, _ in pieces), max(box[2] for box, _ in pieces)
    limit = max(end, sides[1] - (start - sides[0]))
    roomy = sum(_has_room(above, below[0], limit) for above, below in pairwise(rows))
    return "\n".join(texts) if 2 * roomy >= len(rows) - 1 else join_lines(texts)


def _has_room(line: Sequence[Piece], following: Piece, limit: float) -> bool:
    """Whether the first word of what follows would have fitted behind the line, which no hyphen ends."""
    return not line[-1][1].endswith("-") and has_room(max(piece[0][2] for piece in line), following, limit)


def has_room(end: float, following: Piece, limit: float) -> bool:
    """Whether the first word of what follows would have fitted behind a line that ends there, before the limit."""
    box, text = following
    word = text.split()[0]
    return end + width(box) * len(word) / len(text) + THRESHOLDS.cell_space * height(box) < limit
