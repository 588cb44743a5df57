"""Captions, notes and paragraphs at the ends of a table, which the layout model often draws into it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from markerd.convert.embedded.geometry import Box, union, width
from markerd.convert.embedded.layout.reading_order import sort_by_rows
from markerd.convert.embedded.tables.thresholds import THRESHOLDS
from markerd.convert.embedded.text.patterns import CAPTION
from markerd.convert.embedded.text_layer.text_line import TextLine


def trim_table(indices: Sequence[int], lines: Sequence[TextLine]) -> list[int]:
    """Keep the lines that are the table's own, from top to bottom."""
    rows = _group_rows(indices, lines)
    if not rows:
        return []
    whole = union(lines[i].box for i in indices)
    above = list(takewhile(lambda row: _is_whole(row, lines), rows))
    below = list(takewhile(lambda row: _is_whole(row, lines), reversed(rows)))[::-1]
    first = len(above) if above and _is_caption(above[0], lines) else _find_last_prose(above, lines, whole) + 1
    foreign = [n for n, row in enumerate(below) if _is_caption(row, lines) or _is_prose(row, lines, whole)]
    last = len(rows) - len(below) + foreign[0] if foreign else len(rows)
    return [i for row in rows[first:last] for i in row]


def _group_rows(indices: Sequence[int], lines: Sequence[TextLine]) -> list[list[int]]:
    rows: list[list[int]] = []
    for index in sort_by_rows(indices, [line.box for line in lines]):
        middle = (lines[index].box[1] + lines[index].box[3]) / 2
        if rows and middle < lines[rows[-1][0]].box[3]:
            rows[-1].append(index)
        else:
            rows.append([index])
    return rows


def _is_whole(row: Sequence[int], lines: Sequence[TextLine]) -> bool:
    return len(row) == 1 and len(lines[row[0]].parts) < 2


def _is_caption(row: Sequence[int], lines: Sequence[TextLine]) -> bool:
    return bool(CAPTION.match(lines[row[0]].text))


def _is_prose(row: Sequence[int], lines: Sequence[TextLine], whole: Box) -> bool:
    line = lines[row[0]]
    return len(line.text.split()) >= THRESHOLDS.min_sentence_words and width(
        line.box
    ) > THRESHOLDS.min_prose_width * width(whole)


def _find_last_prose(rows: Sequence[Sequence[int]], lines: Sequence[TextLine], whole: Box) -> int:
    return max((n for n, row in enumerate(rows) if _is_prose(row, lines, whole)), default=-1)
