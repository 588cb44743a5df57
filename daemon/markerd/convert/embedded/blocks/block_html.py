"""Builds the HTML of one block from its lines of text, as Marker's renderers expect it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from markerd.convert.embedded.blocks.thresholds import THRESHOLDS
from markerd.convert.embedded.geometry import Box, height, union, width
from markerd.convert.embedded.tables.grid import Piece, build_table_html, group_rows
from markerd.convert.embedded.text.bidi import join_words
from markerd.convert.embedded.text.line_joining import join_lines
from markerd.convert.embedded.text.patterns import (
    NUMBER_AT_END,
    SCANNED_BULLET,
    SCANNED_NUMBER,
    SENTENCE_END,
    SPLIT_NUMBER,
)

Row = Sequence[Piece]


def build_block_html(label: str, pieces: Sequence[Piece], free: float = 0.0) -> str:
    """Build the HTML of a region with this label; empty for no text. A table that is no grid becomes paragraphs.

    `free` is how wide its lines could be for what stands beside them; 0 where that is unknown.
    """
    if label in ("Table", "TableOfContents", "Form"):
        return build_table_html(pieces) or build_text_html(pieces, free)
    if label == "SectionHeader" and len(group_rows(pieces)) <= THRESHOLDS.max_heading_rows:
        text = join_lines(join_rows(pieces))
        return f"<h2>{escape(text)}</h2>" if text else ""
    if label == "Code":
        code = "\n".join(join_rows(pieces))
        return f"<pre>{escape(code)}</pre>" if code else ""
    return build_text_html(pieces, free)


def build_text_html(pieces: Sequence[Piece], free: float = 0.0) -> str:
    """Build paragraphs, and lists where lines begin with a bullet or with consecutive numbers."""
    rows = group_rows(pieces)
    texts = [_join_row(row) for row in rows]
    starts = _find_item_starts(texts)
    if not starts:
        return "".join(_build_paragraph_html(part, free) for part in _split_paragraphs(rows, texts))
    head = join_lines(texts[: starts[0]])
    ends = [*starts[1:], len(texts)]
    items = [join_lines(texts[start:end]) for start, end in zip(starts, ends, strict=True)]
    return (f"<p>{escape(head)}</p>" if head else "") + _build_list_html(items)


def _build_list_html(items: Sequence[str]) -> str:
    if all(SCANNED_BULLET.match(item) for item in items):
        return "<ul>" + "".join(f"<li>{escape(SCANNED_BULLET.sub('', item))}</li>" for item in items) + "</ul>"
    # The number stays in the text: `<ol>` would number again, and lose "a)" or a start at 4.
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def _find_item_starts(texts: Sequence[str]) -> list[int]:
    bullets = [i for i, text in enumerate(texts) if SCANNED_BULLET.match(text)]
    if bullets and (len(bullets) > 1 or bullets[0] == 0):
        return bullets
    numbers = [i for i, text in enumerate(texts) if SCANNED_NUMBER.match(text)]
    return numbers if len(numbers) > 1 else []


def _join_row(row: Row) -> str:
    return SPLIT_NUMBER.sub(r"\1", join_words([text for _, text in row]))


def _split_paragraphs(rows: Sequence[Row], texts: Sequence[str]) -> list[list[Row]]:
    """Split a region at gaps that are clearly wider than those between its lines, and where a paragraph ends."""
    right = max((box[2] for row in rows for box, _ in row), default=0.0)
    groups: list[list[Row]] = []
    for number, row in enumerate(rows):
        last = rows[number - 1] if number else None
        if last is None or _is_apart(last, row) or _ends_paragraph(last, texts[number - 1], row, right):
            groups.append([])
        groups[-1].append(row)
    return groups


def _is_apart(above: Row, below: Row) -> bool:
    high = min(height(above[0][0]), height(below[0][0]))
    return below[0][0][1] - above[0][0][3] > THRESHOLDS.max_scanned_line_gap * high


def _ends_paragraph(row: Row, text: str, below: Row, right: float) -> bool:
    """Whether a row ends a paragraph: it ends a sentence, and the first word of the next row would have fitted."""
    return bool(SENTENCE_END.search(text)) and right - _find_bounds(row)[2] > _measure_first_word(below) + height(
        _find_bounds(row)
    )


def _build_paragraph_html(rows: Sequence[Row], free: float) -> str:
    texts = [_join_row(row) for row in rows]
    if _are_lines(rows, free):
        return f"<p>{'<br>'.join(map(escape, texts))}</p>"
    return f"<p>{escape(join_lines(texts))}</p>"


def _are_lines(rows: Sequence[Row], free: float) -> bool:
    """Whether each row says something by itself: an entry with its number, an address, verses, code.

    Most such rows end although the next word had room, at various places; running text in a narrow column does not.
    """
    if len(rows) < 2:
        return False
    parted = sum(
        any(b[0][0] - a[0][2] > THRESHOLDS.min_entry_gap * height(a[0]) for a, b in pairwise(row)) for row in rows
    )
    entries = sum(bool(NUMBER_AT_END.search(row[-1][1])) for row in rows)
    if 2 * parted >= len(rows) or 2 * entries > len(rows):
        return True
    widths = [width(_find_bounds(row)) for row in rows]
    has_room = [
        wide + _measure_first_word(below) + THRESHOLDS.min_room * height(_find_bounds(row)) < free
        for row, below, wide in zip(rows, rows[1:], widths, strict=False)
    ]
    if 2 * sum(has_room) < len(has_room):
        return False
    if len(rows) <= THRESHOLDS.max_few_rows and max(widths) < THRESHOLDS.max_few_rows_width * free:
        return True
    return 2 * sum(wide < THRESHOLDS.max_ragged * max(widths) for wide in widths[:-1]) >= len(widths) - 1


def _measure_first_word(row: Row) -> float:
    """Measure the width of a row's first word."""
    box, text = row[0]
    return width(box) * len(text.split(maxsplit=1)[0]) / len(text) if text.strip() else 0.0


def _find_bounds(row: Row) -> Box:
    return union(box for box, _ in row)


def join_rows(pieces: Sequence[Piece]) -> list[str]:
    """Join the pieces of each row, from left to right, into one text for each row."""
    return [join_words([text for _, text in row]) for row in group_rows(pieces)]
