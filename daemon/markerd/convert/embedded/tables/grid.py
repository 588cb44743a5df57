"""Tables from pieces of text with their places, by rows and columns. Pure.

The pieces are lines that OCR read, or words of the text layer. Every piece ends up in exactly one cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape, unescape
from itertools import pairwise
from statistics import mean

from markerd.convert.embedded.geometry import Box, group_by_height, height, usual
from markerd.convert.embedded.tables.thresholds import THRESHOLDS
from markerd.convert.embedded.text.bidi import join_words
from markerd.convert.embedded.text.patterns import CELL_LABEL, HTML_TAG

Piece = tuple[Box, str]


def build_table_html(pieces: Sequence[Piece]) -> str:
    """Build a `<table>` with one cell for each row and column; empty where there are fewer than two of either."""
    return build_grid_html(build_grid(pieces))


def build_grid_html(grid: Sequence[Sequence[str]]) -> str:
    """Build a `<table>` of text by row and column, with the first row as its head.

    It is empty where there are fewer than two rows or columns.
    """
    if len(grid) < 2 or len(grid[0]) < 2:
        return ""
    body = "".join(_build_row_html(row, "td") for row in grid[1:])
    return f"<table><thead>{_build_row_html(grid[0], 'th')}</thead><tbody>{body}</tbody></table>"


def build_column_html(texts: Sequence[str]) -> str:
    """Build a `<table>` of a single column, for text that Marker needs as a table although it is none.

    It is empty for no text.
    """
    return "".join(["<table>", *(_build_row_html([text], "td") for text in texts), "</table>"]) if texts else ""


def _build_row_html(row: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(text)}</{tag}>" for text in row) + "</tr>"


def build_grid(pieces: Sequence[Piece]) -> list[list[str]]:
    """Sort the pieces into text by row and column, as a full rectangle."""
    rows = group_rows(pieces)
    starts = find_grid_columns(rows)
    grid = [_fill_row(row, starts) for row in rows]
    return _join_continuations(grid)


def is_grid(pieces: Sequence[Piece], min_gap: float = 1.0) -> bool:
    """Whether words that the layout model does not call a table stand in columns.

    There must be three rows or more, wide gaps, and hardly an empty cell. `min_gap` is the narrowest wide gap, in
    heights of a line.
    """
    rows = group_rows(pieces)
    columns = find_grid_columns(rows)
    if len(rows) < THRESHOLDS.min_grid_rows or len(columns) < 2:
        return False
    gap = min(right[0] - left[1] for left, right in pairwise(columns))
    if gap < min_gap * usual(height(box) for box, _ in pieces):
        return False
    grid = [_fill_row(row, columns) for row in rows]
    filled = mean(bool(text) for row in grid for text in row)
    is_list = all(CELL_LABEL.fullmatch(text) for text in (row[0] for row in grid))
    return filled > THRESHOLDS.min_grid_filled and not is_list and not is_prose(grid)


def is_prose(grid: Sequence[Sequence[str]]) -> bool:
    """Whether a supposed table is running text: it has too few columns, or sentences in most of its cells."""
    words = [len(text.split()) for row in grid for text in row if text]
    return (
        not words
        or are_text_columns(grid)
        or (
            sum(count for count in words if count >= THRESHOLDS.min_sentence_words)
            > THRESHOLDS.max_sentence_share * sum(words)
            and mean(words) > THRESHOLDS.min_prose_words
        )
    )


def are_text_columns(grid: Sequence[Sequence[str]]) -> bool:
    """Whether none of the columns of a supposed table has short cells, or there are too few columns."""
    return (
        not grid
        or len(grid[0]) < 2
        or all(mean(column or [0]) >= THRESHOLDS.min_prose_words for column in _count_words(grid))
    )


def _count_words(grid: Sequence[Sequence[str]]) -> list[list[int]]:
    return [[len(text.split()) for text in column if text] for column in zip(*grid, strict=True)]


def holds_all(html: str, texts: Sequence[str]) -> bool:
    """Whether the table holds all characters of `texts`, except for a hundredth."""
    wanted = Counter(c for text in texts for c in text if c.isalnum())
    return (wanted - count_letters(html)).total() <= THRESHOLDS.max_lost_letters * wanted.total()


def count_letters(html: str) -> Counter[str]:
    """Count each letter and digit in the text of HTML."""
    return Counter(c for c in unescape(HTML_TAG.sub("", html)) if c.isalnum())


def group_rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Group pieces that stand at one height: rows from top to bottom, each from left to right."""
    rows = group_by_height([box for box, _ in pieces])
    return [sorted((pieces[i] for i in row), key=lambda p: p[0][0]) for row in rows]


def join_text(pieces: Sequence[Piece]) -> str:
    """Join the text of the pieces row by row, in reading order."""
    return " ".join(join_words([text for _, text in row]) for row in group_rows(pieces))


def find_grid_columns(rows: Sequence[Sequence[Piece]]) -> list[tuple[float, float]]:
    """Find the x ranges of the columns: what is left without the gaps that hardly any row crosses.

    Rows of one piece (a title, a note across the table) do not count, because they would bridge every gap.
    """
    spans = sorted((p[0][0], p[0][2]) for row in rows if len(row) > 1 for p in row)
    if not spans:
        return []
    allowed = max(0, round(THRESHOLDS.max_crossing_rows * sum(1 for row in rows if len(row) > 1)) - 1)
    return find_covered_ranges(spans, allowed)


def find_covered_ranges(spans: Sequence[tuple[float, float]], allowed: int) -> list[tuple[float, float]]:
    """Find where more than `allowed` of the spans lie over each other."""
    events = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    ranges: list[tuple[float, float]] = []
    depth, start = 0, 0.0
    for x, step in events:
        if depth == allowed and step > 0:
            start = x
        depth += step
        if depth == allowed and step < 0 and x > start:
            ranges.append((start, x))
    return ranges


def _fill_row(row: Sequence[Piece], columns: Sequence[tuple[float, float]]) -> list[str]:
    texts = [""] * max(1, len(columns))
    for box, text in row:
        column = _choose_column(box, columns)
        texts[column] = f"{texts[column]} {text}".strip()
    return texts


def _choose_column(box: Box, columns: Sequence[tuple[float, float]]) -> int:
    """Choose the column that shares most with the box, or the nearest; the first for a piece across several."""
    if not columns:
        return 0
    shares = [min(box[2], right) - max(box[0], left) for left, right in columns]
    covered = [
        i for i, share in enumerate(shares) if share > THRESHOLDS.min_column_cover * (columns[i][1] - columns[i][0])
    ]
    return covered[0] if len(covered) > 1 else max(range(len(columns)), key=lambda i: shares[i])


def _join_continuations(grid: list[list[str]]) -> list[list[str]]:
    """Join a row that only continues a cell above it: its first cell is empty, and one other holds words."""
    joined: list[list[str]] = []
    for row in grid:
        is_filled = [bool(text) for text in row]
        follows = len(joined) > 1 and not is_filled[0] and sum(is_filled) == 1 and _is_wordy(row)
        if follows and joined[-1][is_filled.index(True)]:
            joined[-1] = [f"{old} {new}".strip() for old, new in zip(joined[-1], row, strict=True)]
        else:
            joined.append(row)
    return joined


def _is_wordy(row: Sequence[str]) -> bool:
    return any(any(c.isalpha() for c in text) for text in row)
