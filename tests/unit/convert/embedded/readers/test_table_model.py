"""What the table model's output means."""

from __future__ import annotations

import numpy as np

from markerd.convert.embedded.readers.read_block import PlacedCell
from markerd.convert.embedded.readers.table_model import build_vocabulary, decode_table, place_cells

DICTIONARY = '<thead>\n<tr>\n<td>\n</td>\n</tr>\n</thead>\n<tbody>\n</tbody>\n<td\n colspan="2"\n>\n rowspan="2"'
BOX = np.array([1.0, 2.0, 3.0, 4.0], dtype=np.float32)
HEAD = ["<thead>", "<tr>", "<td></td>", "<td", ' colspan="2"', ">", "</td>", "</tr>", "</thead>"]
BODY = ["<tr>", "<td", ' rowspan="2"', ">", "</td>", "<td></td>", "<td></td>", "</tr>", "<tr>", "<td></td>", "</tr>"]


def place(tokens: list[str]) -> list[tuple[int, int, int, int, bool]]:
    """Place the cells of these tokens: row, column, rows and columns spanned, and whether it is in the head."""
    cells = place_cells([(token, BOX) for token in tokens])
    return [(cell.row, cell.column, cell.row_span, cell.column_span, cell.is_head) for cell in cells]


def test_cells_stand_where_a_browser_puts_them() -> None:
    """A cell that spans rows keeps those below it out of its column."""
    assert place([*HEAD, "<tbody>", *BODY, "</tbody>"]) == [
        (0, 0, 1, 1, True), (0, 1, 1, 2, True),
        (1, 0, 2, 1, False), (1, 1, 1, 1, False), (1, 2, 1, 1, False), (2, 1, 1, 1, False),
    ]  # fmt: skip


def test_output_without_rows_or_ends_is_no_fault() -> None:
    """The model may stop anywhere."""
    assert place(["<td></td>"]) == [(0, 0, 1, 1, False)]
    assert place(["<tr>", "<td"]) == [(0, 0, 1, 1, False)]
    assert place(["<tr>", "<td", ' colspan="2"']) == [(0, 0, 1, 2, False)]
    assert place([]) == []


def test_output_ends_at_its_end_token() -> None:
    """A start token at the first step is no end, and a table without an end is not whole."""
    tokens = build_vocabulary(DICTIONARY)
    steps = ["<tr>", "<td></td>", "</tr>", "eos", "<tr>", "<td></td>"]
    scores = np.zeros((len(steps), len(tokens)), dtype=np.float32)
    scores[range(len(steps)), [tokens.index(token) for token in steps]] = 0.5
    boxes = np.tile(BOX, (len(steps), 1))
    table = decode_table(scores, boxes, tokens)
    assert table.cells == (PlacedCell(0, 0, (1.0, 2.0, 3.0, 4.0)),)
    assert (table.score, table.is_whole) == (0.5, True)
    assert not decode_table(scores[:3], boxes[:3], tokens).is_whole
    assert decode_table(scores[:0], boxes[:0], tokens).cells == ()
